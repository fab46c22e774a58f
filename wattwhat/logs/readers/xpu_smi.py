"""Intel's xpu-smi dump: watts or an energy counter of GPUs, stamped with the time of day alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.counter_series import CounterSeries
from wattwhat.logs.building.day_clock import DayClock
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import rounding_j
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, is_index, is_missing, number, stamp
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["XpuSmi"]

_SENSOR = Sensor(
    "the Intel GPU's power reading (Level Zero)",
    0.058,
    False,
    averages_rows=True,
    note="+-10 % taken; Intel states no figure",
)
_POWER = re.compile(r"(?:gpu )?(?:average )?power \(w\)")
_ENERGY = re.compile(r"(?:gpu )?energy(?: consumed)? \(j\)")
_PLACES = ("timestamp", "deviceid", "tileid")


class XpuSmi:
    """Each GPU a channel (each tile with ``-t``); the energy counter is taken where there is one."""

    name = "xpu-smi"

    def sniff(self, head: Head) -> int:
        """A header that begins with Timestamp and DeviceId."""
        return 90 if any(_is_header(line.split(",")) for line in head.lines[:20]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a dump; a header that comes again begins another."""
        dump: _Dump | None = None
        ended = 0
        for line, row in csv_rows(source):
            if _is_header(row):
                if dump is not None and dump.rows:
                    ended += 1
                    yield from dump.measurements(f"{source.stem} ({ended})")
                dump = _Dump(source, options, line, row)
            elif dump is not None:
                dump.row(line, row)
        if dump is None:
            raise source.error(None, "expected a header with Timestamp, DeviceId and GPU Power (W)")
        if dump.rows or not ended:
            yield from dump.measurements(f"{source.stem} ({ended + 1})" if ended else None)


def _is_header(cells: list[str]) -> bool:
    return [cell.strip().lower() for cell in cells[:2]] == ["timestamp", "deviceid"]


class _Dump:
    """The rows below one header."""

    def __init__(self, source: Source, options: Options, line: int, header: list[str]) -> None:
        names = [name.lower() for name in header]
        self._source, self._options, self._line, self._width = source, options, line, len(header)
        self._tile = names.index("tileid") if "tileid" in names else None
        self._power = next((k for k, name in enumerate(names) if _POWER.fullmatch(name)), None)
        self._energy = next((k for k, name in enumerate(names) if _ENERGY.fullmatch(name)), None)
        if self._power is None and self._energy is None:
            listed = ", ".join(name for name in header if name.lower() not in _PLACES)[:200]
            raise source.error(
                line, f"expected GPU Power (W) or GPU Energy Consumed (J), found {listed}; dump with -m 1,8"
            )
        self._clock = DayClock()
        self._trace = Trace(source, options, format=XpuSmi.name, sensor=_SENSOR, component="gpu")
        self._counters = CounterSeries(source, XpuSmi.name, _SENSOR)
        self.rows = 0

    def row(self, line: int, row: list[str]) -> None:
        if wrong := misfit(len(row), self._width):
            self._source.problem(line, wrong)
            return
        at = self._stamp(row[0])
        tile = row[self._tile] if self._tile is not None else "0"
        if at is None or not is_index(row[1]) or not is_index(tile):
            expected = "a time such as 06:14:46.000" if at is None else "the numbers of a device and its tile"
            self._source.problem(line, f"expected {expected}, found {', '.join(row)[:60]!r}")
            return
        self.rows += 1
        device = f"GPU {int(row[1])}" + (f" tile {int(tile)}" if self._tile is not None else "")
        if self._energy is not None:
            self._count(device, at, row[self._energy], line)
        if self._power is not None:
            self._sample(device, at, row[self._power], line)

    def _stamp(self, text: str) -> Stamp | None:
        t_s = self._clock.seconds(text)
        return stamp(text) if t_s is None else Stamp(t_s, "elapsed", self._clock.step_s)

    def _count(self, device: str, at: Stamp, cell: str, line: int) -> None:
        value = number(cell)
        if value is not None and value >= 0.0:
            factor = self._options.energy_factor or 1.0
            step_j = rounding_j(cell, factor) * 12.0**0.5
            self._counters.add(device, "gpu", at, value * factor, line, step_j=step_j)
        elif not is_missing(cell):
            self._source.problem(line, f"expected joules of 0 or more, found {cell!r:.40}")

    def _sample(self, device: str, at: Stamp, cell: str, line: int) -> None:
        value = number(cell)
        if is_missing(cell):
            self._trace.missing(device)
        elif value is None:
            self._source.problem(line, f"expected a power, found {cell!r:.40}")
        else:
            self._trace.add(device, self._trace.clock(at), value * (self._options.power_factor or 1.0), line)

    def measurements(self, label: str | None) -> Iterator[Measurement]:
        if self._counters:
            zone = self._options.timezone
            yield from self._counters.measurements(label=label, zone=zone, scope="gpu", line=self._line)
        else:
            yield from self._trace.measurements(label=label, scope="gpu")
