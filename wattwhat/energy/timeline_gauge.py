"""The timeline of a gauge: what its values say of the states of a program that ran within them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wattwhat.energy.assumptions import period_s
from wattwhat.energy.gauge import rest_s
from wattwhat.energy.joint import Evidence
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.tick_times import tick_times
from wattwhat.energy.timeline import BLOCK, Timeline
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["GaugeTimeline"]


class GaugeTimeline(Timeline):
    """A gauge of watts: rows are its values times its averaging window."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        window_s = channel.averaging_window_s
        # where nobody stated it: all of the time, or the quarter of it that was published for some GPUs
        self.windows_s = (window_s,) if window_s else (period_s(channel), 0.25 * period_s(channel))
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
        found = tick_times(lo, hi, self.channel.update_period_s)
        ticks, u_s = found.times_s, found.u_s
        # a value that did not change at a tick was shown for several periods
        turns = np.maximum(np.round(np.diff(ticks) / period_s(self.channel)), 1.0).astype(int)
        number = np.repeat(np.arange(len(turns)), turns)
        step = np.arange(len(number)) - np.repeat(np.cumsum(turns) - turns, turns)
        at = ticks[number] + step * (np.diff(ticks) / turns)[number]
        return self._take(evidence, pieces, at, values[number], u_s[number], reached, end_s)

    def _held(
        self, evidence: list[Evidence], pieces: Pieces, used: int, reached: float | None, end_s: float
    ) -> float | None:
        import numpy as np

        if used >= len(self.values) or self.looked_s is None:
            return reached
        at = np.arange(self.hi[used], self.looked_s + 1e-9, period_s(self.channel))
        u_s = np.full(len(at), (self.hi[used] - self.lo[used]) / math.sqrt(12.0))
        return self._take(evidence, pieces, at, np.full(len(at), self.values[used]), u_s, reached, end_s)

    def _take(
        self,
        evidence: list[Evidence],
        pieces: Pieces,
        ticks: Array,
        values: Array,
        u_s: Array,
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
        for one, window_s in zip(evidence, self.windows_s, strict=True):
            whole = np.flatnonzero((shown - window_s >= first) & (shown > begin) & (shown <= until))
            from_s = begin
            for part in range(0, max(len(whole), 1), BLOCK):
                rows = whole[part : part + BLOCK]
                stop_s = until if part + BLOCK >= len(whole) else float(shown[rows[-1]])
                span = (from_s, stop_s)
                self._rows(one, pieces, span, shown[rows], values[rows], u_s[rows], window_s)
                from_s = stop_s
        return until

    def _rows(
        self,
        evidence: Evidence,
        pieces: Pieces,
        span: tuple[float, float],
        shown: Array,
        values: Array,
        u_s: Array,
        window_s: float,
    ) -> None:
        import numpy as np

        begins = shown - window_s
        bounds = np.unique(np.concatenate([np.array(span), shown, begins]))
        middle = (bounds[:-1] + bounds[1:]) / 2.0
        seen = ((middle > begins[:, None]) & (middle < shown[:, None])).astype(float)
        resolution_w2 = (self.channel.resolution or 0.0) ** 2 / 12.0

        after, before = pieces.at(shown), pieces.at(begins)

        def noise(power_w: Array) -> Any:
            # a window that lies later than was thought holds more of what comes after it
            moved_j = (power_w[after] - power_w[before]) * u_s
            return np.outer(moved_j, moved_j) + np.diag(np.full(len(shown), resolution_w2 * window_s**2))

        self._add(evidence, pieces, bounds, seen, values * window_s, noise, middle > span[0])
