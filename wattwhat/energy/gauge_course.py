"""The course of a gauge: the curve of its integral, known at some moments and spread in between.

Where the gauge's integral is known, that is a tick of a counter of joules (`wattwhat.energy.course`), whose
time is known and whose joules are not quite.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from operator import itemgetter
from typing import Any, NamedTuple

from wattwhat.energy.course import Course
from wattwhat.energy.course_places import Answered, Cut, Interval
from wattwhat.energy.gauge_timing import seen_fraction, smear_s
from wattwhat.energy.state_powers import Row
from wattwhat.energy.tick_age import Tick
from wattwhat.records.channel import Channel

__all__ = ["Bound", "GaugeCourse"]

# Intervals that wait for later edges; those that wait no longer are told when there are more.
_MOST_UNTOLD = 64


class Bound(NamedTuple):
    """A moment until which the integral of a gauge is known.

    Args:
        t_s: when the joules had been drawn, in s.
        energy_j: the integral until then, in J from any zero; None where watching began anew.
        error_j: standard uncertainty in J, by power that was shown before or after it is due.
        leak_j: the same that is alike at all steps of the power, with the sign of this one.
        unseen_j2: variance in J^2 of what was drawn unseen until then.
        kept: whether an edge lies between the bound before and this one.
    """

    t_s: float
    energy_j: float | None
    error_j: float = 0.0
    leak_j: float = 0.0
    unseen_j2: float = 0.0
    kept: bool = True


class GaugeCourse(Course):
    """The curve of one gauge.

    Args:
        channel: what is measured.
    """

    _unseen_j2 = 0.0

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._runs: list[tuple[float, int]] = []  # when which state of the program began
        self._untold: list[tuple[Interval, float]] = []

    def edge(self, t_s: float, state: int, places: Any = None, number: int = 0) -> None:
        """From now on the program is in this state; see `Course.edge`."""
        self._runs.append((max(t_s, self._runs[-1][0]) if self._runs else t_s, state))
        self._states = max(self._states, state + 1)
        super().edge(t_s, state, places, number)

    def answer(self) -> None:
        """Give all edges that wait their places; what is shown by now was smeared over no later edge."""
        self._tell_until(math.inf)
        super().answer()

    def _tell(self, one: Interval, unseen_j2: float) -> None:
        """Not before the edges are known that the gauge smeared into the interval."""
        self._untold.append((one, unseen_j2))
        if len(self._untold) > _MOST_UNTOLD:
            self._tell_until(self._runs[-1][0] if self._runs else math.inf)

    def _tell_until(self, known_s: float) -> None:
        reach_s = smear_s(self.channel) / 2.0
        while self._untold and self._untold[0][0].end_s + reach_s <= known_s:
            one, unseen_j2 = self._untold.pop(0)
            self.powers.add(self._row(one, unseen_j2))
        cuts = self._untold[0][0].cuts if self._untold else self._cuts
        del self._runs[: self._running(cuts[0].t_s - reach_s if cuts else math.inf)]

    def _running(self, t_s: float) -> int:
        """Number of the run that went on at a moment."""
        return max(bisect_right(self._runs, t_s, key=itemgetter(0)) - 1, 0)

    def _row(self, one: Interval, unseen_j2: float) -> Row:
        """How long each state ran, as the gauge saw it: each moment smeared over U + W.

        With the times themselves, joules that are smeared over runs shorter than that hardly follow them, and
        all states seem to draw the same (errors in the variables bring a slope towards 0).
        """
        import numpy as np

        begin_s, reach_s = one.cuts[0].t_s, smear_s(self.channel) / 2.0
        runs = self._runs[self._running(begin_s - reach_s) : self._running(one.end_s + reach_s) + 1]
        if not runs:
            return one.row(unseen_j2)
        ends_s, states = np.array([t_s for t_s, _ in runs[1:]]), [state for _, state in runs]
        timing = self._period_s, self.channel.averaging_window_s or self._period_s
        seen_s = _smeared(ends_s - begin_s, *timing) - _smeared(ends_s - one.end_s, *timing)
        lengths_s = np.diff(seen_s, prepend=0.0, append=one.end_s - begin_s)
        times: dict[int, float] = {}
        squares: dict[int, float] = {}
        for state, length_s in zip(states, np.maximum(lengths_s, 0.0).tolist(), strict=True):
            if length_s:
                times[state] = times.get(state, 0.0) + length_s
                squares[state] = squares.get(state, 0.0) + length_s**2
        return Row(one.gained_j, times, squares, one.ticks, unseen_j2)

    def _sees(self, channel: Channel) -> float:
        return seen_fraction(self._period_s, channel.averaging_window_s)

    def bound(self, one: Bound, state: int) -> None:
        """One more moment until which the integral is known, not before the one before.

        Args:
            one: the moment.
            state: of the program, for the first one.
        """
        if one.energy_j is None or (self._cuts and one.energy_j + self._shift_j < self._counted_j):
            self.restart()  # a curve that falls is none
        if one.energy_j is None:
            return
        self._states = max(self._states, state + 1)
        if not self._cuts:
            self._shift_j = max(self._answered.energy_j - one.energy_j, 0.0)
            self._counted_j = one.energy_j + self._shift_j
            self._cuts = [Cut(one.t_s, state)]
            self._runs = self._runs or [(one.t_s, state)]
            self._ticked = Tick(state, 0.0, 0.0, one.error_j, one.leak_j)
            self._answered = Answered(one.t_s, self._counted_j)
        elif one.t_s > self._cuts[0].t_s:
            counted_j = one.energy_j + self._shift_j
            tick = Tick(self._state_at(one.t_s), 0.0, 0.0, one.error_j, one.leak_j)
            self._close(one.t_s, tick, counted_j, max(one.unseen_j2 - self._unseen_j2, 0.0))
            self._counted_j = counted_j
        self._unseen_j2 = one.unseen_j2


def _smeared(s: Any, period_s: float, window_s: float) -> Any:
    """Seconds before a moment, each smeared by the mean of a window and by a period in which a value is held.

    Both are even: the density of their sum is straight between bends at half of U + W and of U - W, and this
    is its second integral.
    """
    import numpy as np

    wide_s, narrow_s = (period_s + window_s) / 2.0, (period_s - window_s) / 2.0
    bends = ((1.0, wide_s), (-1.0, narrow_s), (-1.0, -narrow_s), (1.0, -wide_s))
    inside = sum(sign * np.maximum(s + at_s, 0.0) ** 3 for sign, at_s in bends) / (6.0 * period_s * window_s)
    # beyond the smear the seconds are those themselves, without what cubes of large numbers lose
    return np.where(s >= wide_s, s, np.where(s <= -wide_s, 0.0, inside))
