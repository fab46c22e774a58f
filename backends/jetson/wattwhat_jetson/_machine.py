"""The room of the machine itself: is this a Jetson at all. Light, since every first window asks."""

from __future__ import annotations

import os
import re
from typing import Any

from wattwhat.records.small_files import read_small_text

__all__ = ["DRIVERS", "in_container", "model_of", "module_state", "read_text"]

DRIVERS = "sys/bus/i2c/drivers"


def read_text(*parts: str) -> str | None:
    """The stripped text of a small file; None if it cannot be read."""
    try:
        return read_small_text(os.path.join(*parts), errors="replace").rstrip("\0\n ")
    except OSError:
        return None


def model_of(root: str) -> str:
    """The device-tree model, and the SoC behind it; empty if this is no Tegra machine.

    Some boards call themselves by a code name (a TX2 is ``quill``), so ``compatible`` is asked too.
    """
    for folder in ("proc/device-tree", "sys/firmware/devicetree/base"):
        model = read_text(root, folder, "model")
        if model is None:
            continue
        soc = [part for part in (read_text(root, folder, "compatible") or "").split("\0") if "tegra" in part]
        if "jetson" in model.lower() or soc:
            return model if not soc else f"{model} ({soc[-1]})"
    return ""


def in_container(root: str) -> bool:
    """Whether a container's own marks are there."""
    return any(os.path.exists(os.path.join(root, mark)) for mark in (".dockerenv", "run/.containerenv"))


# The GPU's folder under /sys/class/devfreq, by the generation of its driver or the plain name of JetPack 6.
_GPUS = re.compile(r"ga10b|gv11b|gp10b|gm20b|gpu")


def module_state(root: str) -> dict[str, Any]:
    """Power mode, GPU temperature and GPU clock of the module, as `Backend.device_conditions` names them."""
    state: dict[str, Any] = {}
    mode = re.match(r"pmode:0*(\d+)", read_text(root, "var/lib/nvpmodel/status") or "")
    if mode is not None:  # what nvpmodel keeps of the mode that was set last
        state["profile"] = f"nvpmodel {mode[1]}"
    hertz = _first_number(root, "sys/class/devfreq", _GPUS.search, "cur_freq")
    if hertz is not None:
        state["clock_mhz"] = hertz / 1e6
    thousandths = _first_number(root, "sys/class/thermal", lambda zone: _is_gpus(root, zone), "temp")
    if thousandths is not None:
        state["temperature_c"] = thousandths / 1e3
    return state


def _is_gpus(root: str, zone: str) -> bool:
    kind = read_text(root, "sys/class/thermal", zone, "type") or ""
    return kind.lower().startswith("gpu")  # GPU-therm, gpu-thermal


def _first_number(root: str, folder: str, chosen: Any, name: str) -> float | None:
    try:
        entries = sorted(filter(chosen, os.listdir(os.path.join(root, folder))))
    except OSError:
        return None
    for entry in entries:
        text = read_text(root, folder, entry, name) or ""
        if text.isdecimal():
            return float(text)
    return None
