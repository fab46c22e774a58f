"""The timeline of a counter that is new at each look: what it gained between two edges is known."""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING, Any

from wattwhat.energy.joint import Posterior
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.timeline import Timeline
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["LiveTimeline"]


class LiveTimeline(Timeline):
    """A counter that has no update period, as an estimate of joules has none."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._energy_j: Any = None

    @property
    def settled_s(self) -> float:
        """None: each look holds all that came before it."""
        return 0.0

    def look(self, t_s: float, value: float) -> None:
        """One more look, which is a change of its own."""
        if self.latest is None or (value >= self.latest and t_s >= self.lo[-1]):
            self.lo.append(t_s)
            self.values.append(value)
            self.latest = value

    @property
    def full(self) -> bool:
        """Never because of its looks: there are as many of them as edges."""
        return False

    def take_in(self, pieces: Pieces, states: int) -> None:
        """Move what was counted until the last edge into sums."""
        self._energy_j = self._spent(pieces, states, pieces.bounds_s[-1])
        self.taken_s = float(pieces.bounds_s[-1])
        # the latest look before that is needed for what follows
        used = max(bisect.bisect_right(self.lo, self.taken_s) - 1, 0)
        del self.lo[:used], self.values[:used]

    def posterior(self, pieces: Pieces, states: int, end_s: float) -> Posterior:
        """Joules of each state up to a moment, which are known."""
        import numpy as np

        energy_j = self._spent(pieces, states, end_s)
        nothing = np.zeros(states)
        return Posterior(energy_j, np.zeros((states, states)), nothing, nothing, math.inf, 0.0)

    def _spent(self, pieces: Pieces, states: int, end_s: float) -> Array:
        import numpy as np

        energy_j = np.zeros(states)
        if self._energy_j is not None:
            energy_j[: len(self._energy_j)] = self._energy_j
        begin_s = pieces.bounds_s[0] if self.taken_s is None else self.taken_s
        if self.values:
            counted = np.interp(np.clip(pieces.bounds_s, begin_s, end_s), self.lo, self.values)
            np.add.at(energy_j, pieces.states, np.diff(counted))
        return energy_j
