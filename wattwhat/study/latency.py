"""Latency: calls timed one by one, and their percentiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

__all__ = ["latencies", "percentile"]

_MOST_CALLS, _LEAST_CALLS, _MOST_S = 200, 3, 2.0


def latencies(
    run: Callable[[], object],
    synchronize: Callable[[], object],
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Seconds of single calls: up to 200 of them, for 2 s at most, but at least 3.

    Args:
        run: one call.
        synchronize: waits until its work is done.
        clock: gives the time in s.
    """
    seconds: list[float] = []
    begin = clock()
    while len(seconds) < _LEAST_CALLS or (len(seconds) < _MOST_CALLS and clock() - begin < _MOST_S):
        started = clock()
        run()
        synchronize()
        seconds.append(clock() - started)
    return seconds


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile, linear between the two nearest values (type 7 of Hyndman and Fan 1996).

    Example:
        >>> percentile([4.0, 1.0, 2.0, 3.0], 0.5)
        2.5
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
