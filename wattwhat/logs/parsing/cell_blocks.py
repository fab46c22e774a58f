"""Cells of many lines at once: where they are is found for a whole block, and columns are taken out of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.parsing.decimals import decimals

__all__ = ["CellBlock"]

_SECONDS = "dddd-dd-ddTdd:dd:dd"  # stamps that numpy reads, d for a digit
_LEAST, _MOST = list(_SECONDS.replace("d", "0").encode()), list(_SECONDS.replace("d", "9").encode())
_COMMA, _LINE_END, _QUOTE, _ZERO = b',\n"0'
_LONGEST = 200  # bytes of a word
_WIDE = 32  # bytes of a number that lies side by side with others
_WORD = bytes(range(33, 127))
_PIECE = 1 << 16


class CellBlock:
    r"""Whole lines, ended by ``\n``, split at commas; lines with quotes are not for this.

    Args:
        data: the lines, without a NUL; what follows the last line end is none of them.
        first: number of the first line in its file.

    Example:
        >>> block = CellBlock(b"1,2,x\n3,4\n5,6,y\n")
        >>> rows = block.lines_of(3)
        >>> rows.tolist(), block.texts(rows, 2), block.numbers(rows, 0, 1).tolist()
        ([0, 2], ['x', 'y'], [[1.0, 2.0], [5.0, 6.0]])
    """

    def __init__(self, data: bytes, first: int = 1) -> None:
        self.data, self.first = data, first

    @cached_property
    def _marks(self) -> Any:
        """Places of commas and line ends; with one before the first line, cell k of a line lies between
        marks k and k + 1 from the line's own.
        """
        import numpy as np

        return np.concatenate([[-1], *_marks(np.frombuffer(self.data, dtype=np.uint8))])

    @cached_property
    def _line(self) -> Any:
        """Each line's own mark, the one before it; and that behind the last one."""
        import numpy as np

        codes = np.frombuffer(self.data, dtype=np.uint8)
        return np.concatenate([[0], np.flatnonzero(codes[self._marks[1:]] == _LINE_END) + 1])

    @cached_property
    def _width(self) -> Any:
        """How many cells each line has, 0 where it has quotes."""
        import numpy as np

        width = np.diff(self._line)
        if b'"' in self.data:
            quotes = np.flatnonzero(np.frombuffer(self.data, dtype=np.uint8) == _QUOTE)
            line = np.searchsorted(self._marks[self._line[1:]], quotes)
            width[line[line < len(width)]] = 0
        return width

    def __len__(self) -> int:
        return len(self._line) - 1

    def line(self, k: int) -> str:
        """A line, counted from 0, without its end."""
        return _text(self.data[self._marks[self._line[k]] + 1 : self._marks[self._line[k + 1]]])

    def lines(self, rows: Any) -> list[bytes]:
        """Several lines, as they are in the file."""
        return self.slices(self._marks[self._line[rows]] + 1, self._marks[self._line[rows + 1]])

    def are_ends(self, places: Any) -> bool:
        """Whether lines end at all of these places in the data."""
        import numpy as np

        codes = np.frombuffer(self.data, dtype=np.uint8)
        return not len(places) or bool(places.max() < len(codes) and (codes[places] == _LINE_END).all())

    def lines_of(self, width: int, begin: int = 0, end: int | None = None) -> Any:
        """Which lines from ``begin`` to ``end`` have so many cells, and no quotes: their places, from 0."""
        import numpy as np

        return np.flatnonzero(self._width[begin:end] == width) + begin

    def texts(self, rows: Any, column: int) -> list[str]:
        """One column of these lines as text."""
        cells = self.slices(*self.bounds(rows, column, column))
        return _text(b"\n".join(cells)).split("\n") if cells else []

    def words(self, rows: Any, column: int) -> Any:
        """One column of these lines as an array of bytes, empty for cells that are no plain word.

        A word is of ASCII's letters, digits and signs, without blanks, and not empty.
        """
        import numpy as np

        begin, end = self.bounds(rows, column, column)
        width = end - begin
        lengths = [length for length in np.unique(width).tolist() if 0 < length <= _LONGEST]
        words = np.zeros(len(rows), dtype=f"S{max(lengths, default=1)}")
        for length in lengths:
            these = np.flatnonzero(width == length)
            cells = self._of_length(begin[these], length)
            if cells.tobytes().translate(None, _WORD):
                codes = cells.view(np.uint8).reshape(-1, length)
                plain = ((codes > 32) & (codes < 127)).all(axis=1)
                these, cells = these[plain], cells[plain]
            words[these] = cells
        return words

    def bounds(self, rows: Any, column: int, last: int) -> tuple[Any, Any]:
        """Where the columns from one to the last one begin and end in these lines, as places in the data."""
        line = self._line[rows]
        return self._marks[line + column] + 1, self._marks[line + last + 1]

    def slices(self, begin: Any, end: Any) -> list[bytes]:
        """Pieces of the data."""
        data = self.data
        return [data[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]

    def numbers(self, rows: Any, *columns: int) -> Any:
        """Columns of these lines as an array of numbers; NaN where a cell is not `plain`."""
        import numpy as np

        pieces = [self.bounds(rows, column, column) for column in columns]
        return np.stack([self._numbers(*piece) for piece in pieces], axis=1)

    def _numbers(self, begin: Any, end: Any) -> Any:
        import numpy as np

        width = end - begin
        least, most = int(width.min(initial=_LONGEST)), int(width.max(initial=0))
        if not 0 < most <= _WIDE or end[0] < most:
            return decimals(b",".join(self.slices(begin, end)))[: len(begin)]
        # Side by side with zeros before the shorter ones: half the time of taking out each by itself.
        cells = self._of_length(end - most, most + 1).view(np.uint8).reshape(-1, most + 1)
        for k in range(most - least):
            cells[width < most - k, k] = _ZERO
        cells[:, most] = _COMMA
        found = decimals(cells.tobytes()[:-1])
        codes = np.frombuffer(self.data, dtype=np.uint8)
        found[(codes[begin] - _ZERO) > 9] = math.nan
        return found

    def equal(self, rows: Any, column: int, to: bytes, last: int | None = None) -> Any:
        """Which of these lines have this text in a column, or in all columns from it to the last one."""
        begin, end = self.bounds(rows, column, column if last is None else last)
        same = end - begin == len(to)
        if to and same.any():
            begin = begin if same.all() else begin[same]
            cells = self._of_length(begin, len(to))
            if cells.tobytes() != to * len(cells):  # comparing one by one takes long
                same[same] = cells == to
        return same

    def piece(self, row: int, column: int, last: int) -> bytes:
        """The columns from one to the last one in one line, with the commas between them."""
        begin, end = self.bounds(row, column, last)
        return self.data[begin:end]

    def times_s(self, rows: Any, column: int) -> Any:
        """Stamps of a column in s on the clock of their file, as `stamp` has them; NaN for any other cell."""
        import numpy as np

        begin, end = self.bounds(rows, column, column)
        if len(rows) and (end - begin == len(_SECONDS)).all():
            cells = self._of_length(begin, len(_SECONDS))
            codes = cells.view(np.uint8).reshape(len(rows), -1)
            # numpy would take further kinds, some with a warning about time zones
            if ((codes >= _LEAST) & (codes <= _MOST)).all():
                try:
                    return cells.astype("datetime64[s]").astype(np.int64).astype(float)
                except ValueError:
                    pass
        found = map(stamp, self.texts(rows, column))
        return np.array([math.nan if at is None else at.t_s for at in found])

    def _of_length(self, begin: Any, length: int) -> Any:
        """Pieces of one length, as an array of bytes."""
        import numpy as np

        count = max(len(self.data) - length + 1, 0)
        return np.ndarray((count,), dtype=f"S{length}", buffer=self.data, strides=(1,))[begin]


def _marks(codes: Any) -> Iterator[Any]:
    """Where commas and line ends are; in pieces that stay in the processor's own memory, twice as fast."""
    import numpy as np

    is_mark, is_end = np.empty(_PIECE, dtype=bool), np.empty(_PIECE, dtype=bool)
    for begin in range(0, len(codes), _PIECE):
        piece = codes[begin : begin + _PIECE]
        mark, end = is_mark[: len(piece)], is_end[: len(piece)]
        np.equal(piece, _COMMA, out=mark)
        np.equal(piece, _LINE_END, out=end)
        np.logical_or(mark, end, out=mark)
        yield mark.nonzero()[0] + begin


def _text(data: bytes) -> str:
    return data.decode("utf-8", "wattwhat.latin1")
