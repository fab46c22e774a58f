"""Laws and cases of SAM."""

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat import Measurement, Quantity
from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError, UnitError
from wattwhat.scoring import SAM, Score, sam

fractions = st.floats(0.01, 1.0)
energies = st.floats(1.001, 1e9)
exponents = st.floats(0.5, 10.0)


@given(fractions, energies, exponents, exponents)
def test_sam_is_its_formula(accuracy, electricity, alpha, beta):
    expected = beta * accuracy**alpha / math.log10(electricity)
    assert sam(accuracy, electricity, alpha=alpha, beta=beta) == pytest.approx(expected, rel=1e-12)


@given(fractions, fractions, energies, energies)
def test_more_accuracy_never_lowers_it_and_more_energy_never_raises_it(a, b, e, f):
    (low, high), (less, more) = sorted((a, b)), sorted((e, f))
    assert sam(low, e) <= sam(high, e)
    assert sam(a, more) <= sam(a, less)


@given(fractions, st.floats(1.0, 1e6))
def test_a_quantity_in_another_unit_scores_the_same(accuracy, kwh):
    joules = Quantity(kwh * 3.6e6, 0, "J")
    assume(joules.to("Wh").value > 1)
    assert sam(accuracy, joules, unit="Wh").value == pytest.approx(
        sam(accuracy, kwh * 1e3, unit="Wh"), rel=1e-9
    )


@given(st.lists(st.tuples(fractions, energies), min_size=1, max_size=20))
def test_an_array_scores_like_its_numbers(pairs):
    accuracies, electricities = zip(*pairs, strict=True)
    found = sam(list(accuracies), np.array(electricities))
    assert found.tolist() == pytest.approx([sam(a, e) for a, e in pairs], rel=1e-12)


def test_arrays_broadcast():
    table = sam(np.array([[0.5], [0.9]]), np.array([10.0, 100.0, 1000.0]))
    assert table.shape == (2, 3)
    assert table[1, 2] == pytest.approx(sam(0.9, 1000.0))


@given(st.floats(1e-5, 1.0), st.sampled_from(["MWh", "kWh", "Wh", "kJ", "mWh", "J"]))
def test_below_one_unit_the_message_names_a_unit_that_works(value, unit):
    with pytest.raises(ScoreDomainError) as refused:
        sam(0.9, value, unit=unit)
    named = re.search(r'unit="(\w+)" \(([\d.e+-]+) ', str(refused.value))
    assert named, refused.value
    electricity = Quantity(value, 0, unit)
    assert electricity.to(named[1]).value == pytest.approx(float(named[2]), rel=1e-4)
    assert sam(0.9, electricity, unit=named[1]).value > 0


@pytest.mark.parametrize(
    ("a", "u_a", "e", "u_e"),
    [(0.76, 0.004, 250.0, 5.0), (0.9, 0.02, 30.0, 0.1), (0.99, 0.0, 3.0, 0.05), (0.5, 0.01, 1e6, 5e4)],
)
def test_the_uncertainty_is_what_sampling_gives(a, u_a, e, u_e):
    rng = np.random.default_rng(1)
    drawn = sam(rng.normal(a, u_a, 200_000), rng.normal(e, u_e, 200_000))
    carried = sam(Quantity(a, u_a, "1"), Quantity(e, u_e, "kWh"))
    assert carried.u == pytest.approx(drawn.std(), rel=0.02)
    assert carried.value == pytest.approx(np.median(drawn), rel=0.002)


def test_a_quantity_beside_a_plain_number_takes_that_as_exact():
    found = sam(0.8, Quantity(100.0, 1.0, "kWh"))
    assert found.u == pytest.approx(found.value * 0.01 / math.log(100.0))


@pytest.mark.parametrize(
    ("accuracy", "message"),
    [
        (76.1, "write 0.761 for 76.1 %"),
        (math.nan, "NaN"),
        (-0.1, "not a fraction"),
        (1e6, "not a fraction"),
        ("0.9", "expected a number"),
        ([0.5, 76.1], r"accuracy\[1\].*write 0.761"),
    ],
)
def test_what_is_no_fraction_is_refused(accuracy, message):
    with pytest.raises(ArgumentError, match=message):
        sam(accuracy, 100.0)


@pytest.mark.parametrize(
    ("electricity", "error", "message"),
    [
        (math.nan, ArgumentError, "finite"),
        (math.inf, ArgumentError, "finite"),
        ("1", ArgumentError, "number"),
        (0.0, ScoreDomainError, "defined in no unit"),
        (-5.0, ScoreDomainError, "defined in no unit"),
        ([10.0, math.nan], ArgumentError, r"electricity\[1\]"),
        ([10.0, 0.5], ScoreDomainError, r"\[1\].*Wh"),
        ([[1, 2, 3]], ArgumentError, "shapes"),
        (Quantity(5, 0, "W"), UnitError, "power"),
    ],
)
def test_what_is_no_energy_is_refused(electricity, error, message):
    with pytest.raises(error, match=message):
        sam([0.5, 0.6] if isinstance(electricity, list) else 0.5, electricity)


def test_units_and_parameters_are_checked():
    with pytest.raises(UnitError, match="kwh"):
        sam(0.5, 10.0, unit="kwh")
    with pytest.raises(UnitError, match="power"):
        SAM(unit="W")
    for wrong in ({"alpha": 0}, {"beta": -1}, {"alpha": math.nan}, {"beta": "5"}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            sam(0.5, 10.0, **wrong)
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            SAM(**wrong)
    with pytest.raises(ArgumentError, match="do not mix"):
        sam([0.5], Quantity(10, 0, "kWh"))


def test_the_score_of_a_measurement_is_the_function_of_its_numbers():
    run = measured("net", 0.91, 3600.0, items=500, n_test=10_000)
    result = SAM(unit="Wh")(run)
    assert result.value.value == pytest.approx(sam(0.91, 500.0, unit="Wh"))
    assert result.value.u > 0
    assert result.name == "SAM[Wh, alpha=5, beta=5]"
    assert (result.grade, result.probabilities) == (None, None)
    assert result.details["accuracy"].u == pytest.approx(math.sqrt(0.91 * 0.09 / 10_000))
    assert result.details["electricity"].unit == "Wh"


def test_items_and_phase_are_part_of_the_name():
    score = SAM(alpha=2, unit="J", metric="top1", items=50_000, phase="infer")
    assert score.name == "SAM[J, alpha=2, beta=5, 50000 items, inference, top1]"
    assert SAM() != SAM(unit="Wh")


def test_with_items_the_length_of_the_span_does_not_matter():
    score = SAM(unit="Wh", items=50_000)
    short, long = (score(measured("net", 0.8, 0.5, items=items)) for items in (100, 7000))
    assert short.value.value == pytest.approx(long.value.value)
    assert short.value.value == pytest.approx(sam(0.8, 0.5 * 50_000 / 3600, unit="Wh"))


def test_what_is_missing_is_named():
    bare = Measurement(label="net", energy_j=Quantity(1e9, 1e7, "J"))
    with pytest.raises(ScoreError, match=r"with_metrics\(accuracy=0.91\)"):
        SAM()(bare)
    with pytest.raises(ScoreError, match="items"):
        SAM(items=5)(bare.with_metrics(accuracy=0.9))
    lost = Measurement(label="net", energy_j=Quantity(math.nan, math.inf, "J"), metrics={"accuracy": 0.9})
    with pytest.raises(ScoreError, match="every channel was lost"):
        SAM()(lost)
    with pytest.raises(ArgumentError, match=r"write 0.9 for 90 %"):
        SAM()(Measurement(label="net", energy_j=Quantity(1e9, 1e7, "J"), metrics={"accuracy": 90.0}))


def test_outside_the_domain_the_measurement_is_named():
    with pytest.raises(ScoreDomainError, match=r"'small'.*use unit=\"Wh\""):
        SAM()(measured("small", 0.9, 3600.0 * 20, items=1))


def test_near_its_pole_the_result_says_that_its_uncertainty_is_understated():
    near = SAM(unit="Wh")(measured("net", 0.9, 1.1 * 3600, items=1, u=0.2))
    assert any("understated" in note for note in near.details["notes"])
    assert not SAM(unit="J")(measured("net", 0.9, 1.1 * 3600, items=1, u=0.2)).details["notes"]


def test_an_unknown_uncertainty_stays_unknown():
    unknown = measured("net", 0.9, 1e7, u=math.inf)
    assert math.isinf(SAM()(unknown).value.u)


def test_accuracy_of_zero_scores_zero():
    assert sam(0.0, 10.0) == 0.0
    assert SAM()(measured("net", 0.0, 1e7)).value.value == 0.0


def test_sam_is_a_score():
    assert isinstance(SAM(), Score)


def test_quantities_in_a_list_keep_their_unit_and_their_uncertainty():
    accuracies = [Quantity(0.8, 0.01, "1"), Quantity(0.7, 0.02, "1")]
    energies = [Quantity(7.2e7, 1e6, "J"), Quantity(30.0, 1.0, "kWh")]
    scores = sam(accuracies, energies)
    assert list(scores) == [sam(a, e) for a, e in zip(accuracies, energies, strict=True)]
    mixed = sam(np.array([0.8, 0.7]), energies)
    assert [q.value for q in mixed] == pytest.approx([q.value for q in scores])
    assert all(one.u < other.u for one, other in zip(mixed, scores, strict=True))


def test_a_quantity_in_a_list_that_is_outside_the_domain_is_named_by_its_place():
    with pytest.raises(ScoreDomainError, match=r"\[1\]: electricity.*unit=\"Wh\""):
        sam([0.8, 0.8], [Quantity(7.2e7, 0.0, "J"), Quantity(3.6e5, 0.0, "J")])


def test_just_above_1_is_no_percent():
    with pytest.raises(ArgumentError) as caught:
        sam(1.0000001, 10.0)
    assert "1.0000001 is not a fraction" in str(caught.value)
    assert "%" not in str(caught.value)
