"""What the conformance suite holds in its hands: a way to open the backend, and perhaps a stand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import attrs

from wattwhat.errors import MeterError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Backend
from wattwhat.sensing.meter import Meter, Reading

__all__ = [
    "Broken",
    "Check",
    "NotApplicable",
    "NotChecked",
    "Promise",
    "Stand",
    "Subject",
    "check_promise",
    "subject_of",
]


@runtime_checkable
class Stand(Protocol):
    """How the suite drives a backend over emulated hardware, so that the truth is known.

    A method that makes no sense for the hardware raises NotImplementedError with a sentence; the promises
    that need it are then reported as not applicable. Every new stand emulates the same hardware, so that
    channel ids can be compared. Two more members are used where a stand has them:

    * ``tick(seconds)``: so much time passes for the emulated hardware (without it, what is deposited shows at
      once, or after at most ``patience_s`` of real time);
    * ``monotonic_ns()``: the clock that stamps the readings, where it is not ``time.monotonic_ns``.
    """

    def open(self) -> Backend:
        """A fresh backend over the emulated hardware."""

    def deposit(self, channel_id: str, joules: float) -> None:
        """Energy flows through the channel: its counter, and those of its containers, advance."""

    def set_power(self, channel_id: str, watts: float) -> None:
        """A gauge shows this power from now on."""

    def fail(self, channel_id: str, how: str) -> None:
        """Reads fail from now on; ``how`` is ``"error"``, ``"permission"`` or ``"lost"``."""

    def heal(self, channel_id: str) -> None:
        """Reads work again."""

    def reset(self, channel_id: str) -> None:
        """The counter starts again at 0."""

    def close(self) -> None:
        """Give back what the emulation holds."""


class Broken(Exception):
    """A promise is broken; the message says what was seen and what was expected."""


class NotApplicable(Exception):
    """A promise has no meaning for this backend; the message says why."""


class NotChecked(Exception):
    """A promise could not be looked at; the message says what is missing."""


@attrs.define
class Subject:
    """The backend under test.

    Args:
        open: gives a fresh backend.
        stand: drives the emulated hardware; None if there is only the backend.
        patience_s: real seconds to wait for a change to show before it counts as missing.
        recipe: what another process can make the same subject from (picklable), or None.
    """

    open: Callable[[], Backend]
    stand: Stand | None = None
    patience_s: float = 1.0
    recipe: Any = None

    @property
    def driven(self) -> Stand:
        """The stand, for promises that cannot be checked without one."""
        if self.stand is None:
            raise NotChecked("needs a stand")
        return self.stand

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Backend, list[Meter]]]:
        """A fresh backend and its meters, closed at the end."""
        backend = self.open()
        meters = list(backend.meters())
        try:
            yield backend, meters
        finally:
            for meter in meters:
                meter.close()

    def now_ns(self) -> int:
        """The clock that stamps the readings."""
        clock = getattr(self.stand, "monotonic_ns", time.monotonic_ns)
        return int(clock())

    def settle(self, channel: Channel) -> None:
        """Let the emulated hardware publish what has flowed."""
        tick = getattr(self.stand, "tick", None)
        if tick is not None:
            tick(2.0 * (channel.update_period_s or 0.1) + 2.0 * (channel.averaging_window_s or 0.0))

    def watch(self, meter: Meter, good: Callable[[float], bool]) -> float:
        """Read until the value is good or patience ends; the last value read, good or not.

        A backend may hold a value for one update period (polling some sensors hard makes them
        worse), so a change may show late.
        """
        channel = meter.channel
        self.settle(channel)
        deadline = time.perf_counter() + max(self.patience_s, 2.5 * (channel.update_period_s or 0.0))
        while True:
            value = read(meter).value
            if good(value) or time.perf_counter() > deadline:
                return value
            self.settle(channel)
            time.sleep(0.001)

    def await_error(self, meter: Meter) -> BaseException | None:
        """Read until something is raised or patience ends; what was raised."""
        deadline = time.perf_counter() + max(self.patience_s, 2.5 * (meter.channel.update_period_s or 0.0))
        while True:
            self.settle(meter.channel)
            try:
                meter.read()
            except KeyboardInterrupt:
                raise
            except BaseException as err:
                return err
            if time.perf_counter() > deadline:
                return None
            time.sleep(0.001)


@attrs.frozen
class Promise:
    """One sentence that every backend keeps, and how it is checked.

    Args:
        name: the sentence.
        check: looks at a subject and says in a sentence what it saw; raises `Broken`,
            `NotApplicable` or `NotChecked`.
        needs: ``"backend"``, ``"meters"`` (some must be there) or ``"stand"``.
    """

    name: str
    check: Callable[[Subject], str]
    needs: str = "meters"


def require(condition: bool, sentence: str) -> None:
    """Break the promise with this sentence unless the condition holds."""
    if not condition:
        raise Broken(sentence)


def read(meter: Meter) -> Reading:
    """One reading where nothing is supposed to fail."""
    name = getattr(getattr(meter, "channel", None), "id", repr(meter))
    try:
        reading = meter.read()
    except MeterError as err:
        raise Broken(f"{name}: read() failed although nothing was wrong: {err}") from err
    except Exception as err:
        raise Broken(f"{name}: read() raised {described(err)}; only MeterError may leave a meter") from err
    if not isinstance(reading, Reading):
        raise Broken(f"{name}: read() returned {reading!r}; expected a wattwhat.Reading(t_ns, value)")
    return reading


def described(err: BaseException) -> str:
    """An exception in words."""
    return f"{type(err).__name__}: {err}" if str(err) else type(err).__name__


def asked(action: Callable[[], None]) -> None:
    """Ask the stand for something it may not be able to do."""
    try:
        action()
    except NotImplementedError as err:
        raise NotApplicable(f"the stand cannot do it: {err or 'NotImplementedError'}") from err


def many(number: int, noun: str) -> str:
    """A number with its noun: 1 counter, 2 counters."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_STAND_METHODS = ("open", "deposit", "set_power", "fail", "heal", "reset", "close")


@attrs.frozen
class Check:
    """What came out for one promise.

    Args:
        promise: the promise, as a sentence.
        outcome: ``"passed"``, ``"failed"``, ``"not applicable"`` or ``"not checked"``.
        sentence: what was seen, or why it was not looked at.
    """

    promise: str
    outcome: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.outcome:>14}  {self.promise}: {self.sentence}"


def subject_of(source: Any, *, patience_s: float = 1.0) -> tuple[Subject, Callable[[], None]]:
    """What a stand or a factory leads to, and what to call when done with it."""
    if _is_stand(source):
        return Subject(source.open, source, patience_s), lambda: None
    made = source()
    if _is_stand(made):
        return Subject(made.open, made, patience_s, recipe=source), made.close
    return Subject(source, None, patience_s, recipe=source), lambda: None


def _is_stand(source: Any) -> bool:
    return not isinstance(source, type) and all(
        callable(getattr(source, name, None)) for name in _STAND_METHODS
    )


def _is_backend(source: Any) -> bool:
    return not isinstance(source, type) and all(
        callable(getattr(source, name, None)) for name in ("probe", "meters")
    )


def check_promise(promise: Promise, subject: Subject) -> Check:
    """Check one promise; whatever is raised becomes the outcome."""
    try:
        _require_what_it_needs(promise, subject)
        return Check(promise.name, "passed", promise.check(subject))
    except Broken as err:
        return Check(promise.name, "failed", str(err))
    except NotApplicable as err:
        return Check(promise.name, "not applicable", str(err))
    except NotChecked as err:
        return Check(promise.name, "not checked", str(err))
    except KeyboardInterrupt:
        raise
    except BaseException as err:
        return Check(promise.name, "failed", f"raised {described(err)}")


def _require_what_it_needs(promise: Promise, subject: Subject) -> None:
    if promise.needs == "stand" and subject.stand is None:
        raise NotChecked("needs a stand")
    if promise.needs == "meters" and subject.stand is None:
        answer = subject.open().probe()
        if not answer.available:
            raise NotChecked(f"the backend is not available here: {answer.reason}")
