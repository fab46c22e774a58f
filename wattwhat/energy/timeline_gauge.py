"""The timeline of a gauge: what its values say of the states of a program that ran within them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.energy.gauge_timing import rest_s
from wattwhat.energy.joint import Evidence, Posterior, mixed
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.tick_times import FEWEST, tick_times
from wattwhat.energy.timeline import BLOCK, Timeline
from wattwhat.records.assumptions import period_s
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["GaugeTimeline"]

# What part of the time a gauge may look at that does not say.
_SEEN = (1.0, 0.5, 0.25)
# Moments of a period at which a gauge may tick whose changes do not tell.
_MOMENTS = 8


class GaugeTimeline(Timeline):
    """A gauge of watts: rows are its values times its update period."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        window_s = channel.averaging_window_s
        # where nobody stated it: all of the time, or half or a quarter of it, as published for some GPUs
        self.windows_s = (window_s,) if window_s else tuple(part * period_s(channel) for part in _SEEN)
        self.evidence = [Evidence(0) for _ in self.windows_s]

    @property
    def settled_s(self) -> float:
        """Seconds after a moment until a value has shown all of it."""
        return rest_s(self.channel) + period_s(self.channel)

    @property
    def needed_from_s(self) -> float:
        """The time in s before which no value to come reaches."""
        late_s = (self.channel.delay_s or 0.0) + (self.channel.rise_s or 0.0)
        return super().needed_from_s - max(self.windows_s) - late_s

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
        fitted = tick_times(lo, hi, self.channel.update_period_s)
        ticks = fitted.times_s
        # a value that did not change at a tick was shown for several periods
        turns = np.maximum(np.round(np.diff(ticks) / period_s(self.channel)), 1.0).astype(int)
        number = np.repeat(np.arange(len(turns)), turns)
        step = np.arange(len(number)) - np.repeat(np.cumsum(turns) - turns, turns)
        at = ticks[number] + step * (np.diff(ticks) / turns)[number]
        spread_s2 = fitted.covariance_s2[np.ix_(number, number)]
        return self._take(evidence, pieces, at, values[number], spread_s2, reached, end_s)

    def _held(
        self, evidence: list[Evidence], pieces: Pieces, used: int, reached: float | None, end_s: float
    ) -> float | None:
        import numpy as np

        if used >= len(self.values) or self.looked_s is None:
            return reached
        at = np.arange(self.hi[used], self.looked_s + 1e-9, period_s(self.channel))
        spread_s2 = np.full((len(at), len(at)), (self.hi[used] - self.lo[used]) ** 2 / 12.0)
        values = np.full(len(at), self.values[used])
        return self._take(evidence, pieces, at, values, spread_s2, reached, end_s)

    def posterior(self, pieces: Pieces, states: int, end_s: float) -> Posterior:
        """Joules of each state up to a moment; nothing is changed.

        Too few changes do not tell when the gauge ticks: then it may have ticked at any moment of its period.
        """
        if self.taken_s is not None or not self.values or len(self.values) >= FEWEST:
            return super().posterior(pieces, states, end_s)
        hypotheses = [self._ticking_at(k / _MOMENTS, pieces, states, end_s) for k in range(_MOMENTS)]
        fewest = min(missed for missed, _ in hypotheses)
        # one as likely as the other: how well a value fits that hardly changed says nothing about the moment
        return mixed([attrs.evolve(one, log_evidence=0.0) for missed, one in hypotheses if missed == fewest])

    def _ticking_at(self, turn: float, pieces: Pieces, states: int, end_s: float) -> tuple[int, Posterior]:
        """What holds if it ticks so far into its period; and how many changes do not fit to that."""
        import numpy as np

        period = period_s(self.channel)
        lo, hi, values = self._arrays(slice(None))
        at = np.arange(self.hi[0] - period * (1.0 - turn), self.looked_s or self.hi[0], period)
        after = np.searchsorted(at, lo[1:], side="right")
        missed = int((np.append(at, math.inf)[after] > hi[1:] + period / _MOMENTS).sum())
        shown = values[np.clip(np.searchsorted(lo, at, side="right") - 1, 0, None)]
        spread_s2 = np.full((len(at), len(at)), (period / _MOMENTS) ** 2 / 12.0)
        evidence = [Evidence(states) for _ in self.windows_s]
        reached = self._take(evidence, pieces, at, shown, spread_s2, None, end_s)
        return missed, self._finished(evidence, pieces, reached, end_s)

    def _take(
        self,
        evidence: list[Evidence],
        pieces: Pieces,
        ticks: Array,
        values: Array,
        spread_s2: Array,
        reached: float | None,
        end_s: float,
    ) -> float | None:
        """Rows for values that appeared at these ticks; all up to the last one is taken in then."""
        import numpy as np

        late_s = (self.channel.delay_s or 0.0) + (self.channel.rise_s or 0.0)
        first = float(pieces.bounds_s[0])
        begin = max(first, reached) if reached is not None else first
        shown = ticks - late_s
        until = min(float(shown[-1]), end_s)
        if until <= begin:
            return reached
        longest_s = max(self.windows_s)
        for one, window_s in zip(evidence, self.windows_s, strict=True):
            # the same rows for each window, else one that has more of them fits better or worse by that alone
            whole = np.flatnonzero((shown - longest_s >= first) & (shown > begin) & (shown <= until))
            from_s = begin
            for part in range(0, max(len(whole), 1), BLOCK):
                rows = whole[part : part + BLOCK]
                stop_s = until if part + BLOCK >= len(whole) else float(shown[rows[-1]])
                span = (from_s, stop_s)
                self._rows(
                    one, pieces, span, shown[rows], values[rows], spread_s2[np.ix_(rows, rows)], window_s
                )
                from_s = stop_s
        return until

    def _rows(
        self,
        evidence: Evidence,
        pieces: Pieces,
        span: tuple[float, float],
        shown: Array,
        values: Array,
        spread_s2: Array,
        window_s: float,
    ) -> None:
        import numpy as np

        begins = shown - window_s
        bounds = np.unique(np.concatenate([np.array(span), shown, begins]))
        middle = (bounds[:-1] + bounds[1:]) / 2.0
        # joules of an update period, whatever the window is: how likely rows are depends on their unit
        period = period_s(self.channel)
        part = period / window_s
        seen = part * ((middle > begins[:, None]) & (middle < shown[:, None]))
        resolution_w2 = (self.channel.resolution or 0.0) ** 2 / 12.0

        after, before = pieces.at(shown), pieces.at(begins)

        def noise(power_w: Array) -> Any:
            # a window that lies later than was thought holds more of what comes after it
            moved_w = power_w[after] - power_w[before]
            # close to a tick the states may change faster than it is known
            unsure_j2 = float(np.var(power_w)) * np.diag(spread_s2)
            own = np.diag(unsure_j2 + resolution_w2 * window_s**2)
            return part**2 * (np.outer(moved_w, moved_w) * spread_s2 + own)

        tells = pieces.tells(begins, shown)
        self._add(evidence, pieces, bounds, seen, values * period, noise, middle > span[0], tells)
