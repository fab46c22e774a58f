"""Intel Power Gadget's CSV: cumulative energies by socket, so its last row is the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import RAPL
from wattwhat.logs.building.measurement import imported, rounding_j, unused_rows
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PowerGadget"]

_ENERGY = re.compile(r"cumulative (processor|ia|gt|dram|platform) energy_?(\d*) ?\(joules\)")
_POWER = re.compile(r"(processor|ia|gt|dram|platform) power_?(\d*) ?\(watt\)")
_COMPONENTS = {"processor": "cpu", "ia": "core", "gt": "uncore", "dram": "dram", "platform": "host"}
_INSIDE = {"processor": ("ia", "gt"), "platform": ("processor", "ia", "gt", "dram")}


class PowerGadget:
    """Energies since the log began; cores and graphics are inside the processor, DRAM is beside it."""

    name = "intel-power-gadget"

    def sniff(self, head: Head) -> int:
        """Its column names."""
        first = head.first_line.lower()
        return 90 if "cumulative processor energy" in first and "elapsed time (sec)" in first else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement from the last whole row."""
        rows = csv_rows(source)
        _, header = next(rows, (1, []))
        names = [name.lower() for name in header]
        places = {match.groups(): k for k, name in enumerate(names) if (match := _ENERGY.fullmatch(name))}
        elapsed = next((k for k, name in enumerate(names) if "elapsed time" in name), None)
        if elapsed is None or not places:
            raise source.error(1, "expected columns with elapsed time and cumulative energies in joules")
        best: tuple[int, list[str]] | None = None
        power = _MeanPower(names)
        for line, row in rows:
            if "=" in row[0]:
                continue  # the summary at the end: "Total Elapsed Time (sec) = 1.252"
            wrong = _wrong(row, len(header), elapsed, places, best[1] if best else None)
            if wrong:
                source.problem(line, wrong)
                continue
            power.add(row, number(row[elapsed]) or 0.0)
            best = (line, row)
        if best is None:
            raise source.error(None, "expected at least one whole row below the header")
        line, row = best
        tally = Tally(source, self.name, RAPL)
        factor = options.energy_factor or 1.0
        for (kind, socket), place in places.items():
            inside = [
                f"{part} {socket}".strip() for part in _INSIDE.get(kind, ()) if (part, socket) in places
            ]
            tally.add(
                f"{kind} {socket}".strip(),
                _COMPONENTS[kind],
                (number(row[place]) or 0.0) * factor,
                rounding_j=rounding_j(row[place], factor) if len(row[place]) < 12 else 0.0,
                contains=[tally.id_of(device) for device in inside],
            )
        yield imported(
            source,
            tally.energies(),
            format=self.name,
            duration_s=number(row[elapsed]),
            warnings=unused_rows(source)
            + power.doubts([(kind, socket, number(row[k]) or 0.0) for (kind, socket), k in places.items()]),
            scope="cpu",
            line=line,
        )


def _wrong(
    row: list[str], width: int, elapsed: int, places: dict[tuple[str, ...], int], before: list[str] | None
) -> str | None:
    """What is wrong with a row, or None."""
    if wrong := misfit(len(row), width):
        return wrong
    for place in (elapsed, *places.values()):
        value = number(row[place])
        if value is None or value < 0.0:
            return f"expected a number of 0 or more, found {row[place]!r:.40}"
        if before is not None and value < (number(before[place]) or 0.0):
            return f"expected what accumulates to go up, but it went from {before[place]} to {row[place]}"
    return None


class _MeanPower:
    """Energy from the power columns, to be held against the cumulative one."""

    def __init__(self, names: list[str]) -> None:
        self._places = {
            match.groups(): k for k, name in enumerate(names) if (match := _POWER.fullmatch(name))
        }
        self._energy_j = dict.fromkeys(self._places, 0.0)
        self._last_s = 0.0

    def add(self, row: list[str], at_s: float) -> None:
        for key, place in self._places.items():
            self._energy_j[key] += (number(row[place]) or 0.0) * (at_s - self._last_s)
        self._last_s = at_s

    def doubts(self, energies: list[tuple[str, str, float]]) -> list[str]:
        """Sentences about energies that differ from power times time by more than a fifth."""
        sentences = []
        for kind, socket, energy_j in energies:
            by_power = self._energy_j.get((kind, socket))
            if by_power and not 0.8 <= energy_j / by_power <= 1.25:
                sentences.append(
                    f"{kind} {socket}: the cumulative energy is {energy_j:.4g} J, its power times time "
                    f"{by_power:.4g} J: one of the columns has another unit; nothing was converted"
                )
        return sentences
