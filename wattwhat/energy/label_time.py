"""Who ran when: how much time each state of a program had in each interval between two ticks of a sensor.

A state is a set of labels that are open at one moment. At every moment a program is in exactly one state, so
the times of the states in an interval add up to the interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["Pieces"]


@attrs.frozen(eq=False)
class Pieces:
    """Pieces of time that follow each other without a gap, each in one state.

    Args:
        bounds_s: begin of each piece in s, rising, and the end of the last one.
        states: number of the state of each piece, from 0.
        squares_s2: the squares of the runs that a piece holds, in s^2; None where each is one run.

    Example:
        >>> import numpy as np
        >>> pieces = Pieces(np.array([0.0, 1.0, 3.0]), np.array([0, 1]))
        >>> time_s, squares_s2 = pieces.within(np.array([0.5, 2.0, 4.0]), 2)
        >>> time_s.tolist()
        [[0.5, 1.0], [0.0, 1.0]]
    """

    bounds_s: Array
    states: npt.NDArray[np.int64]
    squares_s2: Array | None = None

    def within(self, intervals_s: Array, count: int) -> tuple[Array, Array]:
        """Seconds of each state in each interval, and the squares of the parts they are made of, in s^2.

        Each run of a state may have a power of its own; the squares tell by how much that moves the sum.

        Args:
            intervals_s: bounds of the intervals in s, rising.
            count: how many states there are.
        """
        import numpy as np

        time_s = np.zeros((max(len(intervals_s) - 1, 0), count))
        squares_s2 = np.zeros_like(time_s)
        if not len(time_s) or not len(self.states):
            return time_s, squares_s2
        begin, end = (
            max(intervals_s[0], self.bounds_s[0]),
            min(intervals_s[-1], self.bounds_s[-1]),
        )
        cuts: Any = np.unique(np.concatenate([self.bounds_s, intervals_s]))
        cuts = cuts[(cuts >= begin) & (cuts <= end)]
        lengths = np.diff(cuts)
        middles = cuts[:-1] + lengths / 2.0
        piece = np.clip(np.searchsorted(self.bounds_s, middles, side="right") - 1, 0, len(self.states) - 1)
        state, squares = self.states[piece], lengths**2
        if self.squares_s2 is not None:
            whole = np.diff(self.bounds_s)[piece]
            kept = self.squares_s2[piece] * lengths / np.maximum(whole, 1e-12)
            squares = np.minimum(squares, kept)
        place = np.clip(np.searchsorted(intervals_s, middles, side="right") - 1, 0, len(time_s) - 1)
        np.add.at(time_s, (place, state), lengths)
        np.add.at(squares_s2, (place, state), squares)
        return time_s, squares_s2

    def at(self, t_s: Array) -> npt.NDArray[np.int64]:
        """The state at these times; the first or last one outside."""
        import numpy as np

        place = np.searchsorted(self.bounds_s, t_s, side="right") - 1
        return self.states[np.clip(place, 0, len(self.states) - 1)]

    def tells(self, begins_s: Array, ends_s: Array) -> npt.NDArray[np.bool_]:
        """Which of these spans, in order, does not lie within one run together with the span before.

        Args:
            begins_s: of the spans, in s.
            ends_s: of the spans, in s.

        Example:
            >>> import numpy as np
            >>> pieces = Pieces(np.array([0.0, 1.0, 9.0]), np.array([0, 1]))
            >>> pieces.tells(np.array([0.5, 2.0, 3.0]), np.array([1.5, 3.0, 4.0])).tolist()
            [True, True, False]
        """
        import numpy as np

        first = np.searchsorted(self.bounds_s, begins_s, side="right")
        inside = first == np.searchsorted(self.bounds_s, ends_s, side="left")
        tells = np.ones(len(first), dtype=bool)
        tells[1:] = ~(inside[1:] & inside[:-1] & (first[1:] == first[:-1]))
        return tells

    def since(self, t_s: float) -> Pieces:
        """The pieces that end after a moment."""
        import numpy as np

        first = min(max(int(np.searchsorted(self.bounds_s, t_s, side="right")) - 1, 0), len(self.states) - 1)
        squares = None if self.squares_s2 is None else self.squares_s2[first:]
        return Pieces(self.bounds_s[first:], self.states[first:], squares)

    def coarser(self, grain_s: float, count: int) -> Pieces:
        """The same times of the states in each grain, with one piece for each state that ran in it.

        Args:
            grain_s: length of a grain in s; within one, when a state ran is forgotten.
            count: how many states there are.
        """
        import numpy as np

        grains = np.arange(self.bounds_s[0], self.bounds_s[-1] + grain_s, grain_s)
        grains[-1] = self.bounds_s[-1]
        time_s, squares_s2 = self.within(grains, count)
        grain, state = np.nonzero(time_s)
        lengths = time_s[grain, state]
        bounds = np.concatenate([[self.bounds_s[0]], self.bounds_s[0] + np.cumsum(lengths)])
        bounds[-1] = self.bounds_s[-1]
        return Pieces(bounds, state, squares_s2[grain, state])
