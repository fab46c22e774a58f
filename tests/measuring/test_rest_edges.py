"""Edges of a time at rest: counters are looked at until they tick, and not for long where they do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs import counter, gauge, simulated
from wattwhat.errors import MeterError
from wattwhat.measuring.idle import keep_idle
from wattwhat.measuring.rest_edges import by_ticks, rest_edge, watched
from wattwhat.testing import constant


@given(st.floats(20.0, 400.0), st.floats(0.001, 0.15), st.floats(0.0, 1.0))
def test_a_counter_tells_power_at_rest_from_tick_to_tick(power_w: float, period_s: float, at: float) -> None:
    """A slow one needs no longer time than a quick one."""
    simulation = simulated(
        counter(constant(power_w), period_s, phase_s=at * period_s), gain_error=0.0, max_power_w=500.0
    )
    begun_s = simulation.clock.now_s
    power = keep_idle(simulation.meter_set, 0.6, simulation.advance)
    assert power.value == pytest.approx(power_w, rel=0.005)
    assert power.u <= 0.04 * power_w
    assert simulation.clock.now_s - begun_s <= 1.2 + 5.0 * period_s  # at most once are the halves doubled


@given(st.floats(0.002, 0.2), st.floats(0.0, 1.0))
def test_between_ticks_the_energy_is_known_better_than_a_period(period_s: float, at: float) -> None:
    simulation = simulated(counter(constant(100.0), period_s, phase_s=at * period_s), max_power_w=500.0)
    meter_set = simulation.meter_set
    waited = watched(meter_set, meter_set.inputs, 1.0)
    begin = rest_edge(meter_set, waited, simulation.advance)
    simulation.advance(1.0)
    end = rest_edge(meter_set, waited, simulation.advance)
    found = by_ticks(meter_set.inputs[0], begin, end, 1.0)
    assert found is not None
    assert found.value_j == pytest.approx(100.0, abs=100.0 * 0.001)


def test_what_does_not_tick_is_waited_for_one_period_and_a_half() -> None:
    still = simulated(counter(constant(0.0), 0.1), gauge(), max_power_w=500.0)
    meter_set = still.meter_set
    waited = watched(meter_set, meter_set.inputs, 1.0)
    assert list(waited) == [0]  # a gauge does not tick
    begun_s = still.clock.now_s
    edge = rest_edge(meter_set, waited, still.advance)
    assert still.clock.now_s - begun_s <= 0.1501 + 0.0003
    assert not edge.ticks
    assert by_ticks(meter_set.inputs[0], edge, edge, 1.0) is None


def test_a_counter_too_slow_for_the_time_or_too_fast_to_be_seen_is_not_waited_for() -> None:
    made = simulated(counter(period_s=1.0), counter(period_s=0.0002), max_power_w=500.0)
    assert not watched(made.meter_set, made.meter_set.inputs, 0.3)


def test_one_that_cannot_be_read_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = simulated(counter(period_s=0.1), counter(period_s=0.1), max_power_w=500.0)
    meter_set = made.meter_set

    def read() -> Any:
        raise MeterError("gone for now")

    monkeypatch.setattr(meter_set.inputs[0].meter, "read", read)
    edge = rest_edge(meter_set, watched(meter_set, meter_set.inputs, 1.0), made.advance)
    assert list(edge.ticks) == [meter_set.inputs[1].channel.id]
