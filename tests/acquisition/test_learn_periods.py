"""measure() finds update periods that nobody stated, while the machine rests, and goes by them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measuring.test_measuring import measured
from tests.rigs import Load, counter, gauge, simulated
from wattwhat.acquisition.update_period import learn_periods
from wattwhat.testing import Faults, constant, square


def rested(*sensors: Any, **fields: Any) -> Any:
    return simulated(*sensors, update_period_s=None, max_power_w=450.0, **fields)


@pytest.mark.parametrize("period_s", [0.005, 0.02, 0.1])
def test_an_unknown_period_is_found_before_the_idle_baseline(period_s: float) -> None:
    simulation = rested(counter(constant(100.0), period_s))
    m = measured(simulation)
    [channel] = [one.channel for one in m.channels]
    assert channel.update_period_s == pytest.approx(period_s, abs=0.001)
    assert "found by watching" in (channel.source or "")
    assert m.energy_per_call_j is not None
    low, high = m.energy_per_call_j.interval(0.997)
    assert low <= 1.0 <= high


def test_a_found_period_narrows_what_is_unknown() -> None:
    """A counter that ticks every 5 ms, taken for one of 100 ms, claims edges twenty times as stale."""
    u = []
    for idle in ("auto", None):
        simulation = rested(counter(square(0.31, 0.5, 50.0, 150.0), 0.005))
        m = measured(simulation, idle=idle, min_seconds=1.0, max_seconds=1.2)
        u.append(m.budget.get("stale edges"))
    assert u[0] < u[1] / 5.0


def test_a_gauge_is_polled_at_the_found_period() -> None:
    load = Load()
    simulation = rested(gauge(square(0.0173, 0.5, 50.0, 150.0) + load, 0.02, 0.02))
    measured(simulation)
    [line] = simulation.meter_set.inputs
    assert line.channel.update_period_s == pytest.approx(0.02, abs=0.001)
    assert line.poll_s == pytest.approx(0.01, abs=0.001)


def test_what_is_stated_is_not_watched() -> None:
    simulation = simulated(counter(constant(100.0), 0.02), update_period_s=0.05)
    learn_periods(simulation.meter_set.inputs, lambda: simulation.clock.now_s, simulation.advance)
    assert simulation.meter_set.inputs[0].channel.update_period_s == 0.05
    assert simulation.clock.now_s == 100.0


def test_a_sensor_is_watched_once_and_for_half_a_second() -> None:
    simulation = rested(gauge(constant(100.0), quantum=1.0))
    for _ in range(3):
        learn_periods(simulation.meter_set.inputs, lambda: simulation.clock.now_s, simulation.advance)
    assert simulation.clock.now_s == pytest.approx(100.5, abs=0.01)
    assert simulation.meter_set.inputs[0].meter.reads <= 502
    assert simulation.meter_set.inputs[0].channel.update_period_s is None


def test_of_sensors_of_one_kind_the_first_is_watched_for_all() -> None:
    simulation = rested(*(counter(constant(100.0), 0.02) for _ in range(4)), device="a board of four")
    learn_periods(simulation.meter_set.inputs, lambda: simulation.clock.now_s, simulation.advance)
    assert [line.channel.update_period_s for line in simulation.meter_set.inputs] == [
        pytest.approx(0.02, abs=0.001)
    ] * 4
    assert simulation.clock.now_s == pytest.approx(100.5, abs=0.01)


def test_a_sensor_that_fails_while_it_is_watched_ends_nothing() -> None:
    simulation = rested(counter(constant(100.0), 0.02, faults=Faults(gaps=((100.0, 101.0),))))
    learn_periods(simulation.meter_set.inputs, lambda: simulation.clock.now_s, simulation.advance)
    assert simulation.meter_set.inputs[0].channel.update_period_s is None
