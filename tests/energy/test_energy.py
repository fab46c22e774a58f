from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.energy.joules import Joules, during, sensor_parts
from wattwhat.energy.totals import total, total_j
from wattwhat.records.assumptions import power_limit_w
from wattwhat.records.channel import COMPONENTS

VALUES = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 1e3)), min_size=1, max_size=6)


def made(number: int, backend: str = "t") -> Channel:
    return Channel(f"h/{backend}/{number}", backend, "d", "cpu", "energy")


@given(VALUES)
def test_gains_of_one_backend_add_linearly_and_the_rest_in_quadrature(
    values: list[tuple[float, float, float]],
) -> None:
    parts = [
        (made(n), Joules(value, (("sensor gain", gain), ("resolution", step))))
        for n, (value, gain, step) in enumerate(values)
    ]
    energy, budget = total(parts)
    assert energy.value == pytest.approx(math.fsum(value for value, _, _ in values))
    assert budget.get("sensor gain") == pytest.approx(sum(gain for _, gain, _ in values))
    assert budget.get("resolution") == pytest.approx(math.hypot(*(step for _, _, step in values)))
    assert energy.u == pytest.approx(budget.u)
    assert total_j(parts) == pytest.approx((energy.value, energy.u))


def test_gains_of_unlike_sensors_are_independent() -> None:
    part = Joules(10.0, (("sensor gain", 3.0),))
    _, alike = total([(made(0), part), (made(1), part)])
    _, unlike = total([(made(0, "a"), part), (made(0, "b"), part)])
    assert alike.u == pytest.approx(6.0)
    assert unlike.u == pytest.approx(3.0 * math.sqrt(2))


def test_the_sum_of_no_channel_is_not_zero() -> None:
    energy, _ = total([])
    assert not energy.known
    assert energy.u == math.inf
    assert total_j([]) == pytest.approx((math.nan, math.inf), nan_ok=True)
    assert total_j([(made(0), Joules(1.0, (("resolution", math.nan),)))]) == (1.0, math.inf)


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_has_a_bound(component: str) -> None:
    assert power_limit_w(Channel("a", "t", "d", component, "power")) > 0
    assert power_limit_w(Channel("a", "t", "d", component, "power", max_power_w=7.0)) == 7.0


def test_an_estimate_errs_by_its_model() -> None:
    channel = Channel("a", "t", "d", "cpu", "energy", gain_error=0.4)
    assert sensor_parts(-10.0, 1.0, channel, "estimated") == (("model", 4.0),)
    assert sensor_parts(10.0, 1.0, channel) == (("sensor gain", 4.0),)


@given(st.floats(0.1, 1e6), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_part_of_a_span_and_the_rest_make_the_span(energy_j: float, window_s: float, rest_s: float) -> None:
    whole, span_s = Joules(energy_j, (("sensor gain", 0.03 * energy_j),)), window_s + rest_s
    part, rest = during(whole, span_s, window_s), during(whole, span_s, rest_s)
    assert part.value_j + rest.value_j == pytest.approx(energy_j)
    gains = [u for one in (part, rest) for source, u in one.parts if source == "sensor gain"]
    assert sum(gains) == pytest.approx(0.03 * energy_j)
    assert 0.5 * min(window_s, rest_s) / span_s * energy_j <= part.quantity.u * 1.000001 or (
        part.quantity.u == pytest.approx(0.03 * part.value_j, rel=1e-3)
    )


def test_readings_at_the_edges_leave_the_energy_as_it_is() -> None:
    whole = Joules(10.0, (("stale edges", 0.3),), ("a sentence",))
    assert during(whole, 2.0, 2.0) is whole
    assert during(whole, 0.0, 1e-6) is whole
    assert during(whole, 2.1, 2.0).warnings == whole.warnings
