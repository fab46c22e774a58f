"""measure() on loads that people have, each a row of the benchmark with its known truth, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.measured import LOADS, SENSORS, cell, level, one_measurement, over_time
from tests.measuring.test_measuring import Passing, measured
from tests.rigs import Load, counter, gauge, simulated

pytestmark = pytest.mark.slow

CONSTANT = LOADS["constant"]


def test_a_gauge_inside_of_a_counter_changes_nothing() -> None:
    alone, _, alone_s = one_measurement(SENSORS["counter 100 ms"], CONSTANT[0], 5)
    beside, _, beside_s = one_measurement(SENSORS["counter 100 ms + gauge 25/100"], CONSTANT[0], 5)
    for m in (alone, beside):
        assert m.energy_per_call_j is not None
        assert m.energy_per_call_j.value == pytest.approx(15.0, rel=0.005)
    assert beside_s < alone_s + 2.0


@pytest.mark.parametrize("sensor", ["counter 20 ms", "counter 100 ms", "gauge 25/100"])
def test_a_neighbour_that_comes_is_said_and_not_left_out(sensor: str) -> None:
    load = level(5.0, 200.0, 280.0)
    m, run, _ = one_measurement(SENSORS[sensor], load, 3, min_seconds=10.0)
    assert any("changed its level" in words for words in m.warnings)
    assert "power_rise" not in m.details
    low, high = m.energy_per_call_j.interval(0.95)
    own = [joules for _, joules in run.joules][-m.calls :]
    assert low <= sum(own) / len(own) <= high


@pytest.mark.parametrize("sensor", ["counter 1 ms", "counter 100 ms", "gauge 100/100"])
def test_throttling_in_the_middle_is_said(sensor: str) -> None:
    m, _, _ = one_measurement(SENSORS[sensor], level(6.0, 300.0, 180.0), 2, min_seconds=10.0)
    assert any("throttling" in words for words in m.warnings)


@pytest.mark.parametrize("power_w", [12.2, 12.5, 12.9, 13.0])
def test_the_step_of_a_gauge_stays_in_the_interval_however_often_it_is_read(power_w: float) -> None:
    load = over_time(lambda chance: lambda t: power_w, 0.05)
    sensor = [{"kind": "power", "period_s": 0.1, "window_s": 0.1, "told": True, "quantum": 1.0}]
    m, _, _ = one_measurement(sensor, load, 1)
    low, high = m.energy_per_call_j.interval(0.95)
    assert low <= power_w * 0.05 <= high
    assert m.details["stopped"] == "precision reached"  # the step is the sensor's, repeats do not shrink it


@pytest.mark.parametrize("sensor", ["gauge 25/100", "gauge 100/100", "counter 100 ms"])
@pytest.mark.parametrize("call_s", [5.0, 20.0])
def test_long_calls_keep_the_time_and_leave_an_interval(sensor: str, call_s: float) -> None:
    def calls(chance: Any) -> Any:
        while True:
            yield [(call_s / 2, 300.0), (call_s / 2, 100.0)]

    m, _, took_s = one_measurement(SENSORS[sensor], calls, 4, max_seconds=60.0)
    assert took_s <= 60.0 + call_s + 1.0
    low, high = m.energy_per_call_j.interval(0.95)
    assert low <= 200.0 * call_s <= high
    assert high - low > 1e-3 * call_s


def test_a_mean_over_a_second_that_nobody_stated_is_found() -> None:
    m, _, _ = one_measurement(SENSORS["gauge 1000/100, unstated"], CONSTANT[0], 6)
    assert m.energy_per_call_j.value == pytest.approx(15.0, rel=0.02)


AT_REST = {
    "counter 1 ms": lambda load: counter(load, 0.001),
    "counter 20 ms": lambda load: counter(load, 0.02),
    "counter 100 ms": lambda load: counter(load, 0.1),
    "gauge 100/100": lambda load: gauge(load, 0.1, 0.1),
    "gauge 1000/100": lambda load: gauge(load, 0.1, 1.0),
    "gauge 1 s": lambda load: gauge(load, 1.0, 1.0),
}


@pytest.mark.parametrize("tau_s", [0.01, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("sensor", AT_REST)
def test_power_at_rest_is_right_or_doubted(tau_s: float, sensor: str) -> None:
    """After work the power falls slowly, as where clocks stay up for a while."""
    load = Load(60.0)
    simulation = simulated(AT_REST[sensor](load), max_power_w=500.0)

    class Working(Passing):
        def run(self) -> None:
            now_s = self.simulation.clock.now_s
            while load._edges[-1] > now_s:  # what was to come of the tail no longer comes
                for column in (load._edges, load._energy, load._power):
                    column.pop()
            falls = [(tau_s / 100.0, 60.0 + 140.0 * 0.99**k) for k in range(700)]
            load.call(now_s, (self.call_s, 300.0), *falls)
            super().run()

    m = measured(simulation, Working(simulation, 0.2), max_seconds=60.0)
    assert m.idle_power_w is not None
    low, high = m.idle_power_w.interval(0.95)
    assert low <= 60.0 <= high
    doubted = any(words.code == "idle" for words in m.warnings)
    assert doubted or tau_s < 10.0
    if tau_s < 0.1 and sensor != "gauge 1 s":
        assert not doubted
        assert high - low < 0.6 * 60.0


def test_a_few_rounds_are_known_by_their_parts() -> None:
    """Two rounds that come out alike by chance are not sure of a load that each part shows differently."""
    made, mean_j = LOADS["period 0.2 s"]
    assert cell(SENSORS["gauge 25/100"], made, mean_j, 15, 7)["held"] >= 0.85


def test_precision_reached_is_said_of_what_is_returned() -> None:
    for number in range(20):
        m, _, _ = one_measurement(SENSORS["gauge 1000/100"], LOADS["bimodal"][0], 50 + number, precision=0.05)
        if m.details["stopped"] == "precision reached":
            assert m.details["precision"] <= 0.05


@pytest.mark.parametrize("load", ["constant", "wander, 1 s", "two states of 3 s", "pauses"])
def test_intervals_hold_on_loads_with_a_memory(load: str) -> None:
    made, mean_j = LOADS[load]
    found = cell(SENSORS["counter 20 ms"], made, mean_j, 25, 9)
    assert found["held"] >= 0.8  # printed with 300 calls by the benchmark


@pytest.mark.parametrize("sensor", ["counter 1 ms, read in 20 ms", "gauge 100/100"])
def test_what_is_shown_late_at_the_outer_edges_is_no_part_of_the_look(sensor: str) -> None:
    """A look of 3 s within one state of 3 s shows the other one at its edges only."""
    made, mean_j = LOADS["two states of 3 s"]
    assert cell(SENSORS[sensor], made, mean_j, 10, 1)["held"] == 1.0


def test_calls_that_are_asked_for_are_measured_as_far_as_the_time_goes() -> None:
    for asked, seconds in ((700, 60.0), (10_000, 20.0)):
        m, _, took_s = one_measurement(
            SENSORS["counter 20 ms"], CONSTANT[0], 3, min_calls=asked, max_seconds=seconds
        )
        assert m.calls is not None
        assert m.calls >= min(asked, 300)
        assert took_s <= seconds + 1.1
        assert (m.calls >= asked) == (asked == 700)
