"""Which column of a power table holds what: the draw and not the limit, the time, the device, the unit."""

from __future__ import annotations

import re

import attrs

from wattwhat.logs.parsing.cells import TIME_UNITS, Stamp, number, split_unit, stamp

__all__ = ["Columns", "columns_of", "is_date", "is_time", "names_a_time", "unit_of_header"]

_DRAW = ("power.draw", "power.draw.average", "power.draw.instant", "module.power.draw.average")
_DRAW_OWN = re.compile(
    r"(?:gpu[_. ]?(?:\d+[_. ]?)?)?(?:power(?:[_. ]?(?:draw|usage|consumption))?|watts?)"
    r"(?:[_. ]?(?:in[_. ])?(?:m?w|watts|milliwatts))?"
)
_LIMIT = ("power.limit", "enforced.power.limit", "power_limit", "power_limit_w", "power.max_limit")
_TIME = (
    "timestamp", "time", "datetime", "date", "date_time", "unix_time", "unix_timestamp", "epoch", "ts", "t",
    "elapsed", "elapsed_time", "seconds", "milliseconds", "wall_time",
)  # fmt: skip
# No run is that long: a larger number is a date, whatever unit its header states.
_DATE_S = 5e8
_TIME_SUFFIX = re.compile(r"[_. ](s|sec|ms|msec|us|usec|ns|nsec)$")
_INDEX = ("index", "gpu", "gpu_index", "gpu_id", "gpu_idx", "gpu.index", "idx", "device", "device_id")
_UUID = ("uuid", "gpu_uuid", "gpu_serial", "serial", "pci.bus_id", "gpu_bus_id", "pci.bus")
_NAME = ("name", "gpu_name", "model")
# A unit is short; an unbounded pattern would take minutes over a line of a thousand brackets.
_BRACKET = re.compile(r"\s?[\[(]([^\[\](){}]{0,40})[\])]\s?$")
_SUFFIX = re.compile(r"[_. ](?:in[_. ])?(mw|w|watts|milliwatts)$")
# What a bracket may hold instead of a unit; anything else there is one, of energy or of a share perhaps.
_OF_WHAT = frozenset(
    ("gpu", "cpu", "board", "module", "total", "avg", "average", "mean", "instant", "current", "draw")
)


@attrs.frozen
class Columns:
    """Places of columns in a row, from 0; None where there is none.

    Args:
        power: the draw.
        unit: its unit by the header, or None.
        kind: what the draw is called.
        time: time stamp.
        time_unit: seconds per unit of a bare number of time by the header, or None.
        index: number of the device.
        uuid: something that names the device for good.
        name: model name of the device.
        limit: power limit, which is no draw.
    """

    power: int
    unit: str | None = None
    kind: str = "power"
    time: int | None = None
    time_unit: float | None = None
    index: int | None = None
    uuid: int | None = None
    name: int | None = None
    limit: int | None = None

    def moment(self, cell: str) -> Stamp | None:
        """The time in a cell; a number is in the unit that the header states, unless it is a plain date."""
        moment = stamp(cell)
        if self.time_unit is None or (value := number(cell)) is None or value < 0.0:
            return moment
        t_s = value * self.time_unit
        if t_s < _DATE_S:
            return Stamp(t_s, "elapsed", self.time_unit)
        return moment if moment and moment.kind == "utc" else Stamp(t_s, "utc", self.time_unit)


def unit_of_header(cell: str) -> tuple[str, str | None]:
    """A header cell's name in lower case and the unit of power it states.

    Example:
        >>> unit_of_header("power.draw [W]"), unit_of_header("gpu_power_mw")
        (('power.draw', 'W'), ('gpu_power_mw', 'mW'))
    """
    name = cell.strip().strip('"')
    bracket = _BRACKET.search(name)
    if bracket:
        return name[: bracket.start()].strip().lower(), split_unit(f"1 {bracket[1].strip()}")[1]
    suffix = _SUFFIX.search(name.lower())
    if suffix is None:
        return name.lower(), None
    return name.lower(), "mW" if suffix[1].startswith("m") else "W"


def _has_other_unit(cell: str) -> bool:
    """Whether a header cell states a unit that is none of power, as power_consumption(kWh) does."""
    bracket = _BRACKET.search(cell.strip().strip('"'))
    if bracket is None or unit_of_header(cell)[1] in ("W", "mW", "kW", "uW"):
        return False
    words = bracket[1].lower().replace("#", " ").replace("_", " ").split()
    return not all(word in _OF_WHAT or word.isdigit() for word in words)


def columns_of(header: list[str]) -> Columns | None:
    """The places of the columns of a header row, or None if it names no power draw.

    A power in another unit than one of power, such as % or kWh, is no draw.

    Example:
        >>> columns_of(["timestamp", "power.limit [W]", "power.draw [W]"]).power
        2
        >>> columns_of(["timestamp", "power.limit [W]"]) is None, columns_of(["time", "power (%)"]) is None
        (True, True)
    """
    named = [unit_of_header(cell) for cell in header]
    names = [name for name, _ in named]
    draws = {k: name for k, name in enumerate(names) if not _has_other_unit(header[k])}
    power = next((k for draw in _DRAW for k, name in draws.items() if name == draw), None)
    if power is None:
        own = [k for k, name in draws.items() if name not in _LIMIT and _DRAW_OWN.fullmatch(name)]
        power = own[0] if len(own) == 1 else None
    if power is None:
        return None
    time = next((k for name in _TIME for k, cell in enumerate(header) if _time_of(cell)[0] == name), None)
    return Columns(
        power,
        named[power][1],
        names[power],
        time,
        None if time is None else _time_of(header[time])[1],
        _first(names, _INDEX),
        _first(names, _UUID),
        _first(names, _NAME),
        _first(names, _LIMIT),
    )


def names_a_time(header: list[str]) -> bool:
    """Whether cells are names, and one of them that of a column of times, as in a header.

    Example:
        >>> names_a_time(["timestamp", "temperature.gpu"]), names_a_time(["t", "5"])
        (True, False)
    """
    named = any(_time_of(cell)[0] in _TIME for cell in header)
    return named and all(number(unit_of_header(cell)[0]) is None for cell in header)


def _time_of(cell: str) -> tuple[str, float | None]:
    """A header cell's name without its unit of time, and that unit in s, or None where it states none."""
    name = unit_of_header(cell)[0]
    bracket = _BRACKET.search(cell.strip().strip('"'))
    suffix = _TIME_SUFFIX.search(name)
    unit = bracket[1].strip().lower() if bracket else suffix[1] if suffix else name
    if suffix and not bracket:
        name = name[: suffix.start()]
    return name, TIME_UNITS.get(unit)


def _first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def is_date(cell: str) -> bool:
    """Whether a cell is a moment, and not just a small number."""
    moment = stamp(cell)
    return moment is not None and moment.kind != "elapsed"


def is_time(cell: str) -> bool:
    """Whether a cell is a moment and has no unit of power."""
    return is_date(cell) and not unit_of_header(cell)[1]
