"""Sources that need no network, how any source is found by name, and how hours make one value of a run."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

from wattwhat.errors import ArgumentError
from wattwhat.plugins import find_plugins, load
from wattwhat.records.quantity import Quantity
from wattwhat.records.small_files import read_small_text

__all__ = ["GROUP", "HourlyFile", "Number", "Piece", "Source", "during", "intensity", "utc"]

GROUP = "wattwhat.intensity"
_MOST_BYTES = 64_000_000  # a year of minutes has 25 MB

# What a source is: called with the begin (with a time zone) and the length in s of a run, it gives g/kWh.
Source: TypeAlias = Callable[[datetime, float], Quantity]
# From when until when which intensity in g/kWh held.
Piece: TypeAlias = tuple[datetime, datetime, float]


def intensity(name: str, **settings: Any) -> Source:
    """A source of carbon intensity by its name (entry points of ``wattwhat.intensity``).

    Args:
        name: ``"number"``, ``"file"``, ``"neso"``, ``"electricity-maps"``, ``"codecarbon"``, or what another
            package brings.
        settings: of that source, such as ``value=400`` or ``path="2026.csv"``.

    Raises:
        ArgumentError: there is no such source, or its settings do not fit.
    """
    known = find_plugins(GROUP)
    if name not in known:
        raise ArgumentError(
            f"no source is called {name!r}",
            argument="intensity",
            remedy=f"known are {', '.join(sorted(known))}",
        )
    try:
        source: Source = load(known[name])(**settings)
    except TypeError as err:
        raise ArgumentError(f"{name}: {err}", argument="intensity") from err
    return source


class Number:
    """The same intensity at all times.

    Args:
        value: in g/kWh.
        u: its standard uncertainty in g/kWh.

    Raises:
        ArgumentError: a figure is negative or no number.
    """

    def __init__(self, value: float, u: float = 0.0) -> None:
        for name, given in (("value", value), ("u", u)):
            if isinstance(given, (bool, str)) or not hasattr(given, "__float__") or not 0 <= given < math.inf:
                raise ArgumentError(argument=name, expected="g/kWh of 0 or more", got=given)
        self._quantity = Quantity(float(value), float(u), "g/kWh")

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """That number."""
        return self._quantity


class HourlyFile:
    """Intensities of hours (or any other steps) from a CSV file of two columns: time and g/kWh.

    Times are those of the begins, in ISO 8601 with a time zone or in UTC. A first row of names is left out.
    Each value holds until the next row; the last one for as long as the one before it.

    Args:
        path: the file.

    Raises:
        ArgumentError: it cannot be read, or a row is no time and number; the message names its line.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        rows: list[tuple[datetime, float]] = []
        try:
            text = read_small_text(path, _MOST_BYTES, encoding="utf-8-sig")
            for row in csv.reader(io.StringIO(text, newline="")):
                if row and any(cell.strip() for cell in row):
                    _add(rows, row, f"{os.fspath(path)}:{len(rows) + 1}")
        except (OSError, UnicodeDecodeError, csv.Error) as err:
            raise ArgumentError(f"{os.fspath(path)} cannot be read: {err}", argument="path") from err
        if len(rows) < 2:
            raise ArgumentError(
                f"{os.fspath(path)} holds {len(rows)} row(s)", argument="path", remedy="at least 2 are needed"
            )
        rows.sort()
        begins = [begin for begin, _ in rows]
        ends = [*begins[1:], begins[-1] + (begins[-1] - begins[-2])]
        self._pieces = [(a, b, value) for (a, value), b in zip(rows, ends, strict=True)]

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """The mean over the run."""
        return during(self._pieces, started_at, duration_s)


def _add(rows: list[tuple[datetime, float]], row: list[str], place: str) -> None:
    try:
        when, value = utc(row[0]), float(row[1])
        if not 0.0 <= value < math.inf:
            raise ValueError(f"{row[1]!r} is no intensity")
    except (ValueError, IndexError) as err:
        if rows or place.rsplit(":", 1)[1] != "1":
            raise ArgumentError(f"{place}: expected a time and g/kWh, got {row!r:.100} ({err})") from None
        return  # names of columns
    rows.append((when, value))


def utc(text: str) -> datetime:
    """A time as ISO 8601 has it; without a zone it is UTC.

    Example:
        >>> utc("2026-01-01T00:00Z").isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    when = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when.astimezone(timezone.utc)


def during(pieces: Iterable[Piece], started_at: datetime, duration_s: float) -> Quantity:
    """The intensity of a run, each piece weighted by how much of the run lay in it.

    The uncertainty is the spread of the pieces within the run: when in it how much was drawn is not known.

    Args:
        pieces: what held when.
        started_at: begin of the run, with a time zone.
        duration_s: its length in s.

    Raises:
        ArgumentError: the time has no zone, or less than all of the run is covered.

    Example:
        >>> hour = timedelta(hours=1)
        >>> begin = utc("2026-01-01T00:00Z")
        >>> held = [(begin, begin + hour, 300.0), (begin + hour, begin + 2 * hour, 100.0)]
        >>> print(during(held, begin + hour / 2, 3600.0))
        200 (u = 100) g/kWh
    """
    if started_at.tzinfo is None:
        raise ArgumentError(argument="started_at", expected="a time with a zone, such as UTC")
    begin = started_at.astimezone(timezone.utc)
    end = begin + timedelta(seconds=max(duration_s, 0.001))
    shares = [
        ((min(b, end) - max(a, begin)).total_seconds(), value)
        for a, b, value in pieces
        if a < end and b > begin
    ]
    covered_s, whole_s = math.fsum(share for share, _ in shares), (end - begin).total_seconds()
    if covered_s < 0.999 * whole_s:
        raise ArgumentError(
            f"of the {whole_s:.6g} s from {begin.isoformat()} on, {covered_s:.6g} s have an intensity",
            argument="started_at",
        )
    mean = math.fsum(share * value for share, value in shares) / covered_s
    variance = math.fsum(share * (value - mean) ** 2 for share, value in shares) / covered_s
    return Quantity(mean, math.sqrt(variance), "g/kWh")
