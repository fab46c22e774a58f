"""CSV out of logs: rows with their line numbers, quoted cells, and columns found by name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from wattwhat.logs.source import Source

__all__ = ["csv_rows", "misfit", "split_cells"]


def split_cells(line: str, delimiter: str = ",") -> list[str]:
    """The stripped cells of one line; quotes are minded.

    Example:
        >>> split_cells('a, "b, c" ,d')
        ['a', 'b, c', 'd']
    """
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except (csv.Error, StopIteration):
        return [cell.strip() for cell in line.split(delimiter)]


def misfit(width: int, expected: int) -> str | None:
    """What is wrong with a row of so many cells; with one more or less, any of them may be shifted.

    Example:
        >>> misfit(3, 2), misfit(2, 2)
        ('expected 2 cells as in the header, found 3', None)
    """
    return None if width == expected else f"expected {expected} cells as in the header, found {width}"


def csv_rows(source: Source, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    r"""Rows with the line they begin on, without blank ones; quoted cells may hold delimiters and line ends.

    A row that is no CSV (a quote that never ends) is a problem of the source.

    Example:
        >>> list(csv_rows(Source.of_text('a,b\n1,"x,\ny"\n', "made.csv")))
        [(1, ['a', 'b']), (2, ['1', 'x,\ny'])]
    """
    counted = _Counted(source.lines())
    while True:
        reader = csv.reader(counted, delimiter=delimiter, skipinitialspace=True)
        begin = counted.number + 1
        try:
            for row in reader:
                if row and any(row):
                    yield begin, [cell.strip() for cell in row]
                begin = counted.number + 1
            return
        except csv.Error as err:
            source.problem(begin, f"expected a row of CSV: {err}")


class _Counted:
    """Lines with their ends, remembering the number of the last one given."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        # The csv module of Python 3.10 refuses NUL, which a crash leaves in files.
        return line.replace("\0", "") + "\n"
