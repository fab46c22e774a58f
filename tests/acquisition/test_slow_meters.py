"""Meters whose reading takes long, hangs or fails: what they hold and starve, and what is said of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs import Load, counter, gauge, simulated
from wattwhat import Measurement, Workload
from wattwhat.acquisition import edge_reads
from wattwhat.acquisition.aside import Threads
from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.edges import Moment
from wattwhat.acquisition.inputs import EDGE_BOUND_S
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window
from wattwhat.energy.between_looks import Look, at_moment
from wattwhat.errors import MeterError
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, constant
from wattwhat.testing.simulation import Simulation


def run(
    simulation: Simulation, load: Load, seconds: float, power_w: float, wait_s: float | None = None
) -> tuple[Measurement, float]:
    """A window with a load of its length in it, and how long the longer of its edges held the program."""
    begun_s = simulation.clock.now_s
    window = Window("a", meter_set=simulation.meter_set).start()
    held_s = simulation.clock.now_s - begun_s
    load.call(simulation.clock.now_s, (seconds, power_w))
    simulation.advance(seconds)
    ended_s = simulation.clock.now_s
    window.stop()
    held_s = max(held_s, simulation.clock.now_s - ended_s)
    simulation.advance(simulation.meter_set.settled_s if wait_s is None else wait_s)
    return window.measurement, held_s


def rig(idle_w: float, *latencies_s: float, limit_w: float = 1500.0) -> tuple[Load, Simulation]:
    load = Load(idle_w)
    return load, simulated(*(counter(load, latency_s=s) for s in latencies_s), max_power_w=limit_w)


class Calls(Workload):
    """Calls that draw a power of their own; while meters are read the device is at rest."""

    label = "calls"

    def __init__(self, simulation: Simulation, load: Load, call_s: float, power_w: float) -> None:
        self.simulation, self.load, self.call_s, self.power_w = simulation, load, call_s, power_w

    def run(self) -> None:
        self.load.call(self.simulation.clock.now_s, (self.call_s, self.power_w))
        self.simulation.advance(self.call_s)


def measured(simulation: Simulation, workload: Workload) -> Measurement:
    return run_plan(
        workload,
        Plan(),
        simulation.meter_set,
        sleep=simulation.advance,
        generator=random.Random(2),
    )


@pytest.mark.parametrize("rest_w", [60.0, 300.0])
@pytest.mark.parametrize("latency_s", [0.0005, 0.002, 0.02, 0.15, 0.3])
def test_measure_over_a_counter_that_takes_long_to_read(latency_s: float, rest_w: float) -> None:
    load, simulation = rig(rest_w, latency_s)
    m = measured(simulation, Calls(simulation, load, 0.2, 1300.0))
    assert m.energy_per_call_j is not None
    low, high = m.energy_per_call_j.interval(0.95)
    assert low <= 260.0 <= high
    assert m.energy_per_call_j.value == pytest.approx(260.0, rel=0.012)
    assert m.details["stopped"] == "precision reached"


def test_several_counters_that_take_long_are_right_together() -> None:
    load, simulation = rig(300.0, *[0.002] * 8)
    m, held_s = run(simulation, load, 0.2, 1300.0)
    low, high = m.energy_j.interval(0.95)
    assert low <= 2080.0 <= high
    assert m.energy_j.value == pytest.approx(2080.0, rel=0.01)
    assert held_s <= EDGE_BOUND_S


def test_a_slow_counter_costs_a_quick_one_nothing() -> None:
    load, simulation = rig(20.0, 0.0, 0.3)
    for _ in range(3):
        m, held_s = run(simulation, load, 0.1, 250.0, wait_s=2.0)
        quick, slow = m.channels
        assert quick.energy_j is not None
        assert slow.energy_j is not None
        assert quick.energy_j.value == pytest.approx(25.0, abs=0.3)
        assert quick.energy_j.u < 0.5
        low, high = slow.energy_j.interval(0.95)
        assert low <= 25.0 <= high
        assert held_s <= EDGE_BOUND_S


@given(
    st.lists(st.floats(0.0, 0.5), min_size=1, max_size=4),
    st.floats(0.02, 3.0),
    st.floats(5.0, 400.0),
    st.floats(5.0, 400.0),
)
@settings(max_examples=25)
def test_no_edge_holds_the_program_for_long_and_intervals_hold(
    latencies_s: list[float], seconds: float, rest_w: float, power_w: float
) -> None:
    load, simulation = rig(rest_w, *latencies_s, limit_w=450.0)
    for _ in range(2):
        m, held_s = run(simulation, load, seconds, power_w, wait_s=3.0)
        assert held_s <= EDGE_BOUND_S + 0.01
    for channel in m.channels:
        assert channel.energy_j is not None
        low, high = channel.energy_j.interval(0.999)
        beside_j = max(1.0, 0.005 * rest_w)  # a reading of some ms at the edge, at rest, may be in the window
        assert low - beside_j <= seconds * power_w <= high + beside_j


def test_a_reading_that_hangs_is_said_and_leaves_the_others_alone() -> None:
    load, simulation = rig(20.0, 10.0, 0.0, limit_w=400.0)
    for _ in range(3):
        m, held_s = run(simulation, load, 1.0, 250.0)
        assert held_s <= EDGE_BOUND_S
        hung, quick = m.channels
        assert hung.energy_j is None
        assert any("sensor-0: lost" in words and "come back" in words for words in m.warnings)
        assert quick.energy_j is not None
        assert quick.energy_j.value == pytest.approx(250.0, rel=0.02)


class Scripted(VirtualMeter):
    """A virtual meter whose readings take what a function of their number says, and may fail after that."""

    takes: Callable[[int], float] = staticmethod(lambda number: 0.0)
    fails: Callable[[int], bool] = staticmethod(lambda number: False)

    def read(self) -> Reading:
        number = self.reads
        begun_s = self._clock() * 1e-9
        self._sleep(self.takes(number))
        self.reads += 1
        if self.fails(number):
            raise MeterError("no answer")
        ended_ns = self._clock()
        return Reading(ended_ns, float(self.sensor.published((begun_s + ended_ns * 1e-9) / 2.0)))


def scripted(*makes: tuple[VirtualSensor, Callable[[int], float], Callable[[int], bool]]) -> Simulation:
    clock = VirtualClock(start_ns=100_000_000_000)
    meters = []
    for number, (sensor, takes, fails) in enumerate(makes):
        meter = Scripted(sensor, sensor.channel(f"sensor-{number}", max_power_w=400.0), clock=clock)
        meter.takes, meter.fails = takes, fails  # type: ignore[method-assign]
        meters.append(meter)
    return Simulation(meters, clock)


def never(number: int) -> bool:
    return False


def test_a_meter_that_begins_to_hang_is_left_to_itself_and_comes_back() -> None:
    load = Load(50.0)
    simulation = scripted(
        (counter(load), lambda number: 5.0 if number == 8 else 0.001, never),
        (counter(load), lambda _: 0.0, never),
    )
    told = []
    for _ in range(12):
        m, held_s = run(simulation, load, 1.0, 200.0)
        assert held_s <= EDGE_BOUND_S
        slow, quick = m.channels
        assert quick.energy_j is not None
        assert quick.energy_j.value == pytest.approx(200.0, rel=0.01)
        told.append(slow.energy_j is not None and slow.energy_j.u < 20.0)
    assert not all(told)
    assert told[-1]


def test_a_dead_meter_is_tried_again_ever_more_seldom() -> None:
    load = Load(50.0)
    simulation = scripted(
        (counter(load), lambda _: 1.0, lambda _: True), (counter(load), lambda _: 0.0, never)
    )
    for _ in range(30):
        m, held_s = run(simulation, load, 2.0, 200.0)
        assert held_s <= EDGE_BOUND_S
    assert m.channels[0].energy_j is None
    assert any("no answer; it is tried again" in words for words in m.warnings)
    dead = simulation.meter_set.inputs[0].meter
    assert isinstance(dead, Scripted)
    assert 4 <= dead.reads <= 10  # in minutes


def test_a_meter_that_answers_again_is_used_again() -> None:
    load = Load(50.0)
    simulation = scripted((counter(load), lambda _: 1.0, lambda number: number < 2))
    for _ in range(10):
        m, _ = run(simulation, load, 2.0, 200.0)
    low, high = m.energy_j.interval(0.95)
    assert low <= 400.0 <= high


class StampedEarly(Scripted):
    """A meter that takes the time first and the value then, as the estimate does."""

    def read(self) -> Reading:
        begun_ns = self._clock()
        return Reading(begun_ns, super().read().value)


@given(
    st.lists(st.sampled_from([0.0, 0.0005, 0.003, 0.008, 0.03, 0.2]), min_size=1, max_size=60),
    st.sampled_from([Scripted, StampedEarly]),
)
def test_a_window_is_known_however_the_time_of_its_readings_changes(
    takes_s: list[float], kind: type[Scripted]
) -> None:
    load, clock = Load(50.0), VirtualClock(start_ns=100_000_000_000)
    sensor = counter(load)
    meter = kind(sensor, sensor.channel("sensor", max_power_w=400.0), clock=clock)
    meter.takes = lambda number: takes_s[number % len(takes_s)]  # type: ignore[method-assign]
    simulation = Simulation([meter], clock)
    for _ in range(12):
        m, _ = run(simulation, load, 0.5, 200.0, wait_s=3.0)
        assert m.energy_j.known
        low, high = m.energy_j.interval(0.95)
        unsaid_j = 0.006 * 200.0  # two readings at the edges that took longer than those before them
        assert low - unsaid_j <= 100.0 <= high + unsaid_j


@pytest.mark.parametrize("latency_s", [0.3, 3.0])
def test_a_slow_gauge_starves_no_other(latency_s: float) -> None:
    load = Load(100.0)
    simulation = simulated(gauge(load), gauge(load, latency_s=latency_s), max_power_w=400.0)
    m, held_s = run(simulation, load, 5.0, 300.0, wait_s=1.0)
    quick = m.channels[0].energy_j
    assert held_s <= EDGE_BOUND_S
    assert quick is not None
    assert quick.value == pytest.approx(1500.0, rel=0.02)
    assert quick.u < 40.0
    assert not any("sensor-0" in words and ("gap" in words or "lost" in words) for words in m.warnings)


def test_gaps_go_by_the_looks_that_can_be_had() -> None:
    chance = random.Random(1)
    load = Load(300.0)
    simulation = scripted((gauge(load), lambda _: chance.uniform(0.05, 0.3), never))
    m, _ = run(simulation, load, 8.0, 300.0, wait_s=2.0)
    assert m.energy_j.value == pytest.approx(2400.0, rel=0.02)
    assert m.energy_j.u < 60.0


def test_phases_over_a_slow_counter_hold_and_do_not_wait() -> None:
    from wattwhat.acquisition.phases import Phases

    load, simulation = rig(50.0, 0.03, limit_w=400.0)
    phases = Phases("p", meter_set=simulation.meter_set)
    held_s = 0.0
    for _ in range(40):
        for name, seconds, power_w in (("work", 0.3, 300.0), ("wait", 0.2, 100.0)):
            begun_s = simulation.clock.now_s
            span = phases(name).start()
            load.call(simulation.clock.now_s, (seconds, power_w))
            held_s = max(held_s, simulation.clock.now_s - begun_s)
            simulation.advance(seconds)
            span.stop()
    simulation.advance(1.0)
    assert held_s <= EDGE_BOUND_S
    low, high = phases["work"].energy_j.interval(0.95)
    assert low <= 40 * 90.0 <= high


# -- pure parts -------------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0.01, 2.0), min_size=4, max_size=8),
    st.floats(0.0, 500.0),
    st.floats(0.0, 500.0),
    st.floats(0.0, 1.0),
)
def test_what_was_not_looked_at_lies_between_its_looks(
    steps_s: list[float], before_w: float, after_w: float, share: float
) -> None:
    """Power changes once, at the moment that is asked for."""
    times = [sum(steps_s[:n]) for n in range(len(steps_s) + 1)]
    at_s = times[2] + share * (times[3] - times[2])
    looks = [Look(t, before_w * min(t, at_s) + after_w * max(t - at_s, 0.0)) for t in times]
    before, after = [one for one in looks if one.t_s <= at_s], [one for one in looks if one.t_s > at_s]
    value_j, u_j = at_moment(at_s, before, after, period_s=0.001, took_s=0.0, limit_w=500.0)
    assert before[-1].energy_j <= value_j + 1e-9
    assert not after or value_j <= after[0].energy_j + 1e-9
    assert abs(value_j - before_w * at_s) <= 2.0 * u_j + 1e-6
    shifted = [Look(look.t_s + 7.0, look.energy_j + 100.0) for look in looks]
    again_j, again_u = at_moment(
        at_s + 7.0, shifted[: len(before)], shifted[len(before) :], period_s=0.001, took_s=0.0, limit_w=500.0
    )
    assert again_j - 100.0 == pytest.approx(value_j, abs=1e-6)
    assert again_u == pytest.approx(u_j, abs=1e-6)


# -- real threads -----------------------------------------------------------------------------------------


class Waiting(Meter):
    """A counter whose reading waits until it is let go; it counts how often it was begun."""

    def __init__(self) -> None:
        self.channel = Channel(
            "h/t/waits", "t", "d", "gpu", "energy", update_period_s=0.001, max_power_w=400.0
        )
        self.go, self.begun = threading.Event(), 0

    def read(self) -> Reading:
        import time

        self.begun += 1
        self.go.wait()
        return Reading(time.monotonic_ns(), 1.0)


def test_real_threads_leave_a_reading_that_hangs() -> None:
    hangs, before = Waiting(), set(threading.enumerate())
    meter_set = MeterSet([hangs])
    windows = [Window(str(number), meter_set=meter_set).start().stop() for number in range(5)]
    assert hangs.begun == 1  # five windows over it did not wait for it, nor begin another
    assert windows[0].measurement.channels[0].energy_j is None
    hangs.go.set()
    meter_set.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=60.0)
    assert set(threading.enumerate()) <= before


def test_a_look_follows_a_reading_that_held_an_edge(monkeypatch: Any) -> None:
    monkeypatch.setattr(edge_reads, "_PATIENCE_S", 30.0)
    waits = Waiting()
    meter_set = MeterSet([waits])
    windows = [Window(str(number), meter_set=meter_set).start().stop() for number in range(5)]
    waits.go.set()  # the reading of the first edge, which nobody waits for any more
    assert windows[-1].measurement.energy_j.known
    (line,) = meter_set.inputs
    assert isinstance(line, CounterInput)
    assert not line.looks.missed
    meter_set.close()


@pytest.mark.parametrize("stands", [False, True])
def test_only_the_first_of_many_windows_is_waited_for_where_no_look_comes(
    monkeypatch: Any, stands: bool
) -> None:
    meter_set = MeterSet([VirtualMeter(VirtualSensor(constant(50.0)), clock=time.monotonic_ns)])
    end = meter_set.begin()
    slept: list[float] = []
    monkeypatch.setattr(edge_reads, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(edge_reads, "time", SimpleNamespace(sleep=slept.append, monotonic=time.monotonic))
    if stands:  # as in tests of programs that stop the clock
        monkeypatch.setattr(edge_reads.time, "monotonic", lambda: 5.0)
    waits = []
    for _ in range(3):
        edge_reads.catch_up(meter_set, end._replace(readings=[Moment(time.monotonic_ns())]))
        waits.append(len(slept))
    assert waits[0] > 0
    assert waits == [waits[0]] * 3
    meter_set.close()


def test_threads_are_used_again() -> None:
    threads, names = Threads(), []
    for _ in range(5):
        assert threads.run(lambda: names.append(threading.get_ident()), 60.0)
    assert len(set(names)) == 1
    (thread,) = (one for one in threading.enumerate() if one.ident == names[0])
    threads.rest()
    thread.join(timeout=60.0)
    assert not thread.is_alive()


def test_a_job_that_raises_ends_no_thread() -> None:
    threads = Threads()

    def fails() -> None:
        raise ValueError("no")

    done: list[Any] = []
    assert threads.run(fails, 5.0)
    assert threads.run(lambda: done.append(1), 5.0)
    assert done == [1]
    threads.rest()
