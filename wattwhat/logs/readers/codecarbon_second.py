"""The second pass over a large emissions.csv: what differs between runs is read, the rest is copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.protocol import Options
from wattwhat.logs.readers.codecarbon_alike import AlikeRuns, EndingRows
from wattwhat.logs.readers.codecarbon_first import Looked
from wattwhat.logs.readers.codecarbon_index import OpenRuns
from wattwhat.logs.readers.codecarbon_lines import Lines, Part
from wattwhat.logs.readers.codecarbon_records import Record
from wattwhat.logs.readers.codecarbon_runs import OWN, Maker
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["SecondPass"]


class SecondPass:
    """One Measurement a run, where its last row stands.

    Args:
        source: the file.
        options: the user's.
        looked: what the first pass found.
    """

    def __init__(self, source: Source, options: Options, looked: Looked) -> None:
        import numpy as np

        self._source, self._index, self._ends = source, looked.index, looked.ends
        self._lines = Lines(source, looked.changed)
        self._maker, self._slow = Maker(source, options, looked.index), OpenRuns(looked.index)
        self._alike: AlikeRuns | None = None
        self._may_copy = options.energy_unit is None and options.timezone is None
        # Where a row holds less than the one before in its run, that one's Measurement stands here.
        self._before = looked.ends.before
        self._awaited = {line for line, _ in self._before.values()}
        self._broken = np.array(sorted({*self._before, *self._awaited}), dtype=np.int64)
        self._waiting: dict[int, Record] = {}

    def measurements(self) -> Iterator[Measurement]:
        """Every run."""
        for part in self._lines.parts():
            yield from self._of_part(part)

    def _of_part(self, part: Part) -> Iterator[Measurement]:
        import numpy as np

        ends, offset = self._ends, part.block.first
        known = np.arange(*np.searchsorted(ends.line, (offset + part.begin, offset + part.end)))
        lines = ends.line[known] - offset
        known = known[np.isin(lines, part.whole(), assume_unique=True)]  # all, if the file is what it was
        lines = ends.line[known] - offset
        rows_of = np.full(part.end - part.begin, -1, dtype=np.int32)  # not regular
        rows_of[lines - part.begin] = ends.rows[known]
        to_visit = rows_of != 0
        if len(self._broken):
            to_visit[lines[np.isin(lines + offset, self._broken)] - part.begin] = True
        visited = np.flatnonzero(to_visit)
        copies = self._copies(part, known[ends.rows[known] > 0])
        for k, rows in zip((visited + part.begin).tolist(), rows_of[visited].tolist(), strict=True):
            if rows < 0:
                yield from self._with_care(part, k)
                continue
            if len(self._broken):
                yield from self._broken_off(part, k)
            if rows:
                made = next(copies)
                if made is not None:
                    yield made
                else:
                    yield from self._maker.of(self._record(part, k), rows)

    def _broken_off(self, part: Part, k: int) -> Iterator[Measurement]:
        """The run that ended with the row before this one in its run, if this one holds less."""
        number = part.block.first + k
        line, rows = self._before.get(number, (0, 0))
        if line in self._waiting:
            yield from self._maker.of(self._waiting.pop(line), rows)
        if number in self._awaited:
            self._waiting[number] = self._record(part, k)

    def _record(self, part: Part, k: int) -> Record:
        number, cells = part.block.first + k, part.block.line(k).split(",")
        return Record(number, dict(zip(part.at, map(str.strip, cells), strict=True)), place=2 * number)

    def _with_care(self, part: Part, k: int) -> Iterator[Measurement]:
        """Whatever else a line holds: a header, an odd row, a row of a run that has one or of no run."""
        header = self._lines.header
        for record in self._lines.records(part, k):
            for ended, rows in self._slow.add(record):
                yield from self._maker.of(ended, rows)
        if self._lines.header is not header:
            alike = AlikeRuns(self._lines.header, self._maker, self._index.constant_cpu)
            usable = self._may_copy and alike.usable and OWN.issuperset(self._lines.header)
            self._alike = alike if usable else None

    def _copies(self, part: Part, known: Any) -> Iterator[Measurement | None]:
        """Of rows that end runs, the Measurements where they are like earlier ones, else None."""
        import numpy as np

        ends = self._ends
        lines = ends.line[known]
        if self._alike is None:
            return iter([None] * len(lines))
        rows = EndingRows(
            part, lines - part.block.first, ends.rows[known], ends.duration_s[known], ends.energy_kwh[known]
        )
        overlaps: list[str | None] = [None] * len(lines)
        for k in np.flatnonzero(self._index.overlapping(2 * lines)).tolist():
            overlaps[k] = self._index.overlap(2 * int(lines[k]))
        return self._alike.copies(rows, overlaps, self._source.line_without_end)
