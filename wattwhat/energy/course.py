"""The course of a counter: one rising curve of joules over time, of which every window takes a difference.

Between two ticks the curve gains what the counter gained, spread by what the states of the program draw
(`wattwhat.energy.state_powers`). So windows that tile a span add up to it, and an inner window never has more
than the outer one. What was answered once stays: later ticks change the curve only after it.
"""

from __future__ import annotations

import math
from typing import Any

from wattwhat.energy.course_places import (
    Answered,
    Cut,
    Interval,
    merged_cuts,
    place_after,
    place_between,
)
from wattwhat.energy.state_powers import StatePowers
from wattwhat.energy.tick_age import Ages, Tick
from wattwhat.records.assumptions import SPREAD, period_s, reach_w
from wattwhat.records.channel import Channel

__all__ = ["Course"]

# Ticks keep their distance within this part of a period, for each period.
_STEADY = 0.003
# A tick is not known better than to this part of a period.
_GRAIN = 0.02
# Edges in one interval that were all answered are merged beyond so many.
_MOST_CUTS = 64
# A sensor that looks once an update period has seen something of what lasts so many of them.
_SURELY = 1.5
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
        self._looked_s = self._counted_j = self._shift_j = self._walked_j2 = 0.0
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
        self._seen = self._sees(channel)

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
        self._states = max(self._states, state + 1)
        if not self._cuts:
            self._lo, self._hi = t_s - self._period_s, t_s
            self._cuts = [Cut(t_s - self._period_s / 2.0, state)]
            self._ticked = self._tick_in(state, t_s)
            self._answered = Answered(self._cuts[0].t_s, counted_j)
            self._counted_j = counted_j
        elif counted_j > self._counted_j:
            self._lo, self._hi = self._placed(max(min(self._looked_s, t_s), t_s - self._period_s), t_s)
            tick_s = (self._lo + self._hi) / 2.0
            unseen_j2 = (1.0 - self._seen) * (SPREAD * (counted_j - self._counted_j)) ** 2
            self._close(tick_s, self._tick_in(self._state_at(tick_s), t_s), counted_j, unseen_j2)
        self._looked_s, self._counted_j = t_s, max(counted_j, self._counted_j)

    def edge(self, t_s: float, state: int, places: Any = None, number: int = 0) -> None:
        """From now on the program is in this state.

        Args:
            t_s: the time in s.
            state: its number, from 0 for that in which no window is open.
            places: a list that takes the place of this moment on the curve, or None.
            number: where in the list.
        """
        if not self._cuts:  # after a restart nothing is known before the next look
            return
        self._states = max(self._states, state + 1)
        self._cuts.append(Cut(max(t_s, self._cuts[-1].t_s), state, places, number))

    def _placed(self, lo: float, hi: float) -> tuple[float, float]:
        """When it ticked at the earliest and at the latest, narrower where ticks keep their distance."""
        stated_s = self.channel.update_period_s
        if stated_s is None:
            return lo, hi
        about = round((lo + hi - self._lo - self._hi) / 2.0 / stated_s)
        spans = []
        for turns in range(max(about - 1, 1), about + 2):
            off_s = (_STEADY * turns + _GRAIN) * stated_s
            low = max(lo, self._lo + turns * stated_s - off_s)
            high = min(hi, self._hi + turns * stated_s + off_s)
            if low < high:
                spans.append((low, high))
        return (spans[0][0], spans[-1][1]) if spans else (lo, hi)

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

    def _state_at(self, t_s: float) -> int:
        """The state of the program then."""
        return next((cut.state for cut in reversed(self._cuts) if cut.t_s <= t_s), self._cuts[0].state)

    def _close(self, tick_s: float, tick: Tick, counted_j: float, unseen_j2: float) -> None:
        """It ticked."""
        tick_s = max(tick_s, self._cuts[0].t_s + 1e-9)
        first = [cut for cut in self._cuts if cut.t_s <= tick_s]
        before, self._ticked = self._ticked, tick
        gained_j = counted_j - self._counted_j
        missed_j2, often = self._missed_j2(first, tick_s, gained_j), 1.0 / self._seen - 1.0
        # a run errs by no more than all of its joules, but what was shown may count it several times
        walked_j2 = (self._walked_j2, self._walked_j2 + unseen_j2 + min(often, 1.0) * missed_j2)
        self._walked_j2 = walked_j2[1]
        one = Interval(self._tick, first, tick_s, gained_j, counted_j, (before, tick), walked_j2)
        self._tell(one, unseen_j2 + often * missed_j2)
        self._closed.append(one)
        self._cuts = [Cut(tick_s, first[-1].state, since_s=first[-1].since_s), *self._cuts[len(first) :]]
        self._tick += 1

    def _tell(self, one: Interval, unseen_j2: float) -> None:
        """What the interval tells about the powers of the states, with this variance in J^2 unseen."""
        self.powers.add(one.row(unseen_j2))

    def _sees(self, channel: Channel) -> float:
        """The part of the time that the sensor looks at: all, unless calibration found less of a counter."""
        return min((channel.averaging_window_s or self._period_s) / self._period_s, 1.0)

    def _missed_j2(self, cuts: list[Cut], end_s: float, gained_j: float) -> float:
        """Variance in J^2 of short runs in an interval that the sensor may have looked away from.

        A run of length l much shorter than what the sensor looks at is seen with probability W / U and then
        counts U / W times: what is shown errs by ``sqrt(U / W - 1)`` times what is given here, which is l
        times how far the run's power may be from that of the others.
        """
        if self._seen >= 1.0 or len(cuts) < 2:
            return 0.0
        found_s2 = 0.0
        following = [*self._cuts[1 : len(cuts) + 1], Cut(math.inf, 0)]
        for cut, after in zip(cuts, following, strict=False):
            length_s = min(after.t_s, end_s) - cut.t_s
            # some part of one that is longer than a period and a half has been seen
            whole = (after.t_s - cut.since_s) / self._period_s
            found_s2 += (length_s * min(max(_SURELY - whole, 0.0), 1.0)) ** 2
        mean_w = gained_j / max(end_s - cuts[0].t_s, 1e-9)
        return found_s2 * reach_w(mean_w, self.powers.limit_w) ** 2

    def answer(self) -> None:
        """Give all edges that wait their places now, also those after which the counter has not ticked."""
        if not self._closed and not any(cut.waits for cut in self._cuts):
            return
        self.powers.know(self._states)
        for one in self._closed:
            self._answered = place_between(one, self.powers, self._answered)
        self._closed.clear()
        if self._cuts:
            self._answered = place_after(
                self._tick, self._cuts, self._ticked, self.powers, self._answered, self._walked_j2
            )
        if len(self._cuts) > _MOST_CUTS:
            self._cuts = merged_cuts(self._cuts, self._cuts[-1].t_s)
