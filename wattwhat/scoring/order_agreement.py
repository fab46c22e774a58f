"""How far two scores put the same models into the same order: Spearman's and Kendall's coefficients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError

__all__ = ["RankCorrelation", "rank_correlation"]


@attrs.frozen
class RankCorrelation:
    """Agreement of two orders: 1 the same, 0 unrelated, -1 reversed.

    Args:
        spearman: Pearson's coefficient of the ranks, ties sharing their mean rank.
        kendall: tau-b: concordant less discordant pairs, over the pairs that are tied in neither.
        count: how many models.
    """

    spearman: float
    kendall: float
    count: int

    def __str__(self) -> str:
        return f"Spearman {self.spearman:.2f}, Kendall {self.kendall:.2f} over {self.count} models"


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> RankCorrelation:
    """Compare two orders of the same models (Kendall, Rank Correlation Methods, 1948).

    Args:
        first: values of the models by one score, larger better (turn those of which less is better).
        second: by another score, in the same order of models.

    Raises:
        ArgumentError: they are of different length, or a value is not finite.
        ScoreError: there are fewer than 3 models, or all values of one score are alike.

    Example:
        >>> print(rank_correlation([1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 40.0]))
        Spearman 0.80, Kendall 0.67 over 4 models
    """
    import numpy as np

    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.shape != b.shape or a.ndim != 1:
        raise ArgumentError(f"{len(first)} and {len(second)} values: expected as many of both scores")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ArgumentError("a value is not finite; leave out the models that a score gives no value")
    if len(a) < 3 or not (np.ptp(a) and np.ptp(b)):
        raise ScoreError("a rank correlation needs at least 3 models, not all alike by either score")
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    spearman = float(np.corrcoef(ranks_a, ranks_b)[0, 1])
    concordance, tied_a, tied_b = 0.0, 0.0, 0.0
    for i in range(len(a) - 1):
        by_a, by_b = np.sign(a[i + 1 :] - a[i]), np.sign(b[i + 1 :] - b[i])
        concordance += float(by_a @ by_b)
        tied_a += float((by_a == 0).sum())
        tied_b += float((by_b == 0).sum())
    pairs = 0.5 * len(a) * (len(a) - 1)
    kendall = concordance / math.sqrt((pairs - tied_a) * (pairs - tied_b))
    return RankCorrelation(max(-1.0, min(1.0, spearman)), max(-1.0, min(1.0, kendall)), len(a))


def _ranks(values: Any) -> Any:
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - 0.5 * (counts - 1))[place]
