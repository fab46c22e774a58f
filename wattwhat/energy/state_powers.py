"""What each state of a program draws, learnt tick by tick: mean powers, how sure they are, their scatter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.energy.tick_age import Tick
from wattwhat.records.assumptions import period_s, power_limit_w, reach_w
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    from wattwhat.energy.joint import Evidence

__all__ = ["Row", "StatePowers"]

# Rows that are taken in together.
_BLOCK = 64
# What was learnt is worked out anew when there are so many times as many rows: 10,000 windows ask in turn.
_MORE = 1.2
# How much the power of one run differs from its state's mean while nothing is known of it.
_SCATTER = 0.4
# How fast the doubt goes of a power that few ticks have told, by the root of their number.
_FADES = 3
# How far the power outside of windows may be from the mean over all, as a part of it: rest may be a quarter.
# With a half, 88 of 100 sums of 15 windows of 60 ms over a counter of 100 ms held the truth; now it is 93.
_REST = 0.8
# No state is taken to draw less than this part of the mean over all: joules in an interval are spread by it.
_LEAST = 1e-3


@attrs.frozen(eq=False)
class Row:
    """What a counter gained between two ticks, or a gauge showed between two moments.

    Args:
        gained_j: joules.
        time_s: seconds of each state that ran in between.
        squares_s2: the squares of its runs, in s^2.
        ticks: what the first and the last tick err by.
        unseen_j2: variance in J^2 of what was drawn unseen in between.
    """

    gained_j: float
    time_s: dict[int, float]
    squares_s2: dict[int, float]
    ticks: tuple[Tick, Tick]
    unseen_j2: float = 0.0


class StatePowers:
    """Mean powers of the states of a program over one counter.

    Args:
        channel: its limit bounds what is possible.

    Attributes:
        power_w: mean power of each state in W.
        root_w: for each state, its errors in W by number of the error; those of two states may be the same.
        scatter: how much one run differs from its state's mean, as a fraction.
        shown_w: of a gauge the power in W that it showed last: what any state draws before more is known.
    """

    def __init__(self, channel: Channel) -> None:
        self.limit_w, self._period_s = power_limit_w(channel), period_s(channel)
        self._evidence: Evidence | None = None
        self._rows: list[Row] = []
        self._count, self._next = 0, 1.0
        self._told: dict[int, float] = {}  # update periods in which each state ran, from tick to tick
        self.scatter = _SCATTER
        self.shown_w: float | None = None
        self.power_w: list[float] = []
        self.root_w: list[list[float]] = []

    def add(self, row: Row) -> None:
        """Take in one more interval between two ticks."""
        self._rows.append(row)
        for state, seconds in row.time_s.items():
            self._told[state] = self._told.get(state, 0.0) + seconds / self._period_s
        self._count += 1
        if len(self._rows) >= 2 * _BLOCK:  # so that memory stays bounded
            self._learn(max(row_states(self._rows), len(self.power_w)))

    def know(self, states: int) -> None:
        """See to it that `power_w` and `root_w` hold so many states, as far as known by now."""
        if self._count < self._next and states <= len(self.power_w):
            return
        if not self._count:
            mean_w, u_w = self.limit_w / 2.0, self.limit_w / math.sqrt(12.0)
            if self.shown_w is not None:
                mean_w = min(max(self.shown_w, 1e-6), self.limit_w)
                u_w = reach_w(mean_w, self.limit_w)
            self.power_w = [mean_w] * states
            self.root_w = [[0.0] * n + [u_w] for n in range(states)]
            return
        self._next = max(self._count * _MORE, self._count + 1.0)
        self._learn(max(states, len(self.power_w)))

    def rms_w(self, state: int) -> float:
        """Root of the mean square in W of what this state may draw: a moment's error times that is in J.

        The variance of a product of a power and a time has both their variances in it (GUM 5.1.2, note).
        """
        return math.hypot(self.power_w[state], *self.root_w[state])

    def told(self, state: int) -> float:
        """How far one tick has told the power of this state: 1 where it is the only one."""
        return 1.0 / math.sqrt(max(self._told.get(state, 0.0), 1.0))

    def _learn(self, states: int) -> None:
        from wattwhat.energy.joint import Evidence

        evidence = self._evidence or Evidence(0)
        evidence.grow(states)
        while len(self._rows) >= _BLOCK:
            self._take_in(evidence, self._rows[:_BLOCK], states, len(self.power_w) > 0)
            del self._rows[:_BLOCK]
        self._evidence = evidence
        for known in (evidence.rows > 0, True):  # with the powers that the rows tell, they tell more
            self._weigh(evidence.copy(), states, known)

    def _weigh(self, trial: Evidence, states: int, known: bool) -> None:
        import numpy as np

        if self._rows:
            self._take_in(trial, self._rows, states, known)
        mean_w = min(max(trial.seen_j / max(trial.seen_s, 1e-9), 1e-6), self.limit_w)
        reach = np.full(states, reach_w(mean_w, self.limit_w))
        reach[0] = _REST * mean_w
        posterior = trial.posterior(mean_w, reach)
        power_w = np.clip(posterior.power_w, _LEAST * mean_w, self.limit_w)
        covariance: Any = posterior.power_covariance_w2
        # A tick or two in a state may have come at its very begin, and have counted what was before: of that
        # nothing is left after a few update periods (found with `benchmarks.truth`, loads that fill a window)
        least = [
            self.told(state) ** _FADES * reach_w(w, self.limit_w) for state, w in enumerate(power_w.tolist())
        ]
        np.fill_diagonal(covariance, np.maximum(np.diag(covariance), np.square(least)))
        root = np.linalg.cholesky(covariance + 1e-9 * mean_w**2 * np.eye(states))
        self.power_w, self.root_w, self.scatter = power_w.tolist(), root.tolist(), posterior.scatter

    def _take_in(self, evidence: Evidence, rows: list[Row], states: int, known: bool) -> None:
        import numpy as np

        time_s, squares_s2 = np.zeros((len(rows), states)), np.zeros((len(rows), states))
        for number, row in enumerate(rows):
            for state, seconds in row.time_s.items():
                time_s[number, state] = seconds
                squares_s2[number, state] = row.squares_s2[state]
        shown_j = np.array([row.gained_j for row in rows])
        mean_w = max(float(shown_j.sum() / max(time_s.sum(), 1e-12)), 1e-9)
        power_w = np.full(states, mean_w)
        rms_w = np.full(states, math.hypot(mean_w, reach_w(mean_w, self.limit_w)))
        if known:
            for state in range(min(len(self.power_w), states)):
                power_w[state], rms_w[state] = self.power_w[state], self.rms_w(state)
        evidence.add(time_s, squares_s2, np.eye(len(rows)), shown_j, _ticks_j2(rows, rms_w), power_w)


def _ticks_j2(rows: list[Row], power_w: Any) -> Any:
    """Covariance in J^2 of rows by their ticks: what one has too much, the next one lacks."""
    import numpy as np

    own_j2 = np.diag([row.unseen_j2 for row in rows])
    alike_j = np.zeros((len(rows), len(power_w) + 1))
    for number, row in enumerate(rows):
        for sign, tick in zip((-1.0, 1.0), row.ticks, strict=True):
            by_w = float(power_w[tick.state])
            own_j2[number, number] += (by_w * tick.own_s) ** 2 + tick.own_j**2
            alike_j[number, tick.state] += sign * by_w * tick.alike_s
            alike_j[number, -1] += sign * tick.leak_j
        first = row.ticks[0]
        if number and rows[number - 1].ticks[1] is first:
            shared_j2 = (float(power_w[first.state]) * first.own_s) ** 2 + first.own_j**2
            own_j2[number, number - 1] = own_j2[number - 1, number] = -shared_j2
    return own_j2 + alike_j @ alike_j.T


def row_states(rows: list[Row]) -> int:
    """How many states these rows know of."""
    return 1 + max((state for row in rows for state in row.time_s), default=0)
