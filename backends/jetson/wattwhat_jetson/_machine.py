"""The room of the machine itself: is this a Jetson at all. Light, since every first window asks."""

from __future__ import annotations

import os

from wattwhat.records.small_files import read_small_text

__all__ = ["DRIVERS", "in_container", "model_of", "read_text"]

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
