"""Tables of measurements and scores as plain text that fits a terminal of 80 columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import attrs

from wattwhat.records.escaping import one_line

__all__ = ["WIDTH", "Column", "bar", "listing"]

WIDTH = 80
_NARROWEST = 8


@attrs.frozen
class Column:
    """One column of a table.

    Args:
        title: its heading.
        right: whether its cells end at one edge, as numbers do.
        shrinks: whether its cells may be shortened where the table is too wide.
    """

    title: str
    right: bool = False
    shrinks: bool = False


def listing(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int = WIDTH,
    shares: Sequence[float | None] = (),
    fill: str = "█",
) -> list[str]:
    r"""A table as lines, with a bar behind each row where there is room for one.

    Args:
        columns: what stands above each cell.
        rows: cells, as many in each row as there are columns.
        width: most columns of the terminal; only cells that may not shrink can exceed it.
        shares: from 0 to 1 for each row, drawn as a bar; None draws none.
        fill: what bars are made of.

    Example:
        >>> rows = [["small", "1.5 J"], ["large", "12 J"]]
        >>> print("\n".join(listing([Column("model"), Column("energy", right=True)], rows)))
        model  energy
        small   1.5 J
        large    12 J
    """
    table = [[column.title for column in columns], *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[i]) for row in table) for i in range(len(columns))]
    _shrink(columns, widths, width - 2 * (len(columns) - 1))
    room = min(width - sum(widths) - 2 * len(columns), 20)
    lines = []
    for place, row in enumerate(table):
        cells = [
            _fit(cell, size, column.right) for cell, size, column in zip(row, widths, columns, strict=True)
        ]
        share = shares[place - 1] if place and shares else None
        if share is not None and room >= 6:
            cells.append(bar(share, room, fill))
        lines.append("  ".join(cells).rstrip())
    return lines


def bar(share: float, width: int, fill: str = "█") -> str:
    """A bar of so many letters, at least one for anything above 0.

    Example:
        >>> bar(0.5, 8, "#"), bar(0.001, 8, "#"), bar(0.0, 8, "#")
        ('####', '#', '')
    """
    if not share > 0:
        return ""
    return fill * max(1, round(min(share, 1.0) * width))


def _shrink(columns: Sequence[Column], widths: list[int], room: int) -> None:
    """Take what is too wide from the columns that may shrink, from the widest first."""
    able = [i for i, column in enumerate(columns) if column.shrinks]
    while able and sum(widths) > room:
        widest = max(able, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1


def _fit(cell: str, size: int, right: bool) -> str:
    if _width(cell) > size:
        # The end is kept too: that is where names of one family differ.
        tail = (size - 1) // 3
        cell = _cut(cell, size - 1 - tail) + "~" + _cut(cell[::-1], tail)[::-1]
    blanks = " " * (size - _width(cell))
    return blanks + cell if right else cell + blanks


def _cut(text: str, size: int) -> str:
    while _width(text) > size:
        text = text[: size if len(text) > size else -1]
    return text


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_cells(text))


def _cells(text: str) -> Iterable[int]:
    """Columns that each letter takes: two for the wide ones of East Asia, none for accents of their own."""
    for letter in text:
        if unicodedata.combining(letter):
            yield 0
        else:
            yield 2 if unicodedata.east_asian_width(letter) in "WF" else 1
