"""Several ratings made one: the compound modes of the Fischer 2022 label, on numbers from 0 (A) to 4 (E)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wattwhat.errors import ArgumentError

__all__ = ["COMPOUNDS", "RATINGS", "compound_rating"]

RATINGS = "ABCDE"
COMPOUNDS = (
    "optimistic median",
    "pessimistic median",
    "optimistic mean",
    "pessimistic mean",
    "best",
    "worst",
    "majority",
    "median as in mlee",
)
# Weights such as 0.7 and 0.3 do not add up to exactly 1 in binary.
_TIE = 1e-9


def compound_rating(ratings: Sequence[int], weights: Sequence[float], mode: str = "optimistic median") -> int:
    """One rating of several.

    ``optimistic median`` (the study's default) and ``pessimistic median``: the weighted median, where a tie
    at half the weight takes the mean of the two, rounded down or up; the means likewise; ``best`` and
    ``worst`` pass over the weights, and so does ``majority`` (of a draw, the best). ``median as in mlee``
    does what the study's code (mlee/ratings.py at 204e247) does: there the rating *before* the one in
    which half the weight is passed is taken, so the result can be one better than the median; it is here to
    reproduce its labels only.

    Args:
        ratings: from 0, the best, upwards.
        weights: one each, above 0; their sum does not matter.
        mode: one of `COMPOUNDS`.

    Example:
        >>> compound_rating([0, 2, 4], [0.4, 0.4, 0.2])
        2
        >>> compound_rating([0, 3], [1, 1])  # a tie: 1.5, rounded down
        1
    """
    if not ratings:
        raise ArgumentError(argument="ratings", expected="at least one")
    if mode in ("best", "worst"):
        return min(ratings) if mode == "best" else max(ratings)
    if mode == "majority":
        return min(ratings, key=lambda rating: (-list(ratings).count(rating), rating))
    pairs = sorted(zip(ratings, weights, strict=True))
    total = math.fsum(weights)
    if mode.endswith("mean"):
        middle = math.fsum(rating * weight for rating, weight in pairs) / total
    elif "median" in mode:
        middle = _median([(rating, weight / total) for rating, weight in pairs], mode == "median as in mlee")
    else:
        raise ArgumentError(argument="mode", expected=f"one of {', '.join(COMPOUNDS)}", got=mode)
    return math.ceil(middle - _TIE) if mode.startswith("pessimistic") else math.floor(middle + _TIE)


def _median(pairs: list[tuple[int, float]], as_in_mlee: bool) -> float:
    passed = 0.0
    for i, (rating, weight) in enumerate(pairs):
        passed += weight
        if abs(passed - 0.5) <= _TIE:
            return (rating + pairs[i + 1][0]) / 2.0
        if passed > 0.5 or (as_in_mlee and passed + pairs[i + 1][1] > 0.5 + _TIE):
            return rating
    return pairs[-1][0]
