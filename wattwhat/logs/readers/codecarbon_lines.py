"""CodeCarbon's rows as they are nearly always: whole lines without quotes, split without the csv module."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.logs.parsing.cell_blocks import CellBlock
from wattwhat.logs.parsing.named_rows import header_of, under
from wattwhat.logs.protocol import head_of
from wattwhat.logs.readers.codecarbon_records import Record, is_header, records_of
from wattwhat.logs.source import Source

__all__ = ["Irregular", "Lines", "Part", "may_be_regular"]

# Columns that every row is looked at for.
NEEDED = ("run_id", "energy_consumed", "duration", "timestamp")
# Lines in the first part under a header; each further part has twice as many as the one before, so that
# however often the header changes, no line is looked at more than twice.
_FIRST_PART = 64
_BLOCK = 1 << 20


class Irregular(Exception):
    """The file holds what only the csv module takes apart: cells over several lines, NUL, stray line ends."""


def may_be_regular(source: Source) -> bool:
    """Whether a file begins as a table of runs with a run_id, whose rows can be split at their commas."""
    head = head_of(source)
    plain = source.encoding == "utf-8" and "\n" in head.text and head.text.lstrip()[:1] not in ("{", "[")
    return plain and bool(_places(tuple(head.first_line.split(","))))


def _places(names: tuple[str, ...]) -> dict[str, int]:
    """Where the columns are; empty where every row of the header has to be looked at by itself."""
    at = {name: place for place, name in enumerate(names)}
    return at if at.keys() >= {*NEEDED} and "task_name" not in at and len(at) == len(names) else {}


@attrs.define
class Part:
    """Lines of a block, all under one header.

    Args:
        block: the lines, and others.
        at: where the columns are; empty where every line has to be looked at by itself.
        begin: the first line in the block.
        end: behind the last one.
    """

    block: CellBlock
    at: dict[str, int]
    begin: int
    end: int

    def whole(self) -> Any:
        """Places of the lines that have a cell for every column, and no quotes."""
        import numpy as np

        if not self.at:
            return np.empty(0, dtype=np.int64)
        return self.block.lines_of(len(self.at), self.begin, self.end)

    def others(self, rows: Any) -> Any:
        """The lines that are not among these."""
        import numpy as np

        other = np.ones(self.end - self.begin, dtype=bool)
        other[rows - self.begin] = False
        return np.flatnonzero(other) + self.begin


class Lines:
    """The lines of a file with the columns of the header that they stand under.

    Args:
        source: the file.

    Attributes:
        header: the columns; `records` changes them where another header comes.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.header: tuple[str, ...] = ()

    def parts(self) -> Iterator[Part]:
        """Lines in the order of the file; where the header changes in a part, `records` ends it there.

        Raises:
            Irregular: the file is not as `may_be_regular` took it to be.
        """
        size, first = _FIRST_PART, 1
        for data in self.blocks():
            if b"\r" in data or b"\0" in data:
                raise Irregular
            if b"\n" not in data:
                self._source.line_without_end = first
                data += b"\n"
            block, begin = CellBlock(data, first), 0
            while begin < len(block):
                header = self.header
                part = Part(block, _places(header), begin, min(begin + size, len(block)))
                yield part
                size = 2 * size if self.header is header else _FIRST_PART
                begin = part.end
            first += len(block)

    def blocks(self) -> Iterator[bytes]:
        """The file by blocks of lines, which are the same each time; see `Source.pieces`."""
        for data in self._source.pieces(_BLOCK):
            if b"\r" in data:  # one may be cut off from the line end that it belongs to
                data = (data[: data.rfind(b"\n") + 1] or data).replace(b"\r\n", b"\n")
            yield data

    def records(self, part: Part, k: int) -> Iterator[Record]:
        """What any line holds: a header, which is remembered, records, or nothing; see `records_of`."""
        number, line = part.block.first + k, part.block.line(k)
        if line.count('"') % 2:
            raise Irregular
        row = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
        if not any(row):
            return
        if is_header(tuple(cell.lower() for cell in row)):
            header = header_of(self._source, number, row)
            if header != self.header:
                self.header, part.end = header, k + 1
        elif self.header:
            yield from records_of(self._source, under(self.header, number, row))
