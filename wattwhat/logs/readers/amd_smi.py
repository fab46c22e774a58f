"""amd-smi metric --power / --energy as CSV or JSON: socket power by GPU, with times where it watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.counter_series import Counting
from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import AMD_SMU
from wattwhat.logs.building.measurement import imported, unused_rows
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import is_index, is_missing, number, stamp
from wattwhat.logs.parsing.csv_rows import csv_rows
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import unit_factor

__all__ = ["AmdSmi"]

_POWERS = ("socket_power", "current_socket_power", "average_socket_power")
_ENERGY = "total_energy_consumption"


class AmdSmi:
    """Power or an energy counter by GPU; scope: the GPU sockets.

    On the host of virtual machines socket_power is in microwatts (AMD's documentation); JSON states its
    unit, for CSV say ``power_unit="uW"``.
    """

    name = "amd-smi"

    def sniff(self, head: Head) -> int:
        """Its names, in a CSV header with gpu or in JSON."""
        cells = head.cells()
        if "gpu" in cells and {*_POWERS, _ENERGY} & set(cells):
            return 90
        return (
            85
            if head.is_json
            and '"gpu"' in head.text
            and any(f'"{n}"' in head.text for n in (*_POWERS, _ENERGY))
            else 0
        )

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each GPU a channel; the counter is taken where there is one."""
        rows = _json_rows(source) if head_of(source).is_json else _csv_rows(source)
        table = _Table(source, options)
        for line, row in rows:
            table.row(line, row)
        yield from table.finish()


class _Table:
    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._trace = Trace(source, options, format=AmdSmi.name, sensor=AMD_SMU, component="gpu")
        self._tally, self._counting = Tally(source, AmdSmi.name, AMD_SMU), Counting(source)
        self._times: list[float] = []
        self._count: dict[str, int] = {}

    def row(self, line: int, row: dict[str, tuple[str, str | None]]) -> None:
        """Cells by name, each with its unit where the file states one."""
        gpu = row.get("gpu", ("", None))[0]
        if not is_index(gpu):
            self._source.problem(line, f"expected the number of a GPU, found {gpu!r:.40}")
            return
        device = f"GPU {int(gpu)}"
        self._count[device] = self._count.get(device, 0) + 1
        stamped = stamp(row["timestamp"][0]) if "timestamp" in row else None
        if "timestamp" in row and stamped is None:
            self._source.problem(line, f"expected a time, found {row['timestamp'][0]!r:.40}")
            return
        t_s = self._trace.clock(stamped) if stamped else None
        if t_s is not None:
            self._times = [min([*self._times, t_s]), max([*self._times, t_s])]
        if _ENERGY in row and self._energy(device, row[_ENERGY], line):
            return
        cells = [row[name] for name in _POWERS if name in row]
        usable = next(
            (cell for cell in cells if (number(cell[0]) or -1.0) >= 0.0 or number(cell[0]) == 0.0), None
        )
        if usable is not None:
            at_s = self._at(device, t_s)
            self._trace.add(device, at_s, (number(usable[0]) or 0.0) * self._watts(usable[1]), line)
        elif cells and all(is_missing(text) for text, _ in cells):
            self._trace.missing(device)
        elif cells or _ENERGY not in row:
            self._source.problem(line, f"expected a power in {_POWERS[0]}, found {str(cells)[:60]}")

    def _at(self, device: str, t_s: float | None) -> float:
        if t_s is not None:
            return t_s
        if self._count[device] == 1 and self._options.interval_s is None:
            return 0.0  # a single snapshot is refused for being one, not for lacking a time
        return self._trace.tick(device, "")

    def _watts(self, unit: str | None) -> float:
        known = unit if unit in ("W", "mW", "uW", "kW") else "W"
        return self._options.power_factor or unit_factor(known, "W")

    def _energy(self, device: str, cell: tuple[str, str | None], line: int) -> bool:
        value = number(cell[0])
        if value is None or value < 0.0:
            return False
        known = cell[1] if cell[1] in ("J", "mJ", "uJ", "kJ") else "J"
        factor = self._options.energy_factor or unit_factor(known, "J")
        step_j = self._counting.step(device, value * factor, line)
        if step_j is not None:
            self._tally.add(device, "gpu", step_j)
        return True

    def finish(self) -> Iterator[Measurement]:
        if not self._tally:
            yield from self._trace.measurements(scope="gpu")
            return
        interval_s = self._options.interval_s
        by_count = interval_s * (max(self._count.values()) - 1) if interval_s else None
        span_s = self._times[1] - self._times[0] if self._times else by_count
        yield imported(
            self._source,
            self._tally.energies(),
            format=AmdSmi.name,
            duration_s=span_s,
            warnings=unused_rows(self._source),
            scope="gpu",
            line=1,
        )


def _csv_rows(source: Source) -> Iterator[tuple[int, dict[str, tuple[str, str | None]]]]:
    header: list[str] = []
    for line, row in csv_rows(source):
        if "gpu" in row:
            header = row
        elif len(row) != len(header):
            source.problem(line, f"expected {len(header)} cells, found {len(row)}")
        else:
            yield line, {name: (cell, None) for name, cell in zip(header, row, strict=False)}


def _json_rows(source: Source) -> Iterator[tuple[int, dict[str, tuple[str, str | None]]]]:
    for line, value in values(source):
        stack = [value]
        any_row = False
        while stack:
            item = stack.pop()
            if isinstance(item, list):
                stack.extend(reversed(item))
            elif isinstance(item, dict) and isinstance(item.get("gpu"), (int, str)):
                any_row = True
                yield line, _flat(item)
            elif isinstance(item, dict) and isinstance(item.get("gpu_data"), list):
                stack.extend(reversed(item["gpu_data"]))
        if not any_row:
            source.problem(line, "expected objects with gpu and power")


def _flat(item: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Cells of an object and of the groups in it; {"value": 87, "unit": "W"} is one cell."""
    cells: dict[str, tuple[str, str | None]] = {}
    for name, value in item.items():
        if isinstance(value, dict) and "value" in value:
            cells[name] = (
                str(value["value"]),
                value.get("unit") if isinstance(value.get("unit"), str) else None,
            )
        elif isinstance(value, dict) and name in ("power", "energy"):
            cells.update(_flat(value))
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            cells[name] = (str(value), None)
    return cells
