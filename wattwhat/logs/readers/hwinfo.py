"""HWiNFO's CSV: watts of processor, memory and GPUs among hundreds of columns, some of the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.known_sensors import AMD_SMU, NVML, RAPL, Sensor
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, day_start_s, is_missing, number
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.parsing.named_rows import delimiter_of
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["HwInfo"]

_GPU = Sensor("HWiNFO's GPU power (the driver of NVIDIA, AMD or Intel)", 0.058, False)
_SYSTEM = Sensor("HWiNFO's system power (battery or board controller)", 0.1, False)
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,6}))?")
# "CPU [#0]: A CPU: DTS" and "CPU [#0]: A CPU: Enhanced" are two sensors of one processor.
_NUMBERED = re.compile(r"(?:CPU|GPU|iGPU) \[#\d{1,3}\]")
_WATTS = re.compile(r"(.{1,200})\[W\]", re.IGNORECASE)
# Group of a column, its component and its rank: of one group the first rank holds the others.
_KINDS = (
    (re.compile(r"(?:total )?system power"), "system", "host", 0),
    (re.compile(r"cpu package power(?: \(smu\))?"), "processor", "cpu", 0),
    (re.compile(r"cpu ppt"), "processor", "cpu", 1),
    (re.compile(r"ia cores power|cpu core power.{0,20}"), "processor", "core", 2),
    (
        re.compile(r"(?:gt cores|system agent|rest-of-chip) power|cpu soc power.{0,20}"),
        "processor",
        "uncore",
        2,
    ),
    (re.compile(r"(?:total )?dram power"), "memory", "dram", 0),
    (re.compile(r"total board power(?: \(tbp\))?"), "gpu", "gpu", 0),
    (re.compile(r"gpu power"), "gpu", "gpu", 1),
    (re.compile(r"total graphics power(?: \(tgp\))?"), "gpu", "gpu", 2),
    (re.compile(r"gpu asic power"), "gpu", "gpu", 3),
)
# Parts of what is counted, and what is no draw: not worth a word.
_PASSED_OVER = re.compile(
    r"limit|static|dynamic|(?:p-|e-)?core \d|core\+soc|cpu misc|^gpu .*(?:rail|input|core|memory|vdd|soc)"
)


class HwInfo:
    """Package, DRAM and GPUs, each once: what is inside another is kept beside it; scope: components."""

    name = "hwinfo"

    def sniff(self, head: Head) -> int:
        """A header that begins with Date and Time, with units in brackets."""
        cells = head.cells(delimiter_of(head.first_line))
        if cells[:2] != ("date", "time"):
            return 0
        units = sum(cell.endswith("]") for cell in cells)
        return 90 if any(cell.endswith("[w]") for cell in cells) else 60 if units > 2 else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; a header of other columns begins another."""
        delimiter = delimiter_of(head_of(source).first_line)
        table: _Table | None = None
        ended = 0
        for line, row in csv_rows(source, delimiter):
            if [cell.lower() for cell in row[:2]] == ["date", "time"]:
                if table is not None and row != table.header:
                    ended += 1
                    yield from table.measurements(f"{source.stem} ({ended})")
                    table = None
                table = table or _Table(source, options, line, row)
            elif table is not None:
                table.row(line, row)
        if table is None:
            raise source.error(1, "expected a header that begins with Date and Time")
        yield from table.measurements(f"{source.stem} ({ended + 1})" if ended else None)


@attrs.define
class _Column:
    """A power column: where it is, what it is of, and which device its sensor stands for."""

    place: int
    device: str
    group: str
    rank: int
    repeats: bool
    owner: str = ""


class _Table:
    def __init__(self, source: Source, options: Options, line: int, header: list[str]) -> None:
        self._source, self.header, self._line = source, header, line
        self._factor = options.power_factor or 1.0
        self._trace = Trace(source, options, format=HwInfo.name, sensor=RAPL, component="cpu")
        self._columns: list[_Column] = []
        self._left_out: list[str] = []
        for place, name in enumerate(header):
            self._plan(place, name)
        if not self._columns:
            listed = ", ".join(self._left_out)[:200] or "none in watts"
            raise source.error(
                line,
                f"expected CPU Package Power [W] or GPU Power [W], found {listed}; log those sensors too",
            )

    def _plan(self, place: int, name: str) -> None:
        match = _WATTS.fullmatch(name)
        if match is None or not match[1].strip():
            return
        watts = match[1].strip()
        lower = watts.lower()
        for pattern, group, component, rank in _KINDS:
            if pattern.fullmatch(lower):
                before = sum(column.device.partition(" #")[0] == watts for column in self._columns)
                device = f"{watts} #{before + 1}" if before else watts
                self._columns.append(_Column(place, device, group, rank, bool(before)))
                sensor = {"gpu": _GPU, "system": _SYSTEM}.get(group, RAPL)
                self._trace.channel(device, component=component, sensor=sensor)
                return
        if not _PASSED_OVER.search(lower):
            self._left_out.append(watts)

    def row(self, line: int, row: list[str]) -> None:
        width = len(self.header)
        if wrong := misfit(len(_without_end(row, width)), len(_without_end(self.header, width))):
            self._source.problem(line, wrong)
            return
        if not row[0] and not row[1]:
            self._owners(row)
            return
        at = _moment(row[0], row[1])
        if at is None:
            stamp_text = f"{row[0]} {row[1]}"[:60]
            self._source.problem(
                line, f"expected a date and a time such as 1.3.2026,10:00:00.000, found {stamp_text!r}"
            )
            return
        t_s = self._trace.clock(at)
        for column in self._columns:
            cell = row[column.place]
            value = _number(cell)
            if is_missing(cell):
                self._trace.missing(column.device)
            elif value is None:
                self._source.problem(
                    line, f"expected a power in {self.header[column.place]}, found {cell!r:.40}"
                )
            else:
                self._trace.add(column.device, t_s, value * self._factor, line)

    def _owners(self, row: list[str]) -> None:
        """The last line of a log names the sensor of each column: it tells two devices from one twice."""
        for column in self._columns:
            column.owner = row[column.place]

    def measurements(self, label: str | None) -> Iterator[Measurement]:
        self._contain()
        if self._left_out:
            self._trace.warn(f"powers of other things were left out: {', '.join(self._left_out)[:300]}")
        owners = {column.device: column.owner for column in self._columns if column.owner}
        scope = "machine" if any(column.group == "system" for column in self._columns) else "components"
        yield from self._trace.measurements(label=label, scope=scope, sensors=owners or None)

    def _contain(self) -> None:
        """Of the columns of one device the first rank holds the rest; the system holds everything."""
        groups: dict[tuple[str, str], list[_Column]] = {}
        for column in self._columns:
            numbered = _NUMBERED.match(column.owner)
            owner = numbered[0] if numbered else column.owner
            groups.setdefault((column.group, owner), []).append(column)
            if column.group == "gpu" and column.owner:
                maker = column.owner.lower()
                known = (
                    NVML if "nvidia" in maker else AMD_SMU if "amd" in maker or "radeon" in maker else _GPU
                )
                self._trace.channel(column.device, sensor=known)
        for (group, owner), columns in groups.items():
            first = min(columns, key=lambda column: column.rank)
            inside = self._columns if group == "system" else columns
            rest = [self._trace.channel_id(column.device) for column in inside if column is not first]
            if first.rank <= 1 or group == "gpu":
                self._trace.channel(first.device, contains=rest)
            again = [column.device for column in columns if column.repeats]
            if again and not owner:
                self._trace.warn(
                    f"{', '.join(again)}: there is a column of this name already, and the last line of the "
                    "log, which names the sensors, is missing: taken for the same device and not added"
                )


def _without_end(row: list[str], width: int) -> list[str]:
    """A row without the empty cell that the separator at the end of every line leaves."""
    return row[:-1] if row and row[-1] == "" and len(row) >= width else row


def _moment(date: str, time: str) -> Stamp | None:
    """A date with the day first (with points) or the year first, and a time."""
    day, clock = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if day is None or clock is None or int(clock[1]) > 23 or int(clock[2]) > 59 or int(clock[3]) > 60:
        return None
    year, month, of_month = (day[3], day[2], day[1]) if day[3] else (day[4], day[5], day[6])
    start_s = day_start_s(f"{year}-{month}-{of_month}")
    if start_s is None:
        return None
    fraction = clock[4] or ""
    t_s = start_s + 3600 * int(clock[1]) + 60 * int(clock[2]) + int(clock[3]) + float(f"0.{fraction or 0}")
    return Stamp(t_s, "local", 10.0 ** -len(fraction))


def _number(cell: str) -> float | None:
    """A number with the decimal mark of the machine's country; HWiNFO groups no thousands."""
    return number(cell, decimal="," if "," in cell and "." not in cell else None)
