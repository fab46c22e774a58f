"""The laws of watching: the period is found to a look, and nothing is claimed that was not seen."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wattwhat.acquisition.update_period import observe_period
from wattwhat.errors import MeterError
from wattwhat.sensing.meter import Reading

LOOK_S = 0.001


class Sensor:
    """A value that moves once a period, read on a clock that only moves when somebody sleeps or reads."""

    def __init__(self, period_s, phase_s=0.0, step=1.0, latency_s=0.0):
        self.period_s, self.phase_s, self.step, self.latency_s = period_s, phase_s, step, latency_s
        self.now_s = 0.0
        self.reads = 0

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds

    def read(self):
        self.reads += 1
        self.now_s += self.latency_s
        ticks = int((self.now_s + self.phase_s) / self.period_s)
        return Reading(round(self.now_s * 1e9), self.step * ticks)

    def watched(self, limit_s):
        return observe_period(self.read, self.clock, self.sleep, limit_s)


periods = st.floats(0.002, 0.2)


@given(periods, st.floats(0.0, 1.0))
def test_the_period_is_found_to_a_look_whatever_the_phase(period_s, phase):
    found = Sensor(period_s, phase * period_s).watched(30 * period_s)
    assert found == pytest.approx(period_s, abs=LOOK_S)


@given(periods, st.floats(1e-6, 1e6))
def test_the_size_of_a_step_does_not_matter(period_s, step):
    assert Sensor(period_s, step=step).watched(10 * period_s) == Sensor(period_s).watched(10 * period_s)


@given(st.floats(0.01, 0.2), st.floats(0.0, 0.004))
def test_a_slow_reading_costs_resolution_only(period_s, latency_s):
    found = Sensor(period_s, latency_s=latency_s).watched(30 * period_s)
    assert found == pytest.approx(period_s, abs=LOOK_S + latency_s)


@given(periods, st.floats(0.01, 1.0))
def test_it_never_looks_more_than_a_thousand_times_a_second(period_s, limit_s):
    sensor = Sensor(period_s)
    sensor.watched(limit_s)
    assert sensor.reads <= limit_s / LOOK_S + 3
    assert sensor.now_s <= limit_s + 2 * LOOK_S


@given(periods, st.floats(0.0, 3.9))
def test_too_few_changes_tell_nothing(period_s, spans):
    assume(spans * period_s > 0)
    assert Sensor(period_s).watched(spans * period_s - 2 * LOOK_S) is None


@given(st.floats(1e-5, 0.9e-3))
def test_a_sensor_that_is_faster_than_looking_tells_nothing(period_s):
    assert Sensor(period_s).watched(0.3) is None


def test_a_sensor_that_never_moves_tells_nothing():
    assert Sensor(1e9).watched(0.3) is None


def test_some_missed_changes_do_not_move_the_period():
    """A gauge that shows the same power twice in a row now and then seems to have skipped an update."""
    sensor = Sensor(0.02)
    plain = sensor.read

    def repeating():
        t_ns, ticks = plain()
        return Reading(t_ns, ticks - 1.0 if ticks % 5 == 4 else ticks)

    found = observe_period(repeating, sensor.clock, sensor.sleep, 1.0)
    assert found == pytest.approx(0.02, abs=LOOK_S)


def test_a_failing_sensor_is_not_hidden():
    def read():
        raise MeterError("gone")

    with pytest.raises(MeterError, match="gone"):
        observe_period(read, lambda: 0.0, lambda seconds: None, 0.3)
