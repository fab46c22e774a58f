"""Single cells of logs: numbers with units and either decimal mark, what counts as missing, time stamps."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone, tzinfo
from functools import lru_cache

import attrs

from wattwhat.records.quantity import unit_factor

__all__ = [
    "TIME_UNITS",
    "Stamp",
    "are_days",
    "day_start_s",
    "is_index",
    "is_missing",
    "number",
    "split_unit",
    "stamp",
    "utc",
]

_MISSING = frozenset(
    (
        *("", "-", "--", "n/a", "na", "nan", "none", "null", "not supported", "not available", "err!"),
        *("unknown error", "gpu is lost", "not counted", "insufficient permissions", "no permissions"),
        "unknown",
    )
)
# A cell is never longer: what is, is no number, unit or time, and nothing goes over it again and again.
_LONGEST = 200
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,'   ])\d{3})(?:\1\d{3})*(?:([.,])\d+)?")
_UNIT = re.compile(r"([^A-Za-zµμ]*)([A-Za-zµμ]+)\s*")
_SPELLED = {
    "watt": "W", "watts": "W", "joules": "J", "joule": "J", "milliwatts": "mW", "microwatts": "uW",
    "w": "W", "mw": "mW", "µw": "uW", "μw": "uW", "uw": "uW", "kw": "kW", "j": "J", "mj": "mJ",
    "kj": "kJ", "uj": "uJ", "µj": "uJ", "μj": "uJ", "wh": "Wh", "kwh": "kWh", "mwh": "mWh",
}  # fmt: skip

# Units of time as headers spell them, in s.
TIME_UNITS = {
    spelt: seconds
    for seconds, words in (
        (1.0, "s sec secs second seconds"),
        (1e-3, "ms msec msecs millisecond milliseconds"),
        (1e-6, "us \u00b5s \u03bcs usec usecs microsecond microseconds"),
        (1e-9, "ns nsec nsecs nanosecond nanoseconds"),
        (60.0, "min mins minute minutes"),
        (3600.0, "h hr hrs hour hours"),
    )
    for spelt in words.split()
}


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value: ``[N/A]``, ``[Not Supported]``, ``-``, an empty one, ...

    Example:
        >>> is_missing("[Not Supported]"), is_missing("0")
        (True, False)
    """
    return cell.strip().strip("[]<>()\"'").strip().lower() in _MISSING


def is_index(cell: str) -> bool:
    """Whether a cell is the number of a device: a few plain digits.

    Example:
        >>> is_index("0"), is_index("-1"), is_index("¹")
        (True, False, False)
    """
    return len(cell) <= 6 and cell.isascii() and cell.isdigit()


def number(text: str, decimal: str | None = None) -> float | None:
    """A number as tools and locales print it, or None if it is none, not finite or ambiguous.

    Args:
        text: for instance ``"22.89"``, ``"1.234,56"``, ``"1,234.56"``, ``"475,42"``.
        decimal: the decimal mark if it is known; else a single mark followed by three digits after a
            comma (``"1,234"``) is ambiguous and gives None.

    Example:
        >>> number("1.234,5"), number("475,42"), number("1,234"), number("1,234", decimal=",")
        (1234.5, 475.42, None, 1.234)
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if decimal is None and _PLAIN.fullmatch(text):
        return _finite(text)
    if decimal is not None:
        other = "," if decimal == "." else "."
        text = re.sub(rf"(?<=\d)[{other}'   ](?=\d{{3}})", "", text).replace(decimal, ".")
        return _finite(text) if _PLAIN.fullmatch(text) else None
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        group, mark = grouped.groups()
        if mark is None and group == "," and text.count(",") == 1:
            return None
        if mark == group:
            return None
        return _finite(text.replace(group, "").replace(",", "."))
    if text.count(",") == 1 and "." not in text:
        return number(text.replace(",", "."))
    return None


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def split_unit(cell: str) -> tuple[str, str | None]:
    """A cell's number and its unit in our spelling, the unit None where it has none (or one unknown here).

    Example:
        >>> split_unit("22.89 W"), split_unit("5542mW"), split_unit("17")
        (('22.89', 'W'), ('5542', 'mW'), ('17', None))
    """
    match = _UNIT.fullmatch(cell) if len(cell) <= _LONGEST else None
    if match is None:
        return cell.strip(), None
    unit = match[2] if match[2] in ("W", "mW", "kW", "uW", "MW") else _SPELLED.get(match[2].lower())
    if unit == "MW":  # nobody logs megawatts: a way to write milliwatts, and too uncertain to take
        return cell.strip(), None
    return match[1].strip(), unit


@lru_cache(maxsize=64)
def _factor(unit: str, into: str) -> float:
    return unit_factor(unit, into)


_CENTURY_DAYS = 36_526.0, 73_051.0  # 2000-01-01 and 2100-01-01 in a spreadsheet


@attrs.frozen
class Stamp:
    """A moment of a log.

    Args:
        t_s: seconds since 1970 as the stamp's own clock shows them, or since an unknown beginning.
        kind: ``"utc"`` (absolute), ``"local"`` (a clock without a zone) or ``"elapsed"``.
        step_s: what the stamp resolves, in s.
    """

    t_s: float
    kind: str
    step_s: float


_DATE = re.compile(
    r"(?:(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})|(?P<y3>\d{4})(?P<m3>\d\d)(?P<d3>\d\d)"
    r"|(?P<m2>\d\d)-(?P<d2>\d\d)-(?P<y2>\d{4}))"
    r"[T ,]\s*(?P<h>\d{1,2}):(?P<min>\d\d):(?P<s>\d\d)(?:[.,:](?P<f>\d{1,9}))?"
    r"\s*(?P<z>Z|UTC|[+-]\d\d:?\d\d(?::\d\d)?)?"
)


def stamp(text: str) -> Stamp | None:
    """A time stamp in any of the forms that the known tools write, or None.

    Year first with ``/``, ``-`` or nothing between, or ``MM-DD-YYYY``; then hours, minutes, seconds, a
    fraction of up to nine digits and perhaps a zone; or one number: seconds, milli-, micro- or nanoseconds
    since 1970 by its size, or seconds since an unknown beginning if it is small.

    Example:
        >>> stamp("2024/10/30 18:42:33.189").kind, stamp("1730313753").kind, stamp("12.5").kind
        ('local', 'utc', 'elapsed')
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        return _number_stamp(text)
    parts = match.groupdict()
    year, month, day = (parts[k] or parts[f"{k}2"] or parts[f"{k}3"] for k in "ymd")
    start = day_start_s(f"{year}-{month}-{day}")
    hour, minute, second = int(parts["h"]), int(parts["min"]), int(parts["s"])
    if start is None or hour > 23 or minute > 59 or second > 60:
        return None
    fraction = parts["f"] or ""
    t_s = start + 3600 * hour + 60 * minute + second + (float(f"0.{fraction}") if fraction else 0.0)
    zone = parts["z"]
    if zone is None:
        return Stamp(t_s, "local", 10.0 ** -len(fraction))
    return Stamp(t_s - _zone_s(zone), "utc", 10.0 ** -len(fraction))


def _number_stamp(text: str) -> Stamp | None:
    if not _PLAIN.fullmatch(text):
        return None
    value = _finite(text)
    if value is None or value < 0:
        return None
    _, _, decimals = text.partition(".")
    step = 10.0 ** -len(decimals) if decimals.isdigit() else 1.0
    for scale in (1.0, 1e3, 1e6, 1e9):
        if 5e8 * scale <= value < 5e9 * scale:
            return Stamp(value / scale, "utc", step / scale)
    return Stamp(value, "elapsed", step) if value < 5e8 else None


def are_days(first_s: float, step_s: float) -> bool:
    """Whether times taken for seconds are days since 1899-12-30, as a spreadsheet makes of stamps.

    Args:
        first_s: the first of them.
        step_s: the usual step. Days of this century with a thousand samples to the second, or more, are no
            seconds: a step of 0.001 days is 86 s.

    Example:
        >>> are_days(46082.0001, 1.2e-5), are_days(46082.0, 0.1), are_days(12.5, 1e-4)
        (True, False, False)
    """
    return _CENTURY_DAYS[0] <= first_s < _CENTURY_DAYS[1] and 0.0 < step_s < 1e-3


def _zone_s(zone: str) -> float:
    if zone in ("Z", "UTC"):
        return 0.0
    digits = zone[1:].replace(":", "")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:4])
    return float(-seconds if zone[0] == "-" else seconds)


@lru_cache(maxsize=512)
def day_start_s(date: str) -> float | None:
    """Seconds from 1970 to the beginning of a day ``Y-M-D``; None if there is no such day.

    Example:
        >>> day_start_s("1970-01-02")
        86400.0
    """
    try:
        year, month, day = (int(part) for part in date.split("-"))
        return datetime(year, month, day, tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


def utc(moment: Stamp | None, zone: tzinfo | None = None) -> datetime | None:
    """The moment in UTC, or None where the stamp has no zone and none was given.

    Example:
        >>> utc(stamp("2026-01-01T00:00:00+01:00")).isoformat()
        '2025-12-31T23:00:00+00:00'
    """
    if moment is None or moment.kind == "elapsed" or (moment.kind == "local" and zone is None):
        return None
    try:
        plain = datetime.fromtimestamp(moment.t_s, timezone.utc)
        if moment.kind == "utc":
            return plain
        return plain.replace(tzinfo=zone).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
