"""Power over time for the page: read from `details["trace"]`, thinned by averaging, never made up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

__all__ = ["read_trace", "thinned"]

_TOO_LARGE = 1e300


def read_trace(details: Mapping[str, Any]) -> tuple[list[float], list[float]] | None:
    """Times in s and powers in W that a measurement kept; samples that are no numbers are left out.

    Args:
        details: of the measurement; its ``trace`` is ``{"t_s": [...], "power_w": [...]}``.

    Returns:
        The two lists in order of time, or None where no usable trace was kept.

    Example:
        >>> read_trace({"trace": {"t_s": [0, 1, 2], "power_w": [5, None, 7]}})
        ([0.0, 2.0], [5.0, 7.0])
        >>> read_trace({})
    """
    trace = details.get("trace")
    if not isinstance(trace, Mapping):
        return None
    times, powers = trace.get("t_s"), trace.get("power_w")
    if not _is_list(times) or not _is_list(powers) or len(times) != len(powers):
        return None
    pairs = sorted(
        (float(t), float(p)) for t, p in zip(times, powers, strict=True) if _known(t) and _known(p)
    )
    return ([t for t, _ in pairs], [p for _, p in pairs]) if len(pairs) > 1 else None


def thinned(times_s: Sequence[float], powers_w: Sequence[float], most: int) -> dict[str, Any]:
    """At most so many points: means over stretches of equal length, with the length said.

    Args:
        times_s: rising, in s.
        powers_w: in W, as many.
        most: the number of points allowed, at least 2.

    Returns:
        ``t_s``, ``power_w`` and ``mean_over_s`` (None where every sample is there).

    Example:
        >>> thinned([0, 1, 2, 3], [1, 3, 5, 7], 2)
        {'t_s': [0.5, 2.5], 'power_w': [2.0, 6.0], 'mean_over_s': 1.5}
    """
    if len(times_s) <= most:
        return {
            "t_s": [_short(t) for t in times_s],
            "power_w": [_short(p) for p in powers_w],
            "mean_over_s": None,
        }
    begin, length = times_s[0], (times_s[-1] - times_s[0]) / most
    bins: dict[int, list[tuple[float, float]]] = {}
    for t, p in zip(times_s, powers_w, strict=True):
        bins.setdefault(min(int((t - begin) / length), most - 1) if length else 0, []).append((t, p))
    # A stretch without a sample stays empty: a gap is not bridged with numbers.
    return {
        "t_s": [_short(math.fsum(t for t, _ in one) / len(one)) for one in bins.values()],
        "power_w": [_short(math.fsum(p for _, p in one) / len(one)) for one in bins.values()],
        "mean_over_s": _short(length),
    }


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _known(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) < _TOO_LARGE  # a whole number in JSON may be larger than any float; NaN is not below


def _short(value: float) -> float:
    return float(f"{value:.5g}")
