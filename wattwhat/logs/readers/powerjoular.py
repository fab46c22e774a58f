"""PowerJoular's CSV: watts of the machine or of one process, dates padded the way Ada prints numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, day_start_s, is_missing, number
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PowerJoular"]

_SENSOR = Sensor(
    "PowerJoular (RAPL on a PC, a regression model on a single-board computer)",
    0.05,
    False,
    averages_rows=True,
    note="ours; RAPL itself is good to a few percent",
)
# " 2024- 11- 2  19: 17: 7. 99": numbers padded with a blank, and the fraction counts milliseconds: 7.099 s
_DATE = re.compile(
    r"\s*(\d{4})-\s*(\d{1,2})-\s*(\d{1,2})\s+(\d{1,2}):\s*(\d{1,2}):\s*(\d{1,2})(?:\.\s*(\d{1,3}))?\s*"
)
_COMPONENTS = {"total power": "host", "cpu power": "cpu", "gpu power": "gpu"}


class PowerJoular:
    """Power of the machine (total, CPU and GPU), or of one process in a file without a total."""

    name = "powerjoular"

    def sniff(self, head: Head) -> int:
        """Its header, which names utilization and power."""
        cells = head.cells()
        return 90 if cells[:2] == ("date", "cpu utilization") and "cpu power" in cells else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; the total is counted and its parts are kept uncounted."""
        rows = csv_rows(source)
        _, header = next(rows, (1, []))
        columns = {name.lower(): place for place, name in enumerate(header) if name.lower() in _COMPONENTS}
        trace = Trace(source, options, format=self.name, sensor=_SENSOR, component="cpu")
        parts = [name for name in columns if name != "total power"]
        for name in columns:
            inside = [trace.channel_id(part) for part in parts] if name == "total power" else []
            trace.channel(name, component=_COMPONENTS[name], contains=inside)
        yield from self._fill(source, rows, header, columns, trace, options.power_factor or 1.0)

    def _fill(
        self,
        source: Source,
        rows: Iterator[tuple[int, list[str]]],
        header: list[str],
        columns: dict[str, int],
        trace: Trace,
        factor: float,
    ) -> Iterator[Measurement]:
        dormant: dict[str, tuple[float, int] | None] = {"gpu power": None}
        other: int | None = None  # line of another header: which column is which there is not looked into
        for line, row in rows:
            if row[0].lower() == "date":
                other = None if row == header else line
                if other is None:
                    continue
            wrong = misfit(len(row), len(header))
            if other is not None:
                wrong = f"expected the columns of the first header, found those of line {other}"
            if wrong:
                source.problem(line, wrong)
                continue
            moment = ada_stamp(row[0])
            values = {name: _power(row, place) for name, place in columns.items()}
            if moment is None or None in values.values():
                expected = "a date such as 2024-11-2 19:17:6" if moment is None else "powers of 0 W or more"
                source.problem(line, f"expected {expected}, found {','.join(row)[:60]!r}")
                continue
            t_s = trace.clock(moment)
            for name, power_w in values.items():
                if power_w is None or math.isnan(power_w):
                    trace.missing(name)
                elif name in dormant and power_w == 0.0:
                    # A machine without a GPU shows 0 W for it: no channel until it draws something.
                    dormant[name] = (t_s, line)
                else:
                    before = dormant.pop(name, None)
                    if before is not None:
                        trace.add(name, before[0], 0.0, before[1])
                    trace.add(name, t_s, power_w * factor, line)
        yield from trace.measurements(scope="machine" if "total power" in columns else "process")


def ada_stamp(text: str) -> Stamp | None:
    """A date of PowerJoular; its fraction counts milliseconds without leading zeros.

    Example:
        >>> first, later = ada_stamp(" 2024- 11- 2  19: 17: 6. 623"), ada_stamp(" 2024- 11- 2  19: 17: 7. 99")
        >>> round(later.t_s - first.t_s, 3)
        0.476
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = match.groups()[:6]
    start = day_start_s(f"{year}-{month}-{day}")
    if start is None:
        return None
    fraction = match[7]
    t_s = (
        start + 3600 * int(hour) + 60 * int(minute) + int(second) + (int(fraction) / 1e3 if fraction else 0.0)
    )
    return Stamp(t_s, "local", 1e-3 if fraction else 1.0)


def _power(row: list[str], place: int) -> float | None:
    """Watts, NaN where the cell says that there is none, None where it is no power."""
    cell = row[place] if place < len(row) else "?"
    if is_missing(cell):
        return math.nan
    value = number(cell)
    return value if value is not None and value >= 0.0 else None
