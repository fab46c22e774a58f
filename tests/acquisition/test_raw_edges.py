"""Edges at which meters give bytes that are understood later: the same joules, and the same promises."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattwhat
from wattwhat import Channel, Reading
from wattwhat.acquisition import window_edges
from wattwhat.acquisition.counter_input import raw_reader
from wattwhat.acquisition.inputs import Gap
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.opening import open_input
from wattwhat.acquisition.window import Window
from wattwhat.errors import MeterError
from wattwhat.sensing.meter import Meter


class Text(Meter):
    """A counter whose value is a text; `texts` holds what its next readings give, and its last one stays."""

    def __init__(self, name: str = "a") -> None:
        self.channel = Channel(
            f"h/text/{name}", "text", f"lamp {name}", "gpu", "energy", update_period_s=1e-9, max_power_w=1e9
        )
        self.texts: list[Any] = [b"1.0"]
        self.reads = self.raws = 0

    def _next(self) -> bytes:
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        if not isinstance(text, bytes):
            return text()
        return text

    def read(self) -> Reading:
        self.reads += 1
        return self.understood(self._next(), time.monotonic_ns())

    def raw_reader(self) -> Callable[[], bytes]:
        def read() -> bytes:
            self.raws += 1
            return self._next()

        return read

    def understood(self, raw: bytes, t_ns: int) -> Reading:
        try:
            return Reading(t_ns, float(raw))
        except ValueError as err:
            raise MeterError(f"{raw!r} is no number") from err

    def close(self) -> None:
        pass


class Lamps:
    name = "text"

    def __init__(self, *meters: Meter) -> None:
        self._meters = meters

    def probe(self) -> wattwhat.Availability:
        return wattwhat.Availability(True, "made", "")

    def meters(self) -> list[Meter]:
        return list(self._meters)


def quick(*meters: Meter) -> MeterSet:
    """A set whose meters have shown that they are quick, however busy this machine is."""
    meter_set = MeterSet(meters)
    for _ in range(1000):
        window = Window("first", meter_set=meter_set)
        window.start().stop()
        if meter_set.quick is not None:
            return meter_set
    raise AssertionError("no reading of these meters was quick")


def gained(window: Window) -> list[float | None]:
    """By how much each counter rose between its readings at the edges; None where it was lost.

    The joules of windows that last no longer than their readings are less: a part of them is theirs.
    """
    channels, edges = window.measurement.channels, (window._begin, window._end)
    begin, end = (edge.readings for edge in edges if edge is not None)
    return [
        None if one.energy_j is None else last[1] - first[1]
        for one, first, last in zip(channels, begin, end, strict=True)
    ]


@pytest.fixture
def lamp() -> Iterator[tuple[Text, MeterSet]]:
    meter = Text()
    meter_set = quick(meter)
    meter.reads = meter.raws = 0
    yield meter, meter_set
    meter_set.close()


joules = st.integers(1, 10**6)


@given(st.lists(st.tuples(joules, joules), min_size=1, max_size=4))
def test_windows_have_what_the_counters_gained(steps: list[tuple[int, int]]) -> None:
    first, second = Text("a"), Text("b")
    meter_set = quick(first, second)
    at, windows = [1, 1], []
    for step in steps:
        window = Window("step", meter_set=meter_set).start()
        at = [shown + more for shown, more in zip(at, step, strict=True)]
        first.texts, second.texts = ([b"%d" % shown] for shown in at)
        windows.append(window.stop())
    for window, step in zip(windows, steps, strict=True):
        assert gained(window) == pytest.approx(list(step))
    meter_set.close()


def test_readings_lie_in_the_time_that_reading_took() -> None:
    meters = [Text(name) for name in "abc"]
    meter_set = quick(*meters)
    window = Window("step", meter_set=meter_set)
    begun_ns = time.monotonic_ns()
    window.start().stop()
    ended_ns = time.monotonic_ns()
    begin, end = window._begin, window._end
    assert begin is not None
    assert end is not None
    for snapshot in (begin, end):
        snapshot.understand(meter_set.inputs)
    times = [item[0] for snapshot in (begin, end) for item in snapshot.readings]
    assert times == sorted(times)
    assert begun_ns <= times[0]
    assert times[2] <= begin.t_ns <= end.t_ns <= times[3]
    assert times[-1] <= ended_ns
    meter_set.close()


def fails() -> bytes:
    raise OSError("not just now")


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("odd", [fails, b""], ids=["raises", "gives nothing"])
def test_a_reading_that_fails_once_is_made_again(lamp: tuple[Text, MeterSet], odd: Any, at: int) -> None:
    meter, meter_set = lamp
    meter.texts = [b"1", b"3"]
    meter.texts.insert(at, odd)
    window = Window("step", meter_set=meter_set).start().stop()
    assert gained(window) != [None]
    assert meter.texts == [b"3"]
    assert meter.reads >= 1


def test_one_that_always_fails_is_a_gap_with_its_reason(lamp: tuple[Text, MeterSet]) -> None:
    meter, meter_set = lamp
    meter.texts = [fails]
    window = Window("step", meter_set=meter_set).start().stop()
    assert gained(window) == [None]
    assert any("not just now" in warning for warning in window.measurement.warnings)


def test_bytes_that_are_no_reading_are_a_gap_with_its_reason(lamp: tuple[Text, MeterSet]) -> None:
    meter, meter_set = lamp
    meter.texts = [b"many"]
    window = Window("step", meter_set=meter_set).start().stop()
    assert gained(window) == [None]
    assert any("b'many' is no number" in warning for warning in window.measurement.warnings)
    assert isinstance(window._begin.readings[0], Gap)  # type: ignore[union-attr]


def test_where_reading_took_long_the_next_edge_looks_which_it_was(
    lamp: tuple[Text, MeterSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, meter_set = lamp
    monkeypatch.setattr(window_edges, "LONG_NS", -1)
    window = Window("step", meter_set=meter_set).start()
    meter.texts = [b"6"]
    window.stop()
    assert gained(window) == pytest.approx([5.0])
    assert meter.reads >= 1


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signals")
@pytest.mark.parametrize("at", [0, 1])
def test_what_a_handler_raises_meanwhile_passes_through(lamp: tuple[Text, MeterSet], at: int) -> None:
    class Deadline(Exception):
        pass

    def raising(number: int, frame: Any) -> None:
        raise Deadline

    def interrupted() -> bytes:
        signal.raise_signal(signal.SIGUSR1)
        return b"2"

    meter, meter_set = lamp
    kept = signal.signal(signal.SIGUSR1, raising)
    try:
        meter.texts = [b"1", b"1"]
        meter.texts.insert(at, interrupted)
        with pytest.raises(Deadline), Window("step", meter_set=meter_set):
            pass
    finally:
        signal.signal(signal.SIGUSR1, kept)
    meter.texts = [b"1", b"4"]
    assert gained(Window("next", meter_set=meter_set).start().stop()) == pytest.approx([3.0])


class Doubled:
    """Changes what a meter reads and leaves all else to it."""

    def __init__(self, meter: Text) -> None:
        self.meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self.meter, name)

    def read(self) -> Reading:
        t_ns, value = self.meter.read()
        return Reading(t_ns, 2.0 * value)


class Derived(Text):
    def read(self) -> Reading:
        t_ns, value = super().read()
        return Reading(t_ns, 2.0 * value)


def _patched() -> Text:
    meter = Text()
    meter.read = lambda: Reading(time.monotonic_ns(), 2.0)  # type: ignore[method-assign]
    return meter


@pytest.mark.parametrize("meter", [Doubled(Text()), Derived(), _patched()])
def test_a_meter_with_a_read_of_its_own_is_read_by_it(meter: Any) -> None:
    assert raw_reader(open_input(Text())) is not None
    assert raw_reader(open_input(meter)) is None


def test_an_open_window_keeps_the_meters_in_use_until_it_ends_or_is_forgotten(
    lamp: tuple[Text, MeterSet],
) -> None:
    _, meter_set = lamp
    assert not meter_set.in_use
    windows = [Window("step", meter_set=meter_set).start() for _ in range(2)]
    assert meter_set.in_use
    windows[0].stop()
    assert meter_set.in_use
    windows.clear()
    assert not meter_set.in_use


def test_meters_that_were_closed_end_the_window_in_a_gap(lamp: tuple[Text, MeterSet]) -> None:
    _, meter_set = lamp
    window = Window("step", meter_set=meter_set).start()
    meter_set.close()
    assert gained(window.stop()) == [None]


def test_a_window_is_pickled_with_what_it_measured(lamp: tuple[Text, MeterSet]) -> None:
    meter, meter_set = lamp
    window = Window("step", meter_set=meter_set).start()
    meter.texts = [b"6"]
    copy = pickle.loads(pickle.dumps(window.stop()))
    assert copy.measurement == window.measurement


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_measures_a_window_that_its_parent_began(lamp: tuple[Text, MeterSet]) -> None:
    meter, meter_set = lamp
    window = Window("step", meter_set=meter_set).start()
    child = os.fork()
    if not child:
        try:
            meter.texts = [b"8"]
            ended = abs(gained(window.stop())[0] - 7.0) < 0.1  # type: ignore[operator]
            meter.texts = [b"8", b"10"]
            own = gained(Window("own", meter_set=meter_set).start().stop())[0]
            os._exit(0 if ended and abs(own - 2.0) < 0.1 else 1)  # type: ignore[operator]
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    meter.texts = [b"4"]
    assert gained(window.stop()) == pytest.approx([3.0])


def test_a_function_that_waits_is_called_and_the_meters_are_read_all_the_same(
    lamp: tuple[Text, MeterSet],
) -> None:
    meter, meter_set = lamp
    waited: list[int] = []
    window = Window("step", meter_set=meter_set, sync=lambda: waited.append(1)).start()
    meter.texts = [b"3"]
    assert gained(window.stop()) == pytest.approx([2.0])
    assert waited == [1, 1]


def test_work_of_a_library_that_comes_in_later_is_waited_for(
    lamp: tuple[Text, MeterSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, meter_set = lamp
    waited: list[int] = []

    class Cupy:
        class cuda:  # noqa: N801 - as the library has it
            class runtime:  # noqa: N801
                deviceSynchronize = staticmethod(lambda: waited.append(1))  # noqa: N815

        @staticmethod
        def get_default_memory_pool() -> Any:
            return type("Pool", (), {"total_bytes": staticmethod(lambda: 1)})

    window = Window("step", meter_set=meter_set).start()
    monkeypatch.setitem(sys.modules, "cupy", Cupy)  # type: ignore[arg-type]
    window.stop()
    window.start()
    assert waited == [1, 1]
    window.stop()
