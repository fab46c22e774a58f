"""dcgmi dmon: power (field 155, W) or total energy (field 156, mJ) of GPUs, without any time."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.building.counter_series import Counting
from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.measurement import imported, unused_rows
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import is_index, is_missing, number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Dcgm"]

_POWER = ("power", "powr", "pwr", "power_usage")
_ENERGY = ("totec", "total_energy_consumption", "energy")


class Dcgm:
    """Power or an energy counter by GPU; scope: the GPU boards. Parts of a GPU (instances) are left out."""

    name = "dcgmi-dmon"

    def sniff(self, head: Head) -> int:
        """A first line that begins with #Entity."""
        return 85 if head.first_line.lstrip("# ").lower().startswith("entity") else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each GPU a channel; the counter is taken where there is one."""
        table = _Table(source, options)
        for line, text in source.lines():
            table.row(line, text)
        yield from table.finish()


class _Table:
    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._trace = Trace(source, options, format=Dcgm.name, sensor=NVML, component="gpu")
        self._tally = Tally(source, Dcgm.name, NVML)
        self._counting = Counting(source)
        self._columns: list[str] = []
        self._rows: dict[str, int] = {}

    def row(self, line: int, text: str) -> None:
        cells = text.split()
        if not cells or cells[0] in ("ID", "Id"):
            return
        if text.lstrip().startswith("#"):
            self._columns = [title.lower() for title in text.lstrip("# ").split()[1:]]
            if not set(self._columns) & {*_POWER, *_ENERGY}:
                listed = " ".join(self._columns)
                raise self._source.error(
                    line, f"expected POWER or TOTEC, found {listed}; log with -e 155,156"
                )
            return
        if cells[0] != "GPU":
            return
        if len(cells) != 2 + len(self._columns) or not is_index(cells[1]):
            self._source.problem(line, f"expected GPU, its number and {len(self._columns)} values")
            return
        device = f"GPU {int(cells[1])}"
        self._rows[device] = self._rows.get(device, 0) + 1
        for name, cell in zip(self._columns, cells[2:], strict=False):
            self._cell(device, name, cell, line)

    def _cell(self, device: str, name: str, cell: str, line: int) -> None:
        counter = next((known for known in _ENERGY if known in self._columns), None)
        if name not in (_POWER if counter is None else (counter,)):
            return
        value = number(cell)
        if value is None or value < 0.0:
            if is_missing(cell):
                self._trace.missing(device)
            else:
                self._source.problem(line, f"expected a number, found {cell!r:.60}")
        elif counter is None:
            t_s = self._trace.tick(device, "; dcgmi's own default is 1")
            self._trace.add(device, t_s, value * (self._options.power_factor or 1.0), line)
        else:
            step_j = self._counting.step(device, value * (self._options.energy_factor or 1e-3), line)
            if step_j is not None:
                self._tally.add(device, "gpu", step_j, resolution=1e-3)

    def finish(self) -> Iterator[Measurement]:
        if not self._tally:
            yield from self._trace.measurements(scope="gpu")
            return
        interval_s = self._options.interval_s
        yield imported(
            self._source,
            self._tally.energies(),
            format=Dcgm.name,
            duration_s=interval_s * (max(self._rows.values()) - 1) if interval_s else None,
            warnings=unused_rows(self._source),
            scope="gpu",
            line=1,
        )
