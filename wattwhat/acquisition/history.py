"""What windows left behind: their edges in order, of which the course of each channel is drawn when asked.

An edge appends one entry to a ring and nothing else. What a window took is then a question to the curves
(`wattwhat.energy.course`), which all windows of a meter set share.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.acquisition.curves import BEGIN, END, WITHIN
from wattwhat.records.timeline_points import Place, TimelinePoints

if TYPE_CHECKING:
    from wattwhat.acquisition.evaluation import Account
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.acquisition.snapshot import Snapshot

__all__ = ["BEGIN", "END", "WITHIN", "History", "places"]

# A label, and the length of its windows as a power of two ns; None where they had not ended by then.
Key = tuple[str, "int | None"]
# Edges that are kept until somebody asks. A window of which these have passed is judged by itself.
_MOST = 16384
# Sets of labels that are judged each by itself; further ones are one more.
_STATES = 12


@attrs.define
class _Begin:
    """A window that has begun: its key, and its place among the edges that are being settled."""

    thread: int
    t_ns: int
    key: Key
    place: int | None


class History:
    """The edges of the windows over one meter set.

    Args:
        meter_set: whose counters were read at the edges.
    """

    def __init__(self, meter_set: MeterSet) -> None:
        self.run = os.urandom(6).hex()
        self._inputs = meter_set.inputs
        self._log: deque[Any] = deque(maxlen=_MOST)
        self.append = self._log.append  # an edge as `note` keeps it
        self.lock = threading.RLock()
        self._gauges = tuple(meter_set.gauges.items())
        self._curves = [sensor.curve() for sensor in meter_set.inputs]
        self._thread = 0
        self._open: dict[Key, int] = {}
        self._begun: dict[str, list[_Begin]] = {}
        self._states: dict[frozenset[Key], int] = {frozenset(): 0}
        self._state, self._settling = 0, False
        self._ids: tuple[str, ...] = ()

    def note(self, snapshot: Snapshot, label: str, step: int) -> None:
        """Keep an edge; nothing is worked out.

        Args:
            snapshot: the meters read at the edge.
            label: of the window.
            step: BEGIN, END, or WITHIN: the window goes on.
        """
        if self._gauges:  # an edge over a gauge that is kept would look like an open window
            snapshot = snapshot.without_edges(self._gauges)
        self._log.append((snapshot.t_ns, snapshot, label, step, threading.get_ident()))

    def settle(self) -> None:
        """Give every edge so far its places.

        A signal handler that asks in the middle of that gets none: its windows are judged by themselves.
        """
        with self.lock:
            if self._settling:
                return
            self._settling = True
            try:
                self._settle()
            finally:
                self._settling = False

    def _settle(self) -> None:
        entries = []
        lost = len(self._log) >= _MOST
        while self._log:
            entries.append(self._log.popleft())
        entries.sort(key=lambda entry: entry[0])
        if lost:  # of some labels it is not known when they began
            self._open.clear()
            self._begun.clear()
            for curve in self._curves:
                curve.restart()
        for (_, snapshot, _, step, thread), key in zip(entries, self._keys(entries), strict=True):
            crossing, self._thread = thread != self._thread, thread
            self._take(snapshot, key, step, crossing)
        for curve in self._curves:
            curve.answer(self._state)

    def _keys(self, entries: list[Any]) -> list[Key]:
        """Of each edge the label and the length of its window, as a power of two where its end is among them.

        Long windows of a label may do other work than short ones, and draw other powers: whoever adds up the
        short ones alone must not be told the mean of both.
        """
        keys: list[Key] = [(label, None) for _, _, label, _, _ in entries]
        fresh: list[_Begin] = []
        for place, (t_ns, _, label, step, thread) in enumerate(entries):
            begun = self._begun.setdefault(label, [])
            if step == BEGIN:
                fresh.append(_Begin(thread, t_ns, keys[place], place))
                begun.append(fresh[-1])
            elif begun and step == END:
                own = [number for number, one in enumerate(begun) if one.thread == thread]
                one = begun.pop(own[-1] if own else -1)
                if one.place is not None:
                    one.key = label, round(math.log2(max(t_ns - one.t_ns, 1)))
                    keys[one.place] = one.key
                keys[place] = one.key
        for one in fresh:
            one.place = None  # its place was told
        return keys

    def _take(self, snapshot: Snapshot, key: Key, step: int, crossing: bool) -> None:
        before = self._state
        self._count(key, step)
        points = snapshot.points
        if points is None:
            return
        snapshot.understand(self._inputs)
        if not points:
            points += [None] * len(self._curves)
        for number, curve in enumerate(self._curves):
            curve.take(snapshot, number, step, (before, self._state), crossing)

    def _count(self, key: Key, step: int) -> None:
        count = self._open.get(key, 0) + step
        if count > 0:
            self._open[key] = count
        else:
            self._open.pop(key, None)
        labels = frozenset(self._open)
        state = self._states.get(labels)
        if state is None:
            state = min(len(self._states), _STATES)
            if state < _STATES:
                self._states[labels] = state
        self._state = state

    def points(self, entries: Account, begin: Snapshot, end: Snapshot) -> TimelinePoints | None:
        """Where the edges of a span lie, where that is known of all channels with an energy; else None.

        Args:
            entries: what `account` found.
            begin: of the span.
            end: of the span.
        """
        edges: list[Any] = []
        ids = []
        for number, (sensor, joules, _) in enumerate(entries):
            if joules is None:
                continue
            both = places(number, begin, end)
            if both is None:
                return None
            edges += both
            ids.append(sensor.channel.id)
        if not edges:
            return None
        if self._ids != tuple(ids):
            self._ids = tuple(ids)  # one object for all measurements
        return TimelinePoints.of(self.run, self._ids, (begin.t_ns, end.t_ns), edges)


def places(number: int, begin: Snapshot, end: Snapshot) -> tuple[Place, Place] | None:
    """Where a span begins and ends on the curve of one channel; None where that is not known."""
    if not begin.points or not end.points:
        return None
    first, last = begin.points[number], end.points[number]
    return None if first is None or last is None else (first, last)
