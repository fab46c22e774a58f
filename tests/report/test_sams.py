"""SAM's column: one unit for all rows, and nothing near the pole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.report.page.bases import sam_name, sam_of, sam_unit, units_by_basis
from wattwhat.scoring import SAM

joules = st.floats(1e-5, 1e12).map(lambda value: Quantity(value, value / 50, "J"))


@given(st.lists(joules, min_size=1))
def test_the_unit_serves_every_row(energies):
    unit = sam_unit(energies)
    assert all(energy.to(unit).value >= 2 for energy in energies)


@given(joules, st.floats(0.01, 1))
def test_a_value_is_what_the_score_gives(energy, accuracy):
    unit = sam_unit([energy])
    m = Measurement(label="a", energy_j=energy, metrics={"accuracy": accuracy, "accuracy_u": 0.01})
    expected = SAM(unit=unit)(m).value
    found = sam_of(Quantity(accuracy, 0.01, "1"), energy, unit)
    assert (found.value, found.u) == pytest.approx((expected.value, expected.u))


@pytest.mark.parametrize(
    ("accuracy", "energy", "unit"),
    [
        (None, Quantity(5, 0, "J"), "mJ"),
        (Quantity(0.5, 0, "1"), None, "mJ"),
        (Quantity(0.5, 0, "1"), Quantity(5, 0, "J"), None),
        (Quantity(0.5, 0, "1"), Quantity(1.5, 0, "mJ"), "mJ"),  # too near to the pole at 1
        (Quantity(0.5, 0, "1"), Quantity(0.5, 0, "mJ"), "mJ"),
        (Quantity(0.5, 0, "1"), Quantity(-5, 0, "J"), "mJ"),
    ],
)
def test_no_value_is_better_than_a_meaningless_one(accuracy, energy, unit):
    assert sam_of(accuracy, energy, unit) is None


def test_nothing_positive_has_no_unit():
    assert sam_unit([]) is None
    assert sam_unit([Quantity(-1, 0, "J"), Quantity(0, 0, "J")]) is None
    assert sam_unit([Quantity(1e-9, 0, "J")]) == "uJ"


def test_the_name_holds_what_changes_the_scale():
    rows = [{"item": Quantity(0.5, 0, "J"), "total": Quantity(5e4, 0, "J")}, {"total": Quantity(9e4, 0, "J")}]
    assert units_by_basis(rows) == {"item": "mJ", "total": "Wh"}
    assert sam_name("mJ", "item") == "SAM[mJ, alpha=5, beta=5] of the energy per item"
