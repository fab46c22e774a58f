"""Steady state: whether power was rising, drifting or changing its level while blocks were measured. Pure.

Three things are told apart. A rise: the first blocks lie below what the later ones scatter around, and come
nearer to it, since sensors, clocks and fans take a while; such blocks may be left out. A drift: power goes
up or down over all of the blocks, as a device warms. A change of level: power is one thing for some time and
then another one, as where a device throttles or another program begins. Nothing can be left out of these two,
and it is said.
Each is tested at 2 %, so that steady power with white noise is doubted at most one time in twenty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from wattwhat.records.coverage import student_p

__all__ = ["Drift", "LevelChange", "drift", "level_change", "rising_blocks"]

_ALPHA = 0.02
_FEWEST_BLOCKS = 8
# At least so many blocks are left where first ones are dropped.
_LEAST_KEPT = 5
# A change of level is this many standard deviations of the blocks within the levels: a straight line split in
# its middle makes 3.5, noise with a memory less.
_CLEAR = 4.0
# Of the way to the later power, blocks that rise go this far at least.
_NEARER = 0.3
# Changes below this part of the power are not worth a word, however well they are established.
_WORTH = 0.01


@attrs.frozen
class Drift:
    """A change of power over the measured time that is more than chance.

    Args:
        per_minute: relative change of the power per minute.
        total: relative change from the first to the last block.
        p: probability of at least this much by chance.
    """

    per_minute: float
    total: float
    p: float
    code = "drift"

    @property
    def sentence(self) -> str:
        """What to tell the user."""
        percent = f"{100.0 * abs(self.per_minute):.2g} % per minute"
        if self.per_minute > 0:
            return f"power was still rising by {percent}: run longer or warm up"
        return f"power was falling by {percent}: the device may be throttling, or had been busy before"


def rising_blocks(energies_j: Sequence[float], durations_s: Sequence[float]) -> int:
    """How many of the first blocks were measured before the power had risen.

    From the first on, a block belongs to the rise while its power lies below what the second half of the
    blocks allows for one more of their kind (a prediction interval, one-sided 2 %), and by 1 % at least.

    Args:
        energies_j: energy of each block in J.
        durations_s: their durations in s.

    Returns:
        The number of blocks to leave out; 0 where too few would be left, or the rise is not established.

    Example:
        >>> rising_blocks([60, 80, 95, 100, 101, 99, 100, 101, 100, 99, 100, 101], [1.0] * 12)
        3
    """
    powers = _powers(energies_j, durations_s)
    if len(powers) < _FEWEST_BLOCKS:
        return 0
    later = powers[len(powers) // 2 :]
    mean = math.fsum(later) / len(later)
    spread = math.sqrt(math.fsum((power - mean) ** 2 for power in later) / (len(later) - 1))
    scale = max(spread * math.sqrt(1.0 + 1.0 / len(later)), 1e-12 * abs(mean))
    if not scale:  # no energy at all, so nothing that could rise
        return 0
    count = 0
    for power in powers[: len(powers) // 2]:
        below = mean - power
        if below < _WORTH * abs(mean) or student_p(below / scale, len(later) - 1) / 2.0 > _ALPHA:
            break
        count += 1
    if len(powers) - count < _LEAST_KEPT or _is_level(powers[:count], mean):
        return 0
    return count


def _is_level(first: Sequence[float], later: float) -> bool:
    """Whether the first powers lie at a level of their own, coming no nearer to the later one."""
    first = first[:-1]  # the change may be within the last one
    n = len(first)
    if n < 2:
        return False
    mean, middle = math.fsum(first) / n, (n - 1) / 2.0
    slope = math.fsum((k - middle) * (power - mean) for k, power in enumerate(first))
    slope /= math.fsum((k - middle) ** 2 for k in range(n))
    return slope * (n - 1) < _NEARER * (later - mean)


@attrs.frozen
class LevelChange:
    """Power that was at one level and then at another.

    Args:
        before_w: mean power before, in W.
        after_w: mean power after, in W.
        at_s: when, in s of measured time.
    """

    before_w: float
    after_w: float
    at_s: float
    code = "level-change"

    @property
    def sentence(self) -> str:
        """What to tell the user."""
        why = (
            "another program may have begun"
            if self.after_w > self.before_w
            else "the device may be throttling"
        )
        return (
            f"power changed its level from {self.before_w:.3g} W to {self.after_w:.3g} W after "
            f"{self.at_s:.2g} s ({why}): what is given is the mean over both"
        )


def level_change(energies_j: Sequence[float], durations_s: Sequence[float]) -> LevelChange | None:
    """The one change of level within the blocks, if there is one.

    The split with the least squares left on both sides; it counts where the two levels differ by four times
    the scatter around them, by 2 % of the power, and more than chance allows for the best of all splits
    (Student's t at 2 %, Bonferroni).

    Args:
        energies_j: energy of each block in J.
        durations_s: their durations in s.

    Example:
        >>> change = level_change([300, 301, 299, 300, 180, 181, 180, 179], [1.0] * 8)
        >>> change.before_w, change.after_w, change.at_s
        (300.0, 180.0, 4.0)
    """
    powers = _powers(energies_j, durations_s)
    n = len(powers)
    if n < _FEWEST_BLOCKS:
        return None
    best: tuple[float, int, float, float] | None = None
    total, squares, first = math.fsum(powers), math.fsum(p * p for p in powers), 0.0
    for k in range(1, n):
        first += powers[k - 1]
        if not 2 <= k <= n - 2:
            continue
        before, after = first / k, (total - first) / (n - k)
        left = max(squares - k * before**2 - (n - k) * after**2, 0.0)
        if best is None or left < best[0]:
            best = (left, k, before, after)
    if best is None:
        return None
    left, k, before, after = best
    jump, mean = abs(after - before), total / n
    scatter = max(math.sqrt(left / (n - 2)), 1e-9 * abs(mean))
    if jump < max(_CLEAR * scatter, 2.0 * _WORTH * abs(mean)):
        return None
    p = student_p(jump / (scatter * math.sqrt(1.0 / k + 1.0 / (n - k))), n - 2) * (n - 3)
    return LevelChange(before, after, math.fsum(durations_s[:k])) if p <= _ALPHA else None


def drift(energies_j: Sequence[float], durations_s: Sequence[float]) -> Drift | None:
    """The drift of the power over the blocks, if there is one.

    The slope of a straight line through power over time, tested by Student's t with fewer degrees of
    freedom where neighbouring blocks resemble each other (Santer et al. 2000, equations 3 to 6).

    Args:
        energies_j: energy of each block in J.
        durations_s: their durations in s; time counts without the pauses between blocks.

    Example:
        >>> drift([100, 101, 100.5, 102, 102.5, 102.2, 103.5, 104], [2.0] * 8).sentence
        'power was still rising by 16 % per minute: run longer or warm up'
    """
    powers = _powers(energies_j, durations_s)
    n = len(powers)
    if n < _FEWEST_BLOCKS:
        return None
    times = [math.fsum(durations_s[:k]) + durations_s[k] / 2.0 for k in range(n)]
    mean_t, mean = math.fsum(times) / n, math.fsum(powers) / n
    square_t = math.fsum((t - mean_t) ** 2 for t in times)
    if square_t <= 0.0 or mean <= 0.0:
        return None
    slope = math.fsum((t - mean_t) * (p - mean) for t, p in zip(times, powers, strict=True)) / square_t
    total = slope * (times[-1] - times[0]) / mean
    if abs(total) < _WORTH:
        return None
    rest = [p - mean - slope * (t - mean_t) for t, p in zip(times, powers, strict=True)]
    square = math.fsum(x * x for x in rest)
    worth = n * _independent(rest, square)
    if worth < 3.0:
        return None
    error = math.sqrt(square / (worth - 2.0) / square_t)
    p = student_p(slope / error, max(int(worth - 2.0), 1)) if error > 1e-12 * abs(slope) else 0.0
    return Drift(60.0 * slope / mean, total, p) if p <= _ALPHA else None


def _independent(rest: list[float], square: float) -> float:
    """Which part of the residuals counts as independent, by the correlation of neighbours."""
    if square <= 0.0:
        return 1.0
    lag = math.fsum(a * b for a, b in zip(rest[1:], rest[:-1], strict=True)) / square
    return (1.0 - lag) / (1.0 + lag) if lag > 0.0 else 1.0


def _powers(energies_j: Sequence[float], durations_s: Sequence[float]) -> list[float]:
    pairs = list(zip(energies_j, durations_s, strict=True))
    if any(duration <= 0.0 for _, duration in pairs):
        return []
    return [energy / duration for energy, duration in pairs]
