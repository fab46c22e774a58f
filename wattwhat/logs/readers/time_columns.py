"""Which column of a table holds the length of a run and which ones its mean power, in which units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from wattwhat.logs.building.row_facts import plain_name
from wattwhat.logs.parsing.cells import TIME_UNITS

__all__ = ["TimedColumn", "duration_column", "power_columns"]

_STEM = (
    r"(?:total_?|training_?|train_?|inference_?|eval_?|run_?|wall_?|wall_clock_?|elapsed_?|measured_?)?"
    r"(?:duration|time|runtime|elapsed|window)"
)
# less than a second is the time of one item, and no run's
_UNITS = {name: seconds for name, seconds in TIME_UNITS.items() if seconds >= 1.0}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_DURATION = re.compile(rf"(?P<stem>{_STEM})(?:_?[\[(]_?(?P<in>{_UNIT})_?[\])]|_(?P<unit>{_UNIT}))")
_POWER = re.compile(r"(?:(?:avg|average|mean)_)?power_?(?:\(w\)|\[w\]|w|watts?)")
_PART = re.compile(
    r"(?P<part>cpu|gpu|ram|dram)_(?:(?:avg|average|mean)_)?power(?:_hw)?_?(?:\(w\)|\[w\]|w|watts?)"
    r"|(?:avg|average|mean)_(?P<other>cpu|gpu|ram|dram)_power_?(?:\(w\)|\[w\]|w|watts?)"
)


@attrs.frozen
class TimedColumn:
    """A column of lengths of time.

    Args:
        name: as written.
        unit_s: seconds per unit of it.
    """

    name: str
    unit_s: float


def duration_column(header: Sequence[str]) -> TimedColumn | None:
    """The first column that names the length of a run and its unit, from hours to seconds.

    A ``time_min`` beside a ``time_max`` or ``time_mean`` is the least time, not minutes.

    Example:
        >>> duration_column(["model", "Training_Time_Min"]), duration_column(["time_min", "time_max"])
        (TimedColumn(name='Training_Time_Min', unit_s=60.0), None)
    """
    names = {plain_name(name): name for name in reversed(header)}
    for plain, name in reversed(names.items()):
        match = _DURATION.fullmatch(plain)
        if match is None:
            continue
        stem = match["stem"]
        spread = any(f"{stem}_{other}" in names for other in ("max", "mean", "avg", "median", "std"))
        if not (match["unit"] == "min" and spread):
            return TimedColumn(name, _UNITS[match["unit"] or match["in"]])
    return None


def power_columns(header: Iterable[str]) -> tuple[str, ...]:
    """The column of the mean power in W, else those of its parts.

    Example:
        >>> power_columns(["CPU_Power_W", "ram_power_w", "power_limit_w"])
        ('CPU_Power_W', 'ram_power_w')
    """
    names = tuple(header)
    whole = next((name for name in names if _POWER.fullmatch(plain_name(name))), None)
    if whole is not None:
        return (whole,)
    return tuple(name for name in names if _PART.fullmatch(plain_name(name)))
