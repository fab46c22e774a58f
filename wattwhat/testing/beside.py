"""Calls beside the program in virtual time: one that sleeps goes on when the program has come that far.

Each call runs in a thread, but never at the same time as another one or as the program: it runs until it
sleeps on the virtual clock, and then waits until somebody has let that time pass. Nothing depends on chance.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from wattwhat.testing.clock import VirtualClock

__all__ = ["Beside"]


class Beside:
    """Where a simulation makes readings that may take long.

    Args:
        clock: the clock on which the calls sleep.

    Example:
        >>> clock = VirtualClock()
        >>> beside, ended_s = Beside(clock), []
        >>> def call():
        ...     clock.sleep(0.3)
        ...     ended_s.append(clock.monotonic_ns())
        >>> beside.run(call, 0.1), clock.now_s, beside.next_s()
        (False, 0.1, 0.2)
        >>> clock.advance(0.2)
        >>> beside.go_on()
        >>> ended_s
        [300000000]
    """

    leaves = True

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._calls: list[_Call] = []

    def run(self, job: Callable[[], None], wait_s: float) -> bool:
        """Make a call and let so many seconds pass for it; whether it has returned."""
        until_ns = self._clock.monotonic_ns() + round(max(wait_s, 0.0) * 1e9)
        call = _Call(job, self._clock)
        while not call.done and call.wake_ns <= until_ns:
            self._clock.advance(max(call.wake_ns - self._clock.monotonic_ns(), 0) * 1e-9)
            call.go_on()
        if not call.done:
            self._clock.advance(max(until_ns - self._clock.monotonic_ns(), 0) * 1e-9)
            self._calls.append(call)
        return call.done

    def rest(self) -> None:
        """Calls that are under way go on."""

    def next_s(self) -> float:
        """Seconds until a call goes on; infinite where none is under way."""
        next_ns = min((call.wake_ns for call in self._calls), default=math.inf)
        return max(next_ns - self._clock.monotonic_ns(), 0.0) * 1e-9

    def go_on(self) -> None:
        """Let calls go on whose sleep is over."""
        for call in list(self._calls):
            while not call.done and call.wake_ns <= self._clock.monotonic_ns():
                call.go_on()
            if call.done:
                self._calls.remove(call)


class _Call:
    """A call in a thread that runs only while somebody waits for it to sleep or to return."""

    def __init__(self, job: Callable[[], None], clock: VirtualClock) -> None:
        self.done, self.wake_ns = False, 0
        self._job, self._clock = job, clock
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()
        self.go_on()

    def go_on(self) -> None:
        """Run it until it sleeps or returns."""
        self._turn.release()
        self._back.acquire()

    def _run(self) -> None:
        self._turn.acquire()
        with self._clock.sleeping(self._sleep):
            try:
                self._job()
            finally:
                self.done = True
                self._back.release()

    def _sleep(self, seconds: float) -> None:
        self.wake_ns = self._clock.monotonic_ns() + round(seconds * 1e9)
        self._back.release()
        self._turn.acquire()
