"""What the conformance suite holds in its hands: a way to open the backend, and perhaps a stand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast, runtime_checkable

import attrs

from wattwhat.errors import MeterError, WattwhatError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Backend
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing._bounded import Calls, Held, Patience
from wattwhat.testing._outcomes import Broken, NotChecked, Verdict, described

__all__ = ["STAND_METHODS", "Stand", "Subject", "is_backend", "is_stand", "read", "subject_of"]

_CHILD_S = 5.0
STAND_METHODS = ("open", "deposit", "set_power", "fail", "heal", "reset", "close")


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


@attrs.define
class Subject:
    """The backend under test.

    Args:
        maker: gives a fresh backend.
        calls: makes every call into the backend and its stand, so that none can hang the suite.
        stand: drives the emulated hardware; None if there is only the backend.
        patience_s: real seconds to wait for a change to show before it counts as missing.
        recipe: what another process can make the same subject from (picklable), or None.
    """

    maker: Callable[[], Backend]
    calls: Calls
    stand: Stand | None = None
    patience_s: float = 1.0
    recipe: Any = None

    @property
    def driven(self) -> Stand:
        """The stand, for promises that cannot be checked without one."""
        if self.stand is None:
            raise NotChecked("needs a stand")
        return self.stand

    def open(self) -> Backend:
        """A fresh backend, whose calls are held to their time."""
        try:
            backend = self.calls(self.maker, what="opening the backend")
        except (Verdict, WattwhatError, KeyboardInterrupt):
            raise
        except BaseException as err:
            raise Broken(f"opening the backend raised {described(err)}", "opening") from err
        return cast(Backend, Held(backend, self.calls, "the backend"))

    def meters_of(self, backend: Backend) -> list[Meter]:
        """The meters that a backend gives, each with a channel; what breaks here breaks most promises."""
        try:
            meters = self.calls(lambda: list(backend.meters()), what="the backend's meters()")
        except (Verdict, KeyboardInterrupt):
            raise
        except BaseException as err:
            hint = "" if isinstance(err, WattwhatError) else "; only BackendError may leave it"
            raise Broken(f"meters() raised {described(err)}{hint}", "opening") from err
        for number, meter in enumerate(meters, 1):
            channel = self.calls(getattr, meter, "channel", None, what=f"meter {number}'s channel")
            if not isinstance(channel, Channel):
                raise Broken(
                    f"the channel of meter {number} is {channel!r}; expected a wattwhat.Channel", "channel"
                )
        return [cast(Meter, Held(meter, self.calls, meter.channel.id)) for meter in meters]

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Backend, list[Meter]]]:
        """A fresh backend and its meters, closed at the end."""
        backend = self.open()
        meters = self.meters_of(backend)
        try:
            yield backend, meters
        except BaseException:
            for meter in meters:
                with contextlib.suppress(Exception):
                    meter.close()
            raise
        for meter in meters:
            try:
                meter.close()
            except (Verdict, KeyboardInterrupt):
                raise
            except BaseException as err:
                raise Broken(f"{meter.channel.id}: close() raised {described(err)}", "closing") from err

    @property
    def child_s(self) -> float:
        """Seconds that a forked child may take: several at least, for a busy machine gives it few."""
        return min(max(_CHILD_S, 20.0 * self.patience_s), 0.8 * self.calls.left_s)

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
        patience = self._patience(channel)
        while True:
            value = read(meter).value
            if good(value) or patience.ended():
                return value
            self.settle(channel)
            time.sleep(0.001)

    def await_error(self, meter: Meter) -> BaseException | None:
        """Read until something is raised or patience ends; what was raised."""
        patience = self._patience(meter.channel)
        while True:
            self.settle(meter.channel)
            try:
                meter.read()
            except (Verdict, KeyboardInterrupt):
                raise
            except BaseException as err:
                return err
            if patience.ended():
                return None
            time.sleep(0.001)

    def _patience(self, channel: Channel) -> Patience:
        return Patience(max(self.patience_s, 2.5 * (channel.update_period_s or 0.0)))


def read(meter: Meter) -> Reading:
    """One reading where nothing is supposed to fail."""
    name = meter.channel.id
    try:
        reading = meter.read()
    except (Verdict, KeyboardInterrupt):
        raise
    except MeterError as err:
        raise Broken(f"{name}: read() failed although nothing was wrong: {err}", "reading") from err
    except BaseException as err:
        hint = "only MeterError may leave a meter"
        raise Broken(f"{name}: read() raised {described(err)}; {hint}", "reading") from err
    if not isinstance(reading, Reading):
        raise Broken(
            f"{name}: read() returned {reading!r}; expected a wattwhat.Reading(t_ns, value)", "reading"
        )
    return reading


@contextlib.contextmanager
def subject_of(source: Any, *, patience_s: float = 1.0, limit_s: float = 30.0) -> Iterator[Subject]:
    """What a stand or a factory leads to; what a factory made is closed at the end.

    Args:
        source: a stand, or a callable that gives a stand or a backend.
        patience_s: real seconds to wait for a change to show.
        limit_s: real seconds for all calls together; those that hang are left behind then.
    """
    calls = Calls(limit_s)
    made = None
    try:
        given = source if is_stand(source) else calls(source, what="making the stand or backend")
        if is_stand(given):
            made = None if given is source else given
            stand = cast(Stand, Held(given, calls, "the stand"))
            yield Subject(given.open, calls, stand, patience_s, recipe=None if made is None else source)
        else:
            yield Subject(source, calls, None, patience_s, recipe=source)
    finally:
        if made is not None:
            with contextlib.suppress(Exception):
                calls(made.close, what="closing the stand")
        calls.end()


def is_stand(source: Any) -> bool:
    """Whether this is a stand rather than something that makes one."""
    return not isinstance(source, type) and all(
        callable(getattr(source, name, None)) for name in STAND_METHODS
    )


def is_backend(source: Any) -> bool:
    """Whether this is a backend rather than something that makes one."""
    return not isinstance(source, type) and all(
        callable(getattr(source, name, None)) for name in ("probe", "meters")
    )
