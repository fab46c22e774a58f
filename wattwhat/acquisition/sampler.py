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

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.errors import MeterLostError, error_text
from wattwhat.plugins import pass_on

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeInput
    from wattwhat.acquisition.inputs import Input
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["Sampler"]

# A sensor that takes long to read is left alone for so many times as long.
_PAUSES = 9.0
# A reading is waited for so long before the others go on without it.
_WAIT_S = 0.02
# Looks that follow each other faster than this are made in this thread: handing them over takes as long.
_FAST_S = 0.01


class Sampler:
    """Looks at gauges and visits counters of one meter set.

    Args:
        meter_set: the meter set; held weakly, so that a forgotten one can go.
    """

    def __init__(self, meter_set: MeterSet) -> None:
        self._meter_set = weakref.ref(meter_set)
        self._hands = meter_set.aside
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._start = threading.Lock()
        self._due_s: dict[int, float] = {}
        self._visited = False
        self.needed = any(
            not isinstance(line, CounterInput) or line.watch_s is not None for line in meter_set.inputs
        )

    def ensure(self) -> None:
        """Start the thread if it does not run."""
        thread = self._thread
        if self._stopping or (thread is not None and thread.is_alive()):
            return
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                meter_set = self._meter_set()
                if meter_set is not None and not self._visited:
                    self._first_visits(meter_set)
                if meter_set is None or not meter_set.threaded:
                    return
                thread = threading.Thread(target=self._run, name="wattwhat-sampler", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is shutting down, or the system allows no more threads
                    return
                self._thread = thread

    def _first_visits(self, meter_set: MeterSet) -> None:
        self._visited = True
        for number, line in enumerate(meter_set.inputs):
            if isinstance(line, CounterInput) and line.watch_s is not None:
                self._aside(line, partial(meter_set.visit, number))
                self._due_s[number] = meter_set.clock() * 1e-9 + line.watch_s

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
        self._hands.rest()

    def rest(self) -> None:
        """All counters are quick: nothing is read aside for now but gauges."""
        self._hands.rest()

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
        next_s = math.inf
        for number, line in enumerate(meter_set.inputs):
            if isinstance(line, CounterInput):
                due = self._tick_counter(meter_set, number, line, now_s)
            else:
                due = self._tick_gauge(number, line, now_s)
            next_s = min(next_s, due)
        return max(next_s - now_s, 0.0)

    def _tick_gauge(self, number: int, line: GaugeInput, now_s: float) -> float:
        every_s = line.follow_s(now_s)
        if line.lost or not line.busy:
            self._due_s.pop(number, None)
            return math.inf
        if line.reading_ns is not None:
            line.give_up(now_s)
            return now_s + line.poll_s
        if now_s >= self._due_s.get(number, now_s):
            if every_s is not None and every_s < _FAST_S and line.quick:
                look_at(line)
            else:
                self._aside(line, partial(look_at, line))
            line.give_up(now_s)
            took_s = 0.0 if line.quick else line.took_s
            pause_s = max(line.poll_s, 2.0 * took_s)
            every_s = pause_s if every_s is None else min(pause_s, max(every_s, _PAUSES * took_s))
            self._due_s[number] = now_s + every_s
        elif every_s is not None:  # phases began since the latest look
            self._due_s[number] = min(self._due_s[number], now_s + every_s)
        return self._due_s[number]

    def _tick_counter(self, meter_set: MeterSet, number: int, line: CounterInput, now_s: float) -> float:
        if line.lost:
            return math.inf
        if line.beside or line.looks.asked:
            return self._tick_beside(meter_set, number, line, now_s)
        due_s = self._follow(meter_set, number, line, now_s)
        every_s = line.watch_s
        if every_s is None:
            return due_s
        if now_s >= self._due_s.setdefault(number, now_s + every_s):
            if line.quick:
                meter_set.visit(number)
            else:
                self._aside(line, partial(meter_set.visit, number))
            self._due_s[number] = now_s + every_s
        return min(self._due_s[number], due_s)

    def _tick_beside(self, meter_set: MeterSet, number: int, line: CounterInput, now_s: float) -> float:
        """Look at a slow counter beside the program: after edges, while windows are open, before it wraps."""
        wanted = [every_s for every_s in (line.follow_s(now_s), line.watch_s) if every_s is not None]
        every_s = min(wanted, default=None)
        if now_s >= line.looks.due_s(now_s, every_s):
            self._aside(line, partial(meter_set.look, number))
        return line.looks.due_s(now_s, every_s)

    def _follow(self, meter_set: MeterSet, number: int, line: CounterInput, now_s: float) -> float:
        """Look at a counter beside the program, where phases run over it."""
        every_s, due = line.follow_s(now_s), ~number
        if every_s is None:
            self._due_s.pop(due, None)
            return math.inf
        if now_s >= self._due_s.get(due, now_s):
            took_s = self._timed(meter_set.look, number)
            self._due_s[due] = now_s + max(every_s, _PAUSES * took_s)
        return self._due_s[due]

    def _aside(self, line: Input, look: Callable[[], Any]) -> None:
        """Make a reading that may take long; one that does goes on by itself, and the others are not kept."""
        meter_set = self._meter_set()
        if line.reading_ns is not None or meter_set is None:
            return
        line.reading_ns = meter_set.clock()
        job = partial(_then_wake, look, line, self._wake)
        if not self._hands.run(job, 0.0 if line.beside else _WAIT_S):
            line.beside = True

    def _timed(self, look: Callable[[Any], None], at: Any) -> float:
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


def _then_wake(look: Callable[[], Any], line: Input, wake: threading.Event) -> None:
    """For a reading that the sampler may not have waited for."""
    try:
        look()
    finally:
        line.reading_ns = None
        wake.set()


def look_at(line: GaugeInput) -> None:
    """Read a gauge once; a failure is remembered and leaves a gap."""
    asked_ns = line.reading_ns = line.clock()
    try:
        reading = line.meter.read()
        line.timed((line.clock() - asked_ns) * 1e-9)
        line.take(reading, asked_ns)
        line.error = None
    except MeterLostError as err:
        pass_on(err)
        line.lost, line.error = True, str(err)
    except BaseException as err:
        pass_on(err)
        line.error = error_text(err)
    finally:
        line.reading_ns = None
