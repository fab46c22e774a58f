from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Reading
from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.outcome import measurement_of
from wattwhat.energy.joules import Joules
from wattwhat.errors import MeterError
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, Waveform, constant, square


def window(
    wave: Waveform, latencies_s: list[float], window_s: float, begin_s: float
) -> tuple[list[Joules], float]:
    """Joules that counters with these latencies show of one window, and the truth."""
    clock = VirtualClock()
    meters = [
        VirtualMeter(
            VirtualSensor(wave, update_period_s=0.001, latency_s=latency_s),
            Channel(
                f"h/virtual/{n}", "virtual", "d", "gpu", "energy", update_period_s=0.001, max_power_w=300.0
            ),
            clock=clock,
        )
        for n, latency_s in enumerate(latencies_s)
    ]
    meter_set = MeterSet(meters, clock=clock, threaded=False)
    clock.advance(begin_s)
    begin = meter_set.begin()
    first_s = clock.now_s
    clock.advance(window_s)
    last_s = clock.now_s
    entries = account(meter_set, begin, meter_set.end(begin))
    return [joules for _, joules, _ in entries if joules is not None], wave.energy_j(first_s, last_s)


LATENCIES = st.lists(st.floats(0.0, 0.05), min_size=1, max_size=4)


@given(LATENCIES, st.floats(0.05, 2.0), st.floats(1.0, 2.0))
def test_the_time_that_reading_takes_is_not_in_the_window(
    latencies_s: list[float], window_s: float, begin_s: float
) -> None:
    """A slow meter, or a quick one that is read beside it: the window's energy is the window's."""
    found, truth_j = window(constant(100.0), latencies_s, window_s, begin_s)
    assert len(found) == len(latencies_s)
    for joules in found:
        assert joules.value_j == pytest.approx(truth_j, abs=0.25)  # two ticks of 1 ms at 100 W, and rounding


@pytest.mark.parametrize("window_s", [0.05, 0.35, 1.5])
@pytest.mark.parametrize("latencies_s", [[0.02], [0.02, 0.0, 0.005]])
def test_a_load_that_changes_while_meters_are_read_stays_in_the_interval(
    latencies_s: list[float], window_s: float
) -> None:
    inside = []
    for step in range(100):  # at each phase of the load
        found, truth_j = window(
            square(0.037, low_w=20, high_w=200), latencies_s, window_s, 1 + step * 0.00037
        )
        inside += [abs(joules.value_j - truth_j) <= 2 * joules.quantity.u for joules in found]
    assert sum(inside) >= 0.95 * len(inside)


class Broken(VirtualMeter):
    def read(self) -> Reading:
        raise MeterError("no answer")


def test_what_was_lost_is_said_to_be_missing_from_the_total() -> None:
    clock = VirtualClock()
    fields = ("virtual", "d", "gpu", "energy")
    meters = [
        kind(VirtualSensor(constant(100.0)), Channel(f"h/virtual/{name}", *fields), clock=clock)
        for kind, name in ((VirtualMeter, "fine"), (Broken, "broken"))
    ]
    meter_set = MeterSet(meters, clock=clock, threaded=False)
    begin = meter_set.begin()
    clock.advance(1.0)
    found = measurement_of(
        meter_set, account(meter_set, begin, meter_set.end(begin)), label="a", duration_s=1.0, started_ns=None
    )
    assert found.energy_j.value == pytest.approx(100.0)
    assert "the total leaves out h/virtual/broken, whose energy was lost" in found.warnings


@given(st.floats(0.0, 1.0), st.floats(0.0, 50.0), st.sampled_from([0.02, 0.1, 1.0]))
def test_two_readings_of_one_stamp_are_known_no_better_than_a_period(
    window_s: float, gained_j: float, period_s: float
) -> None:
    """A driver that caches gives the same time twice; what was drawn then is not exactly nothing."""

    class Cached(VirtualMeter):
        def read(self) -> Reading:
            self.reads += 1
            return Reading(10**9, 1000.0 + (gained_j if self.reads > 1 else 0.0))

    clock = VirtualClock(start_ns=10**9)
    sensor = VirtualSensor(constant(100.0), update_period_s=period_s)
    meter_set = MeterSet(
        [Cached(sensor, sensor.channel(max_power_w=300.0), clock=clock)], clock=clock, threaded=False
    )
    begin = meter_set.begin()
    clock.advance(window_s)
    ((_, joules, words),) = account(meter_set, begin, meter_set.end(begin))
    assert joules is not None
    assert joules.quantity.u > 0.0
    if window_s > period_s:
        assert any("time stamp" in sentence for sentence in words)
        assert abs(joules.value_j - 100.0 * window_s) <= 2.0 * joules.quantity.u
