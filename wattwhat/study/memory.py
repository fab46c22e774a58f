"""Peak memory of a cell: of the accelerator where it runs on one, else of the process."""

from __future__ import annotations

import sys
from pathlib import Path

from wattwhat.records.small_files import read_small_text

__all__ = ["peak_memory", "reset_peak"]


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
