"""The course of a gauge: the curve of its integral, known at some moments and spread in between.

Where the gauge's integral is known, that is a tick of a counter of joules (`wattwhat.energy.course`), whose
time is known and whose joules are not quite.
"""

from __future__ import annotations

from typing import NamedTuple

from wattwhat.energy.course import Course
from wattwhat.energy.course_places import Answered, Cut
from wattwhat.energy.gauge_timing import seen_fraction
from wattwhat.energy.tick_age import Tick
from wattwhat.records.channel import Channel

__all__ = ["Bound", "GaugeCourse"]


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
            self._ticked = Tick(state, 0.0, 0.0, one.error_j, one.leak_j)
            self._answered = Answered(one.t_s, self._counted_j)
        elif one.t_s > self._cuts[0].t_s:
            counted_j = one.energy_j + self._shift_j
            tick = Tick(self._state_at(one.t_s), 0.0, 0.0, one.error_j, one.leak_j)
            self._close(one.t_s, tick, counted_j, max(one.unseen_j2 - self._unseen_j2, 0.0))
            self._counted_j = counted_j
        self._unseen_j2 = one.unseen_j2
