"""The room of sysfs: finds the INA power monitors under a root folder. Reads files, opens nothing for keeps.

Layouts (kernel documentation hwmon/ina3221.rst and hwmon/ina238.rst; the ina3221x layout is NVIDIA's
own driver of JetPack 4)::

    sys/bus/i2c/drivers/ina3221x/<bus>-00<addr>/iio:device*/rail_name_<0..2>  in_power<0..2>_input mW
    sys/bus/i2c/drivers/ina3221/<bus>-00<addr>/hwmon/hwmon*/in<1..3>_label    in<n>_input mV, curr<n>_input mA
    sys/bus/i2c/drivers/ina238/<bus>-00<addr>/hwmon/hwmon*/                   power1_input uW
"""

from __future__ import annotations

import os

import attrs

from wattwhat_jetson._boards import is_no_rail
from wattwhat_jetson._machine import DRIVERS, read_text

__all__ = ["Found", "Scan", "may_read", "scan", "timing"]

# TI SBOS576, register map of the configuration register: conversion times from 140 us to 8.244 ms,
# one for the shunt and one for the bus voltage of every channel.
_SHORTEST_PAIR_S, _LONGEST_PAIR_S = 2 * 140e-6, 2 * 8.244e-3


@attrs.frozen
class Found:
    """One rail as sysfs offers it.

    Args:
        label: the rail's name there.
        chip: ``"ina3221"`` or ``"ina238"``.
        files: paths to read; two are multiplied with each other.
        watts_per_step: what the number, or the product of both, is multiplied with to give W.
        bus_v: the rail's voltage now, in V; None if it cannot be read.
        shunt_ohm: the shunt that the driver computes with; None if it does not tell.
        update_period_s: seconds between two new values; None if unknown.
        averaging_window_s: seconds that one value averages; None if unknown.
    """

    label: str
    chip: str
    files: tuple[str, ...]
    watts_per_step: float
    bus_v: float | None = None
    shunt_ohm: float | None = None
    update_period_s: float | None = None
    averaging_window_s: float | None = None


@attrs.frozen
class Scan:
    """What was found, and what stood in the way.

    Args:
        rails: the rails, in the order of drivers, chips and channels.
        drivers: folders of bound monitors that exist.
        denied: files that exist and may not be read.
    """

    rails: tuple[Found, ...]
    drivers: tuple[str, ...]
    denied: tuple[str, ...]


def may_read(path: str) -> bool:
    """Whether this process, as the user it acts as, may read a file."""
    return os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def _number(*parts: str) -> float | None:
    try:
        return float(read_text(*parts) or "")
    except ValueError:
        return None


def _folders(path: str, prefix: str = "") -> list[str]:
    """Folders inside a folder, sorted; none if it is missing."""
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return []
    return [os.path.join(path, name) for name in names if name.startswith(prefix)]


def scan(root: str) -> Scan:
    """Find every rail of every bound monitor.

    Args:
        root: the folder that holds ``sys``; ``"/"`` on a real machine.
    """
    rails: list[Found] = []
    drivers: list[str] = []
    denied: list[str] = []
    release = read_text(root, "proc/sys/kernel/osrelease") or ""
    for driver in ("ina3221x", "ina3221", "ina238"):
        for chip in _folders(os.path.join(root, DRIVERS, driver)):
            if "-" not in os.path.basename(chip):  # bind, unbind, uevent, module
                continue
            drivers.append(chip)
            if driver == "ina3221x":
                for folder in _folders(chip, "iio:device"):
                    rails += _iio(folder)
                continue
            for folder in _folders(os.path.join(chip, "hwmon"), "hwmon"):
                rails += _hwmon_238(folder) if driver == "ina238" else _hwmon_3221(folder, release)
    for rail in rails:
        denied += [path for path in rail.files if os.path.exists(path) and not may_read(path)]
    free = tuple(rail for rail in rails if not set(rail.files) & set(denied))
    return Scan(free, tuple(drivers), tuple(denied))


def _iio(folder: str) -> list[Found]:
    rails = []
    for n in range(3):
        label = read_text(folder, f"rail_name_{n}")
        power = os.path.join(folder, f"in_power{n}_input")
        if label is None or is_no_rail(label) or not os.path.exists(power):
            continue
        millivolt = _number(folder, f"in_voltage{n}_input")
        rails.append(Found(label, "ina3221", (power,), 1e-3, bus_v=millivolt and millivolt * 1e-3))
    return rails


def _hwmon_3221(folder: str, release: str) -> list[Found]:
    on = [n for n in (1, 2, 3) if read_text(folder, f"in{n}_enable") != "0"]
    interval_ms, samples = _number(folder, "update_interval"), _number(folder, "samples")
    period, window = timing(interval_ms, samples, len(on), release)
    rails = []
    for n in on:
        label = read_text(folder, f"in{n}_label")
        files = tuple(os.path.join(folder, name) for name in (f"in{n}_input", f"curr{n}_input"))
        if label is None or is_no_rail(label) or not all(os.path.exists(path) for path in files):
            continue
        millivolt, shunt = _number(files[0]), _number(folder, f"shunt{n}_resistor")
        volts, ohm = millivolt and millivolt * 1e-3, shunt and shunt * 1e-6
        rails.append(Found(label, "ina3221", files, 1e-6, volts, ohm, period, window))
    return rails


def _hwmon_238(folder: str) -> list[Found]:
    power = os.path.join(folder, "power1_input")
    if not os.path.exists(power):
        return []
    # The mainline driver offers no label: on Thor this chip sits in the carrier's input, called VIN.
    label = read_text(folder, "in1_label") or read_text(folder, "label") or "VIN"
    interval_ms, millivolt = _number(folder, "update_interval"), _number(folder, "in1_input")
    period = interval_ms * 1e-3 if interval_ms else None
    return [Found(label, "ina238", (power,), 1e-6, millivolt and millivolt * 1e-3, None, period)]


def timing(
    interval_ms: float | None, samples: float | None, channels: int, release: str
) -> tuple[float | None, float | None]:
    """Update period and averaging window of an INA3221 channel from what its driver says.

    The chip goes round its channels and averages recursively, so a register is new after every round,
    however many samples are averaged (TI SBOS576, "Averaging Function"). `update_interval` is one round
    since Linux 6.7; before, it was the round times `samples`. A round has a shortest and a longest
    possible length, which often tells the two apart; the kernel's release decides the rest.

    Args:
        interval_ms: the file ``update_interval``; None if there is none.
        samples: the file ``samples``; None if there is none.
        channels: how many channels are switched on.
        release: the kernel's release, for instance ``"5.15.148-tegra"``.

    Returns:
        Update period and averaging window in s, each None if unknown.

    Example:
        >>> timing(7.0, 1.0, 3, "5.10.120-tegra")
        (0.007, 0.0023333333333333335)
        >>> timing(1690.0, 256.0, 3, "")
        (0.0066015625, 1.69)
    """
    if not interval_ms or channels < 1:
        return None, None
    told_s, n = interval_ms * 1e-3, max(samples or 1.0, 1.0)
    if n == 1.0:
        return told_s, told_s / channels  # the rest of a round looks at other channels
    slack_s = 0.5e-3  # the file is rounded to ms
    whole = told_s > channels * _LONGEST_PAIR_S + slack_s
    one = (told_s + slack_s) / n < channels * _SHORTEST_PAIR_S
    if whole or (not one and _version(release) < (6, 7)):
        return told_s / n, told_s
    return told_s, told_s * n


def _version(release: str) -> tuple[int, int]:
    parts = release.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return 0, 0
