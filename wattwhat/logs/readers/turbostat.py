"""turbostat: watts or joules (--Joules) of packages and DRAM; the summary row is the total of a sample."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import RAPL
from wattwhat.logs.building.measurement import imported, rounding_j, unused_rows
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import number, stamp
from wattwhat.logs.parsing.csv_rows import misfit
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Turbostat"]

_SECONDS = re.compile(r"\s*(\d+\.\d+) sec\s*")
# column -> component; CorWatt and GFXWatt are inside PkgWatt, SysWatt holds everything
_COLUMNS = {
    "PkgWatt": "cpu", "CorWatt": "core", "GFXWatt": "uncore", "RAMWatt": "dram", "SysWatt": "host",
    "Pkg_J": "cpu", "Cor_J": "core", "GFX_J": "uncore", "RAM_J": "dram", "Sys_J": "host",
}  # fmt: skip
_INSIDE = {"Pkg": ("Cor", "GFX"), "Sys": ("Pkg", "Cor", "GFX", "RAM")}
_TOPOLOGY = ("Package", "Die", "Node", "Core", "CPU")
_CLOCK = "Time_Of_Day_Seconds"


class Turbostat:
    """Energy of all packages and of DRAM; rows of single CPUs repeat parts of it and are not added."""

    name = "turbostat"

    def sniff(self, head: Head) -> int:
        """A header with the processor's clock and a power or energy column."""
        for line in head.lines[:200]:
            names = line.split()
            if {"Avg_MHz", "Busy%", "Bzy_MHz"} & set(names):
                return 90 if set(names) & _COLUMNS.keys() else 60
            if "PkgWatt" in names or "Pkg_J" in names:
                return 85
        return 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement over all samples."""
        samples = _Samples(source, options, _first_row_only(head_of(source)))
        for line, text in source.lines():
            samples.line(line, text)
        yield from samples.measurements()


def _first_row_only(head: Head) -> bool:
    """Without columns that number CPUs: whether only the first row below a header is the summary.

    With --Summary every row counts, and several headers mean several recordings; else every sample has its
    header, and the rows below the first are its parts. That shows in the first row being the sum of the
    others in every column of energy, or in rows of CPUs that lack the columns of the package.
    """
    tables: list[list[list[str]]] = []
    for text in head.lines:
        cells = text.split()
        if set(cells) & _COLUMNS.keys():
            tables.append([])
        if tables and cells:
            tables[-1].append(cells)
    # One other row may just be alike: only where it is so sample after sample does it repeat the first.
    least = 3 if len(tables) == 1 else 2
    votes = [_holds_its_parts(header, rows) for header, *rows in tables if len(rows) >= least]
    return 2 * sum(votes) > len(votes)


def _holds_its_parts(header: list[str], rows: list[list[str]]) -> bool:
    first, *others = rows
    if len(first) != len(header) or any(len(row) < len(header) for row in others[:-1]):
        return len(first) == len(header)
    for place in (k for k, name in enumerate(header) if name in _COLUMNS):
        values = [number(row[place]) or 0.0 for row in others if len(row) == len(header)]
        whole = number(first[place]) or 0.0
        if whole < 0.0 or abs(sum(values) - whole) > 0.02 * whole:
            return False
    return True


class _Samples:
    def __init__(self, source: Source, options: Options, first_row_only: bool) -> None:
        self._source, self._options = source, options
        self._first_row_only = first_row_only
        self._tally = Tally(source, Turbostat.name, RAPL)
        self._trace = Trace(source, options, format=Turbostat.name, sensor=RAPL, component="cpu")
        self._columns: list[str] = []
        self._seconds = 0.0
        self._rows = 0
        self._complete = False

    def line(self, line: int, text: str) -> None:
        cells = text.split()
        seconds = _SECONDS.fullmatch(text)
        if seconds:
            self._seconds += number(seconds[1]) or 0.0
        elif set(cells) & _COLUMNS.keys():
            self._columns, self._complete = cells, False
        elif _OF_OTHERS & set(cells) and all(number(cell) is None for cell in cells):
            raise self._source.error(
                line, "expected PkgWatt or Pkg_J among the columns; run turbostat as root"
            )
        elif self._columns and cells and not self._complete:
            self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> None:
        """The first row below a header is the summary; the rows of CPUs below it are its parts."""
        topology = [k for k, name in enumerate(self._columns) if name in _TOPOLOGY]
        if topology and any(cells[k] != "-" for k in topology if k < len(cells)):
            return
        if wrong := misfit(len(cells), len(self._columns)):
            self._source.problem(line, wrong)
            return
        row = dict(zip(self._columns, cells, strict=False))
        values = {name: number(cell) for name, cell in row.items() if name in _COLUMNS}
        wrong = next((name for name, value in values.items() if value is None or value < 0.0), None)
        if wrong is not None:
            self._source.problem(line, f"expected a number of 0 or more in {wrong}, found {row[wrong]!r:.40}")
            return
        self._rows += 1
        self._complete = self._first_row_only and not topology
        for name, value in values.items():
            self._value(name, value or 0.0, row, line)

    def _value(self, name: str, value: float, row: dict[str, str], line: int) -> None:
        kind = name[:3]
        device = _NAMES[kind]
        inside = [self._tally.id_of(_NAMES[part]) for part in _INSIDE.get(kind, ()) if self._has(part)]
        if name.endswith("_J"):
            factor = self._options.energy_factor or 1.0
            self._tally.add(
                device,
                _COLUMNS[name],
                value * factor,
                rounding_j=rounding_j(row[name], factor),
                contains=inside,
            )
            return
        power_w = value * (self._options.power_factor or 1.0)
        moment = stamp(row[_CLOCK]) if _CLOCK in row else None
        if moment is not None:
            self._trace.channel(device, component=_COLUMNS[name], contains=inside)
            self._trace.add(device, self._trace.clock(moment), power_w, line)
            return
        # Each row is the mean over one interval, so n rows stand for n intervals.
        interval_s = self._trace.interval_s("; turbostat's own default is 5")
        self._tally.add(
            device,
            _COLUMNS[name],
            power_w * interval_s,
            rounding_j=rounding_j(row[name], 1.0) * interval_s,
            contains=inside,
        )

    def _has(self, kind: str) -> bool:
        return any(name.startswith(kind) and name in _COLUMNS for name in self._columns)

    def measurements(self) -> Iterator[Measurement]:
        if not self._tally:
            yield from self._trace.measurements(scope="cpu")
            return
        in_joules = any(name.endswith("_J") for name in self._columns)
        interval_s = self._options.interval_s
        duration_s = self._seconds or (interval_s * self._rows if interval_s else None)
        if not in_joules and interval_s:
            duration_s = interval_s * self._rows
        yield imported(
            self._source,
            self._tally.energies(),
            format=Turbostat.name,
            duration_s=duration_s,
            warnings=unused_rows(self._source),
            scope="cpu",
            line=1,
            samples=self._rows,
        )


# A header with one of these and no power or energy is of a turbostat that shows none.
_OF_OTHERS = frozenset(("Avg_MHz", "Busy%", "Bzy_MHz", "TSC_MHz", "IRQ", "CoreTmp", "PkgTmp"))
_NAMES = {"Pkg": "packages", "Cor": "cores", "GFX": "graphics", "RAM": "DRAM", "Sys": "system"}
