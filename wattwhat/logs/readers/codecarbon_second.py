"""The second pass over a large emissions.csv: what differs between runs is read, the rest is copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, pairwise
from operator import itemgetter
from typing import Any

from wattwhat.logs.parsing.cell_blocks import CellBlock
from wattwhat.logs.protocol import Options
from wattwhat.logs.readers.codecarbon_alike import AlikeRuns
from wattwhat.logs.readers.codecarbon_first import Looked
from wattwhat.logs.readers.codecarbon_index import OpenRuns
from wattwhat.logs.readers.codecarbon_lines import Lines, Part
from wattwhat.logs.readers.codecarbon_records import Record
from wattwhat.logs.readers.codecarbon_runs import Maker
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

        self._source, self._looked = source, looked
        source.line_without_end = looked.unfinished
        self._lines = Lines(source)
        self._maker, self._slow = Maker(source, options, looked.index), OpenRuns(looked.index)
        may_copy = options.energy_unit is None and options.timezone is None
        self._alike = AlikeRuns(self._maker) if may_copy else None
        # Where a row holds less than the one before in its run, that one's Measurement stands here.
        self._before = looked.before
        self._awaited = {line for line, _ in self._before.values()}
        self._broken = np.array(sorted({*self._before, *self._awaited}), dtype=np.int64)
        self._waiting: dict[int, Record] = {}

    def measurements(self) -> Iterator[Measurement]:
        """Every run.

        Raises:
            LogError: the file is not what it was when the first pass saw it.
        """
        return chain.from_iterable(chain.from_iterable(map(self._of_part, self._parts())))

    def _parts(self) -> Iterator[Part]:
        """The parts that the first pass saw; what was written since does not count."""
        blocks = self._lines.blocks()
        for (first, size), parts in groupby(self._looked.parts, itemgetter(0, 1)):
            data = next(blocks, b"")[:size]
            block = CellBlock(data if data.endswith(b"\n") else data + b"\n", first)
            for _, _, begin, end, at in parts:
                yield Part(block, at, begin, end)

    def _of_part(self, part: Part) -> Iterator[Iterable[Measurement]]:
        """The runs that end in a part, by pieces: whole stretches of rows where nothing is odd."""
        import numpy as np

        offset = part.block.first
        rows = self._looked.rows
        rows = rows[slice(*np.searchsorted(rows["line"], (offset + part.begin, offset + part.end)))]
        if not part.block.are_ends(rows["end"]):
            raise self._source.error(None, "changed while it was read", "read a copy of it")
        pieces: list[tuple[int, int, Iterable[Measurement]]] = [
            (k, 0, self._with_care(part, k)) for k in part.others(rows["line"] - offset).tolist()
        ]
        if len(self._broken):
            broken = rows["line"][np.isin(rows["line"], self._broken)] - offset
            pieces += [(k, 0, self._broken_off(part, k)) for k in broken.tolist()]
        rows = rows[rows["rows"] > 0]
        lines = rows["line"] - offset
        for begin, end, made in self._stretches(part, rows, np.searchsorted(lines, [k for k, *_ in pieces])):
            careful = self._one_by_one(part, rows[begin:end]) if made is None else made
            pieces.append((int(lines[begin]), 1, careful))
        return (made for _, _, made in sorted(pieces, key=itemgetter(0, 1)))

    def _stretches(
        self, part: Part, rows: Any, cuts: Any
    ) -> Iterator[tuple[int, int, Iterable[Measurement] | None]]:
        """Begin and end of stretches of these rows, and their Measurements; None where they need care."""
        import numpy as np

        if not len(rows):
            return
        edges, copies = {0, len(rows), *cuts.tolist()}, None
        if self._alike is not None and rows["kind"].max() >= 0:
            overlaps = self._overlaps(rows["line"])
            copies = self._alike.copies(part, rows, overlaps, self._looked.unfinished)
            edges.update((np.flatnonzero(np.diff(copies.which)) + 1).tolist())
        for begin, end in pairwise(sorted(edges)):
            yield begin, end, None if copies is None else copies.between(begin, end)

    def _overlaps(self, numbers: Any) -> list[str | None]:
        import numpy as np

        overlaps: list[str | None] = [None] * len(numbers)
        for k in np.flatnonzero(self._looked.index.overlapping(2 * numbers)).tolist():
            overlaps[k] = self._looked.index.overlap(2 * int(numbers[k]))
        return overlaps

    def _one_by_one(self, part: Part, rows: Any) -> Iterator[Measurement]:
        for number, count in zip(rows["line"].tolist(), rows["rows"].tolist(), strict=True):
            yield from self._maker.of(self._record(part, number), count)

    def _broken_off(self, part: Part, k: int) -> Iterator[Measurement]:
        """The run that ended with the row before this one in its run, if this one holds less."""
        number = part.block.first + k
        line, rows = self._before.get(number, (0, 0))
        if line in self._waiting:
            yield from self._maker.of(self._waiting.pop(line), rows)
        if number in self._awaited:
            self._waiting[number] = self._record(part, number)

    def _record(self, part: Part, number: int) -> Record:
        cells = part.block.line(number - part.block.first).split(",")
        return Record(number, dict(zip(part.at, map(str.strip, cells), strict=True)), place=2 * number)

    def _with_care(self, part: Part, k: int) -> Iterator[Measurement]:
        """Whatever else a line holds: a header, an odd row, a row of a run that has one or of no run."""
        for record in self._lines.records(part, k):
            for ended, rows in self._slow.add(record):
                yield from self._maker.of(ended, rows)
