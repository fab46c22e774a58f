"""Stars by both readings of the rule."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat.errors import ArgumentError, ComparisonError, ScoreError
from wattwhat.scoring import EnergyStars

energies = st.lists(st.integers(1, 10_000), min_size=5, max_size=40, unique=True)


def population(joules):
    return [measured(str(j), None, float(j), u=0.0) for j in joules]


@given(energies)
def test_quintiles_share_the_models_out_equally(joules):
    stars = EnergyStars.fit(population(joules), mode="quintile")
    given_stars = [stars(net).grade for net in population(joules)]
    counts = [given_stars.count(star) for star in "54321"]
    assert max(counts) - min(counts) <= 1


@given(energies)
def test_equal_widths_share_the_range_out_equally(joules):
    stars = EnergyStars.fit(population(joules), mode="equal width")
    low, high = min(joules), max(joules)
    for j in joules:
        share = (j - low) / (high - low) * 5
        if abs(share - round(share)) > 1e-6:  # on an edge, rounding decides
            assert int(stars(measured("net", None, float(j))).grade) == 5 - math.floor(share)


@given(energies, st.sampled_from(["quintile", "equal width"]))
def test_the_frugal_get_no_fewer_stars(joules, mode):
    stars = EnergyStars.fit(population(joules), mode=mode)
    found = [int(stars(net).grade) for net in population(sorted(joules))]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (5, 1)


def test_the_readings_differ_on_skewed_populations():
    skewed = population([1, 2, 3, 4, 100])
    two = [EnergyStars.fit(skewed, mode=mode)(skewed[3]) for mode in ("equal width", "quintile")]
    assert [result.grade for result in two] == ["5", "2"]
    assert two[0].name != two[1].name


def test_value_and_odds():
    stars = EnergyStars.fit(
        population([3.6, 7.2, 10.8, 14.4, 18.0]), mode="quintile", reference="demo-2026-11"
    )
    result = stars(measured("net", None, 3.6, u=0.1))
    assert result.value.unit == "Wh"
    assert result.value.value == pytest.approx(1.0)  # 3.6 J an item are 1 Wh per 1000 items
    assert result.probabilities["5"] == pytest.approx(0.5)
    assert sum(result.probabilities.values()) == pytest.approx(1.0)
    assert stars(measured("net", None, 3.6, u=math.inf)).probabilities is None
    assert any("outside" in note for note in stars(measured("net", None, 1.0)).details["notes"])


def test_bad_populations_are_refused():
    with pytest.raises(ArgumentError, match="mode"):
        EnergyStars.fit(population([1, 2]), mode="fifths")
    with pytest.raises(ScoreError, match="at least two"):
        EnergyStars.fit(population([1]), mode="quintile")
    mixed = [*population([1, 2]), measured("x", provenance="estimated")]
    with pytest.raises(ComparisonError, match="origin differs"):
        EnergyStars.fit(mixed, mode="quintile")
    with pytest.raises(ArgumentError, match="four rising"):
        EnergyStars((1, 2, 3), "quintile")
