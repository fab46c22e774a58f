"""Time that stands still unless told to pass, so that tests never sleep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wattwhat.errors import ArgumentError

__all__ = ["VirtualClock"]


class VirtualClock:
    """A monotonic clock in virtual nanoseconds; sleeping advances it at once.

    Give its methods where code takes a clock or a sleep: ``clock=virtual.monotonic_ns, sleep=virtual.sleep``.
    The object itself can be called too, and gives nanoseconds. Threads may share it.

    Args:
        start_ns: the time at which it begins, in ns.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(0.25)
        >>> clock.monotonic_ns()
        250000000
        >>> clock.now_s
        0.25
    """

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._lock = threading.Lock()
        self._sleeps: dict[int, Callable[[float], None]] = {}

    def __call__(self) -> int:
        """The time in ns."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """Like ``time.monotonic_ns``."""
        return self._now_ns

    def monotonic(self) -> float:
        """Like ``time.monotonic``, in s; also fit for ``time.perf_counter``."""
        return self._now_ns * 1e-9

    @property
    def now_s(self) -> float:
        """The time in s."""
        return self._now_ns * 1e-9

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ArgumentError: seconds is negative; a monotonic clock does not go back.
        """
        if seconds < 0:
            raise ArgumentError(
                f"{seconds!r} is negative, and a monotonic clock does not go back", argument="seconds"
            )
        with self._lock:
            self._now_ns += round(seconds * 1e9)

    def sleep(self, seconds: float) -> None:
        """Like ``time.sleep``, but returns at once, later."""
        self._sleeps.get(threading.get_ident(), self.advance)(seconds)

    @contextmanager
    def sleeping(self, sleep: Callable[[float], None]) -> Iterator[None]:
        """What sleep means in this thread instead, as for a call beside the program."""
        self._sleeps[threading.get_ident()] = sleep
        try:
            yield
        finally:
            del self._sleeps[threading.get_ident()]

    def advance_to(self, t_s: float) -> None:
        """Let time pass until ``t_s``; nothing happens if that is past."""
        self.advance(max(0.0, t_s - self.now_s))
