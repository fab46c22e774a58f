"""The timeline of one channel: its changes, and the joules that each state of the program took of them.

The program's states (`wattwhat.energy.label_time`) and the sensor's changes come in as they happen; what they
mean is worked out when it is asked for, in blocks of `BLOCK` rows, so that memory stays bounded.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

from wattwhat.energy.joint import Evidence, Posterior, mixed
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.possible import possible_j
from wattwhat.energy.tick_times import tick_times
from wattwhat.records.assumptions import period_s, power_limit_w, reach_w
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["BLOCK", "CounterTimeline", "Timeline"]

# Rows that are taken in together. What one of them and its neighbour in the next block have in common is
# taken for independent.
BLOCK = 64
# Changes that are kept before they are taken in.
_FULL = 512
# After so many rows the powers are known well enough to say how much they scatter.
_KNOWN = 512
# So many values in a row that were shown long enough tell that the sensor is slow.
_HELD = 8
# Fewer rows do not tell how stale a counter's values are.
_FEWEST_ROWS = 16
# A mean power of a state is not taken for less than this part of the mean over all, when it comes to scatter.
_LEAST = 0.15


class Timeline:
    """What is known of one channel; subclasses know counters and gauges.

    Args:
        channel: update period, averaging window, resolution and limit come from here.

    Attributes:
        slow: whether it renews its value as seldom as it is taken to; what it showed last has the last word.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.limit_w = power_limit_w(channel)
        self.evidence = [Evidence(0)]
        # looks that saw a new value: the one before it, the first that saw it, and what it saw
        self.lo: list[float] = []
        self.hi: list[float] = []
        self.values: list[float] = []
        self.looked_s: float | None = None
        self.taken_s: float | None = None  # all before this is in the evidence
        self.latest: float | None = None
        self.slow = channel.update_period_s is not None
        # seconds for which it surely went on showing each of the latest values
        self._held_s: deque[float] = deque(maxlen=_HELD)

    def look(self, t_s: float, value: float) -> None:
        """One more look at the sensor: time in s, not before the last one, and value in J or W."""
        if value != self.latest:
            if self.looked_s is None or t_s >= self.looked_s:
                self._learn_held()
                self.lo.append(t_s - period_s(self.channel) if self.looked_s is None else self.looked_s)
                self.hi.append(t_s)
                self.values.append(value)
                self.latest, self.looked_s = value, t_s
        elif self.looked_s is None or t_s > self.looked_s:
            self.looked_s = t_s

    def _learn_held(self) -> None:
        """A value is over: until the last look before, since the first that saw it, it was surely shown."""
        if self.hi and self.looked_s is not None:
            self._held_s.append(self.looked_s - self.hi[-1])
            if len(self._held_s) == _HELD:
                self.slow = min(self._held_s) >= 0.5 * period_s(self.channel)

    @property
    def settled_s(self) -> float:
        """Seconds after a moment until which a look still says something about it."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """Whether there is enough for `take_in`, so that what was looked at need not be kept."""
        return len(self.values) > _FULL

    @property
    def needed_from_s(self) -> float:
        """The time in s before which nobody need know the states any more."""
        return -math.inf if self.taken_s is None else self.taken_s

    def take_in(self, pieces: Pieces, states: int) -> None:
        """Move all that is complete into the evidence, so that neither looks nor pieces need be kept.

        Args:
            pieces: the states since `needed_from_s`.
            states: how many there are.
        """
        for one in self.evidence:
            one.grow(states)
        self.taken_s, used = self._digest(self.evidence, pieces, math.inf)
        del self.lo[:used], self.hi[:used], self.values[:used]

    def posterior(self, pieces: Pieces, states: int, end_s: float) -> Posterior:
        """Joules of each state up to a moment; nothing is changed.

        Args:
            pieces: the states since `needed_from_s`.
            states: how many there are.
            end_s: the end, in s.
        """
        evidence = [one.copy() for one in self.evidence]
        for one in evidence:
            one.grow(states)
        reached, used = self._digest(evidence, pieces, end_s)
        reached = self._held(evidence, pieces, used, reached, end_s)
        return self._finished(evidence, pieces, reached, end_s)

    def _finished(
        self, evidence: list[Evidence], pieces: Pieces, reached: float | None, end_s: float
    ) -> Posterior:
        """The posterior once the time is taken in too that no row says anything of."""
        import numpy as np

        begin_s = float(pieces.bounds_s[0]) if reached is None else reached
        if end_s > begin_s:
            none, span = np.zeros(0), np.array([begin_s, end_s])
            for one in evidence:
                self._add(one, pieces, span, np.zeros((0, 1)), none, lambda _: np.zeros((0, 0)))
        return mixed([one.posterior(*self._prior(one)) for one in evidence])

    def _digest(self, evidence: list[Evidence], pieces: Pieces, end_s: float) -> tuple[float | None, int]:
        """Take in all rows that are complete: up to which time that is, and how many looks it took."""
        used, reached = 0, self.taken_s
        while len(self.values) - used > 1:
            stop = min(used + BLOCK + 1, len(self.values))
            reached = self._block(evidence, pieces, slice(used, stop), reached, end_s)
            used = stop - 1
        return reached, used

    def _block(
        self,
        evidence: list[Evidence],
        pieces: Pieces,
        part: slice,
        reached: float | None,
        end_s: float,
    ) -> float | None:
        """Take in what was seen between the first and the last of these changes."""
        raise NotImplementedError

    def _held(
        self, evidence: list[Evidence], pieces: Pieces, used: int, reached: float | None, end_s: float
    ) -> float | None:
        """Take in what the latest value says by not having changed yet."""
        return reached

    def _prior(self, evidence: Evidence) -> tuple[float, float]:
        """Mean and standard uncertainty in W of a power of which nothing is known but the mean over all."""
        if evidence.rows < 2 or evidence.seen_j <= 0.0:
            return self.limit_w / 2.0, self.limit_w / math.sqrt(12.0)
        mean_w = min(evidence.seen_j / evidence.seen_s, self.limit_w)
        return mean_w, reach_w(mean_w, self.limit_w)

    def _add(
        self,
        evidence: Evidence,
        pieces: Pieces,
        bounds_s: Array,
        seen: Array,
        shown_j: Array,
        noise: Any,
        fresh: Any = True,
        tells: Any = True,
    ) -> None:
        """Take in a block: once to learn about the powers, then for good.

        Args:
            evidence: what it goes into.
            pieces: states of the program.
            bounds_s: of the intervals, in s.
            seen: rows by intervals.
            shown_j: joules of the rows.
            noise: gives the covariance of the sensor's own part for mean powers of the states, in J^2.
            fresh: for each interval, whether its joules are to be counted.
            tells: for each row, whether it tells how much runs differ.
        """
        import numpy as np

        states = len(evidence.time_s)
        time_s, squares_s2 = pieces.within(bounds_s, states)
        power_w = np.full(states, self._prior(evidence)[0])
        if len(shown_j):
            if not evidence.rows:
                power_w[:] = min(max(shown_j.sum() / max((seen @ time_s).sum(), 1e-12), 1e-9), self.limit_w)
            trial = evidence
            if evidence.rows < _KNOWN:
                trial = evidence.copy()
                trial.add(time_s, squares_s2, seen, shown_j, noise(power_w), power_w, tells=tells)
            mean_w, reach = self._prior(trial)
            power_w = np.clip(trial.posterior(mean_w, reach).power_w, _LEAST * mean_w, self.limit_w)
        evidence.add(time_s, squares_s2, seen, shown_j, noise(power_w), power_w, fresh, tells)

    def _arrays(self, part: slice) -> tuple[Array, Array, Array]:
        import numpy as np

        return np.array(self.lo[part]), np.array(self.hi[part]), np.array(self.values[part])


class CounterTimeline(Timeline):
    """A counter of joules: rows are what it gained from tick to tick."""

    @property
    def settled_s(self) -> float:
        """Seconds after a moment until its tick is counted."""
        return 1.1 * period_s(self.channel) + (self.channel.delay_s or 0.0) + (self.channel.rise_s or 0.0)

    def _block(
        self,
        evidence: list[Evidence],
        pieces: Pieces,
        part: slice,
        reached: float | None,
        end_s: float,
    ) -> float | None:
        import numpy as np

        lo, hi, values = self._arrays(part)
        late_s = (self.channel.delay_s or 0.0) + (self.channel.rise_s or 0.0)
        fitted = tick_times(lo, hi, self.channel.update_period_s, pieces.at)
        ticks = fitted.times_s - late_s
        begin_s = float(pieces.bounds_s[0])
        if reached is not None:  # the block before ended at the tick with which this one begins
            ticks = np.maximum(ticks, reached)
            ticks[0] = reached
        gains, good = self.gains(hi, values)
        good &= (np.diff(ticks) > 0.0) & (ticks[:-1] >= begin_s)
        bounds = ticks[ticks >= begin_s]
        if reached is None and (not len(bounds) or bounds[0] > begin_s):
            bounds = np.concatenate([[begin_s], bounds])
        rows = np.flatnonzero(good)
        seen = np.zeros((len(rows), max(len(bounds) - 1, 0)))
        seen[np.arange(len(rows)), rows - (len(ticks) - len(bounds))] = 1.0
        states, resolution_j2 = pieces.at(ticks), (self.channel.resolution or 0.0) ** 2 / 12.0
        kept = np.ix_(rows, rows)

        def noise(power_w: Array) -> Any:
            power = power_w[states]
            own_j2 = np.outer(power, power) * fitted.covariance_s2 + resolution_j2 * np.eye(len(power))
            # of what was gained from each tick to the next
            shown_j2 = np.diff(np.diff(own_j2, axis=0), axis=1)[kept]
            stale_j2 = 0.0
            if np.ptp(power_w) > 0.0:  # else nothing is known yet that the gains could be held against
                mixture = seen @ pieces.within(bounds, len(power_w))[0]
                stale_j2 = _stale_j2(gains[rows] - mixture @ power_w, shown_j2)
            differences = np.diff(np.diff(np.eye(len(power)), axis=0), axis=1)[kept]
            return shown_j2 + stale_j2 * differences

        tells = pieces.tells(ticks[:-1], ticks[1:])[rows]
        self._add(evidence[0], pieces, bounds, seen, gains[rows], noise, tells=tells)
        return max(float(ticks[-1]), begin_s)

    def gains(self, t_s: Array, values: Array) -> tuple[Array, Any]:
        """What was gained from change to change in J, and where that is known: not at resets and jumps."""
        import numpy as np

        gains, steps = np.diff(values), np.diff(t_s)
        wrap_j = self.channel.wrap_j
        fixed, slope = possible_j(self.channel, 0.0), possible_j(self.channel, 1.0)
        most = fixed + (slope - fixed) * steps
        if wrap_j is not None:
            turned = (gains < 0.0) & (gains + wrap_j <= np.minimum(most, 3.0 * self.limit_w * steps + 1.0))
            gains = np.where(turned, gains + wrap_j, gains)
        return gains, (gains >= 0.0) & (gains <= most)


def _stale_j2(off_j: Array, shown_j2: Array) -> float:
    """Variance in J^2 of a counter's value at a tick that the ticks' times do not explain.

    What one gain has too much because its last tick came late, the next one lacks: neighbours that are off to
    opposite sides tell of it (the first autocovariance of a moving average; Box and Jenkins, chapter 3).
    """
    import numpy as np

    count = len(off_j)
    if count < _FEWEST_ROWS:
        return 0.0
    more_j2 = float(np.mean(np.diag(shown_j2, 1)) - np.mean(off_j[1:] * off_j[:-1]))
    chance_j2 = 2.0 * float(np.mean(off_j**2)) / math.sqrt(count)
    return more_j2 if more_j2 > chance_j2 else 0.0
