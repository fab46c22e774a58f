"""The room of tegrastats: what its lines say about power, and where the program is."""

from __future__ import annotations

import os
import re

__all__ = ["command", "find", "parse_line"]

# A rail is a name in capitals and two or three whole numbers with slashes between them, in mW, with the
# unit on newer releases only. The first is the power now; the second is a running mean since start; what
# the third means, which JetPack 7 added, is not documented. "RAM 2257/30536MB" is no rail: wrong unit.
_RAIL = re.compile(r"(?:^|(?<=\s))([A-Z][A-Z0-9_]*)\s+(-?\d+)(?:mW)?(?:/-?\d+(?:mW)?){1,2}(?=\s|$)")


def parse_line(line: str) -> dict[str, float] | None:
    """The power of each rail in a line of tegrastats.

    Args:
        line: one line, of any release from JetPack 4 to 7.

    Returns:
        Rail -> W, of the moment (not the running mean); None if the line tells no power. Rails that are
        not connected ("NC") are left out.

    Example:
        >>> parse_line("RAM 2257/30536MB cpu@52.9C VDD_GPU_SOC 2390mW/2390mW NC 0mW/0mW VDD_SOC -12mW/7mW")
        {'VDD_GPU_SOC': 2.39, 'VDD_SOC': -0.012}
    """
    rails: dict[str, float] = {}
    for name, milliwatt in _RAIL.findall(line):
        if name != "NC":
            rails.setdefault(name, int(milliwatt) * 1e-3)
    return rails or None


def find(root: str) -> str | None:
    """The path of the program in the system's own folders; None if missing.

    PATH is not asked: it may name a folder that others write to, or the current one.
    """
    for folder in ("usr/bin", "usr/sbin", "usr/local/bin", "bin"):
        path = os.path.join(root, folder, "tegrastats")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def command(path: str, interval_s: float) -> list[str]:
    """Program and arguments for a line every so many seconds (whole milliseconds)."""
    return [path, "--interval", str(max(1, round(interval_s * 1000.0)))]
