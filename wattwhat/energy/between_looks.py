"""What a counter showed at a moment at which nobody looked, from the looks before and after it. Pure.

The power may have changed at that very moment, since it is the edge of a window. So it is reckoned forward
with the power before it and backward with the power after it. The two are weighed by how far they reach, and
where they contradict each other, both are to be inside the interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from wattwhat.records.assumptions import reach_w

__all__ = ["Look", "at_moment"]

# Standard uncertainty of the power between a look and the moment, as a part of what it was beyond that look.
_GOES_ON = 0.25
# Looks that are nearer to each other than so many update periods may have no tick between them, or one.
_APART = 2.0
# A value that took a while may be of any time in between, at each look alike: what remains of that.
_WHEN = 0.1


class Look(NamedTuple):
    """One look at a counter.

    Attributes:
        t_s: when its value was obtained, in s.
        energy_j: what it had counted by then, wraps and resets accounted for, in J.
    """

    t_s: float
    energy_j: float


def at_moment(
    t_s: float,
    before: Sequence[Look],
    after: Sequence[Look],
    *,
    period_s: float,
    took_s: float,
    limit_w: float,
) -> tuple[float, float]:
    """What the counter would have shown, and its standard uncertainty, both in J.

    Args:
        t_s: the moment in s.
        before: the latest looks before it or at it, in the order of time.
        after: the first looks after it; at least one look in all.
        period_s: update period of the counter in s.
        took_s: how long a look takes in s.
        limit_w: the most that the device can draw in W.

    Example:
        >>> rest, work = [Look(0.0, 0.0), Look(1.0, 20.0)], [Look(1.5, 120.0), Look(2.0, 245.0)]
        >>> value_j, u_j = at_moment(1.1, rest, work, period_s=0.001, took_s=0.0, limit_w=500.0)
        >>> round(value_j), u_j < 1.5
        (22, True)
    """
    earlier_w, later_w = _power(before[::-1], period_s), _power(after, period_s)
    if not after:
        return _onward(before[-1].energy_j, earlier_w, t_s - before[-1].t_s, limit_w, 1.0)
    if not before:
        return _onward(after[0].energy_j, later_w, after[0].t_s - t_s, limit_w, -1.0)
    first, last = before[-1], after[0]
    gained_j, span_s = last.energy_j - first.energy_j, last.t_s - first.t_s
    if span_s <= 0.0 or gained_j <= 0.0:
        return first.energy_j, max(gained_j, 0.0) / 2.0
    since_s = t_s - first.t_s
    guesses = [_even(gained_j, since_s / span_s)] if earlier_w is None or later_w is None else []
    if earlier_w is not None:
        guesses.append((earlier_w[0] * since_s, earlier_w[1] * since_s))
    if later_w is not None:
        left_s = span_s - since_s
        guesses.append((gained_j - later_w[0] * left_s, later_w[1] * left_s))
    share_j, u_j = _weighed(guesses)
    step_w = abs((later_w[0] if later_w else 0.0) - (earlier_w[0] if earlier_w else 0.0))
    u_j = min(math.hypot(u_j, _WHEN * took_s * step_w), gained_j / 2.0)
    return first.energy_j + min(max(share_j, 0.0), gained_j), u_j


def _power(looks: Sequence[Look], period_s: float) -> tuple[float, float] | None:
    """Power between the nearest look and the next one that tells of it, and how far it may be off, in W."""
    far = next((one for one in looks if abs(one.t_s - looks[0].t_s) >= max(_APART * period_s, 1e-9)), None)
    if far is None:
        return None
    span_s = abs(far.t_s - looks[0].t_s)
    power_w = abs(far.energy_j - looks[0].energy_j) / span_s
    return power_w, max(power_w, 1e-3) * math.hypot(_GOES_ON, period_s / span_s / math.sqrt(6.0))


def _even(gained_j: float, share: float) -> tuple[float, float]:
    """A part of a gain where nothing is known of the power but that: half of it may be in any half."""
    return gained_j * share, gained_j * math.sqrt(max(share * (1.0 - share), 0.0) / 3.0)


def _onward(
    energy_j: float, power_w: tuple[float, float] | None, seconds: float, limit_w: float, sign: float
) -> tuple[float, float]:
    """Reckoned from looks on one side only: the power may have become anything."""
    mean_w = limit_w / 2.0 if power_w is None else min(power_w[0], limit_w)
    u_w = limit_w / math.sqrt(12.0) if power_w is None else reach_w(mean_w, limit_w)
    return energy_j + sign * mean_w * seconds, u_w * seconds


def _weighed(guesses: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Guesses weighed by their variances; where they lie apart, each is inside of the interval."""
    weights = [1.0 / max(u * u, 1e-18) for _, u in guesses]
    total = math.fsum(weights)
    mean = math.fsum(w * value for w, (value, _) in zip(weights, guesses, strict=True)) / total
    farthest = max(abs(value - mean) for value, _ in guesses)
    return mean, math.hypot(1.0 / math.sqrt(total), farthest / 1.8)
