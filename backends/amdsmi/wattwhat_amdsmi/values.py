"""From what the vendor's calls return to joules, watts and versions: pure functions, nothing is read here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = [
    "MAX_POWER_W",
    "POWER_FIELDS",
    "cap_w",
    "energy_j",
    "parse_version",
    "power_w",
    "resolution_j",
    "rocm_of_file",
    "version_text",
]

# 'socket_power' (wrapper 7.0 and later) is whichever of the other two is valid; 'current' is filled in on
# MI300 and later, 'average' on MI200 and earlier and on Radeon (AMD SMI Python API reference).
POWER_FIELDS = ("socket_power", "current_socket_power", "average_socket_power")
# Several times what any one socket draws: beyond it a number is a fill pattern, or a struct read askew.
MAX_POWER_W = 5000.0
MIN_CAP_W = 5.0
_FILL_64 = 0xFFFF_FFFF_FFFF_FFFF
_MICRO = 1e-6
_MAX_STEP_UJ = 1e6


def _number(value: Any) -> float | None:
    """A finite number, or None for "N/A", None, booleans and the like."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def resolution_j(answer: Mapping[str, Any]) -> float | None:
    """The energy of one count in J, or None where the answer has none that can be.

    The library gives it in uJ: 15.259 on Instinct (AMD SMI Python API reference, amdsmi_get_energy_count).

    Example:
        >>> resolution_j({"energy_accumulator": 2, "counter_resolution": 15.25})
        1.525e-05
    """
    step = _number(answer.get("counter_resolution"))
    if step is None or not 0 < step <= _MAX_STEP_UJ:
        return None
    return step * _MICRO


def energy_j(answer: Mapping[str, Any]) -> float | None:
    """The energy in J that amdsmi_get_energy_count returned: accumulator times resolution.

    The accumulator's key is ``power`` through 6.2, ``energy_accumulator`` from 6.4, and both in 6.3.

    Args:
        answer: what the call returned.

    Returns:
        The energy, or None where the answer holds no number ("N/A", all bits set, no resolution).

    Example:
        >>> energy_j({"power": 1_000_000, "counter_resolution": 15.25, "timestamp": 0})
        15.25
        >>> energy_j({"energy_accumulator": "N/A", "counter_resolution": 15.25}) is None
        True
    """
    # Read many times a second: plain checks of type and range, no helper calls.
    count = answer.get("energy_accumulator")
    if count is None:
        count = answer.get("power")
    step = answer.get("counter_resolution")
    if type(count) is not int or type(step) is not float:
        return None
    if not 0 <= count < _FILL_64 or not 0.0 < step <= _MAX_STEP_UJ:
        return None
    return count * step * _MICRO


def power_w(answer: Mapping[str, Any], field: str | None = None) -> tuple[str, float] | None:
    """The socket power in W that amdsmi_get_power_info returned, and the field it stood in.

    The wrapper turns 0xFFFF alone into "N/A"; 0xFFFFFFFF and 0 come through as numbers, and a library of
    another version shifts the fields. A powered socket never draws 0 W, so 0 means "not filled in".

    Args:
        answer: what the call returned.
        field: the one field to take; by default the first of `POWER_FIELDS` with a number that can be.

    Example:
        >>> power_w({"current_socket_power": "N/A", "average_socket_power": 93})
        ('average_socket_power', 93.0)
        >>> power_w({"current_socket_power": 0xFFFFFFFF, "average_socket_power": 0}) is None
        True
    """
    for name in POWER_FIELDS if field is None else (field,):
        watts = _number(answer.get(name))
        if watts is not None and 0 < watts <= MAX_POWER_W:
            return name, watts
    return None


def cap_w(answer: Mapping[str, Any]) -> float | None:
    """The most that the socket may draw, in W, from amdsmi_get_power_cap_info (which gives uW).

    Some versions and cards give W, or 0: what does not come out as a power in reach of one socket is None.

    Example:
        >>> cap_w({"power_cap": 500_000_000, "max_power_cap": 560_000_000})
        560.0
        >>> cap_w({"power_cap": 0, "max_power_cap": 0}) is None
        True
    """
    for key in ("max_power_cap", "power_cap"):
        microwatts = _number(answer.get(key))
        if microwatts is not None and MIN_CAP_W <= microwatts * _MICRO <= MAX_POWER_W:
            return microwatts * _MICRO
    return None


def parse_version(text: Any) -> tuple[int, int] | None:
    """Major and minor number of a version text, or None.

    Example:
        >>> parse_version("7.0.2"), parse_version("26.0.2+39589fda"), parse_version("6.4.1-83")
        ((7, 0), (26, 0), (6, 4))
        >>> parse_version("unknown") is None
        True
    """
    parts = str(text).strip().split(".")
    if len(parts) < 2:
        return None
    minor = ""
    for letter in parts[1]:
        if not letter.isdigit():
            break
        minor += letter
    if not parts[0].isdigit() or not minor:
        return None
    return int(parts[0]), int(minor)


def rocm_of_file(name: str) -> tuple[int, int] | None:
    """The ROCm release that a library's full file name carries, or None.

    ROCm packages end the name in release numbers, ``libamd_smi.so.25.3.60400`` being of ROCm 6.4.0.

    Example:
        >>> rocm_of_file("libamd_smi.so.25.3.60400"), rocm_of_file("libamd_smi.so")
        ((6, 4), None)
    """
    last = name.rpartition(".")[2]
    if not last.isdigit() or len(last) not in (5, 6):
        return None
    number = int(last)
    return number // 10000, number // 100 % 100


def version_text(version: tuple[int, int] | None) -> str:
    """A version for a sentence.

    Example:
        >>> version_text((7, 0)), version_text(None)
        ('7.0', 'unknown')
    """
    return "unknown" if version is None else f"{version[0]}.{version[1]}"
