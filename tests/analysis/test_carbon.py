from __future__ import annotations

import json
import math
import random
from statistics import stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat import Quantity
from wattwhat.analysis.carbon import carbon, cost
from wattwhat.errors import ArgumentError

ENERGIES = st.floats(0.0, 1e9)
FIGURES = st.floats(0.0, 5e3)


@given(ENERGIES, st.floats(0.0, 1e6), FIGURES, st.floats(0.0, 1e3), st.floats(1.0, 3.0))
def test_grams_are_energy_times_pue_times_intensity(
    joules: float, u: float, figure: float, figure_u: float, pue: float
) -> None:
    found = carbon(simple(joules, u), (figure, figure_u), pue=pue)
    assert found.amount.value == pytest.approx(joules / 3.6e6 * pue * figure)
    assert found.amount.unit == "g"
    assert (found.figure, found.pue) == (Quantity(figure, figure_u, "g/kWh"), pue)
    assert found.energy_kwh.value == pytest.approx(joules / 3.6e6)


@given(ENERGIES, FIGURES, st.floats(1.0, 3.0))
def test_money_and_carbon_follow_one_rule(joules: float, figure: float, pue: float) -> None:
    run = simple(joules, 0.1 * joules)
    assert cost(run, figure, "USD", pue=pue).amount.value == carbon(run, figure, pue=pue).amount.value


@given(ENERGIES, st.floats(0, 1), FIGURES)
def test_an_exact_figure_keeps_the_relative_uncertainty(
    joules: float, relative: float, figure: float
) -> None:
    found = carbon(simple(joules, relative * joules), figure).amount
    assert found.u == pytest.approx(relative * found.value, rel=1e-9, abs=1e-12)


def test_the_uncertainty_of_the_product_is_what_a_simulation_shows() -> None:
    """Also where both are so uncertain that the term of second order counts."""
    chance = random.Random(3)
    drawn = [chance.gauss(3.6e6, 1.8e6) / 3.6e6 * chance.gauss(400.0, 200.0) for _ in range(40_000)]
    found = carbon(simple(3.6e6, 1.8e6), (400.0, 200.0)).amount
    assert found.u == pytest.approx(stdev(drawn), rel=0.02)


@pytest.mark.parametrize("given_as", [400, 400.0, (400, 0), [400, 0], Quantity(400, 0, "g/kWh")])
def test_a_figure_may_be_given_in_several_ways(given_as: Any) -> None:
    assert carbon(simple(3.6e6), given_as).amount.value == pytest.approx(400.0)


@pytest.mark.parametrize(
    "nonsense",
    [-1, math.nan, math.inf, "400", None, True, (400,), (400, -1), (400, math.nan), Quantity(400, 1, "g")],
)
def test_nonsense_is_refused_by_name(nonsense: Any) -> None:
    with pytest.raises(ArgumentError, match="intensity_g_per_kwh"):
        carbon(simple(), nonsense)
    with pytest.raises(ArgumentError, match="price_per_kwh"):
        cost(simple(), nonsense)


@pytest.mark.parametrize("pue", [0.99, 0, -1, math.nan, math.inf, "1.2", None, True])
def test_a_building_does_not_make_energy(pue: Any) -> None:
    with pytest.raises(ArgumentError, match="pue"):
        carbon(simple(), 400, pue=pue)


@pytest.mark.parametrize("currency", ["", "  ", 3, None, "x" * 40])
def test_money_has_a_name(currency: Any) -> None:
    with pytest.raises(ArgumentError, match="currency"):
        cost(simple(), 0.3, currency)


def test_an_unusual_intensity_is_noted_and_taken_as_it_is() -> None:
    assert "not in kilograms" in carbon(simple(), 0.4).notes[0]
    assert carbon(simple(), 400).notes == ()


def test_an_unknown_energy_gives_an_unknown_footprint() -> None:
    found = carbon(simple(math.nan, math.inf), 400)
    assert not found.amount.known
    assert found.amount.u == math.inf
    assert found.to_dict()["amount"] == {"value": None, "u": None, "unit": "g"}


def test_the_inputs_are_kept_and_shown() -> None:
    found = carbon(simple(7.2e6, 7.2e4, label="net"), (400, 20), pue=1.2)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["figure"] == {"value": 400.0, "u": 20.0, "unit": "g/kWh"}
    assert (data["pue"], data["label"], data["provenance"]) == (1.2, "net", "measured")
    assert "at 400(20) g/kWh, PUE 1.2" in str(found)
    assert float(found) == pytest.approx(960.0)
