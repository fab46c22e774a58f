from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.channel import COMPONENTS
from wattwhat.energy import Joules, power_limit_w, sensor_parts, total

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


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_has_a_bound(component: str) -> None:
    assert power_limit_w(Channel("a", "t", "d", component, "power")) > 0
    assert power_limit_w(Channel("a", "t", "d", component, "power", max_power_w=7.0)) == 7.0


def test_an_estimate_errs_by_its_model() -> None:
    channel = Channel("a", "t", "d", "cpu", "energy", gain_error=0.4)
    assert sensor_parts(-10.0, 1.0, channel, "estimated") == (("model", 4.0),)
    assert sensor_parts(10.0, 1.0, channel) == (("sensor gain", 4.0),)
