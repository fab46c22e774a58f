"""ZeusMonitor's log: windows with the joules of each GPU; windows may overlap or lie in one another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import LONGEST_S, Totals, said
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Zeus"]

_WINDOWS_AT_MOST = 200_000
_OWN = ("start_time", "window_name", "elapsed_time")
_GPU = re.compile(r"gpu(\d{1,4})_energy")


@attrs.frozen
class _Window:
    """A row and its span in s on the log's clock, which may be None."""

    row: NamedRow
    start_s: float | None
    end_s: float | None


class Zeus:
    """Scope: the GPUs only; ZeusMonitor does not write CPU and DRAM energy to this file."""

    name = "zeus"

    def sniff(self, head: Head) -> int:
        """Its header."""
        return 95 if _is_header(head.cells()) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a window, with a warning where it shares time with another."""
        windows: list[_Window] = []
        for row in named_rows(source, _is_header):
            if len(windows) >= _WINDOWS_AT_MOST:
                raise source.error(row.line, f"expected at most {_WINDOWS_AT_MOST} windows in one file")
            if not row.whole:
                source.problem(
                    row.line, f"expected {len(row.header)} cells, found {len(row.found)}: the row is cut off"
                )
                continue
            start, elapsed = number(row.get("start_time")), number(row.get("elapsed_time"))
            whole = start is not None and elapsed is not None and 0.0 <= elapsed <= LONGEST_S
            windows.append(
                _Window(row, start, start + elapsed if whole and start is not None and elapsed else None)
            )
        overlaps = _overlaps(windows)
        facts = RowFacts(options, lambda: (window.row.cells for window in windows), _OWN)
        for place, window in enumerate(windows):
            yield from self._measurement(source, options, window, overlaps.get(place), facts)

    def _measurement(
        self, source: Source, options: Options, window: _Window, overlap: str | None, facts: RowFacts
    ) -> Iterator[Measurement]:
        row = window.row
        totals = Totals(source, options, format=self.name, line=row.line)
        totals.warn(overlap)
        duration_s = totals.seconds(row.get("elapsed_time"), column="elapsed_time")
        stale_s = (NVML.update_period_s or 0.1, duration_s)
        for name in row.header:
            gpu = _GPU.fullmatch(name)
            if gpu:
                totals.add(f"GPU {gpu[1]}", "gpu", row.get(name), "J", NVML, column=name, stale_s=stale_s)
        begin = stamp(row.get("start_time"))
        yield from totals.measurement(
            **facts.of(totals, row.cells),
            label=said(row.get("window_name")),
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


def _overlaps(windows: list[_Window]) -> dict[int, str]:
    """Sentences by place of a window, for those that share time with another one."""
    spans = sorted(
        (w.start_s, w.end_s, place)
        for place, w in enumerate(windows)
        if w.start_s is not None and w.end_s is not None
    )
    found: dict[int, str] = {}
    latest: tuple[float, int] | None = None
    for start_s, end_s, place in spans:
        if latest is not None and start_s < latest[0]:
            for one, other in ((place, latest[1]), (latest[1], place)):
                row = windows[other].row
                found.setdefault(
                    one,
                    f"overlaps in time with window {said(row.get('window_name')) or '?'!r} of line "
                    f"{row.line}: their joules must not be added",
                )
        if latest is None or end_s > latest[0]:
            latest = (end_s, place)
    return found
