"""The course of a counter: one rising curve of joules over time, of which every window takes a difference.

Between two ticks the curve gains what the counter gained, spread by what the states of the program draw
(`wattwhat.energy.state_powers`). So windows that tile a span add up to it, and an inner window never has more
than the outer one. What was answered once stays: later ticks change the curve only after it.
"""

from __future__ import annotations

import math
from typing import Any

from wattwhat.energy.assumptions import period_s
from wattwhat.energy.course_places import Answered, Cut, Interval, merged_cuts, place_after, place_between
from wattwhat.energy.state_powers import StatePowers
from wattwhat.energy.tick_age import Ages, Tick
from wattwhat.records.channel import Channel

__all__ = ["Course"]

# Ticks keep their distance within this part of a period, for each period.
_STEADY = 0.003
# A tick is not known better than to this part of a period.
_GRAIN = 0.02
# Edges in one interval that were all answered are merged beyond so many.
_MOST_CUTS = 64
_ROOT_12 = math.sqrt(12.0)


class Course:
    """The curve of one counter.

    Args:
        channel: update period, lateness and limit come from here.
    """

    def __init__(self, channel: Channel) -> None:
        self.powers = StatePowers(channel)
        self.learn(channel)
        self._states = 1
        self._cuts: list[Cut] = []  # the first one lies at the latest tick
        self._looked_s = self._counted_j = self._shift_j = 0.0
        self._tick = 0  # number of the latest tick, and when it was at the earliest and at the latest
        self._lo = self._hi = 0.0
        self._ticked = Tick(0, 0.0, 0.0)
        self._turns: dict[int, Ages] = {}
        self._closed: list[Interval] = []  # of which no edge has its place yet
        self._answered = Answered(-math.inf, 0.0)

    def learn(self, channel: Channel) -> None:
        """Go by these figures of the sensor from now on."""
        self.channel, self._period_s = channel, period_s(channel)
        self._late_s = (channel.delay_s or 0.0) + (channel.rise_s or 0.0)

    def restart(self) -> None:
        """What happened since the latest look is not known; edges that wait get no place."""
        self.answer()
        self._cuts = []
        self._tick += 1

    def look(self, t_s: float, counted_j: float, state: int = 0) -> None:
        """One more look, not before the one before: what the counter counted until then, from any zero.

        Args:
            t_s: its time in s.
            counted_j: joules, never less than before.
            state: of the program, for the first look.
        """
        t_s -= self._late_s
        if not self._cuts:  # after a restart the curve goes on from where it was told to be
            self._shift_j = max(self._answered.energy_j - counted_j, 0.0)
        counted_j += self._shift_j
        if not self._cuts:
            self._lo, self._hi = t_s - self._period_s, t_s
            self._cuts = [Cut(t_s - self._period_s / 2.0, state)]
            self._ticked = self._tick_in(state, t_s)
            self._answered = Answered(self._cuts[0].t_s, counted_j)
            self._counted_j = counted_j
        elif counted_j > self._counted_j:
            lo, hi = self._placed(max(min(self._looked_s, t_s), t_s - self._period_s), t_s)
            self._close(lo, hi, counted_j, t_s)
        self._looked_s, self._counted_j = t_s, max(counted_j, self._counted_j)

    def edge(self, t_s: float, state: int, found: Any = None, number: int = 0) -> None:
        """From now on the program is in this state.

        Args:
            t_s: the time in s.
            state: its number, from 0 for that in which no window is open.
            found: a list that takes the place of this moment on the curve, or None.
            number: where in the list.
        """
        self._states = max(self._states, state + 1)
        self._cuts.append(Cut(max(t_s, self._cuts[-1].t_s), state, found, number))

    def _placed(self, lo: float, hi: float) -> tuple[float, float]:
        """When it ticked at the earliest and at the latest, narrower where ticks keep their distance."""
        stated_s = self.channel.update_period_s
        if stated_s is None:
            return lo, hi
        about = round((lo + hi - self._lo - self._hi) / 2.0 / stated_s)
        found = []
        for turns in range(max(about - 1, 1), about + 2):
            off_s = (_STEADY * turns + _GRAIN) * stated_s
            low = max(lo, self._lo + turns * stated_s - off_s)
            high = min(hi, self._hi + turns * stated_s + off_s)
            if low < high:
                found.append((low, high))
        return (found[0][0], found[-1][1]) if found else (lo, hi)

    def _tick_in(self, state: int, looked_s: float) -> Tick:
        """What the latest tick errs by, which was seen by this look in this state of the program.

        The looks in one state may all come at one age of the sensor's value: then their ticks err alike.
        """
        u_s = (self._hi - self._lo) / _ROOT_12
        stated_s = self.channel.update_period_s
        if stated_s is None:
            return Tick(state, u_s, 0.0)
        ages = self._turns.setdefault(state, Ages())
        alike = ages.add(looked_s / stated_s)
        return Tick(state, u_s * alike, u_s * math.sqrt(max(1.0 - alike**2, 0.0)))

    def _close(self, lo: float, hi: float, counted_j: float, looked_s: float) -> None:
        """It ticked."""
        tick_s = max((lo + hi) / 2.0, self._cuts[0].t_s + 1e-9)
        first = [cut for cut in self._cuts if cut.t_s <= tick_s]
        before, self._lo, self._hi = self._ticked, lo, hi
        self._ticked = self._tick_in(first[-1].state, looked_s)
        gained_j = counted_j - self._counted_j
        one = Interval(self._tick, first, tick_s, gained_j, counted_j, (before, self._ticked))
        self.powers.add(one.row())
        self._closed.append(one)
        self._cuts = [Cut(tick_s, first[-1].state), *self._cuts[len(first) :]]
        self._tick += 1

    def answer(self) -> None:
        """Give all edges that wait their places now, also those after which the counter has not ticked."""
        if not self._closed and not any(cut.waits for cut in self._cuts):
            return
        self.powers.know(self._states)
        for one in self._closed:
            self._answered = place_between(one, self.powers, self._answered)
        self._closed.clear()
        if self._cuts:
            self._answered = place_after(self._tick, self._cuts, self._ticked, self.powers, self._answered)
        if len(self._cuts) > _MOST_CUTS:
            self._cuts = merged_cuts(self._cuts, self._cuts[-1].t_s)
