"""Looks beside the program at a counter that is too slow to be read at an edge, and what they tell of it."""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

from wattwhat.acquisition.edges import Moment
from wattwhat.energy.between_looks import Look, at_moment
from wattwhat.records.assumptions import period_s, power_limit_w
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput

__all__ = ["CounterLooks"]

# Looks that are kept; a moment is reckoned once two came after it.
_KEPT = 64
# A counter that takes long to read is left alone for so many times as long while nothing is asked of it.
_PAUSES = 9.0
# How long a reading is taken to take before one has come back.
_UNKNOWN_S = 0.2
# A meter that fails is tried again after this long, then after twice as long, and so on up to the other.
_FIRST_S, _LONGEST_S = 1.0, 60.0


class CounterLooks:
    """The latest looks at one counter, and the moments that wait for the next ones.

    Args:
        counter: whose looks these are.
    """

    def __init__(self, counter: CounterInput) -> None:
        self._counter = weakref.ref(counter)
        self.lock = threading.RLock()
        self._looks: deque[tuple[int, float, float]] = deque(maxlen=_KEPT)  # t_ns, shown J, counted J
        self._open: weakref.WeakSet[Moment] = weakref.WeakSet()
        self._waiting: weakref.WeakSet[Moment] = weakref.WeakSet()
        self._asked_ns = 0  # the latest moment
        self._since = 2  # looks that were begun after it, up to two
        self._ended_s = -math.inf
        self.failures = 0
        self.missed = False  # somebody waited for a look in vain, and none has come since

    def begin(self, t_ns: int) -> Moment:
        """The begin of a window; looks go on until its end."""
        moment = self.ask(t_ns)
        self._open.add(moment)
        return moment

    def end(self, begin: object, t_ns: int) -> Moment:
        """The end of that window."""
        with self.lock:
            if isinstance(begin, Moment):
                self._open.discard(begin)
        return self.ask(t_ns)

    def ask(self, t_ns: int) -> Moment:
        """A moment to be known; two looks follow it as soon as may be."""
        moment = Moment(t_ns)
        with self.lock:
            self._waiting.add(moment)
            self._asked_ns, self._since = t_ns, 0
        return moment

    @property
    def asked(self) -> bool:
        """Whether a moment waits for looks that are still to come."""
        with self.lock:
            return len(self._waiting) > 0 and self._since < 2

    @property
    def settled_s(self) -> float:
        """Seconds after a moment until two looks have come."""
        counter = self._counter()
        return 0.0 if counter is None else 5.0 * (counter.took_s or _UNKNOWN_S)

    def retry_s(self) -> float:
        """Seconds until a meter that failed is tried again; 0 where it did not."""
        return min(_FIRST_S * 2.0 ** min(self.failures - 1, 10), _LONGEST_S) if self.failures else 0.0

    def due_s(self, now_s: float, every_s: float | None) -> float:
        """When to look next, in s; infinite where nothing is asked.

        Args:
            now_s: monotonic time in s.
            every_s: seconds between two looks that others want, or None.
        """
        counter = self._counter()
        if counter is None or counter.lost or counter.reading_ns is not None:
            return math.inf
        pause_s = max(self.retry_s(), counter.took_s)
        with self.lock:
            opened = counter.beside and len(self._open) > 0
        if not self.asked:
            if every_s is None and not opened:
                return math.inf
            pause_s = max(
                pause_s, _PAUSES * counter.took_s, min(every_s or math.inf, 1.0) if every_s else 0.0
            )
        return max(now_s, self._ended_s + pause_s)

    def failed(self, now_s: float) -> None:
        """A look gave nothing."""
        self.failures, self._ended_s = self.failures + 1, now_s

    def take(self, asked_ns: int, t_ns: int, shown_j: float, now_s: float) -> None:
        """One more look.

        Args:
            asked_ns: when it was begun.
            t_ns: when its value was obtained.
            shown_j: its value.
            now_s: when it had ended, in s.
        """
        counter = self._counter()
        if counter is None:
            return
        with self.lock:
            self.failures, self._ended_s, self.missed = 0, now_s, False
            if asked_ns >= self._asked_ns:
                self._since += 1
            counted_j = 0.0
            if self._looks:
                before_ns, before_j, counted_j = self._looks[-1]
                step = counter.step(before_ns, before_j, Reading(t_ns, shown_j))
                if t_ns <= before_ns or step is None:
                    return
                if step[1]:  # a reset, or turns that may have been missed: nothing reaches over it
                    self._settle(math.inf)
                    self._looks.clear()
                counted_j += step[0]
            self._looks.append((t_ns, shown_j, counted_j))
            if len(self._looks) > 2:
                self._settle(self._looks[-2][0])

    def at(self, moment: Moment) -> tuple[Reading, float] | None:
        """What the counter would have shown at a moment and its standard uncertainty in J, as known now."""
        with self.lock:
            return moment.known or self._reckoned(moment.t_ns)

    def shown(self, moment: Moment) -> bool:
        """Whether a look has come after the moment."""
        with self.lock:
            return moment.known is not None or bool(self._looks and self._looks[-1][0] >= moment.t_ns)

    def _settle(self, until_ns: float) -> None:
        for moment in [one for one in self._waiting if one.t_ns <= until_ns]:
            moment.known = self._reckoned(moment.t_ns)
            self._waiting.discard(moment)

    def _reckoned(self, t_ns: int) -> tuple[Reading, float] | None:
        counter = self._counter()
        if counter is None or not self._looks:
            return None
        origin_ns = self._looks[0][0]
        looks = [Look((at_ns - origin_ns) * 1e-9, counted) for at_ns, _, counted in self._looks]
        at_s = (t_ns - origin_ns) * 1e-9
        counted_j, u_j = at_moment(
            at_s,
            [look for look in looks if look.t_s <= at_s],
            [look for look in looks if look.t_s > at_s],
            period_s=period_s(counter.channel),
            took_s=counter.took_s,
            limit_w=power_limit_w(counter.channel),
        )
        _, shown_j, until_j = self._looks[0]
        value_j = shown_j + counted_j - until_j
        wrap_j = counter.channel.wrap_j
        return Reading(t_ns, value_j if wrap_j is None else value_j % wrap_j), u_j
