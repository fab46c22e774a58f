"""How long the cells of a plan take, and how many joules at most, as far as the plan alone tells."""

from __future__ import annotations

from functools import lru_cache

from wattwhat.errors import ArgumentError
from wattwhat.study.plan import MeasureSettings

__all__ = ["busy_now", "cell_seconds", "device_watts"]

# A process that imports torch, builds a small model and counts it; seen on a laptop of 2024: 3 to 8 s. It
# waits for a core as all do: with 11 others on two cores the cells of `make study` took 26 to 40 s.
_START_S = (3.0, 10.0)
# measure() warms up for at most this share of max_seconds, and looks at the power at rest this long.
_WARM_SHARE = 0.2
_IDLE_S = (0.3, 2.0)
# Latencies are taken in passes of their own, see wattwhat.study.latency_and_memory.
_LATENCY_S = 2.0


def busy_now() -> float:
    """By how much work takes longer than alone, for others want the cores too; 1 on a machine at rest.

    With n others that are ready to run, each of n + 1 has its share of the cores (load average of the last
    minute).
    """
    import os

    if not hasattr(os, "getloadavg"):
        return 1.0
    try:
        others = os.getloadavg()[0]
    except OSError:
        return 1.0
    return max(1.0, (others + 1.0) / (os.cpu_count() or 1))


def cell_seconds(measure: MeasureSettings, busy: float = 1.0) -> tuple[float, float]:
    """Least and most seconds of one cell, without loading and compiling of large models.

    Args:
        measure: how cells are measured.
        busy: by how much work takes longer than alone, as `busy_now` gives it; the measuring itself goes by
            the clock.

    Example:
        >>> cell_seconds(MeasureSettings(min_seconds=1, max_seconds=10))
        (4.3, 26.0)
        >>> cell_seconds(MeasureSettings(min_seconds=1, max_seconds=10), busy=6.0)[1]
        76.0
    """
    idle = _IDLE_S if measure.idle else (0.0, 0.0)
    least = _START_S[0] * busy + idle[0] + measure.min_seconds
    most = (
        measure.cooldown_seconds
        + _START_S[1] * busy
        + idle[1]
        + (1.0 + _WARM_SHARE) * measure.max_seconds
        + _LATENCY_S
    )
    return least, most


@lru_cache(maxsize=16)
def device_watts(device: str) -> float | None:
    """TDP of a device in W, above which it draws nothing for long; None where it is not here or not known.

    Args:
        device: as a cell has it: ``cpu``, ``cuda:0``, ...

    Example:
        >>> device_watts("cpu") > 0.0
        True
    """
    from wattwhat.predict.here import device_for

    try:
        return device_for(device)[0].tdp_w
    except ArgumentError:
        return None
