"""pyRAPL's CSV: microjoules of packages and DRAM and microseconds, one row a socket."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import RAPL
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PyRapl"]

_NAMES = ("label", "timestamp", "duration", "pkg", "dram")
_OWN = (*_NAMES, "socket")
_SHORTEST_US = 1000.0


class PyRapl:
    """Sockets of one measurement are added; DRAM is not inside the package. Scope: the CPUs."""

    name = "pyrapl"

    def sniff(self, head: Head) -> int:
        """Its header."""
        return 95 if head.cells()[:5] == _NAMES else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement for rows of one label, time and duration, which differ in their socket."""
        group: list[NamedRow] = []
        ahead = source.ahead()
        facts = RowFacts(
            options, lambda: (row.cells for row in named_rows(ahead, lambda names: names[:5] == _NAMES)), _OWN
        )
        for row in named_rows(source, lambda names: names[:5] == _NAMES):
            if not row.whole:
                source.problem(row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}")
                continue
            if group and (row.all_cells[:3] != group[0].all_cells[:3] or len(group) >= 64):
                yield from self._measurement(source, options, group, facts)
                group = []
            if any(row.get("socket") == other.get("socket") for other in group):
                source.problem(
                    row.line,
                    f"expected socket {row.get('socket') or '0'} once in a measurement, found it again, as "
                    "where rows or files come twice",
                )
                continue
            group.append(row)
        if group:
            yield from self._measurement(source, options, group, facts)

    def _measurement(
        self, source: Source, options: Options, group: list[NamedRow], facts: RowFacts
    ) -> Iterator[Measurement]:
        first = group[0]
        totals = Totals(source, options, format=self.name, line=first.line)
        in_joules = options.energy_unit == "J"
        for row in group:
            socket = row.get("socket") or "0"
            totals.add(f"package-{socket}", "cpu", row.get("pkg"), "uJ", RAPL, column="pkg", rounded=True)
            totals.add(f"dram-{socket}", "dram", row.get("dram"), "uJ", RAPL, column="dram", rounded=True)
        duration_us = number(first.get("duration"))
        if not in_joules and _looks_like_joules(group, duration_us):
            totals.warn(
                "the package energies have fractions of a µJ and the run is shorter than 1 ms: pyRAPL before "
                "its release wrote J and s under this header; nothing was "
                "converted, energy_unit='J' does so"
            )
        begin = stamp(first.get("timestamp"))
        yield from totals.measurement(
            **facts.of(totals, first.cells),
            label=short_text(first.get("label")),
            duration_s=totals.seconds(first.get("duration"), 1.0 if in_joules else 1e-6),
            started_at=utc(begin, options.timezone) if begin is not None else None,
            scope="cpu",
            sockets=len(group),
        )


def _looks_like_joules(group: list[NamedRow], duration_us: float | None) -> bool:
    """The counter counts whole µJ, so fractions in a run of microseconds are another unit."""
    values = [number(row.get("pkg")) for row in group]
    fractions = any(value is not None and value != round(value) for value in values)
    return fractions and duration_us is not None and duration_us < _SHORTEST_US
