"""Exceptions and exits of the program's own pass through windows and measure(), whatever call they leave."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import wattwhat
from wattwhat import Channel, Reading
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.plugins import OwnThread, pass_on
from wattwhat.workloads.accelerators import synchronize

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no such signals")


class Deadline(Exception):
    """What a handler of the program raises."""


class Handler:
    def method(self, number: int, frame: Any) -> None:
        raise Deadline(number)

    def __call__(self, number: int, frame: Any) -> None:
        raise Deadline(number)


def raising(number: int, frame: Any) -> None:
    raise Deadline(number)


def once(number: int, frame: Any) -> None:
    signal.signal(number, signal.SIG_DFL)  # is not installed any more when the exception is looked at
    raise Deadline(number)


def leaving(*_: Any) -> None:
    sys.exit(0)


def with_words(words: str, number: int, frame: Any) -> None:
    raise Deadline(words)


HANDLERS: list[tuple[Any, type[BaseException]]] = [
    (raising, Deadline),
    (once, Deadline),
    (leaving, SystemExit),
    (lambda *_: sys.exit(0), SystemExit),
    (Handler().method, Deadline),
    (Handler(), Deadline),
    (partial(with_words, "late"), Deadline),
]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGALRM)}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in kept.items():
        signal.signal(number, handler)


def interrupted() -> float:
    """A read during which the signal arrives, as it does in the middle of a vendor's slow call."""
    signal.raise_signal(signal.SIGUSR1)
    return 0.0


def wrapped(error: type[Exception]) -> float:
    """A vendor's library that makes its own error of whatever happens in it."""
    try:
        return interrupted()
    except Exception as err:
        raise error("the sensor did not answer") from err


def buried() -> float:
    try:
        return interrupted()
    except Exception:
        raise MeterError("the sensor did not answer") from None


class Meter:
    """A counter whose n-th reading meets the signal."""

    def __init__(self, at: int, during: Callable[[], float], quantity: str) -> None:
        self.channel = Channel("h/x/0", "x", "0", "cpu", quantity, update_period_s=0.01)
        self.at, self.during, self.reads = at, during, 0

    def read(self) -> Reading:
        self.reads += 1
        if self.reads == self.at:
            self.during()
        return Reading(time.monotonic_ns(), float(self.reads))

    def close(self) -> None:
        pass


class Backend:
    name = "x"

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def probe(self) -> wattwhat.Availability:
        return wattwhat.Availability(True, "made", "")

    def meters(self) -> list[Meter]:
        return [self.meter]


DURING = [
    interrupted,
    partial(wrapped, MeterError),
    partial(wrapped, MeterLostError),
    partial(wrapped, OSError),
    buried,
]


def guarded(during: Callable[[], float]) -> None:
    try:
        during()
    except BaseException as err:
        pass_on(err)


@pytest.mark.parametrize("during", DURING, ids=["bare", "MeterError", "lost", "OSError", "from None"])
@pytest.mark.parametrize(("handler", "expected"), HANDLERS)
def test_the_guard_lets_what_a_handler_raised_through(
    handler: Any, expected: type[BaseException], during: Callable[[], float]
) -> None:
    signal.signal(signal.SIGUSR1, handler)
    if expected is SystemExit and during is not interrupted:
        pytest.skip("a library's `except Exception` does not see an exit")
    with pytest.raises(expected):
        guarded(during)


@pytest.mark.parametrize("error", [OSError(), MeterError("x"), MeterLostError("x"), SystemExit(3)])
def test_the_foreign_codes_own_errors_stay_where_they_are(error: BaseException) -> None:
    signal.signal(signal.SIGUSR1, raising)
    try:
        raise Deadline("the program handles this one already")
    except Deadline:
        try:
            raise error
        except BaseException as err:
            pass_on(err)


@pytest.mark.parametrize("error", [GeneratorExit, KeyboardInterrupt, SystemExit, Deadline])
def test_nothing_is_the_programs_in_a_thread_of_ours(error: type[BaseException]) -> None:
    kept: list[str] = []

    def work() -> None:
        try:
            raise error
        except BaseException as err:
            pass_on(err)
            kept.append(threading.current_thread().name)

    thread = OwnThread(work, "ours")
    thread.start()
    thread.join()
    assert kept == ["ours"]


def test_a_meter_that_says_generator_exit_is_a_broken_meter_and_a_generator_that_is_told_so_ends() -> None:
    def exiting() -> float:
        raise GeneratorExit

    guarded(exiting)

    def stream() -> Iterator[int]:
        try:
            yield 1
        except BaseException as err:
            pass_on(err)
            raise AssertionError("it was told to end") from err

    begun = stream()
    next(begun)
    begun.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [GeneratorExit, SystemExit, MeterError])
def test_a_meter_whose_every_reading_fails_ends_no_thread(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", ended.append)

    def failing() -> float:
        raise error("broken")

    class Broken(Meter):
        def read(self) -> Reading:
            return Reading(time.monotonic_ns(), self.during())

    with wattwhat.track("step", backends=[Backend(Broken(0, failing, "energy"))]) as window:
        pass
    (entry,) = window.measurement.channels
    assert (entry.energy_j, ended) == (None, [])


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("during", DURING, ids=["bare", "MeterError", "lost", "OSError", "from None"])
def test_a_window_passes_it_on_and_the_next_one_works(at: int, during: Callable[[], float]) -> None:
    signal.signal(signal.SIGUSR1, raising)
    backend = Backend(Meter(at, during, "energy"))
    heard = 0
    for _ in range(4):
        try:
            with wattwhat.track("step", backends=[backend]):
                pass
        except Deadline:
            heard += 1
    if backend.meter.reads < at:  # on a busy machine the later readings are made beside the program
        backend.meter.at = 0
    assert heard == (backend.meter.at > 0)
    with wattwhat.track("after", backends=[backend]) as window:
        pass
    assert window.measurement.energy_j.value >= 0


def test_the_programs_own_exception_leaves_measure_as_it_is() -> None:
    signal.signal(signal.SIGUSR1, raising)
    with pytest.raises(Deadline):
        wattwhat.measure(lambda: signal.raise_signal(signal.SIGUSR1), backends=["estimate"], min_seconds=0.1)


def test_waiting_for_a_device_hides_no_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cuda:
        is_initialized = staticmethod(lambda: True)
        current_device = staticmethod(lambda: 0)
        device_count = staticmethod(lambda: 1)
        synchronize = staticmethod(lambda index: interrupted())

    class Torch:
        cuda = Cuda

    monkeypatch.setitem(sys.modules, "torch", Torch)  # type: ignore[arg-type]
    signal.signal(signal.SIGUSR1, raising)
    with pytest.raises(Deadline):
        synchronize()
