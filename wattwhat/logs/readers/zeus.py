"""ZeusMonitor's log: windows with the joules of each GPU; windows may overlap or lie in one another."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.overlapping import overlapping
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import LONGEST_S, Totals, short_text
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Zeus"]

_OWN = ("start_time", "window_name", "elapsed_time")
_GPU = re.compile(r"gpu(\d{1,4})_energy")


class Zeus:
    """Scope: the GPUs only; ZeusMonitor does not write CPU and DRAM energy to this file."""

    name = "zeus"

    def sniff(self, head: Head) -> int:
        """Its header."""
        return 95 if _is_header(head.cells()) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a window, with a warning where it shares time with another."""
        shared = _overlaps(source.ahead())
        ahead = source.ahead()
        facts = RowFacts(options, lambda: (row.cells for row in _rows(ahead)), _OWN)
        for row in _rows(source):
            yield from self._measurement(source, options, row, shared.get(row.line), facts)

    def _measurement(
        self, source: Source, options: Options, row: NamedRow, overlap: str | None, facts: RowFacts
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=row.line)
        totals.warn(overlap)
        duration_s = totals.seconds(row.get("elapsed_time"), column="elapsed_time")
        stale_s = (NVML.update_period_s or 0.1, duration_s)
        for name in row.cells:
            gpu = _GPU.fullmatch(name)
            if gpu:
                totals.add(f"GPU {gpu[1]}", "gpu", row.get(name), "J", NVML, column=name, stale_s=stale_s)
        begin = stamp(row.get("start_time"))
        yield from totals.measurement(
            **facts.of(totals, row.cells),
            label=short_text(row.get("window_name")),
            duration_s=duration_s,
            # Older versions wrote a monotonic clock, which counts from an unknown beginning.
            started_at=utc(begin) if begin is not None and begin.kind == "utc" else None,
            scope="gpu",
            overlaps=overlap is not None,
        )


def _is_header(names: tuple[str, ...]) -> bool:
    return {"start_time", "window_name", "elapsed_time"} <= set(names) and any(
        _GPU.fullmatch(name) for name in names
    )


def _rows(source: Source) -> Iterator[NamedRow]:
    """The windows; rows that do not fit their header are problems of the source."""
    for row in named_rows(source, _is_header):
        if row.whole:
            yield row
        else:
            source.problem(
                row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}: the row is cut off"
            )


def _overlaps(source: Source) -> dict[int, str]:
    """Sentences by line of a window, for those that share time with another one."""
    import numpy as np

    spans: list[tuple[float, float, int]] = []
    names: dict[int, str] = {}
    for row in _rows(source):
        start, elapsed = number(row.get("start_time")), number(row.get("elapsed_time"))
        if start is not None and elapsed is not None and 0.0 <= elapsed <= LONGEST_S:
            spans.append((start, start + elapsed, row.line))
            names[row.line] = sys.intern(short_text(row.get("window_name")) or "?")
    if not spans:
        return {}
    start_s, end_s, at = (np.array(column) for column in zip(*spans, strict=True))
    lines, others, _ = overlapping(start_s, end_s, at)
    return {
        line: f"overlaps in time with window {names[other]!r} of line {other}: their joules must not be added"
        for line, other in zip(lines.tolist(), others.tolist(), strict=True)
    }
