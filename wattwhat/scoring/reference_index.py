"""What a FrontierGrade works out once and asks for ten thousand times: its lines and its cheapest members."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.scoring.grade_letters import linked
from wattwhat.scoring.population import Member

__all__ = ["DRAWS", "ReferenceIndex"]

DRAWS = 2000


@attrs.frozen(eq=False)
class ReferenceIndex:
    """A reference population made ready for many questions.

    Args:
        draws: standard normal draws for energy and for accuracy, and intercept and slope of the frontier
            in each draw; four arrays of shape (draws,).
        moments: variance of the intercepts, their covariance with the slopes, variance of the slopes.
        scatter: standard deviation of log2 of the members' energies about a line of the frontier's slope.
        accuracies: of the members, rising.
        cheapest: for each of these, among the members from there on: the lowest energy, whose it is, and
            the lowest energy of another label.
    """

    draws: tuple[Any, Any, Any, Any]
    moments: tuple[float, float, float]
    scatter: float
    accuracies: Sequence[float]
    cheapest: Sequence[tuple[float, str, float]]

    @classmethod
    def of(
        cls,
        members: Sequence[Member],
        lines: Sequence[tuple[float, float]],
        seed: int,
        slope: float,
        link: str,
    ) -> ReferenceIndex:
        """Make it ready from members and lines (one line: the frontier is taken as exact)."""
        import numpy as np

        generator = np.random.default_rng(seed)
        intercepts, slopes = np.array(lines, dtype=float).T
        # The same draws for every measurement: grades of similar models then differ by what they are and
        # not by the draw, and ten thousand of them are cheap.
        normal = generator.standard_normal((2, DRAWS))
        picked = generator.integers(0, len(lines), DRAWS)
        covariance = np.cov(intercepts, slopes, bias=True)
        heights = [
            math.log2(member.energy_per_item_j) - slope * linked(member.accuracy, link)
            for member in members
            if math.isfinite(linked(member.accuracy, link))
        ]
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
        return cls(
            (normal[0], normal[1], intercepts[picked], slopes[picked]),
            (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
            float(np.std(heights)) if heights else 0.0,
            [member.accuracy for member in rising],
            cheapest[::-1],
        )

    def cheapest_at_least(self, accuracy: float, but: str) -> float | None:
        """J of one item of the cheapest member this accurate, of another label than `but`; or None."""
        i = bisect_left(self.accuracies, accuracy)
        if i == len(self.accuracies):
            return None
        best, label, other = self.cheapest[i]
        cheapest = other if label == but else best
        return cheapest if cheapest < math.inf else None

    def spread(self, x: float) -> float:
        """Standard deviation of the frontier's height (log2 of J) at this linked accuracy."""
        a, b, c = self.moments
        return math.sqrt(max(0.0, a + 2.0 * b * x + c * x * x))
