"""The course of a counter that is new at each look, as an estimate is: straight between two looks."""

from __future__ import annotations

import bisect
from typing import Any

from wattwhat.records.channel import Channel
from wattwhat.records.timeline_points import Place

__all__ = ["LiveCourse"]


class LiveCourse:
    """The curve of such a counter, as `wattwhat.energy.course.Course` is that of one with ticks.

    Looks of several threads may come in any order; the curve rises with time all the same.

    Args:
        channel: what is measured.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._looks: list[tuple[float, float]] = []
        self._edges: list[tuple[float, Any, int]] = []
        self._answered_j = 0.0

    def learn(self, channel: Channel) -> None:
        """Go by these figures of the sensor from now on."""
        self.channel = channel

    def restart(self) -> None:
        """What happened since the latest look is not known."""
        self.answer()
        self._looks.clear()

    def look(self, t_s: float, counted_j: float, state: int = 0) -> None:
        """One more look: what was counted until then, from any zero."""
        self._looks.append((t_s, counted_j))

    def edge(self, t_s: float, state: int, places: Any = None, number: int = 0) -> None:
        """An edge of a window, which waits for its place in ``places[number]``."""
        self._edges.append((t_s, places, number))

    def answer(self) -> None:
        """Give all edges that wait their places."""
        self._looks.sort()
        self._edges.sort(key=lambda edge: edge[0])
        times, counted, most_j = [], [], -1.0
        for t_s, energy_j in self._looks:
            most_j = max(most_j, energy_j)
            times.append(t_s)
            counted.append(most_j)
        for t_s, places, number in self._edges:
            if times:
                self._answered_j = max(self._answered_j, _between(times, counted, t_s))
                places[number] = Place(self._answered_j)
        if self._edges and times:
            # the looks around the latest edge are needed for what follows
            del self._looks[: max(bisect.bisect_right(times, self._edges[-1][0]) - 1, 0)]
        self._edges.clear()


def _between(times: list[float], counted: list[float], t_s: float) -> float:
    """The curve at a moment; that of the first or last look outside."""
    after = bisect.bisect_right(times, t_s)
    if after == 0 or after == len(times):
        return counted[min(after, len(times) - 1)] if after == 0 else counted[-1]
    part = (t_s - times[after - 1]) / (times[after] - times[after - 1])
    return counted[after - 1] + part * (counted[after] - counted[after - 1])
