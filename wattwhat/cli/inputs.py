"""Measurements that verbs are given: files, logs and folders; ``FILE#LABEL`` is one of several."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.cli.output import say, wrap
from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["fraction_of", "given", "one_of"]

_MOST_NAMED = 8


def given(places: Sequence[str], *, repeats: bool = False) -> list[Measurement]:
    """Everything that files, logs and folders hold; what could not be used in them is said on stderr.

    Args:
        places: each a file, a folder, ``-`` for standard input, or one of these with ``#LABEL`` behind it.
        repeats: whether a label may be that of several.

    Raises:
        LogError: one is no readable log.
        ArgumentError: there is no such file, or no such label in it.
    """
    return [measurement for place in places for measurement in _read(place, repeats)]


def one_of(place: str) -> Measurement:
    """The one measurement of a place.

    Raises:
        ArgumentError: it holds several and none was named.
    """
    runs = _read(place)
    if len(runs) > 1:
        raise ArgumentError(
            f"{place} holds {len(runs)} measurements",
            remedy=f"name one: {place}#LABEL, with one of {_names(runs)}",
        )
    return runs[0]


def fraction_of(text: str, name: str) -> float:
    """A fraction that may be written in percent.

    Example:
        >>> fraction_of("5%", "--max-increase"), fraction_of("0.05", "--max-increase")
        (0.05, 0.05)
    """
    bare = text.strip()
    percent = bare.endswith("%")
    try:
        number = float(bare.removesuffix("%").strip())
    except ValueError:
        raise ArgumentError(argument=name, expected="a number such as 5% or 0.05", got=text) from None
    if not percent and abs(number) > 1.0:
        raise ArgumentError(
            f"{text} as a fraction is {100 * number:g} %", argument=name, remedy=f"write {text}% for percent"
        )
    return round(number / 100.0, 12) if percent else number


def _read(place: str, repeats: bool = False) -> list[Measurement]:
    from wattwhat import logs

    path, label = place, None
    if not os.path.exists(place) and "#" in place:
        path, _, label = place.rpartition("#")
    if path != "-" and not os.path.exists(path):
        raise ArgumentError(f"there is no file or folder {path!r}", got=path)
    measurements = logs.read(sys.stdin.buffer if path == "-" else path)
    for problem in measurements.problems[:5]:
        say("\n".join(wrap(f"wattwhat: left out: {problem}", "  ", "")), sys.stderr)
    if label is None:
        return list(measurements)
    named = [measurement for measurement in measurements if measurement.label == label]
    if not named:
        raise ArgumentError(
            f"{path} holds no measurement {label!r}", got=label, remedy=f"it holds {_names(measurements)}"
        )
    if len(named) > 1 and not repeats:
        raise ArgumentError(
            f"{path} holds {len(named)} measurements named {label!r} ({_runs(named)})",
            got=label,
            remedy="give each a label of its own, or keep the one that is meant in a file of its own",
        )
    return named


def _runs(measurements: Sequence[Measurement]) -> str:
    """Measurements of one name, told apart by their place among each other, start and energy."""
    sentences = [
        f"{place}. {'start not known' if one.started_at is None else f'{one.started_at:%Y-%m-%d %H:%M:%S}'}, "
        f"{one.energy_j}"
        for place, one in enumerate(measurements[:_MOST_NAMED], 1)
    ]
    more = f"; and {len(measurements) - _MOST_NAMED} more" if len(measurements) > _MOST_NAMED else ""
    return "; ".join(sentences) + more


def _names(measurements: Sequence[Measurement]) -> str:
    names = list(dict.fromkeys(repr(measurement.label) for measurement in measurements))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
