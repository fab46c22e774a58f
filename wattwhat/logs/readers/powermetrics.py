"""macOS powermetrics as text: blocks of mean power with their own length of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import APPLE
from wattwhat.logs.building.measurement import imported, rounding_j, unused_rows
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Powermetrics"]

_BLOCK = re.compile(r"\*\*\* Sampled system activity \((.{0,60}?)\) \(([\d.]{1,20})ms elapsed\) \*\*\*")
_POWER = re.compile(r"(.{0,80}? Power|Combined Power \(CPU \+ GPU \+ ANE\)): ([\d.]{1,20}) ?(mW|W)\s*")
_INTEL = re.compile(r"Intel energy model derived package power \(.{0,40}?\): ([\d.]{1,20}) ?(W|mW)\s*")
_TOTAL = {"Package Power": "soc", "Combined Power (CPU + GPU + ANE)": "soc"}
_PARTS = {"CPU Power": "cpu", "GPU Power": "gpu", "ANE Power": "rail", "DRAM Power": "dram"}
_STAMP = "%a %b %d %H:%M:%S %Y %z"
_GAP_S = 2.0


class Powermetrics:
    """Energy of the chip: its total, with CPU, GPU, ANE and DRAM inside; Apple calls all of it estimates."""

    name = "powermetrics"

    def sniff(self, head: Head) -> int:
        """The line above every block."""
        return 95 if _BLOCK.search(head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement: the sum over the blocks of power times elapsed time."""
        blocks = _Blocks(source, options.power_factor)
        for line, text in source.lines():
            begin = _BLOCK.search(text)
            if begin:
                blocks.begin(line, begin[1], begin[2])
                continue
            power = _POWER.fullmatch(text) or _INTEL.fullmatch(text)
            if power:
                blocks.power(
                    "Package Power" if power.re is _INTEL else power[1],
                    power[power.re.groups - 1],
                    power[power.re.groups],
                )
        yield blocks.measurement()


class _Blocks:
    """The blocks one after the other; one without any power, or cut off before its total, is a problem."""

    def __init__(self, source: Source, factor: float | None) -> None:
        self._source, self._factor = source, factor
        self._tally = Tally(source, Powermetrics.name, APPLE)
        self._line: int | None = None
        self._elapsed_s = 0.0
        self._rows: dict[str, tuple[str, str]] = {}
        self._total: str | None = None
        self.duration_s, self.samples = 0.0, 0
        self._first: datetime | None = None
        self._last: datetime | None = None

    def begin(self, line: int, stamp: str, elapsed_ms: str) -> None:
        self._close()
        self._line, self._rows = line, {}
        self._elapsed_s = (number(elapsed_ms) or 0.0) / 1e3
        try:
            at = datetime.strptime(stamp, _STAMP)
        except ValueError:
            return
        self._last = at
        self._first = self._first or at - timedelta(seconds=self._elapsed_s)

    def power(self, name: str, value: str, unit: str) -> None:
        if name in _TOTAL or name in _PARTS:
            self._rows[name] = (value, unit)

    def _close(self) -> None:
        if self._line is None:
            return
        total = next((name for name in _TOTAL if name in self._rows), None)
        if self._elapsed_s <= 0.0 or not self._rows or (self._total is not None and total != self._total):
            self._source.problem(
                self._line, "expected a block with its elapsed time and a package or combined power"
            )
            return
        self._total = total
        for name, (value, unit) in self._rows.items():
            factor = self._factor or (1e-3 if unit == "mW" else 1.0)
            # The package holds DRAM; the combined power of newer versions names its parts, and DRAM is none.
            parts = [part for part in _PARTS if name == "Package Power" or part != "DRAM Power"]
            inside = [self._tally.id_of(part) for part in parts if name in _TOTAL]
            self._tally.add(
                name,
                {**_TOTAL, **_PARTS}[name],
                (number(value) or 0.0) * factor * self._elapsed_s,
                rounding_j=rounding_j(value, factor) * self._elapsed_s,
                contains=inside,
            )
        self.duration_s += self._elapsed_s
        self.samples += 1

    def measurement(self) -> Measurement:
        self._close()
        if not self._tally:
            raise self._source.error(
                None,
                "expected power lines in its blocks; run powermetrics with --samplers cpu_power,gpu_power",
            )
        warnings = unused_rows(self._source)
        if self._first and self._last:
            missing_s = (self._last - self._first).total_seconds() - self.duration_s
            if missing_s > _GAP_S:
                warnings.append(
                    f"the blocks cover {self.duration_s:.4g} s, {missing_s:.4g} s less than their stamps: "
                    "nothing was measured in between, and no energy is counted for it"
                )
        return imported(
            self._source,
            self._tally.energies(),
            format=Powermetrics.name,
            duration_s=self.duration_s,
            warnings=warnings,
            started_at=self._first.astimezone(timezone.utc) if self._first else None,
            scope="soc",
            line=1,
            samples=self.samples,
        )
