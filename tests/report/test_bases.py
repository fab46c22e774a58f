"""Which energy the page shows, and in which unit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.report.page.bases import BASES, display_unit, energies, preferred

positive = st.floats(1e-9, 1e12)


@given(positive, st.integers(1, 10**6), st.integers(1, 10**9))
def test_an_energy_of_a_basis_times_its_count_is_the_total(energy_j, calls, items):
    found = energies(Measurement(label="a", energy_j=Quantity(energy_j, 0, "J"), calls=calls, items=items))
    assert list(found) == list(BASES)
    assert found["call"].value * calls == pytest.approx(energy_j)
    assert found["item"].value * items == pytest.approx(energy_j)
    assert found["total"].value == energy_j


def test_what_is_unknown_is_left_out():
    assert list(energies(Measurement(label="a", energy_j=Quantity(1, 0, "J")))) == ["total"]
    lost = Measurement(label="a", energy_j=Quantity(math.nan, math.inf, "J"), items=3)
    assert energies(lost) == {}


@given(st.lists(positive, min_size=1))
def test_the_median_reads_well_in_its_unit(values):
    unit, factor = display_unit(values)
    median = sorted(values)[len(values) // 2] * factor
    assert median >= 1 or unit == "nJ"
    assert median < 1000 or unit == "GJ"
    assert Quantity(1, 0, "J").to("mJ").value == display_unit([0.5])[1]


@pytest.mark.parametrize(
    ("bases", "expected"),
    [
        ([], "total"),
        ([["total"]], "total"),
        ([["item", "call", "total"], ["total"], ["total"]], "item"),
        ([["item", "total"], *[["call", "total"]] * 3], "call"),
        ([["item", "total"], *[["total"]] * 3], "total"),
        ([[], []], "total"),
    ],
)
def test_the_narrowest_basis_that_enough_measurements_have_comes_first(bases, expected):
    assert preferred(bases) == expected


def test_a_unit_is_found_where_there_is_nothing():
    assert display_unit([]) == ("J", 1.0)
    assert display_unit([0.0, math.nan]) == ("J", 1.0)
