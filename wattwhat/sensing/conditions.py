"""What of a host changes the energy of a run: governor, clocks, temperature, load, mains or battery."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wattwhat.records.small_files import read_small_text

__all__ = ["host_conditions"]

# A host of 512 processors has as many frequency policies, nearly always set alike.
_MOST_POLICIES = 8
# Sensors of the package or die, best first (kernel: Documentation/hwmon/coretemp.rst, k10temp.rst); boards
# of Arm name their zones cpu-thermal or cpu-therm.
_THERMAL_ZONES = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "cpu-therm")
_HWMON = ("coretemp", "k10temp", "zenpower")


def host_conditions(root: str = "/") -> dict[str, Any]:
    """Settings and state of this host now; what cannot be read is absent.

    Args:
        root: root of the file tree, for tests.

    Returns:
        Any of ``governor`` and ``energy_preference`` (names, several joined with "+"), ``cpu_mhz`` (mean of
        the first policies), ``turbo`` (bool), ``platform_profile``, ``cpu_temperature_c``, ``load_1min``
        (runnable threads, mean of a minute) and ``power_source`` ("mains" or "battery").

    Example:
        >>> host_conditions("/no/such/tree")
        {}
    """
    tree = Path(root)
    policies = _numbered(tree / "sys/devices/system/cpu/cpufreq", "policy")[:_MOST_POLICIES]
    conditions = {
        "governor": _agreed(policies, "scaling_governor"),
        "energy_preference": _agreed(policies, "energy_performance_preference"),
        "cpu_mhz": _mean_mhz(policies),
        "turbo": _turbo(tree / "sys/devices/system/cpu"),
        "platform_profile": _text(tree / "sys/firmware/acpi/platform_profile"),
        "cpu_temperature_c": _temperature_c(tree / "sys/class"),
        "load_1min": _number((_text(tree / "proc/loadavg") or "").partition(" ")[0]),
        "power_source": _power_source(tree / "sys/class/power_supply"),
    }
    return {name: value for name, value in conditions.items() if value is not None}


def _text(path: Path) -> str | None:
    try:
        return read_small_text(path, errors="replace").strip() or None
    except OSError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _numbered(folder: Path, begin: str) -> list[Path]:
    """Subfolders with that name and a number, in the numbers' order."""
    try:
        names = [one for one in os.listdir(folder) if one.startswith(begin) and one[len(begin) :].isdecimal()]
    except OSError:
        return []
    return [folder / name for name in sorted(names, key=lambda one: int(one[len(begin) :]))]


def _agreed(policies: list[Path], name: str) -> str | None:
    values = dict.fromkeys(text for policy in policies if (text := _text(policy / name)) is not None)
    return "+".join(values) or None


def _mean_mhz(policies: list[Path]) -> float | None:
    khz = [
        number for policy in policies if (number := _number(_text(policy / "scaling_cur_freq"))) is not None
    ]
    return sum(khz) / len(khz) / 1e3 if khz else None


def _turbo(cpus: Path) -> bool | None:
    """By intel_pstate's own switch, else by cpufreq's (kernel: admin-guide/pm/intel_pstate, cpufreq)."""
    switches = (_text(cpus / "intel_pstate/no_turbo"), _text(cpus / "cpufreq/boost"))
    for text, on in zip(switches, ("0", "1"), strict=True):
        if text in ("0", "1"):
            return text == on
    return None


def _temperature_c(classes: Path) -> float | None:
    zones = {
        _text(zone / "type"): zone / "temp"
        for zone in reversed(_numbered(classes / "thermal", "thermal_zone"))
    }
    sensors = {
        _text(one / "name"): one / "temp1_input" for one in reversed(_numbered(classes / "hwmon", "hwmon"))
    }
    chosen = [zones[name] for name in _THERMAL_ZONES if name in zones]
    chosen += [sensors[name] for name in _HWMON if name in sensors]
    for path in chosen:
        thousandths = _number(_text(path))
        if thousandths is not None:
            return thousandths / 1e3
    return None


def _power_source(supplies: Path) -> str | None:
    """What a laptop runs on; None where there is no battery, as in a server."""
    kinds = list(_supplies(supplies))
    if not any(kind == "Battery" and scope != "Device" for kind, scope, _ in kinds):
        return None  # a battery of scope Device is a mouse's
    online = [state for kind, _, state in kinds if kind in ("Mains", "USB")]
    return "mains" if "1" in online else "battery" if online else None


def _supplies(folder: Path) -> Iterator[tuple[str | None, str | None, str | None]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        yield tuple(_text(folder / name / one) for one in ("type", "scope", "online"))  # type: ignore[misc]
