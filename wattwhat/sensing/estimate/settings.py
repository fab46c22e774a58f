"""Where the figures of the estimate are found, and what to do about one that cannot be understood."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.user_paths import config_path

if TYPE_CHECKING:
    pass

__all__ = ["NAMES", "Figure", "Unclear", "figure_of", "settings"]

NAMES = ("watts_per_core", "idle_watts_per_core", "ram_watts_per_gb")
_CONFIG = "WATTWHAT_CONFIG"


@attrs.frozen
class Figure:
    """A figure in W and where it was found."""

    value: float
    where: str


class Unclear(ArgumentError):
    """A setting that cannot be understood.

    Args:
        reason: what it is, what was expected and what was found.
        remedy: what to do about it.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


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
    path, entries = _configured()
    found: dict[str, Figure] = {}
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
            found[name] = figure
    return found


def _configured() -> tuple[str, Mapping[str, str]]:
    """The configuration file and what its section [estimate] says."""
    named = os.environ.get(_CONFIG)
    path = named or config_path()
    if not os.path.exists(path):
        if named:
            raise Unclear(
                f"{_CONFIG}: there is no file {named!r}", f"name a file that is there, or unset {_CONFIG}"
            )
        return path, {}
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_small_text(path), source=path)
    except (configparser.Error, UnicodeDecodeError, OSError) as err:
        words = " ".join(str(err).split())
        raise Unclear(
            f"configuration file {os.path.basename(path)}: expected an INI file, but {words}",
            f"mend or remove {path}",
        ) from err
    return path, dict(parser["estimate"]) if parser.has_section("estimate") else {}
