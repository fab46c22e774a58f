"""Windows: nested, overlapping, threaded, failing; the user's program comes first."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import pickle
import sys
import threading
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattwhat
from tests.rigs import counter, gauge, simulated
from wattwhat import Availability, Backend
from wattwhat.acquisition.aside import InPlace
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.shared import close_all
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError, BackendError, MeterError, WindowError
from wattwhat.records.caution import code_of
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing import Faults, VirtualClock, VirtualMeter, VirtualSensor, constant, ramp, square
from wattwhat.testing.simulation import Simulation


class Manual(Meter):
    """A counter that shows what it is told, or raises it."""

    def __init__(self, name: str = "manual", **fields: object) -> None:
        told = {"max_power_w": 1000.0, "update_period_s": 0.001, "gain_error": 0.0, **fields}
        self.channel = Channel(f"h/t/{name}", "t", name, "gpu", "energy", **told)  # type: ignore[arg-type]
        self.now_ns, self.value, self.error = 10**9, 0.0, None  # type: ignore[var-annotated]

    def spend(self, joules: float, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)
        self.value += joules

    def read(self) -> Reading:
        if self.error is not None:
            raise self.error
        return Reading(self.now_ns, self.value)


@pytest.fixture
def manual() -> Manual:
    return Manual()


def rig_of(*meters: Manual) -> MeterSet:
    return MeterSet(list(meters), clock=lambda: meters[0].now_ns, threaded=False)


@given(st.lists(st.tuples(st.floats(0.1, 100.0), st.floats(0.1, 10.0)), min_size=1, max_size=8))
def test_a_window_takes_the_sum_of_the_windows_inside_it(steps: list[tuple[float, float]]) -> None:
    meter = Manual()
    meter_set = rig_of(meter)
    inner = []
    with Window("outer", meter_set=meter_set) as outer:
        for joules, seconds in steps:
            with Window("inner", meter_set=meter_set) as window:
                meter.spend(joules, seconds)
            inner.append(window.measurement)
    assert sum(m.energy_j.value for m in inner) == pytest.approx(outer.measurement.energy_j.value)
    assert sum(m.duration_s or 0 for m in inner) == pytest.approx(outer.measurement.duration_s)


def test_windows_may_overlap(manual: Manual) -> None:
    meter_set = rig_of(manual)
    a, b = Window("a", meter_set=meter_set), Window("b", meter_set=meter_set)
    a.start()
    manual.spend(10, 1)
    b.start()
    manual.spend(20, 1)
    a.stop()
    manual.spend(40, 1)
    b.stop()
    assert a.measurement.energy_j.value == pytest.approx(30, rel=1e-3)
    assert b.measurement.energy_j.value == pytest.approx(60, rel=1e-3)


def test_so_far_tells_while_the_window_goes_on(manual: Manual) -> None:
    with Window("a", meter_set=rig_of(manual)) as window:
        manual.spend(10, 1)
        assert window.so_far().energy_j.value == pytest.approx(10, rel=1e-3)
        with pytest.raises(WindowError, match="has not stopped"):
            window.measurement  # noqa: B018
        manual.spend(5, 1)
    assert window.measurement.energy_j.value == pytest.approx(15, rel=1e-3)
    assert window.so_far() is window.measurement


@given(st.lists(st.floats(0.1, 1000.0), min_size=1, max_size=3), st.floats(0.1, 10.0), st.booleans())
def test_what_so_far_tells_besides_the_joules_is_of_the_moment_it_was_asked(
    joules: list[float], seconds: float, fails: bool
) -> None:
    meters = [Manual(f"m{number}", gain_error=0.03) for number in range(len(joules))]
    meter_set = rig_of(*meters)
    with Window("a", meter_set=meter_set, items=3) as window:
        for meter, spent_j in zip(meters, joules, strict=True):
            meter.spend(spent_j, seconds)
        if fails:
            meters[-1].error = MeterError("it went away")
        asked, seen = window.so_far(), window.so_far()
        text = str(seen)
        meters[-1].error = None
        for meter in meters:
            meter.spend(1000.0, seconds)
        assert str(asked) == text
        assert asked.channels == seen.channels
    parts = [one.energy_j for one in asked.channels if one.counted and one.energy_j is not None]
    assert sum(part.value for part in parts) == pytest.approx(asked.energy_j.value, nan_ok=True) or not parts
    assert asked.budget.u == pytest.approx(asked.energy_j.u) or not parts
    assert (asked.label, asked.items, asked.timeline) == ("a", 3, None)
    assert any("it went away" in warning for warning in asked.warnings) is fails
    copy = pickle.loads(pickle.dumps(asked))
    assert copy.to_dict() == asked.to_dict()


def test_the_users_exception_passes_through_and_the_measurement_is_kept(manual: Manual) -> None:
    error = KeyError("mine")
    window = Window("a", meter_set=rig_of(manual))

    def failing() -> None:
        with window:
            manual.spend(7, 1)
            raise error

    with pytest.raises(KeyError) as caught:
        failing()
    assert caught.value is error
    assert window.measurement.energy_j.value == pytest.approx(7)


@pytest.mark.parametrize("kind", [MeterError, OSError, ZeroDivisionError, SystemExit])
def test_a_meter_that_fails_in_the_window_never_reaches_the_user(
    manual: Manual, kind: type[BaseException]
) -> None:
    with Window("a", meter_set=rig_of(manual)) as window:
        manual.spend(7, 1)
        manual.error = kind("the cable is out")
    m = window.measurement
    low, high = m.energy_j.interval()
    assert low <= 7 <= high  # whatever is between 0 and 1000 W for a second
    assert high > 900
    assert any("the cable is out" in sentence and "h/t/manual" in sentence for sentence in m.warnings)


def test_a_lost_channel_without_a_known_limit_has_no_energy_rather_than_zero() -> None:
    meter = Manual(max_power_w=None)
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.spend(7, 1)
        meter.error = MeterError("gone")
    m = window.measurement
    assert m.channels[0].energy_j is None
    assert not m.energy_j.known
    assert m.to_dict()["energy_j"]["value"] is None


def test_a_meter_that_never_answers_is_lost_whatever_its_device_could_draw() -> None:
    meter = Manual(max_power_w=1000.0)
    meter.error = MeterError("gone")
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.spend(7, 1)
    assert window.measurement.channels[0].energy_j is None
    assert not window.measurement.energy_j.known


@pytest.mark.parametrize("max_power_w", [None, 400.0])
def test_a_gauge_that_never_answers_is_lost_too(max_power_w: float | None) -> None:
    simulation = simulated(gauge(faults=Faults(lost_at_s=0.0)), max_power_w=max_power_w)
    m = simulation.window(101.0, 103.0)
    assert m.channels[0].energy_j is None
    assert any("lost" in sentence for sentence in m.warnings)


def test_the_healthy_half_of_a_window_is_kept() -> None:
    lost, well = Manual("lost", max_power_w=None), Manual("well")
    with Window("a", meter_set=rig_of(lost, well)) as window:
        for meter in (lost, well):
            meter.spend(7, 1)
        lost.error = MeterError("gone")
    m = window.measurement
    assert [entry.energy_j is None for entry in m.channels] == [True, False]
    assert m.energy_j.value == pytest.approx(7)
    assert any("h/t/lost" in sentence for sentence in m.warnings)


def test_a_gain_that_nobody_states_is_said_once_and_only_where_it_counts() -> None:
    unstated = [Manual(name, gain_error=None) for name in ("one", "two")]
    inside = Manual("inside", gain_error=None)
    stated = Manual("stated", gain_error=0.03, contains=(inside.channel.id,))
    with Window("a", meter_set=rig_of(*unstated, inside, stated)) as window:
        for meter in (*unstated, inside, stated):
            meter.spend(7, 1)
    assert window.measurement.warnings == (
        "the gain error of h/t/one, h/t/two is not known: the interval leaves it out",
    )


def test_one_failed_read_is_tried_again(manual: Manual) -> None:
    class Flaky(Manual):
        reads = 0

        def read(self) -> Reading:
            self.reads += 1
            if self.reads == 2:
                raise MeterError("bad luck")
            return super().read()

    meter = Flaky()
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.spend(7, 1)
    assert window.measurement.energy_j.value == pytest.approx(7)
    assert not window.measurement.warnings


def test_ctrl_c_in_a_meter_is_the_users(manual: Manual) -> None:
    window = Window("a", meter_set=rig_of(manual)).start()
    manual.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        window.stop()


def test_starting_and_stopping_out_of_turn_is_refused(manual: Manual) -> None:
    window = Window("a", meter_set=rig_of(manual))
    with pytest.raises(WindowError, match="start it first"):
        window.stop()
    with pytest.raises(WindowError, match="start it first"):
        window.so_far()
    window.start()
    with pytest.raises(WindowError, match="open already"):
        window.start()
    window.stop()
    with pytest.raises(WindowError, match="start it first"):
        window.stop()


def test_a_window_may_be_used_again(manual: Manual) -> None:
    window = Window("a", meter_set=rig_of(manual))
    for joules in (3.0, 5.0):
        with window:
            manual.spend(joules, 1)
        assert window.measurement.energy_j.value == pytest.approx(joules, rel=1e-3)


def test_each_call_of_a_decorated_function_is_a_window(manual: Manual) -> None:
    closed: list[Window] = []

    @Window("step", meter_set=rig_of(manual), on_end=closed.append)
    def step(joules: float, depth: int = 0) -> float:
        """What it does."""
        manual.spend(joules, 1)
        return step(joules, depth - 1) + joules if depth else joules

    assert step(2.0) == 2.0
    assert step(3.0, depth=2) == 9.0
    assert [round(w.measurement.energy_j.value, 2) for w in closed] == [2.0, 3.0, 6.0, 9.0]
    assert step.__doc__ == "What it does."
    assert len({id(w) for w in closed}) == 4


def test_static_and_class_methods_are_measured_on_either_side_of_their_decorator(manual: Manual) -> None:
    measured = Window("call", meter_set=rig_of(manual))

    class Loader:
        @measured
        @staticmethod
        def above(x: int) -> int:
            return x

        @staticmethod
        @measured
        def below(x: int) -> int:
            return x

        @measured
        @classmethod
        def of_class(cls, x: int) -> tuple[type, int]:
            return cls, x

    for where in (Loader, Loader()):
        assert (where.above(1), where.below(2), where.of_class(3)) == (1, 2, (Loader, 3))
    assert Loader.above.window.measurement.label == "call"  # type: ignore[attr-defined]


def test_coroutines_are_measured_until_they_end(manual: Manual) -> None:
    @Window(meter_set=rig_of(manual))
    async def serve() -> int:
        await asyncio.sleep(0)
        manual.spend(4.0, 1)
        return 1

    assert asyncio.run(serve()) == 1
    assert serve.window.measurement.energy_j.value == pytest.approx(4.0)  # type: ignore[attr-defined]
    assert serve.window.label.endswith("serve")  # type: ignore[attr-defined]


def test_threads_have_their_own_windows() -> None:
    simulation = simulated(counter())
    taken: list[float] = []

    def work() -> None:
        for _ in range(200):
            with Window("t", meter_set=simulation.meter_set) as window:
                pass
            taken.append(window.measurement.energy_j.value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 800


def test_what_a_container_holds_is_not_added_to_it() -> None:
    package = Manual("package", contains=("h/t/core",))
    core = Manual("core")
    with Window("a", meter_set=rig_of(package, core)) as window:
        package.spend(10, 1)
        core.spend(6, 1)
    m = window.measurement
    assert m.energy_j.value == pytest.approx(10)
    assert [entry.counted for entry in m.channels] == [True, False]


def test_a_counter_that_stands_still_is_lost_not_zero(manual: Manual) -> None:
    with Window("a", meter_set=rig_of(manual)) as window:
        manual.spend(0.0, 10.0)
    assert window.measurement.channels[0].energy_j is None
    assert "did not move" in window.measurement.warnings[0]


def test_a_wrap_inside_the_window_is_undone() -> None:
    meter = Manual(wrap_j=1000.0)
    meter.value = 950.0
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.now_ns += 10**9
        meter.value = 30.0
    assert window.measurement.energy_j.value == pytest.approx(80.0)


def test_a_reset_inside_the_window_is_bounded_and_said() -> None:
    meter = Manual()
    meter.value = 950.0
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.now_ns += 10**9
        meter.value = 30.0
    m = window.measurement
    low, high = m.energy_j.interval()
    assert low <= 30.0 <= high
    assert "reset" in m.warnings[0]


def test_a_reset_that_the_watch_did_not_see_never_makes_negative_energy() -> None:
    """The watch met 870 J and then 880 J; in between it was reset, and the window began at 866 J."""
    meter = Manual(wrap_j=1000.0)
    meter.value = 870.0
    meter_set = rig_of(meter)
    Window("before", meter_set=meter_set).start().stop()
    meter.now_ns += 10 * 10**9
    meter.value = 866.0
    with Window("a", meter_set=meter_set) as window:
        meter.now_ns += 10**9
        meter.value = 880.0
        meter_set.visit(0)
        meter.value = 890.0
    m = window.measurement
    low, high = m.energy_j.interval()
    assert m.energy_j.value >= 0.0
    assert low <= 24.0 <= high
    assert "reset" in m.warnings[0]


def test_a_gauge_whose_first_look_fails_is_wide_not_low() -> None:
    """What was drawn before the first look is not in the integral: it is taken from there on."""
    simulation = simulated(gauge(faults=Faults(gaps=((101.0, 101.4),))), max_power_w=400.0)
    m = simulation.window(101.0, 103.0)
    low, high = m.energy_j.interval()
    assert m.energy_j.value == pytest.approx(200.0, rel=0.01)
    assert low <= 200.0 - 30.0 <= 200.0 + 30.0 <= high


@given(st.floats(1.0, 30.0), st.integers(1, 12))
def test_many_wraps_are_counted_by_the_watch(power_scale: float, turns: int) -> None:
    power_w = 10.0 * power_scale
    wrap_j = 500.0
    simulation = simulated(counter(wrap_j=wrap_j, waveform=None), max_power_w=300.0)
    simulation.meter_set.inputs[0].meter.sensor = counter(square(0.01, 0.5, 0.0, 2 * power_w), wrap_j=wrap_j)  # type: ignore[attr-defined]
    seconds = turns * wrap_j / power_w
    m = simulation.window(101.0, 101.0 + seconds)
    assert m.energy_j.value == pytest.approx(turns * wrap_j, rel=0.02, abs=3.0 * m.energy_j.u)
    assert not m.warnings


@given(st.floats(50.0, 440.0), st.floats(1.0, 200.0))
def test_turns_that_nobody_watched_are_doubted(power_w: float, seconds: float) -> None:
    """No visit came: a stopped process, or no thread to be had. A counter of 10 kJ may have turned over."""
    simulation = simulated(
        counter(constant(power_w), 0.02, wrap_j=10_000.0, start_j=5_000.0), max_power_w=450.0
    )
    with Window("unwatched", meter_set=simulation.meter_set) as window:
        simulation.clock.advance(seconds)
    m = window.measurement
    low, high = m.energy_j.interval()
    assert low <= power_w * seconds <= high or any("turned over unseen" in words for words in m.warnings)
    assert high >= 0.9 * power_w * seconds


def test_the_first_window_of_a_rig_whose_sampler_ran_already_counts_turns() -> None:
    simulation = simulated(
        counter(constant(400.0), 0.02, wrap_j=10_000.0, start_j=5_000.0), max_power_w=450.0
    )
    m = simulation.window(102.0, 142.0)
    assert m.energy_j.value == pytest.approx(16_000.0, rel=0.001)
    assert not m.warnings


def test_a_gauge_that_answers_only_late_in_the_window_is_reckoned_back() -> None:
    simulation = simulated(gauge(faults=Faults(gaps=((100.0, 106.0),))), max_power_w=400.0)
    m = simulation.window(101.0, 111.0)
    low, high = m.energy_j.interval()
    assert low <= 1000.0 <= high
    assert m.energy_j.value == pytest.approx(1000.0, rel=0.01)
    assert high - low > 300.0
    assert any("no reading for" in sentence for sentence in m.warnings)


def test_a_gauge_lost_in_the_window_gives_no_energy_where_no_limit_is_known() -> None:
    m = simulated(gauge(faults=Faults(lost_at_s=106.0))).window(101.0, 111.0)
    assert m.channels[0].energy_j is None
    assert "lost the last" in m.warnings[0]
    assert "J were shown before" in m.warnings[0]


def test_a_gauge_window_waits_for_nobody() -> None:
    """Asked at once, the measurement is there with what is still unseen in its uncertainty."""
    at_once = simulated(gauge()).window(101.0, 103.0, wait_s=0.0)
    later = simulated(gauge()).window(101.0, 103.0)
    assert at_once.energy_j.value == pytest.approx(200.0, rel=0.01)
    assert later.energy_j.value == pytest.approx(200.0, rel=1e-6)
    assert at_once.energy_j.u > later.energy_j.u


@given(st.floats(0.05, 3.0), st.floats(0.0, 1.0))
def test_a_gauge_that_sees_all_is_right_whatever_the_waveform(period_s: float, phase_s: float) -> None:
    wave = square(period_s, 0.5, 50.0, 350.0, phase_s)
    m = simulated(gauge(wave), max_power_w=400.0).window(101.0, 121.0)
    assert m.energy_j.value == pytest.approx(wave.energy_j(101.0, 121.0), abs=4.0 * m.energy_j.u + 1e-6)


def test_a_gauge_lost_in_the_window_keeps_the_part_it_showed() -> None:
    sensor = gauge(faults=Faults(lost_at_s=106.0))
    m = simulated(sensor, max_power_w=300.0).window(101.0, 111.0)
    low, high = m.energy_j.interval()
    assert low <= 1000.0 <= high
    assert low > 350.0
    assert "lost the last" in m.warnings[0]


def test_after_a_window_over_a_gauge_nobody_looks_at_it() -> None:
    simulation = simulated(gauge())
    simulation.window(101.0, 102.0)
    meter = simulation.meter_set.inputs[0].meter
    looks = meter.reads  # type: ignore[attr-defined]
    simulation.advance(100.0)
    assert meter.reads == looks  # type: ignore[attr-defined]


def test_a_forgotten_window_does_not_keep_the_sampler_busy() -> None:
    simulation = simulated(gauge())
    Window("lost", meter_set=simulation.meter_set).start()
    gc.collect()
    simulation.advance(5.0)
    meter = simulation.meter_set.inputs[0].meter
    looks = meter.reads  # type: ignore[attr-defined]
    simulation.advance(100.0)
    assert meter.reads == looks  # type: ignore[attr-defined]


def test_windows_that_are_not_kept_cost_no_memory(manual: Manual) -> None:
    meter_set = rig_of(manual)

    def run(count: int) -> None:
        for _ in range(count):
            with Window("a", meter_set=meter_set) as window:
                manual.spend(1.0, 0.01)
            window.measurement  # noqa: B018

    run(300)
    gc.collect()
    tracemalloc.start()
    run(2000)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        kept < 150_000
    )  # what is learnt of the program's states; 2000 measurements are more than a megabyte


def test_kept_measurements_are_small(manual: Manual) -> None:
    meter_set = rig_of(manual, Manual("second"))
    tracemalloc.start()
    kept = []
    for _ in range(1000):
        with Window("a", meter_set=meter_set) as window:
            manual.spend(1.0, 0.01)
        kept.append(window.measurement)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size / len(kept) < 1900


def test_no_thread_where_no_channel_needs_one() -> None:
    before = set(threading.enumerate())
    # in place: on a busy machine a reading that takes no time may seem to need a thread of its own
    meter_set = MeterSet([Manual()], aside=InPlace())
    with Window("a", meter_set=meter_set):
        pass
    assert set(threading.enumerate()) <= before


def test_one_thread_where_a_counter_can_wrap_and_none_after_closing() -> None:
    close_all()  # of earlier tests, whose threads may come and go
    before = set(threading.enumerate())
    meter = Manual(wrap_j=1e5)
    meter_set = MeterSet([meter, Manual("second", wrap_j=1e5)], aside=InPlace())
    with Window("a", meter_set=meter_set), Window("b", meter_set=meter_set):
        assert len(set(threading.enumerate()) - before) == 1
        assert all(thread.daemon for thread in set(threading.enumerate()) - before)
    meter_set.close()
    assert set(threading.enumerate()) <= before


def test_a_window_goes_on_in_a_forked_child() -> None:
    close_all()
    with wattwhat.track("parent", backends=["estimate"]) as window:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                window.stop()
                ok = window.measurement.energy_j.value >= 0
                with wattwhat.track("own", backends=["estimate"]) as own:
                    pass
                code = 0 if ok and own.measurement.energy_j.known else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize(
    ("started", "component", "said"), [(True, "cpu", True), (True, "gpu", False), (False, "cpu", False)]
)
def test_a_gpu_that_nobody_measures_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, started: bool, component: str, said: bool
) -> None:
    cuda = SimpleNamespace(is_initialized=lambda: started, current_device=lambda: 0, device_count=lambda: 0)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    meter = Manual()
    meter.channel = Channel("h/t/x", "t", "x", component, "energy", update_period_s=0.001)
    with Window("a", meter_set=rig_of(meter)) as window:
        meter.spend(5.0, 1.0)
    assert any("GPU is in use" in sentence for sentence in window.measurement.warnings) == said


def test_generators_are_measured_over_their_iteration(manual: Manual) -> None:
    @Window(meter_set=rig_of(manual))
    def stream() -> Any:
        for _ in range(3):
            manual.spend(2.0, 1)
            yield 1

    assert sum(stream()) == 3
    assert stream.window.measurement.energy_j.value == pytest.approx(6.0)  # type: ignore[attr-defined]

    @Window(meter_set=rig_of(manual))
    async def serve() -> Any:
        for _ in range(3):
            manual.spend(2.0, 1)
            yield 1

    async def consume() -> int:
        return sum([item async for item in serve()])

    assert asyncio.run(consume()) == 3
    assert serve.window.measurement.energy_j.value == pytest.approx(6.0)  # type: ignore[attr-defined]


def test_what_is_sent_thrown_and_closed_reaches_a_measured_stream(manual: Manual) -> None:
    closed = []

    @Window(meter_set=rig_of(manual))
    async def echo() -> Any:
        given: Any = None
        try:
            while given != "stop":
                try:
                    given = yield given
                except KeyError:
                    given = "caught"
        finally:
            await asyncio.sleep(0)
            closed.append(given)

    async def talk() -> None:
        stream = echo()
        assert [await stream.asend(one) for one in (None, 1, 2)] == [None, 1, 2]
        assert await stream.athrow(KeyError()) == "caught"
        await stream.aclose()
        assert closed == ["caught"]
        stream = echo()
        await stream.asend(None)
        with pytest.raises(StopAsyncIteration):
            await stream.asend("stop")
        stream = echo()
        await stream.asend(None)
        with pytest.raises(ValueError, match="own"):
            await stream.athrow(ValueError("own"))

    asyncio.run(talk())
    assert closed == ["caught", "stop", None]


def test_a_class_is_not_a_function() -> None:
    with pytest.raises(ArgumentError, match="class"):
        wattwhat.track(Manual)


@pytest.mark.parametrize("quantity", ["energy", "power"])
@given(ahead_s=st.floats(0.002, 1e9), begin_s=st.floats(100.1, 100.2), length_s=st.floats(0.2, 3.0))
def test_times_of_another_clock_that_lie_ahead_move_no_joule(
    quantity: str, ahead_s: float, begin_s: float, length_s: float
) -> None:
    class Ahead(VirtualMeter):
        def read(self) -> Reading:
            reading = super().read()
            return Reading(reading.t_ns + round(ahead_s * 1e9), reading.value)

    clock = VirtualClock(start_ns=100_000_000_000)
    period_s = 0.001 if quantity == "energy" else 0.01
    sensor = VirtualSensor(constant(100.0), quantity, update_period_s=period_s)
    simulation = Simulation([Ahead(sensor, sensor.channel("ahead"), clock=clock)], clock)
    m = simulation.window(begin_s, begin_s + length_s)
    if quantity == "power" and ahead_s > 60.0:
        assert math.isnan(m.energy_j.value)  # a gauge lives by the times of its samples
    else:
        low, high = m.energy_j.interval(0.999)
        assert low <= 100.0 * length_s <= high
        assert m.energy_j.value == pytest.approx(100.0 * length_s, rel=0.05)
    if quantity == "energy":
        assert "clock" in [code_of(warning) for warning in m.warnings]


def test_stopping_early_inside_with_hides_nothing(manual: Manual) -> None:
    def failing() -> None:
        with Window("a", meter_set=rig_of(manual)) as window:
            window.stop()
            raise ValueError("the user's own")

    with pytest.raises(ValueError, match="own"):
        failing()


def test_a_first_window_over_a_wrapping_counter_has_its_watch() -> None:
    simulation = simulated(counter(wrap_j=20.0), max_power_w=120.0)
    m = simulation.window(101.0, 102.0)
    assert m.energy_j.value == pytest.approx(100.0, abs=1.0)
    assert not m.warnings


@pytest.mark.parametrize("period_s", [0.001, 0.005, 0.01])
def test_a_gauge_that_averages_for_long_and_renews_often_is_not_forgotten(period_s: float) -> None:
    wave = ramp(105.0, 105.0001, 50.0, 200.0)
    m = simulated(gauge(wave, period_s, 1.0), max_power_w=300.0).window(105.0, 106.0)
    assert abs(m.energy_j.value - 200.0) <= 2.0 * m.energy_j.u


def test_a_gauge_on_another_clock_is_no_reading_rather_than_zero() -> None:
    simulation = simulated(gauge(), max_power_w=300.0)
    meter = simulation.meter_set.inputs[0].meter
    meter.read = lambda: Reading(1_700_000_000_000_000_000, 100.0)  # type: ignore[method-assign]
    m = simulation.window(101.0, 103.0)
    assert m.energy_j.value != 0.0
    assert any("monotonic" in sentence for sentence in m.warnings)


def test_the_rig_of_ones_own_backend_goes_with_its_windows() -> None:
    class Own(Backend):
        def probe(self) -> Availability:
            return Availability(True, "mine")

        def meters(self) -> list[Meter]:
            return [Manual(wrap_j=1e5)]

    samplers = []
    for _ in range(20):
        before = set(threading.enumerate())
        with wattwhat.track("a", backends=[Own()]):
            begun = set(threading.enumerate()) - before
        samplers += [thread for thread in begun if thread.name == "wattwhat-sampler"]
    gc.collect()
    assert len(samplers) == 20
    for thread in samplers[:-4]:  # the latest four are kept
        thread.join(timeout=60.0)
        assert not thread.is_alive()


def test_bad_arguments_are_refused_before_anything_runs() -> None:
    with pytest.raises(ArgumentError, match="sync"):
        wattwhat.track("a", sync="maybe")
    with pytest.raises(ArgumentError, match="label"):
        wattwhat.track(7)  # type: ignore[call-overload]
    with pytest.raises(BackendError, match=r"there is no 'nonesuch'.*available: .*estimate"):
        wattwhat.track("a", backends=["nonesuch"]).start()
    with pytest.raises(ArgumentError, match="backends"):
        wattwhat.track("a", backends="estimate").start()
    with pytest.raises(ArgumentError, match="backends"):
        wattwhat.track("a", backends=[]).start()
