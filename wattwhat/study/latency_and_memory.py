"""What a cell is besides joules: latency, from calls timed one by one, and peak memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wattwhat.records.small_files import read_small_text

__all__ = ["latencies", "peak_memory", "percentile", "reset_peak"]

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


def reset_peak(device: str) -> None:
    """Forget peaks until now, as far as the system lets us."""
    torch = sys.modules.get("torch")
    if device.startswith("cuda") and torch is not None:
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets VmHWM
    except OSError:
        pass


def peak_memory(device: str) -> tuple[float, str] | None:
    """Bytes and how they were obtained; None where nobody tells.

    Args:
        device: where the cell ran.

    Example:
        >>> found = peak_memory("cpu")
        >>> found is None or found[0] > 1e6
        True
    """
    torch = sys.modules.get("torch")
    if device.startswith("cuda") and torch is not None:
        return float(torch.cuda.max_memory_allocated(device)), "torch.cuda.max_memory_allocated"
    try:
        status = read_small_text("/proc/self/status", encoding="ascii", errors="replace")
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return float(lines[0].split()[1]) * 1024.0, "peak resident set of the process (VmHWM)"
    except (OSError, IndexError, ValueError):
        return None
