from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.strategies import fractions, joules
from wattwhat import Quantity
from wattwhat.errors import ArgumentError, UnitError
from wattwhat.records.coverage import coverage_factor
from wattwhat.records.quantity import unit_factor

ENERGY_UNITS = st.sampled_from(["J", "mJ", "uJ", "kJ", "Wh", "kWh", "mWh", "MWh"])


@given(joules, ENERGY_UNITS)
def test_units_convert_back_and_forth(quantity: Quantity, unit: str) -> None:
    there = quantity.to(unit)
    back = there.to("J")
    assert back.value == pytest.approx(quantity.value, rel=1e-12)
    assert back.u == pytest.approx(quantity.u, rel=1e-12)
    if abs(quantity.value) > 1e-9 and quantity.u > 1e-9:
        assert there.relative == pytest.approx(quantity.relative, rel=1e-9)


@given(ENERGY_UNITS, ENERGY_UNITS, ENERGY_UNITS)
def test_conversions_by_two_steps_or_one_agree(a: str, b: str, c: str) -> None:
    assert unit_factor(a, b) * unit_factor(b, c) == pytest.approx(unit_factor(a, c), rel=1e-12)


@pytest.mark.parametrize(("unit", "joule"), [("kWh", 3.6e6), ("Wh", 3600.0), ("mJ", 1e-3), ("kJ", 1e3)])
def test_units_have_their_si_value(unit: str, joule: float) -> None:
    assert Quantity(1, 0, unit).to("J").value == pytest.approx(joule)


@given(joules, fractions)
def test_a_wider_coverage_gives_a_wider_interval(quantity: Quantity, coverage: float) -> None:
    assume(0.01 < coverage < 0.98)
    low, high = quantity.interval(coverage)
    lower, higher = quantity.interval(coverage + 0.01)
    assert lower <= low <= quantity.value <= high <= higher


def test_coverage_of_one_two_three_sigma() -> None:
    assert coverage_factor(0.6826894921) == pytest.approx(1.0, abs=1e-6)
    assert coverage_factor(0.9544997361) == pytest.approx(2.0, abs=1e-6)
    assert coverage_factor(0.95) == pytest.approx(1.959964, abs=1e-6)


@given(joules, joules, st.floats(-1, 1))
def test_a_sum_lies_between_cancelling_and_adding_up(a: Quantity, b: Quantity, correlation: float) -> None:
    both = a.plus(b, correlation=correlation)
    assert both.value == pytest.approx(a.value + b.value)
    slack = 1e-6 * (a.u + b.u) + 1e-12
    assert abs(a.u - b.u) - slack <= both.u <= a.u + b.u + slack


@given(joules, joules)
def test_independent_parts_add_in_quadrature(a: Quantity, b: Quantity) -> None:
    assert a.plus(b, correlation=0).u == pytest.approx(math.hypot(a.u, b.u))


@given(joules, st.floats(-1e3, 1e3))
def test_an_exact_factor_keeps_the_relative_uncertainty(quantity: Quantity, factor: float) -> None:
    assume(abs(factor) > 1e-3 and abs(quantity.value) > 1e-3)
    assert (quantity * factor).relative == pytest.approx(quantity.relative)
    assert (quantity / factor * factor).value == pytest.approx(quantity.value)


def test_the_product_of_two_quantities_is_not_guessed() -> None:
    with pytest.raises(TypeError):
        Quantity(1, 0.1, "J") * Quantity(1, 0.1, "J")
    with pytest.raises(TypeError):
        Quantity(1, 0.1, "J") / Quantity(1, 0.1, "J")


@pytest.mark.parametrize(
    ("value", "u", "concise", "expanded"),
    [
        (12.34, 0.05, "12.34(5) J", "12.34 ± 0.10 J (k=2)"),
        (12.345, 0.0123, "12.345(12) J", "12.345 ± 0.025 J (k=2)"),
        (1234.5, 12.3, "1234(12) J", "1234 ± 25 J (k=2)"),
        (123456.0, 1234.0, "123500(1200) J", "123500 ± 2500 J (k=2)"),
        (2.0, 0.0, "2 J", "2 ± 0 J (k=2)"),
        (0.001234, 0.000005, "0.001234(5) J", "0.001234 ± 0.000010 J (k=2)"),
        (5.0, 4.0, "5.0 (u = 4.0) J", "5.0 ± 8.0 J (k=2)"),
        (math.nan, math.inf, "unknown J", "unknown J (k=2)"),
        (3.0, math.inf, "3(unknown u) J", "3 ± unknown J (k=2)"),
    ],
)
def test_numbers_are_written_as_metrologists_do(value: float, u: float, concise: str, expanded: str) -> None:
    quantity = Quantity(value, u, "J")
    assert str(quantity) == concise
    assert f"{quantity:U}" == expanded


@given(joules)
def test_what_is_written_is_within_half_a_standard_uncertainty(quantity: Quantity) -> None:
    assume(quantity.u > 1e-6 and quantity.u < 0.4 * abs(quantity.value))
    written = float(str(quantity).split("(")[0])
    assert abs(written - quantity.value) <= 0.5 * quantity.u + 1e-12 * abs(quantity.value)


@given(st.builds(Quantity, st.floats(), st.floats(0.0) | st.just(math.nan), st.just("J")))
def test_plain_data_and_back(quantity: Quantity) -> None:
    data = quantity.to_dict()
    again = Quantity.from_dict(data)
    if math.isfinite(quantity.value):
        assert again.value == quantity.value
    else:
        assert data["value"] is None
        assert not again.known
    if math.isfinite(quantity.u):
        assert again.u == quantity.u
    else:
        assert again.u == math.inf


@pytest.mark.parametrize(("value", "u"), [("one", 0), (1, -0.1), (1, "x"), (None, 0)])
def test_nonsense_is_refused(value: object, u: object) -> None:
    with pytest.raises((ArgumentError, TypeError, ValueError)):
        Quantity(value, u, "J")  # type: ignore[arg-type]


def test_units_of_other_kinds_do_not_convert() -> None:
    with pytest.raises(UnitError, match="'W' one of power"):
        Quantity(1, 0, "J").to("W")
    with pytest.raises(UnitError, match="bananas"):
        Quantity(1, 0, "J").to("bananas")
    assert Quantity(3, 0, "bananas").to("bananas").value == 3


@pytest.mark.parametrize("coverage", [0.0, 1.0, 1.5, -1, math.nan, "95 %"])
def test_coverage_outside_0_and_1_is_refused(coverage: Any) -> None:
    with pytest.raises(ArgumentError, match="coverage"):
        Quantity(1, 0.1, "J").interval(coverage)


@pytest.mark.parametrize("value", [[1.0, 2.0], None, "1", 1j, 10**400])
def test_what_is_no_number_is_refused(value: Any) -> None:
    import numpy as np

    for wrong in (value, np.array(value) if isinstance(value, list) else value):
        with pytest.raises(ArgumentError, match="value and u"):
            Quantity(wrong, 0, "J")
        with pytest.raises(ArgumentError, match="value and u"):
            Quantity(1.0, wrong, "J")


anything = st.floats(allow_nan=True, allow_infinity=True)


@given(anything, st.floats(min_value=0, allow_nan=False), st.sampled_from(["", "U"]))
def test_every_quantity_can_be_printed_and_shows_its_magnitude(value: float, u: float, spec: str) -> None:
    text = format(Quantity(value, u, "J"), spec)
    assert len(text) < 100
    if 1e-300 < abs(value) < 1e300 and u <= 0.01 * abs(value):
        number = re.match(r"\(?(-?[\d.]+(?:e[+-]?\d+)?)", text)
        power = re.search(r"\)(e[+-]?\d+) J", text)
        assert number
        assert float(number[1] + (power[1] if power else "")) == pytest.approx(value, rel=0.03)


@pytest.mark.parametrize(
    ("value", "u", "text", "expanded"),
    [
        (1.23e-12, 5e-14, "1.23(5)e-12 J", "(1.23 ± 0.10)e-12 J (k=2)"),
        (1e200, 1e198, "1.000(10)e200 J", "(1.000 ± 0.020)e200 J (k=2)"),
        (12.34, 0.05, "12.34(5) J", "12.34 ± 0.10 J (k=2)"),
        (0.0, 1e-290, "(0.0 (u = 1.0))e-290 J", "(0.0 ± 2.0)e-290 J (k=2)"),
    ],
)
def test_small_and_large_ones_keep_their_digits(value: float, u: float, text: str, expanded: str) -> None:
    assert (str(Quantity(value, u, "J")), f"{Quantity(value, u, 'J'):U}") == (text, expanded)


@given(joules, joules, st.floats(-1, 1))
def test_a_difference_undoes_a_sum_and_cancels_what_is_shared(a: Quantity, b: Quantity, rho: float) -> None:
    gap = a.minus(b, correlation=rho)
    assert gap.value == pytest.approx(a.value - b.value)
    assert abs(a.u - b.u) * (1 - 1e-6) - 1e-9 <= gap.u <= (a.u + b.u) * (1 + 1e-6)
    assert a.minus(a, correlation=1).u == pytest.approx(0.0, abs=1e-6 * a.u)


def test_sums_and_differences_ask_how_the_two_are_correlated() -> None:
    with pytest.raises(TypeError, match="correlation"):
        Quantity(3, 1, "J").minus(Quantity(2, 1, "J"))  # type: ignore[call-arg]
    assert Quantity(1e200, 3e198, "J").plus(Quantity(1e200, 4e198, "J"), correlation=0).u == 5e198
