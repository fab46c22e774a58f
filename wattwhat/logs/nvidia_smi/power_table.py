"""Tables of power with one row a sample: which column is what, whose row it is, and what is no row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import attrs

from wattwhat.errors import Remedy
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.nvidia_smi.columns import Columns, columns_of, is_date, is_time, names_a_time
from wattwhat.logs.nvidia_smi.interleaving import Turns, devices_in_turn
from wattwhat.logs.parsing.cells import is_index, is_missing, number, split_unit, stamp
from wattwhat.logs.parsing.csv_rows import misfit, split_cells
from wattwhat.logs.parsing.named_rows import delimiter_of
from wattwhat.logs.power_sensor import powers_left_out, sensor_of
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import unit_factor

__all__ = ["WATTS", "PowerTable"]

WATTS = re.compile(r"\[?[\d.]+ W\]?")
_UUID = re.compile(r"GPU-[0-9a-f-]{8,}|[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.\d")
_DECIMALS = re.compile(r"\d{1,2} W")
_WHOLE = re.compile(r"\d+\.\d\d")  # as nvidia-smi prints powers; cut behind it, the number is still right


class PowerTable:
    """Goes through the rows of GPU power, keeping which column is what.

    Args:
        source: the file.
        options: the user's.
        head: its beginning, by which columns are found.

    Attributes:
        columns: where things are in the rows to come.
        delimiter: what separates cells.
        trace: where the samples go.
    """

    def __init__(self, source: Source, options: Options, head: Head) -> None:
        self._source, self._options = source, options
        self.delimiter = delimiter_of(head.first_line)
        self.columns = self._find_columns(head)
        first, *others = (split_cells(text, self.delimiter) for text in head.lines[:3])
        sensor = sensor_of(self.columns, first, [cell for row in others for cell in row])
        self.trace = Trace(source, options, format="nvidia-smi", sensor=sensor, component=self._component())
        if unread := powers_left_out(self.columns, first):
            names = ", ".join(unread)[:300]
            self.trace.warn(f"only the power in {first[self.columns.power]} was read; left out: {names}")
        self._factor = options.power_factor
        if options.power_unit:
            self.trace.warn(f"powers were read as {options.power_unit}, as power_unit asked")
        self.headless: int | None = None  # line of a header without a power, whose rows are not read
        self._rows: dict[str | None, int] = {}
        self._clock_kind: str | None = None
        self.decimals: int | None = None
        self._limits: dict[str | None, float] = {}
        self._turns = self._turns_of(head)
        self.width = self._width_of(head)
        self.units = self._units_of(head)

    def _width_of(self, head: Head) -> int:
        """Cells a row: as many as the header has; without one, as most of the first rows have."""
        cells = split_cells(head.first_line, self.delimiter)
        if columns_of(cells) is not None:
            return len(cells)
        widths = [len(split_cells(text, self.delimiter)) for text in head.lines[:50]]
        return max((w for w in widths if w > self.columns.power), key=widths.count)

    def _units_of(self, head: Head) -> set[str]:
        """The units that rows at the beginning write behind a power, so that one without it shows as cut."""
        place = self.columns.power
        rows = [split_cells(text, self.delimiter) for text in head.lines[:50]]
        units = (split_unit(row[place]) for row in rows if place < len(row) == self.width)
        return {unit for text, unit in units if unit and number(text) is not None}

    def _find_columns(self, head: Head) -> Columns:
        cells = split_cells(head.first_line, self.delimiter)
        columns = columns_of(cells)
        if columns is None and not any(is_time(c) or WATTS.fullmatch(c) for c in cells):
            raise self._source.error(
                1,
                f"expected a column with the power draw, found {', '.join(cells)[:200]}; log it with "
                "--query-gpu=timestamp,index,power.draw",
            )
        if columns is None:
            columns = self._without_header(head)
        if columns.time is None:
            columns = attrs.evolve(columns, time=self._time_column(head, cells))
        if columns.time is None and self._options.interval_s is None:
            raise self._source.error(
                1,
                "there is no column with times",
                Remedy("give {interval_s}, the seconds between two rows", interval_s=...),
            )
        return columns

    def _time_column(self, head: Head, header: list[str]) -> int | None:
        """A column whose cells are dates, under whatever name."""
        for text in head.lines[:50]:
            cells = split_cells(text, self.delimiter)
            if cells != header and text.strip():
                return next((k for k, cell in enumerate(cells) if is_date(cell)), None)
        return None

    def _without_header(self, head: Head) -> Columns:
        """The draw is the one column in watts that moves; a limit stands still."""
        rows = [split_cells(text, self.delimiter) for text in head.lines if text.strip()]
        first = rows[0]
        time = next((k for k, cell in enumerate(first) if is_time(cell)), None)
        watts = [k for k, cell in enumerate(first) if WATTS.fullmatch(cell)]
        if len(watts) > 1:
            moving = [k for k in watts if len({row[k] for row in rows if len(row) > k}) > 1]
            watts = moving or watts
        if len(watts) != 1:
            problem = "no column in W" if not watts else "several columns in W"
            raise self._source.error(
                1,
                f"there is no header and {problem}, so which one is the power draw is unknown; log with "
                "--format=csv (header and units), or write a header line above",
            )
        uuid = next((k for k, cell in enumerate(first) if _UUID.fullmatch(cell)), None)
        return Columns(watts[0], "W", time=time, uuid=uuid)

    def _component(self) -> str:
        return "module" if self.columns.kind.startswith("module.") else "gpu"

    def _turns_of(self, head: Head) -> Turns | None:
        """Rows without a number of the GPU: whether several take turns, by their times or as told."""
        if self.columns.index is not None or self.columns.uuid is not None:
            return None
        times = [
            t for t in (self._time_of(split_cells(x, self.delimiter)) for x in head.lines) if t is not None
        ]
        count = self._options.gpus or devices_in_turn(times)
        if count == 1:
            return None
        if self._options.gpus is None and self.trace.stamp_step_s >= 1.0:
            raise self._source.error(
                None,
                f"rows come {count} at a time under stamps of whole seconds, from {count} GPUs or from one "
                f"that was read that often",
                Remedy("say which with {gpus}, or that it is one", gpus=count),
            )
        goes = times[::count]
        steps = sorted(b - a for a, b in pairwise(goes))
        self.trace.warn(
            f"the file does not number its GPUs; by their times {count} take turns, told apart by their place"
            if self._options.gpus is None
            else f"the rows were taken for {count} GPUs in turn, as gpus asked"
        )
        return Turns(self._source, count, steps[len(steps) // 2] if steps else float("inf"))

    @property
    def takes_turns(self) -> bool:
        """Whether several GPUs take turns without a number."""
        return self._turns is not None

    def device(self, cells: list[str]) -> str | None:
        """What a row says of its GPU; the first time, what else it says is told to the trace."""
        return self._device(cells)

    def row(self, line: int, text: str) -> None:
        """One line of the file."""
        columns, cells = self.columns, self._mended(split_cells(text, self.delimiter))
        wrong = misfit(len(cells), self.width)
        if self.headless is not None:
            wrong = f"expected a row with a power, found one of the header of line {self.headless}"
        device = power_w = None
        if not wrong:
            device = self._device(cells)
            power_w, wrong = self._power(cells[columns.power])
            wrong = wrong or self._cut(line, cells)
        if wrong:
            self._header_or_problem(line, cells, wrong)
            return
        t_s = self._time(cells, device)
        if t_s is None:
            self._source.problem(line, f"expected a time, found {_at(cells, columns.time)!r:.60}")
        elif self._turns is None:
            self._take(device, t_s, power_w, line)
        else:
            for place, at_s, its_w, its_line in self._turns.add(t_s, power_w, line):
                self._take(f"GPU in place {place + 1}", at_s, its_w, its_line)

    def _mended(self, cells: list[str]) -> list[str]:
        """A decimal comma beside separating commas makes one cell more: ``100,50 W`` is one power."""
        place = self.columns.power
        if len(cells) != self.width + 1 or place + 1 >= len(cells) or self.delimiter != ",":
            return cells
        moment = (
            stamp(cells[place - 1]) if self.columns.time == place - 1 and len(cells[place]) == 3 else None
        )
        if moment is not None and moment.step_s >= 1.0:
            return cells  # may as well be the milliseconds of Python's logging
        if not (is_index(cells[place]) and _DECIMALS.fullmatch(cells[place + 1])):
            return cells
        return [*cells[:place], f"{cells[place]}.{cells[place + 1]}", *cells[place + 2 :]]

    def _cut(self, line: int, cells: list[str]) -> str | None:
        """Whether the file ends within this power: it has fewer decimals than any before, and no line end."""
        cell = cells[-1]
        if self.columns.power != len(cells) - 1 or not cell[-1:].isdigit():
            return None
        decimals, before = len(cell.partition(".")[2]), self.decimals
        self.decimals = decimals if before is None else min(before, decimals)
        if before is None or decimals >= before or line != self._source.line_without_end:
            return None
        return f"expected a power of {before} decimals or more, found {cell!r:.60}: cut off, as is its line?"

    def _take(self, device: str | None, t_s: float, power_w: float | None, line: int) -> None:
        if power_w is None:
            self.trace.missing(device)
        else:
            self.trace.add(device, t_s, power_w, line)

    def _header_or_problem(self, line: int, cells: list[str], problem: str) -> None:
        """A row may be a header once more: a restarted log may have other columns, or no power."""
        columns = columns_of(cells)
        if columns is None:
            self.headless = line if names_a_time(cells) else self.headless
            self._source.problem(line, problem)
            return
        if columns.time is None:
            columns = attrs.evolve(columns, time=self.columns.time)
        self.columns, self.width, self.headless = columns, len(cells), None

    def _device(self, cells: list[str]) -> str | None:
        """What the row says of its GPU: model name, number, or what names it for good."""
        columns = self.columns

        index, uuid = _at(cells, columns.index), _at(cells, columns.uuid)
        known = f"GPU {index}" if index is not None and is_index(index) else index or uuid
        if known is None:
            return None
        if known not in self._limits:
            limit = split_unit(_at(cells, columns.limit) or "")[0]
            self._limits[known] = number(limit) or 0.0
            fields: dict[str, Any] = {"part": uuid} if uuid and uuid != known else {}
            if self._limits[known] > 0.0:
                fields["max_power_w"] = self._limits[known]
            self.trace.channel(known, **fields)
        return known

    def _power(self, cell: str) -> tuple[float | None, str | None]:
        """Watts, or None with a complaint where there should have been some."""
        text, unit = split_unit(cell)
        value = number(text)
        if value is None:
            return None, None if is_missing(cell) else f"expected a power, found {cell!r:.60}"
        if value < 0.0:
            return None, f"expected a power of 0 W or more, found {cell!r:.60}"
        if unit is None and self.units and not (self.units == {"W"} and _WHOLE.fullmatch(text)):
            return (
                None,
                f"expected a power with its unit, as in the rows before, found {cell!r:.60}: cut off?",
            )
        factor = self._factor
        if factor is None:
            known = unit or self.columns.unit or "W"
            factor = unit_factor(known, "W") if known in ("W", "mW", "kW", "uW") else 1.0
        return value * factor, None

    def _time(self, cells: list[str], device: str | None) -> float | None:
        if self.columns.time is None:
            count = self._rows[device] = self._rows.get(device, -1) + 1
            turns = self._options.gpus if self._turns is not None and self._options.gpus else 1
            return (count // turns) * (self._options.interval_s or 1.0)
        return self._time_of(cells)

    def _time_of(self, cells: list[str]) -> float | None:
        place = self.columns.time
        if place is None or place >= len(cells):
            return None
        moment = self.columns.moment(cells[place])
        # a stamp that is cut off may look like one of another clock
        if moment is None or moment.kind != (self._clock_kind or moment.kind):
            return None
        self._clock_kind = moment.kind
        return self.trace.clock(moment)

    def finish(self) -> Iterator[Measurement]:
        """What came out."""
        if self._turns is not None:
            self._turns.finish()
        yield from self.trace.measurements(scope="gpu", column=self.columns.kind)


def _at(cells: list[str], place: int | None) -> str | None:
    """The cell in this place, None where there is none or it is empty."""
    return cells[place] or None if place is not None and place < len(cells) else None
