"""Sources that need no network, how any source is found by name, and how hours make one value of a run."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

from wattwhat.errors import ArgumentError, WattwhatError, error_text
from wattwhat.plugins import find_plugins, load, pass_on
from wattwhat.records.quantity import Quantity
from wattwhat.records.small_files import read_small_text

__all__ = ["GROUP", "HourlyFile", "Number", "Piece", "Source", "ask", "during", "intensity", "span_of", "utc"]

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
    except WattwhatError:
        raise
    except TypeError as err:
        raise ArgumentError(f"{name}: {err}", argument="intensity") from err
    except BaseException as err:
        pass_on(err)
        raise _failed(name, err) from err
    return source


def ask(source: Source, started_at: datetime, duration_s: float) -> Quantity:
    """What a source says of a run, in g/kWh.

    Args:
        source: of this package, or of somebody else.
        started_at: begin of the run, with a time zone.
        duration_s: its length in s.

    Raises:
        ArgumentError: the source failed, or gives something else than a Quantity.
    """
    name = getattr(source, "__name__", type(source).__name__)
    try:
        given = source(started_at, duration_s)
    except WattwhatError:
        raise
    except BaseException as err:
        pass_on(err)
        raise _failed(name, err) from err
    if not isinstance(given, Quantity) or given.unit != "g/kWh":
        raise ArgumentError(argument="intensity", expected=f"a Quantity in g/kWh of {name}", got=given)
    return given


def _failed(name: str, error: BaseException) -> ArgumentError:
    return ArgumentError(
        f"the source {name!r} failed: {error_text(error)}",
        argument="intensity",
        remedy="state a number, or see to what it says",
    )


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
    """Intensities of hours (or any other steps) from a CSV file: time, g/kWh, and perhaps a column ``u``.

    Times are those of the begins, in ISO 8601 with a time zone or in UTC. A first row of names is left out;
    a column that it calls ``u`` (or ``u_...``) is the standard uncertainty in g/kWh: what one hour has wrong
    is taken to be wrong in all. Other columns are left aside. Each value holds until the next row; the last
    one for as long as the one before it.

    Args:
        path: the file.

    Raises:
        ArgumentError: it cannot be read, or a row is no time and number; the message names its line.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            rows = sorted(_rows(path))
        except (OSError, UnicodeDecodeError, csv.Error) as err:
            raise ArgumentError(f"{os.fspath(path)} cannot be read: {err}", argument="path") from err
        if len(rows) < 2:
            raise ArgumentError(
                f"{os.fspath(path)} holds {len(rows)} row(s)", argument="path", remedy="at least 2 are needed"
            )
        begins = [begin for begin, *_ in rows]
        ends = [*begins[1:], begins[-1] + (begins[-1] - begins[-2])]
        self._pieces = [(a, b, value) for (a, value, _), b in zip(rows, ends, strict=True)]
        self._us = [(a, b, u) for (a, _, u), b in zip(rows, ends, strict=True)]

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """The mean over the run."""
        mean = during(self._pieces, started_at, duration_s)
        own_u = during(self._us, started_at, duration_s).value
        return Quantity(mean.value, math.hypot(mean.u, own_u), mean.unit)


def _rows(path: str | os.PathLike[str]) -> Iterator[tuple[datetime, float, float]]:
    """Begin, g/kWh and its standard uncertainty of each row; a first row that is none has the names."""
    text = read_small_text(path, _MOST_BYTES, encoding="utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""))
    u_at, first = None, True
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        try:
            yield _row(row, u_at)
        except (ValueError, IndexError, OverflowError) as err:
            if not first:
                place = f"{os.fspath(path)}:{reader.line_num}"
                raise ArgumentError(f"{place}: expected a time and g/kWh, got {row!r:.100} ({err})") from None
            names = [name.strip().lower() for name in row]
            u_at = next((at for at, name in enumerate(names[2:], 2) if re.match(r"u(_|$)", name)), None)
        first = False


def _row(row: list[str], u_at: int | None) -> tuple[datetime, float, float]:
    when, value = utc(row[0]), float(row[1])
    u = 0.0 if u_at is None else float(row[u_at])
    if not (0.0 <= value < math.inf and 0.0 <= u < math.inf):
        raise ValueError(f"{value:g} with u {u:g} is no intensity")
    return when, value, u


def utc(text: str) -> datetime:
    """A time as ISO 8601 has it; without a zone it is UTC.

    Example:
        >>> utc("2026-01-01T00:00Z").isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    when = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when.astimezone(timezone.utc)


def span_of(started_at: datetime, duration_s: float) -> tuple[datetime, datetime]:
    """Begin and end of a run in UTC; one of no length lasts a millisecond.

    Raises:
        ArgumentError: the begin has no zone, or the end lies beyond the years that a calendar has.

    Example:
        >>> begin, end = span_of(utc("2026-01-01T00:00Z"), 3600.0)
        >>> end.isoformat()
        '2026-01-01T01:00:00+00:00'
    """
    if started_at.tzinfo is None:
        raise ArgumentError(argument="started_at", expected="a time with a zone, such as UTC")
    try:
        begin = started_at.astimezone(timezone.utc)
        return begin, begin + timedelta(seconds=max(duration_s, 0.001))
    except (OverflowError, ValueError) as err:
        raise ArgumentError(
            argument="duration_s", expected="seconds until an end before the year 10000", got=duration_s
        ) from err


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
    begin, end = span_of(started_at, duration_s)
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
