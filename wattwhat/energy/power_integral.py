"""Running sums over power samples, in one pass and bounded memory; two runs that follow each other add up."""

from __future__ import annotations

import math
from typing import Any

import attrs

__all__ = ["PowerSums"]


@attrs.frozen(weakref_slot=False)
class PowerSums:
    """Sums over a run of power samples; two runs that follow each other add up.

    Args:
        energy_j: trapezoid integral in J.
        unseen_j2: variance in J^2 of what happened between two looks.
        gaps_j2: square in J^2 of the standard uncertainty of gaps (they err alike, so it is of their sum).
        gap_s: seconds spent in gaps.
        span_s: seconds from first to last sample.
        samples: number of samples.
        first: time in s and power in W of the first sample, or None.
        last: the same of the last one.
        refused: readings left out because no device of the kind draws so much.
    """

    energy_j: float = 0.0
    unseen_j2: float = 0.0
    gaps_j2: float = 0.0
    gap_s: float = 0.0
    span_s: float = 0.0
    samples: int = 0
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None
    refused: int = 0

    def paused(self) -> PowerSums:
        """The same sums, from which the next sample goes on without a step from the last one."""
        return attrs.evolve(self, last=None)

    def minus(self, earlier: PowerSums) -> PowerSums:
        """What came after ``earlier``, a state of the same run."""
        return PowerSums(
            self.energy_j - earlier.energy_j,
            max(self.unseen_j2 - earlier.unseen_j2, 0.0),
            max(math.sqrt(self.gaps_j2) - math.sqrt(earlier.gaps_j2), 0.0) ** 2,
            self.gap_s - earlier.gap_s,
            self.span_s - earlier.span_s,
            self.samples - earlier.samples,
            earlier.last,
            self.last,
            self.refused - earlier.refused,
        )

    def add(
        self, t_s: float, power_w: float, *, period_s: float, seen: float, max_gap_s: float, limit_w: float
    ) -> PowerSums:
        """One more sample.

        Args:
            t_s: its time in s, not before the last one.
            power_w: its power in W.
            period_s: update period U of the gauge in s.
            seen: share of the time that the gauge looks at.
            max_gap_s: a longer pause between two samples is a gap: power in it may be anything.
            limit_w: the most that the device can draw, in W.
        """
        if self.last is None:
            here = (t_s, power_w)
            return attrs.evolve(self, samples=self.samples + 1, first=self.first or here, last=here)
        step, change = t_s - self.last[0], power_w - self.last[1]
        energy = (power_w + self.last[1]) / 2.0 * step
        gap = step > max_gap_s
        mean = (power_w + self.last[1]) / 2.0
        return PowerSums(
            self.energy_j + energy,
            self.unseen_j2 + (0.0 if gap else change**2 * _unseen_s2(step, period_s, seen)),
            (math.sqrt(self.gaps_j2) + (_gap_u_j(step, mean, limit_w) if gap else 0.0)) ** 2,
            self.gap_s + (step if gap else 0.0),
            self.span_s + step,
            self.samples + 1,
            self.first,
            (t_s, power_w),
            self.refused,
        )

    def back(self, missing_s: float, power_w: float, *, max_gap_s: float, limit_w: float) -> PowerSums:
        """The state so many seconds before, of which nothing is known but the power shown after them.

        What comes after it has that time as a gap.
        """
        return attrs.evolve(
            self,
            energy_j=self.energy_j - power_w * missing_s,
            unseen_j2=self.unseen_j2 - _gap_u_j(missing_s, power_w, limit_w) ** 2,
            gap_s=self.gap_s - (missing_s if missing_s > max_gap_s else 0.0),
            span_s=self.span_s - missing_s,
        )

    def add_arrays(
        self, t_s: Any, power_w: Any, *, period_s: float, seen: float, max_gap_s: float, limit_w: float
    ) -> PowerSums:
        """Many samples at once (arrays of equal length, times not decreasing); same as `add` in a loop."""
        import numpy as np

        if len(t_s) == 0:
            return self
        before = [] if self.last is None else [self.last]
        t = np.concatenate([[x for x, _ in before], np.asarray(t_s, dtype=float)])
        p = np.concatenate([[x for _, x in before], np.asarray(power_w, dtype=float)])
        step, change, mean = np.diff(t), np.diff(p), (p[1:] + p[:-1]) / 2.0
        gap = step > max_gap_s
        unseen = np.where(gap, 0.0, change**2 * _unseen_s2(step, period_s, seen))
        gap_u = float(np.sum(_gap_u_j(step[gap], mean[gap], limit_w)))
        return PowerSums(
            self.energy_j + float(np.sum(mean * step)),
            self.unseen_j2 + float(np.sum(unseen)),
            (math.sqrt(self.gaps_j2) + gap_u) ** 2,
            self.gap_s + float(np.sum(step[gap])),
            self.span_s + float(t[-1] - t[0]),
            self.samples + len(t_s),
            self.first or (float(t[0]), float(p[0])),
            (float(t[-1]), float(p[-1])),
            self.refused,
        )


def _unseen_s2(step: Any, period_s: float, seen: float) -> Any:
    """Variance per squared change of power, in s^2.

    The part of an interval that is not looked at has a mean that differs from the shown value by a random
    amount with half the mean square of successive differences as its variance (von Neumann 1941); a change
    that was located only to within a step of looking adds its rectangular share.
    """
    # (a if a > b else b), written so that it serves numbers and arrays alike
    longer = (step + period_s + abs(step - period_s)) / 2.0
    looked = seen * period_s / longer
    return longer**2 * (1.0 - looked) / 2.0 + step**2 / 12.0


def _gap_u_j(step: Any, mean_w: Any, limit_w: float) -> Any:
    """Standard uncertainty in J of a gap: its power lies anywhere between 0 and the limit (GUM 4.3.7)."""
    farther = (limit_w + abs(limit_w - 2.0 * mean_w)) / 2.0
    return farther * step / math.sqrt(3.0)
