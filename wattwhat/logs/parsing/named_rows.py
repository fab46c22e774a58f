"""Tables by column name: a row is a mapping, wherever a tool has put its columns this time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import attrs

from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.csv_rows import csv_rows
from wattwhat.logs.source import Source

__all__ = ["NamedRow", "delimiter_of", "header_of", "named_rows", "under"]

_MANY = 200  # of so many columns some are alike in sensible files: sensors of one name
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d{1,4})?")


@attrs.frozen
class NamedRow:
    """One row under its header.

    Args:
        line: line in the file.
        cells: column name (as written) to cell; of columns with one name the first.
        header: the names in the order of the file.
        all_cells: every cell of the row in its order, also those beyond the header.
    """

    line: int
    cells: Mapping[str, str]
    header: tuple[str, ...]
    all_cells: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether there are as many cells as names, so that each stands under its own."""
        return len(self.all_cells) == len(self.header)

    def get(self, *names: str) -> str:
        """The first of these columns that there is, else an empty cell."""
        return next((self.cells[name] for name in names if name in self.cells), "")


def delimiter_of(line: str) -> str:
    """What separates the cells of a header line.

    Example:
        >>> delimiter_of("a;b;c"), delimiter_of("a,b"), delimiter_of("a")
        (';', ',', ',')
    """
    return max(",;\t", key=line.count)


def named_rows(
    source: Source,
    is_header: Callable[[tuple[str, ...]], bool],
    delimiter: str = ",",
    *,
    others: bool = True,
) -> Iterator[NamedRow]:
    r"""The rows below a header; a header that comes again, also another one, begins anew.

    Below the header of another table, which shares a name with the last one, rows are problems of the source.

    Args:
        source: the file.
        is_header: whether these cells (lower case) are a header.
        delimiter: what separates cells. Where it is a semicolon, a spreadsheet of a country with decimal
            commas wrote the file (the comma could not separate), so ``0,5`` is given as ``0.5``.
        others: whether headers of other tables are looked for.

    Example:
        >>> made = Source.of_text("a,b\n1,2\na,b,c\n3,4,5\n", "made.csv")
        >>> [row.cells for row in named_rows(made, lambda names: names[0] == "a")]
        [{'a': '1', 'b': '2'}, {'a': '3', 'b': '4', 'c': '5'}]
    """
    header: tuple[str, ...] = ()
    other: int | None = None  # line of the header of another table
    for line, row in csv_rows(source, delimiter):
        if is_header(tuple(cell.lower() for cell in row)):
            header, other = header_of(source, line, row), None
            continue
        if others and _is_of_names(row, header):
            other = line
        if other is not None:
            where = "the header" if other == line else f"a row below that of line {other}"
            source.problem(
                line, f"expected a row of {', '.join(header)[:80]}, found {where} of another table"
            )
        elif header:
            if delimiter == ";":
                row = [cell.replace(",", ".") if _COMMA_NUMBER.fullmatch(cell) else cell for cell in row]
            yield under(header, line, row)


def _is_of_names(row: list[str], header: tuple[str, ...]) -> bool:
    """Whether a row is a header too: different words, no number, and a name of this header among them."""
    cells = [cell for cell in row if cell]
    if len(cells) < 2 or len({*cells}) < len(cells) or {*cells}.isdisjoint(header):
        return False
    return all(number(cell) is None for cell in cells)


def header_of(source: Source, line: int, row: list[str]) -> tuple[str, ...]:
    """The columns that a header names; a name that stands in it twice is a problem of the file."""
    header = tuple(row)
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice and len(header) < _MANY:
        source.problem(
            line, f"expected each column once, found {', '.join(twice)[:80]} twice: the first one counts"
        )
    return header


def under(header: tuple[str, ...], line: int, row: list[str]) -> NamedRow:
    """The cells of a row under the columns of a header."""
    cells: dict[str, str] = {}
    for name, cell in zip(header, row, strict=False):
        cells.setdefault(name, cell)
    return NamedRow(line, cells, header, tuple(row))
