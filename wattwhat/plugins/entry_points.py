"""Entry points as the installed distributions wrote them down, read without `importlib.metadata`.

To import that module and have it parse what is installed takes half as long as to import numpy, and each
first window of a program waits for it. Folders of `sys.path` with ``*.dist-info`` and ``*.egg-info`` in them
are all that is known here: `wattwhat.plugins.discovery` asks `importlib.metadata` where there is more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import reduce
from typing import Any

import attrs

__all__ = ["Distribution", "EntryPoint", "entry_points"]


@attrs.frozen
class Distribution:
    """What an entry point belongs to, by the name in its metadata."""

    name: str


@attrs.frozen
class EntryPoint:
    """As `importlib.metadata.EntryPoint`, without its import."""

    name: str
    value: str
    dist: Distribution

    def load(self) -> Any:
        """Import what it names."""
        from importlib import import_module

        module, _, path = self.value.partition("[")[0].partition(":")
        return reduce(getattr, filter(None, path.strip().split(".")), import_module(module.strip()))


def entry_points(group: str) -> Iterator[EntryPoint]:
    """The entry points of a group in the folders of `sys.path`; where one cannot be read it is left out.

    Args:
        group: such as ``"wattwhat.backends"``.

    Example:
        >>> [one.value for one in entry_points("console_scripts") if one.name == "wattwhat"]
        ['wattwhat.cli:main']
    """
    seen: set[str] = set()
    for folder in sys.path:
        for info in _infos(folder or "."):
            name = os.path.basename(info).partition("-")[0].lower().replace(".", "_")
            if name not in seen:  # the first one on the path is the one that is imported
                seen.add(name)
                lines = _lines(os.path.join(info, "entry_points.txt"))
                if f"[{group}]" in lines:
                    yield from _of_group(group, lines, Distribution(_name_in(info) or name))


def _infos(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:  # it is not there, or nobody may look into it
        return []
    if folder.endswith(".egg"):
        return [os.path.join(folder, "EGG-INFO")]
    return [os.path.join(folder, name) for name in names if name.endswith((".dist-info", ".egg-info"))]


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file]
    except OSError:
        return []


def _of_group(group: str, lines: list[str], dist: Distribution) -> Iterator[EntryPoint]:
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line
        elif section == f"[{group}]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield EntryPoint(name.strip(), value.strip(), dist)


def _name_in(info: str) -> str | None:
    lines = _lines(os.path.join(info, "METADATA")) or _lines(os.path.join(info, "PKG-INFO"))
    return next((line[5:].strip() for line in lines if line.startswith("Name:")), None)
