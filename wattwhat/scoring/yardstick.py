"""What a FrontierGrade works out once and asks for ten thousand times: its lines and its cheapest members."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.scoring.population import Member

__all__ = ["Yardstick"]


@attrs.frozen(eq=False)
class Yardstick:
    """A reference population made ready for many questions.

    Args:
        intercepts: of the frontier's bootstrap lines (or of the one line), shape (replicates,).
        slopes: likewise.
        accuracies: of the members, rising.
        cheapest: for each of these, among the members from there on: the lowest energy, whose it is, and
            the lowest energy of another label.
    """

    intercepts: Any
    slopes: Any
    accuracies: Sequence[float]
    cheapest: Sequence[tuple[float, str, float]]

    @classmethod
    def of(cls, members: Sequence[Member], lines: Sequence[tuple[float, float]]) -> Yardstick:
        """Make it ready from members and lines."""
        import numpy as np

        columns = np.array(lines, dtype=float).T
        rising = sorted(members, key=lambda member: member.accuracy)
        cheapest: list[tuple[float, str, float]] = []
        best, label, other = math.inf, "", math.inf
        for member in reversed(rising):
            energy = member.energy_per_item_j
            if member.label == label:
                best = min(best, energy)
            elif energy < best:
                best, label, other = energy, member.label, best
            else:
                other = min(other, energy)
            cheapest.append((best, label, other))
        return cls(columns[0].copy(), columns[1].copy(), [m.accuracy for m in rising], cheapest[::-1])

    def cheapest_at_least(self, accuracy: float, but: str) -> float | None:
        """J of one item of the cheapest member this accurate, of another label than `but`; or None."""
        i = bisect_left(self.accuracies, accuracy)
        if i == len(self.accuracies):
            return None
        best, label, other = self.cheapest[i]
        found = other if label == but else best
        return found if found < math.inf else None

    def spread(self, x: float) -> float:
        """Standard deviation of the frontier's height (log2 of J) at this linked accuracy."""
        return float((self.intercepts + self.slopes * x).std())
