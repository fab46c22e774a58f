"""How far the sum of blocks is uncertain by their spread, where neighbours resemble each other. Pure.

Power wanders, pauses come in groups, a device has states: then blocks next to each other are alike, and n of
them tell less than n independent ones would. And where blocks adjoin, what a slow counter shows too late in
one it shows in the next: such errors stay in the spread of the blocks, but not in their sum. Nor does what
comes in turns. Which of these made the spread cannot be read off a few blocks, so all that may have are
weighed by how likely they make what was seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.records.coverage import _Z95, student_factor, t_quantile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["Spread", "spread_of_sum"]

# Of fewer values the correlation of neighbours says nothing.
_FEWEST = 5
# Of more values neighbours are merged; in too few, a memory of one or two of them would no longer show.
_MOST = 64
# How much is put on values without a memory before any is seen: where a few of them come out alike by chance
# they are not to be taken for one (benchmarks.measured: half the weight widens eight of them by a fifth).
_NO_MEMORY = 0.6
# Whether there are enough values is asked again and again, and at some time they come out alike by chance:
# what decides bounds 99 %, and it counts as likely that there is a memory (benchmarks.measured, a wander of
# 5 s: 27 of 96 measurements on four counters stopped too early where that was of half of all values at most
# and any noise was beside it; of 150 on one counter none did so).
_DOUBTED, _SURE, _Z_SURE = 0.35, 0.99, 2.5758293035489004
# Memories are tried from one value to twice all of them, of which they show no more than a slope.
_MEMORIES, _SHORTEST, _LONGEST = 8, 1.0, 2.0
# The part of the variance without a memory, and how likely it is beside one where that is to be decided on: a
# slow change as large as the noise that hides it could never be ruled out, however long it is looked for.
_WHITE, _WHITE_DOUBTED = (0.0, 0.2, 0.5), (1.0, 0.2, 0.0)
# What comes again and again, such as pauses or turns of two loads, is tried at so many lengths, from so many
# values a turn to so many turns in all. Turns are alike for so many of them, but for this part of the
# variance, and this much is put on all that before any is seen: a wander is not to be taken for it.
_CYCLES, _QUICKEST, _FEWEST_TURNS, _ALIKE_TURNS, _CYCLE_NOISE, _CYCLIC = 12, 2.2, 4.0, 4.0, 0.1, 0.03
# The part of the whole that is of shared edges, and how likely a memory is beside it, likewise.
_SHARED, _SHARED_DOUBTED = (0.0, 0.5, 0.95), (1.0, 0.2, 0.0)


@attrs.frozen
class Spread:
    """What the spread of some values tells of their sum.

    Args:
        u: standard uncertainty of the sum, widened by Student's t so that 1.96 u bounds 95 %.
        sure_u: as much, to decide on whether the values are enough: 1.96 of it bound 99 %, and that they have
            no memory has to be shown by them.
        independent: how many independent values they are worth.
    """

    u: float
    sure_u: float
    independent: float


def spread_of_sum(values: Sequence[float], shared_u: float = 0.0) -> Spread:
    """The type A uncertainty of the sum of equally long, consecutive values.

    Their covariance is taken for a mixture of a first-order autoregression with some memory, white noise, and
    edges that neighbours share, ``+ e`` in one and ``- e`` in the next; or of turns, whose covariance is a
    cosine that fades, and white noise. For each of a grid of mixtures the mean is known by generalised least
    squares with a Student's t of n - 1 degrees of freedom (flat prior of the mean, ``1 / sigma`` of the
    scale: Zellner 1971, chapter 4); the answer bounds 95 % of their average, each weighed by its marginal
    likelihood.

    Args:
        values: at least one, in J, each from the same number of calls.
        shared_u: standard uncertainty in J of an edge that two neighbours share; 0 if they share none.

    Example:
        >>> spread_of_sum([9.0, 11.0, 10.0, 9.0]).independent
        4.0
        >>> alone = spread_of_sum([9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 9.0, 11.0]).u
        >>> spread_of_sum([9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 9.0, 11.0], shared_u=2.0).u < 0.5 * alone
        True
        >>> round(spread_of_sum([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]).independent, 1) < 4.0
        True
    """
    n = len(values)
    if n < 2:
        return Spread(0.0, 0.0, float(n))
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    if not 0.0 < variance < math.inf:
        u = math.sqrt(n * variance) if variance else 0.0
        return Spread(u, u, float(n))
    alone_u = math.sqrt(n * variance) * student_factor(n)
    if n < _FEWEST:
        return Spread(alone_u, math.sqrt(n * variance) * _sure_factor(n), float(n))
    shared = min(2.0 * shared_u**2 / variance, 1.0)
    rest = _merged([value - mean for value in values])
    mean_u, sure_u, share = _mixed_u(rest, 0.0)
    wider, surely = _widened(values, mean, variance, max(share * n, 1.0))
    if (part := round(shared, 1)) > 0.0:
        mean_u, sure_u, share = min((mean_u, sure_u, share), _mixed_u(rest, part))
    # what is taken off for edges can be no more than they are
    least_u = min(math.sqrt(n * max(variance - 2.0 * shared_u**2, 0.0)), alone_u)
    u = max(n * mean_u, least_u) * wider
    return Spread(u, max(n * sure_u * surely, u), max(share * n, 1.0))


def _widened(values: Sequence[float], mean: float, variance: float, independent: float) -> list[float]:
    """By how much 95 % and 99 % lie farther out where values are skewed, on the side of the rarer ones.

    Where rare values lie far from the others, those measurements that met few of them have a mean too low and
    a spread too small at once (Johnson 1978, the modified t). What the skewness of so many normal values is
    by chance is taken off.
    """
    scale = math.sqrt(variance)
    skewness = math.fsum(((value - mean) / scale) ** 3 for value in values) / len(values)
    of_sum = math.sqrt(max(skewness**2 - 6.0 / independent, 0.0) / independent)
    return [1.0 + of_sum * (1.0 + 2.0 * z * z) / (6.0 * z) for z in (_Z95, _Z_SURE)]


def _merged(values: list[float]) -> list[float]:
    """Means of so many neighbours that there are not too many; those that are left over at the begin go."""
    each = math.ceil(len(values) / _MOST)
    first = len(values) % each
    return [math.fsum(values[k : k + each]) / each for k in range(first, len(values), each)]


def _mixed_u(values: list[float], shared: float) -> tuple[float, float, float]:
    """Standard uncertainties of the mean, told and to decide on, and what share is independent."""
    import numpy as np

    n = len(values)
    inverse, log_det, weights = _mixtures(n, shared)
    y = np.array(values)
    precision = inverse.sum((1, 2))
    centre = (inverse @ y).sum(1) / precision
    squares = np.einsum("i,gij,j->g", y, inverse, y) - centre**2 * precision
    squares = np.maximum(squares, 1e-12 * squares.max())
    log = -0.5 * (log_det + np.log(precision) + (n - 1) * np.log(squares))
    likely = np.exp(log - log.max())
    doubted, weights = weights[1] * likely, weights[0] * likely
    weights /= weights.sum()
    u = np.sqrt(squares / (n - 1) / precision)
    alone = float(y.var(ddof=1)) / n
    share = float(weights @ np.minimum(alone / u**2, 1.0)) if alone else 1.0
    sure_u = _bound(doubted, u, _SURE, _Z_SURE) * _sure_factor(n)
    return _bound(weights, u, 0.95, _Z95) * student_factor(n), sure_u, share


@lru_cache(maxsize=64)
def _sure_factor(n: int) -> float:
    """Student's t that bounds 99 % of n values, over 1.96."""
    return t_quantile(_SURE, n - 1) / _Z95


def _bound(weights: Array, u: Array, coverage: float, z: float) -> float:
    """The u of a normal distribution that bounds as far out as so much of this mixture of normal ones."""
    kept = weights > 1e-4 * weights.sum()
    weights, u = weights[kept], u[kept]
    low, high, total = float(u.min()), float(u.max()), float(weights.sum())
    pairs = list(zip(weights.tolist(), (u * math.sqrt(2.0)).tolist(), strict=True))
    for _ in range(30):
        middle = 0.5 * (low + high)
        inside = math.fsum(w * math.erf(z * middle / scale) for w, scale in pairs)
        low, high = (middle, high) if inside < coverage * total else (low, middle)
    return high


@lru_cache(maxsize=64)  # the same few lengths come again and again
def _mixtures(n: int, shared: float) -> tuple[Any, Any, Any]:
    """Inverse covariances of n values, logarithms of their determinants, and weights before any is seen."""
    import numpy as np

    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    white, edges = np.eye(n), np.where(apart == 0, 1.0, np.where(apart == 1, -0.5, 0.0))
    memories = np.geomspace(_SHORTEST, _LONGEST * n, _MEMORIES)
    turns = np.geomspace(_QUICKEST, max(n / _FEWEST_TURNS, _QUICKEST), _CYCLES)
    parts = [part * shared for part in _SHARED] if shared else [0.0]
    alone = [(1.0 - part) * white + part * edges for part in parts]
    lasting = [
        (1.0 - part) * ((1.0 - share) * np.exp(-apart / memory) + share * white) + part * edges
        for memory in memories
        for share in _WHITE
        for part in parts
    ]
    cyclic = [
        (1.0 - _CYCLE_NOISE) * np.exp(-apart / (_ALIKE_TURNS * turn)) * np.cos(2.0 * np.pi * apart / turn)
        + _CYCLE_NOISE * white
        for turn in turns
    ]
    # any size of a memory is as likely as another (Jeffreys), but where it is to be ruled out none is less so
    told = np.outer(1.0 / memories, np.ones(len(_WHITE) * len(parts))).ravel()
    beside = np.outer(_WHITE_DOUBTED, _SHARED_DOUBTED[: len(parts)]).ravel()
    doubted = np.tile(beside, _MEMORIES)
    weights = [
        [
            *[none / len(alone)] * len(alone),
            *((1.0 - none - _CYCLIC) * some / some.sum()),
            *[_CYCLIC / _CYCLES] * _CYCLES,
        ]
        for none, some in ((_NO_MEMORY, told), (_DOUBTED, doubted))
    ]
    covariance = np.array(alone + lasting + cyclic)
    return np.linalg.inv(covariance), np.linalg.slogdet(covariance)[1], np.array(weights)
