"""Moments until which a gauge's integral is known, kept until the course of its windows is drawn."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wattwhat.energy.gauge_course import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GaugeBounds"]

# So many are kept at most; of older ones then those go that lie between two edges.
_MOST = 4096


class GaugeBounds:
    """The bounds of one gauge, from the latest that was asked for.

    Args:
        lock: the gauge's.
    """

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self._kept: deque[Bound] = deque(maxlen=_MOST)
        self._edges_s: deque[float] = deque(maxlen=_MOST)
        self.reached_s = -math.inf  # time of the latest one

    def edge(self, t_s: float) -> None:
        """An edge of a window lies here."""
        self._edges_s.append(t_s)

    def begin(self, t_s: float) -> None:
        """The gauge is watched from now on, and was not before."""
        with self.lock:
            self._kept.append(Bound(t_s, None))
            self.reached_s = -math.inf

    @property
    def begun_s(self) -> float | None:
        """When watching began, if there was no bound since."""
        with self.lock:
            last = self._kept[-1] if self._kept else None
            return last.t_s if last is not None and last.energy_j is None else None

    def add(self, t_s: float, energy_j: float, error_j: float, leak_j: float, unseen_j2: float) -> None:
        """One more, see `Bound`."""
        with self.lock:
            edges = 0
            while self._edges_s and self._edges_s[0] <= t_s:
                self._edges_s.popleft()
                edges += 1
            if len(self._kept) == _MOST:
                self._thin()
            self._kept.append(Bound(t_s, energy_j, error_j, leak_j, unseen_j2, edges > 0))
            self.reached_s = t_s

    def taken(self, until_s: float | None) -> Iterator[Bound]:
        """Give away those until then, None: all."""
        while True:
            with self.lock:
                if not self._kept or (until_s is not None and self._kept[0].t_s > until_s):
                    return
                one = self._kept.popleft()
            yield one

    def _thin(self) -> None:
        """Every second one goes that has no edge on either side."""
        ones = list(self._kept)
        self._kept.clear()
        gone = False
        for one, after in pairwise(ones):
            gone = not (gone or one.kept or after.kept)
            if not gone:
                self._kept.append(one)
        self._kept.append(ones[-1])
