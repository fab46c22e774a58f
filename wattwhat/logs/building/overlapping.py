"""Which spans of a log share time, whose joules must not be added."""

from __future__ import annotations

from typing import Any

__all__ = ["overlapping"]


def overlapping(start_s: Any, end_s: Any, places: Any, apart_s: float = 0.0) -> tuple[Any, Any, Any]:
    """The spans that share more than ``apart_s`` with another one, each with one that it shares time with.

    Args:
        start_s: their beginnings in s, as an array.
        end_s: their ends.
        places: a whole number for each, by which it is known.
        apart_s: so much in common is none, in s, where the log's clock is coarse.

    Returns:
        Arrays: the places of the spans that overlap, rising; for each the place of another one; and with how
        many others each was found to overlap.

    Example:
        >>> import numpy as np
        >>> spans = np.array([0.0, 5.0, 20.0]), np.array([10.0, 15.0, 30.0]), np.array([2, 3, 4])
        >>> [array.tolist() for array in overlapping(*spans)]
        [[2, 3], [3, 2], [1, 1]]
    """
    import numpy as np

    order = np.lexsort((places, start_s))
    start_s, end_s, places = start_s[order], end_s[order], places[order].astype(np.int64)
    # of the spans before each one, the one that ended latest
    latest_s = np.maximum.accumulate(end_s)
    longer = np.concatenate([np.ones(min(1, len(end_s)), bool), end_s[1:] > latest_s[:-1]])
    latest = np.maximum.accumulate(np.where(longer, np.arange(len(end_s)), 0))
    here = np.flatnonzero(latest_s[:-1] - start_s[1:] > apart_s) + 1
    there = latest[here - 1]
    pairs = np.concatenate([np.stack([here, there]), np.stack([there, here])], axis=1)
    both, first, counts = np.unique(pairs[0], return_index=True, return_counts=True)
    by_place = np.argsort(places[both])
    return places[both][by_place], places[pairs[1][first]][by_place], counts[by_place]
