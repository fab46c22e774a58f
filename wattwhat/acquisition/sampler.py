"""The one background thread, started only where a gauge or a wrapping counter needs it.

It sleeps until something is due: a look at a gauge while a window is open over it, or a visit to a
counter before it can wrap twice. `tick` does what is due and says how long there is nothing to do.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from wattwhat.plugins import OwnThread, pass_on

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["Sampler"]

# A reading is waited for so long before the others go on without it.
_WAIT_S = 0.02


class Sampler:
    """Looks at gauges and visits counters of one meter set.

    Args:
        meter_set: the meter set; held weakly, so that a forgotten one can go.
    """

    def __init__(self, meter_set: MeterSet) -> None:
        self._meter_set = weakref.ref(meter_set)
        self._threads = meter_set.aside
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._start, self._starting = threading.RLock(), False
        self._schedules = [sensor.schedule(number) for number, sensor in enumerate(meter_set.inputs)]
        self._visited = False
        self.needed = any(one.needed for one in self._schedules)

    @property
    def cared_for(self) -> bool:
        """Whether all that has to be visited is, without another `ensure`."""
        if not self.needed or self._thread is not None:
            return not self._stopping
        meter_set = self._meter_set()
        return self._visited and meter_set is not None and not meter_set.threaded

    def ensure(self) -> None:
        """Start the thread if it does not run."""
        thread = self._thread
        if self._stopping or (thread is not None and thread.is_alive()):
            return
        with self._start:
            # a signal handler that measures too may come here while its own thread is starting the sampler
            if self._starting or (self._thread is not None and self._thread.is_alive()):
                return
            self._starting = True
            try:
                self._begin()
            finally:
                self._starting = False

    def _begin(self) -> None:
        meter_set = self._meter_set()
        if meter_set is not None and not self._visited:
            self._first_visits(meter_set)
        if meter_set is None or not meter_set.threaded:
            return
        thread = OwnThread(self._run, "wattwhat-sampler")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or the system allows no more threads
            return
        self._thread = thread

    def _first_visits(self, meter_set: MeterSet) -> None:
        self._visited = True
        for one in self._schedules:
            one.begin(self, meter_set)

    def wanted(self) -> None:
        """Something is read beside the program from now on."""
        self.needed = True
        self.ensure()
        self.look()

    def look(self) -> None:
        """Let the thread look at the gauges now: a window has begun."""
        self._wake.set()

    def stop(self, wait_s: float = 5.0) -> bool:
        """End the thread and wait so many s for it, unless it is the caller; whether it has ended."""
        self._stopping = True
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=wait_s)
            if thread.is_alive():
                return False
        self._thread = None
        return True

    def leave(self) -> None:
        """End the thread without waiting for it."""
        self._stopping = True
        self._wake.set()
        self._threads.rest()

    def rest(self) -> None:
        """All counters are quick: nothing is read aside for now but gauges."""
        self._threads.rest()

    def tick(self, now_s: float) -> float:
        """Do what is due.

        Args:
            now_s: monotonic time in s.

        Returns:
            Seconds until the next thing is due; infinite if nothing is.
        """
        meter_set = self._meter_set()
        if meter_set is None:
            self._stopping = True
            return 0.0
        next_s = min((one.due_s(self, meter_set, now_s) for one in self._schedules), default=math.inf)
        return max(next_s - now_s, 0.0)

    def aside(self, sensor: Input, look: Callable[[], Any]) -> None:
        """Make a reading that may take long; one that does goes on by itself, and the others are not kept."""
        meter_set = self._meter_set()
        if sensor.reading_ns is not None or meter_set is None:
            return
        sensor.reading_ns = meter_set.clock()
        job = partial(_then_wake, look, sensor, self._wake)
        if not self._threads.run(job, 0.0 if sensor.beside else _WAIT_S):
            sensor.beside = True

    def timed(self, look: Callable[[Any], None], at: Any) -> float:
        """Look, and tell how many s that took."""
        meter_set = self._meter_set()
        begin_ns = 0 if meter_set is None else meter_set.clock()
        look(at)
        return 0.0 if meter_set is None else (meter_set.clock() - begin_ns) * 1e-9

    def _run(self) -> None:
        while not self._stopping:
            try:
                meter_set = self._meter_set()
                pause_s = 0.0 if meter_set is None else self.tick(meter_set.clock() * 1e-9)
                meter_set = None  # a sleeping thread must not keep a forgotten meter_set alive
            except BaseException as err:  # the promise: no fault of ours ends or disturbs the program
                pass_on(err)
                import logging

                log = logging.getLogger("wattwhat")
                if not log.handlers:  # else Python prints it on the program's standard error
                    log.addHandler(logging.NullHandler())
                log.warning("sampler: %s: %s", type(err).__name__, err)
                pause_s = 1.0
            if self._stopping:
                return
            # threading.TIMEOUT_MAX is years; an infinite pause is ended by look() or stop()
            self._wake.wait(min(pause_s, threading.TIMEOUT_MAX))
            self._wake.clear()


def _then_wake(look: Callable[[], Any], sensor: Input, wake: threading.Event) -> None:
    """For a reading that the sampler may not have waited for."""
    try:
        look()
    finally:
        sensor.reading_ns = None
        wake.set()
