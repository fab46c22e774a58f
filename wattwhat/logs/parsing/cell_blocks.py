"""Cells of many lines at once: where they are is found for a whole block, and columns are taken out of it."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.logs.parsing.cells import stamp

__all__ = ["CellBlock", "plain"]

_SECONDS = "dddd-dd-ddTdd:dd:dd"  # stamps that numpy reads, d for a digit
_LEAST, _MOST = list(_SECONDS.replace("d", "0").encode()), list(_SECONDS.replace("d", "9").encode())
_COMMA, _LINE_END, _QUOTE = b',\n"'
_LONGEST = 200  # bytes of a word
_PIECE = 1 << 16


def plain(cell: str) -> float | None:
    """A number of 0 or more as programs print it, None for any other cell: that is looked at with care.

    Example:
        >>> plain("1.5e-06"), plain(""), plain("-1"), plain("nan"), plain("1_0")
        (1.5e-06, None, None, None, None)
    """
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0.0 <= value < math.inf and "_" not in cell else None


class CellBlock:
    r"""Whole lines, ended by ``\n``, split at commas; lines with quotes are not for this.

    Args:
        data: the lines, without a NUL.
        first: number of the first line in its file.

    Example:
        >>> block = CellBlock(b"1,2,x\n3,4\n5,6,y\n")
        >>> rows = block.lines_of(3)
        >>> rows.tolist(), block.texts(rows, 2), block.numbers(rows, 0, 1).tolist()
        ([0, 2], ['x', 'y'], [[1.0, 2.0], [5.0, 6.0]])
    """

    def __init__(self, data: bytes, first: int = 1) -> None:
        import numpy as np

        self.data, self.first = data, first
        self._bytes = np.frombuffer(data, dtype=np.uint8)
        marks = _marks(self._bytes)
        ends = np.flatnonzero(self._bytes[marks] == _LINE_END)
        # With a mark before the first line, cell k of a line lies between marks k and k + 1 from its own.
        self._marks = np.concatenate([[-1], marks])
        self._line = np.concatenate([[0], ends + 1])
        self._width = np.diff(self._line)
        if b'"' in data:
            quotes = np.flatnonzero(self._bytes == _QUOTE)
            self._width[np.searchsorted(marks[ends], quotes)] = 0

    def __len__(self) -> int:
        return len(self._width)

    def line(self, k: int) -> str:
        """A line, counted from 0, without its end."""
        return _text(self.data[self._marks[self._line[k]] + 1 : self._marks[self._line[k + 1]]])

    def lines(self, rows: Any) -> list[bytes]:
        """Several lines, as they are in the file."""
        return self._slices(self._marks[self._line[rows]] + 1, self._marks[self._line[rows + 1]])

    def lines_of(self, width: int, begin: int = 0, end: int | None = None) -> Any:
        """Which lines from ``begin`` to ``end`` have so many cells, and no quotes: their places, from 0."""
        import numpy as np

        return np.flatnonzero(self._width[begin:end] == width) + begin

    def texts(self, rows: Any, column: int) -> list[str]:
        """One column of these lines as text."""
        cells = self._slices(*self._bounds(rows, column, column))
        return _text(b"\n".join(cells)).split("\n") if cells else []

    def words(self, rows: Any, column: int) -> Any:
        """One column of these lines as an array of bytes; None for cells that are no plain word.

        A word is of ASCII's letters, digits and signs, without blanks, and not empty.
        """
        import numpy as np

        begin, end = self._bounds(rows, column, column)
        words = np.full(len(rows), None, dtype=object)
        for length in np.unique(end - begin).tolist():
            if 0 < length <= _LONGEST:
                these = np.flatnonzero(end - begin == length)
                cells = self._of_length(begin[these], length)
                codes = cells.view(np.uint8).reshape(-1, length)
                plain = (codes > 32).all(axis=1) & (codes < 127).all(axis=1)
                words[these[plain]] = cells[plain]
        return words

    def numbers(self, rows: Any, *columns: int) -> Any:
        """Columns of these lines as an array of numbers; NaN where a cell is not `plain`."""
        import numpy as np

        if not len(rows):
            return np.empty((0, len(columns)))
        side_by_side = list(columns) == list(range(columns[0], columns[-1] + 1))
        if side_by_side:  # one piece of each line, which is cheaper
            cells = self._slices(*self._bounds(rows, columns[0], columns[-1]))
            shape = (len(rows), len(columns))
        else:
            cells = [cell for column in columns for cell in self._slices(*self._bounds(rows, column, column))]
            shape = (len(columns), len(rows))
        text = _text(b",".join(cells))
        try:
            if "_" in text:
                raise ValueError
            found = np.fromiter(map(float, text.split(",")), dtype=float, count=shape[0] * shape[1])
        except ValueError:
            found = np.array([math.nan if (v := plain(cell)) is None else v for cell in text.split(",")])
        found[~((found >= 0.0) & (found < math.inf))] = math.nan
        found = found.reshape(shape)
        return found if side_by_side else found.T

    def equal(self, rows: Any, column: int, to: bytes, last: int | None = None) -> Any:
        """Which of these lines have this text in a column, or in all columns from it to the last one."""
        begin, end = self._bounds(rows, column, column if last is None else last)
        same = end - begin == len(to)
        if to and same.any():
            same[same] = self._of_length(begin[same], len(to)) == to
        return same

    def piece(self, row: int, column: int, last: int) -> bytes:
        """The columns from one to the last one in one line, with the commas between them."""
        begin, end = self._bounds(row, column, last)
        return self.data[begin:end]

    def times_s(self, rows: Any, column: int) -> Any:
        """Stamps of a column in s on the clock of their file, as `stamp` has them; NaN for any other cell."""
        import numpy as np

        begin, end = self._bounds(rows, column, column)
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

    def _bounds(self, rows: Any, column: int, last: int) -> tuple[Any, Any]:
        line = self._line[rows]
        return self._marks[line + column] + 1, self._marks[line + last + 1]

    def _slices(self, begin: Any, end: Any) -> list[bytes]:
        data = self.data
        return [data[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]

    def _of_length(self, begin: Any, length: int) -> Any:
        """Pieces of one length, as an array of bytes."""
        import numpy as np

        count = max(len(self.data) - length + 1, 0)
        return np.ndarray((count,), dtype=f"S{length}", buffer=self.data, strides=(1,))[begin]


def _marks(codes: Any) -> Any:
    """Where commas and line ends are; in pieces that stay in the processor's own memory, twice as fast."""
    import numpy as np

    is_mark, is_end = np.empty(_PIECE, dtype=bool), np.empty(_PIECE, dtype=bool)
    found = []
    for begin in range(0, len(codes), _PIECE):
        piece = codes[begin : begin + _PIECE]
        mark, end = is_mark[: len(piece)], is_end[: len(piece)]
        np.equal(piece, _COMMA, out=mark)
        np.equal(piece, _LINE_END, out=end)
        np.logical_or(mark, end, out=mark)
        found.append(mark.nonzero()[0] + begin)
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "wattwhat.latin1")
