"""Where the figures of the estimate are found, and what to do about one that cannot be understood."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import attrs

from wattwhat.sensing.configuration import Unclear, section

__all__ = ["NAMES", "Figure", "figure_of", "settings"]

NAMES = ("watts_per_core", "idle_watts_per_core", "ram_watts_per_gb")


@attrs.frozen
class Figure:
    """A figure in W and where it was found."""

    value: float
    where: str


def figure_of(value: Any, where: str, remedy: str) -> Figure | None:
    """The figure that a text or a number gives; None where there is none.

    Args:
        value: as it was found; None and empty are no figure.
        where: where it was found, in words.
        remedy: what to do if it is no figure.

    Raises:
        Unclear: it is negative, or no number.

    Example:
        >>> figure_of("6.5", "environment variable X", "unset it").value
        6.5
    """
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0.0 <= number < 1e6:
        raise Unclear(f"{where}: expected watts as a number >= 0, got {value!r}", remedy)
    return Figure(number, where)


def settings(names: Iterable[str] = NAMES) -> dict[str, Figure]:
    """The figures that environment and configuration file give, by name; the environment goes first.

    Args:
        names: which of them are asked for.

    Raises:
        Unclear: one cannot be understood, or the configuration file cannot be read.
    """
    path, entries = section("estimate")
    figures: dict[str, Figure] = {}
    for name in names:
        variable = f"WATTWHAT_{name.upper()}"
        figure = figure_of(
            os.environ.get(variable),
            f"environment variable {variable}",
            f"set {variable} to a number such as 6.5, or unset it",
        ) or figure_of(
            entries.get(name),
            f"configuration file {os.path.basename(path)}, {name}",
            f"write a number such as 6.5 behind {name} in {path}, or remove that line",
        )
        if figure is not None:
            figures[name] = figure
    return figures
