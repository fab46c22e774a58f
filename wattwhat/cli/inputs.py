"""Measurements that verbs are given: files, logs and folders; ``FILE#LABEL`` is one of several."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from wattwhat.cli.output import say, wrap
from wattwhat.cli.places import place_of
from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.logs.dispatch import Stream
    from wattwhat.logs.protocol import Options
    from wattwhat.records.measurement import Measurement

__all__ = ["fraction_of", "given", "one_of", "opened"]

_MOST_NAMED = 8


def opened(place: str, options: Options | None = None) -> Stream:
    """What a place holds, one by one: of FILE#LABEL, what has the label.

    Args:
        place: a file, a folder, ``-`` for standard input, or one of these with ``#LABEL`` behind it.
        options: how logs are read.

    Raises:
        LogError: it is no readable log; while reading, as `wattwhat.logs.read` does.
        ArgumentError: while reading, at the end: there is no such label.
    """
    from wattwhat.logs.dispatch import Stream, stream_with
    from wattwhat.logs.protocol import Options

    path, label = place_of(place)
    found = stream_with(sys.stdin.buffer if path == "-" else path, Options() if options is None else options)
    return found if label is None else Stream(_labelled(found, path, label), lambda: found.problems)


def _labelled(measurements: Iterable[Measurement], path: str, label: str) -> Iterator[Measurement]:
    there, others = False, dict[str, None]()
    for measurement in measurements:
        if measurement.label == label:
            there = True
            yield measurement
        elif len(others) <= _MOST_NAMED:
            others[measurement.label] = None
    if not there:
        raise ArgumentError(
            f"{path} holds no measurement {label!r}", got=label, remedy=f"it holds {_names(others)}"
        )


def given(places: Sequence[str], *, repeats: bool = False) -> list[Measurement]:
    """Everything that files, logs and folders hold; what could not be used in them is said on stderr.

    Args:
        places: each a file, a folder, ``-`` for standard input, or one of these with ``#LABEL`` behind it.
        repeats: whether a label may be that of several.

    Raises:
        LogError: one is no readable log.
        ArgumentError: there is no such label in it, or several have it that are no repeats.
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
            remedy=f"name one: {place}#LABEL, with one of {_names(one.label for one in runs)}",
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
    found = opened(place)
    measurements = list(found)
    for problem in found.problems[:5]:
        say("\n".join(wrap(f"wattwhat: left out: {problem}", "  ", "")), sys.stderr)
    path, label = place_of(place)
    if label is not None and len(measurements) > 1 and not repeats:
        raise ArgumentError(
            f"{path} holds {len(measurements)} measurements named {label!r} ({_runs(measurements)})",
            got=label,
            remedy="give each a label of its own, or keep the one that is meant in a file of its own",
        )
    return measurements


def _runs(measurements: Sequence[Measurement]) -> str:
    """Measurements of one name, told apart by their place among each other, start and energy."""
    sentences = [
        f"{place}. {'start not known' if one.started_at is None else f'{one.started_at:%Y-%m-%d %H:%M:%S}'}, "
        f"{one.energy_j}"
        for place, one in enumerate(measurements[:_MOST_NAMED], 1)
    ]
    more = f"; and {len(measurements) - _MOST_NAMED} more" if len(measurements) > _MOST_NAMED else ""
    return "; ".join(sentences) + more


def _names(labels: Iterable[str]) -> str:
    names = list(dict.fromkeys(map(repr, labels)))
    return ", ".join(names[:_MOST_NAMED]) + (" and more" if len(names) > _MOST_NAMED else "")
