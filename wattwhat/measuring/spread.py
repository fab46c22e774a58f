"""How far the sum of blocks is uncertain by their spread, where neighbours resemble each other. Pure.

Power wanders, pauses come in groups, a device has states: then blocks next to each other are alike, and n of
them tell less than n independent ones would. And where blocks adjoin, what a slow counter shows too late in
one it shows in the next: such errors stay in the spread of the blocks, but not in their sum. Which of these
made the spread cannot be read off a few blocks, so all that may have are weighed by how likely they make what
was seen.
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
_NO_MEMORY = 0.8
# Whether there are enough values is asked again and again, and at some time they come out alike by chance:
# what decides bounds 99 %, and doubts that there is no memory (benchmarks.measured, loads that wander: of 24
# measurements 8 stopped too early with the weight above and 95 %, 2 with half and 99 %, none with this).
_DOUBTED, _SURE, _Z_SURE = 0.2, 0.99, 2.5758293035489004
# Memories are tried from half a value to half of all: of longer ones no series of this length can tell.
_MEMORIES, _SHORTEST, _LONGEST = 8, 0.5, 0.5
# The part of the variance without a memory, and the part of the rest that is of shared edges.
_WHITE, _SHARED = (0.0, 0.2, 0.5), (0.0, 0.5, 0.95)


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

    Their covariance is taken for a mixture of three: a first-order autoregression with some memory, white
    noise, and edges that neighbours share, ``+ e`` in one and ``- e`` in the next. For each of a grid of
    mixtures the mean is known by generalised least squares with a Student's t of n - 1 degrees of freedom
    (flat prior of the mean, ``1 / sigma`` of the scale: Zellner 1971, chapter 4); the answer bounds 95 % of
    their average, each weighed by its marginal likelihood.

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
    if (part := round(shared, 1)) > 0.0:
        mean_u, sure_u, share = min((mean_u, sure_u, share), _mixed_u(rest, part))
    # what is taken off for edges can be no more than they are
    least_u = min(math.sqrt(n * max(variance - 2.0 * shared_u**2, 0.0)), alone_u)
    u = max(n * mean_u, least_u)
    return Spread(u, max(n * sure_u, u), max(share * n, 1.0))


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
    share = 1.0 / float(weights @ np.maximum(u**2 / alone, 1.0)) if alone else 1.0
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
    longest = max(_LONGEST * n, 1.0)
    steps = np.geomspace(_SHORTEST, longest, _MEMORIES)
    memories = [np.exp(-apart / memory) for memory in steps]
    parts = [part * shared for part in _SHARED] if shared else [0.0]
    alone = [(1.0 - part) * white + part * edges for part in parts]
    mixed = [
        (1.0 - part) * ((1.0 - share) * memory + share * white) + part * edges
        for memory in memories
        for share in _WHITE
        for part in parts
    ]
    covariance = np.array(alone + mixed)
    weights = np.array(
        [
            [none / len(alone)] * len(alone) + [(1.0 - none) / len(mixed)] * len(mixed)
            for none in (_NO_MEMORY, _DOUBTED)
        ]
    )
    return np.linalg.inv(covariance), np.linalg.slogdet(covariance)[1], weights
