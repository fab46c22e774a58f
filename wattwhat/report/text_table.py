"""Tables of measurements and scores as plain text that fits the terminal, of 80 columns at most."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wattwhat.records.escaping import one_line
from wattwhat.records.terminal import columns_of, cut, folded, line_width

__all__ = ["Column", "bar", "listing"]

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
    width: int | None = None,
    shares: Sequence[float | None] = (),
) -> list[str]:
    r"""A table as lines, with a bar behind each row where there is room for one.

    Args:
        columns: what stands above each cell.
        rows: cells, as many in each row as there are columns.
        width: most columns; None takes those of the terminal. Where they hold no table, each row is a few
            lines: what it is of, then a line for each further cell.
        shares: from 0 to 1 for each row, drawn as a bar; None draws none.

    Example:
        >>> rows = [["small", "1.5 J"], ["large", "12 J"]]
        >>> print("\n".join(listing([Column("model"), Column("energy", right=True)], rows)))
        model  energy
        small   1.5 J
        large    12 J
    """
    width = line_width() if width is None else width
    whole = [[column.title for column in columns], *([one_line(cell) for cell in row] for row in rows)]
    table = [list(row) for row in whole]
    room = width - 2 * (len(columns) - 1)
    widths = _widths(table)
    if sum(widths) > room:
        for i, column in enumerate(columns):
            if column.shrinks:
                _say_once(table, i)
        widths = _widths(table)
        _shrink(columns, widths, room)
    if sum(widths) > room:
        return _stacked(columns, whole[1:], width)
    bars = min(width - sum(widths) - 2 * len(columns), 20)
    lines = []
    for place, row in enumerate(table):
        cells = [
            _fit(cell, size, column.right) for cell, size, column in zip(row, widths, columns, strict=True)
        ]
        share = shares[place - 1] if place and shares else None
        if share is not None and bars >= 6:
            cells.append(bar(share, bars))
        lines.append("  ".join(cells).rstrip())
    return lines


def bar(share: float, width: int) -> str:
    """A bar of so many letters, at least one for anything above 0.

    Example:
        >>> bar(0.5, 8), bar(0.001, 8), bar(0.0, 8)
        ('████', '█', '')
    """
    if not share > 0:
        return ""
    return "█" * max(1, round(min(share, 1.0) * width))


def _widths(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(columns_of(row[i]) for row in table) for i in range(len(table[0]))]


def _say_once(table: list[list[str]], place: int) -> None:
    """What all cells begin with up to a colon or slash, as a source of models, goes into the title."""
    cells = [row[place] for row in table[1:]]
    shared = cells[0] if len(cells) > 1 else ""
    while shared and (shared in cells or not all(cell.startswith(shared) for cell in cells)):
        shared = shared[: max(shared.rfind(":", 0, -1), shared.rfind("/", 0, -1)) + 1]
    if shared:
        table[0][place] = shared + table[0][place]
        for row in table[1:]:
            row[place] = row[place][len(shared) :]


def _stacked(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Each row as lines: the cells up to its name, then those that are filled, each behind its title."""
    names = next((i for i, column in enumerate(columns) if column.shrinks), 0) + 1
    lines = []
    for row in rows:
        lines.append("  ".join(row[:names]).strip())
        lines += [
            f"    {column.title or '-'}: {cell}"
            for column, cell in zip(columns[names:], row[names:], strict=True)
            if cell
        ]
    return folded(lines, width)


def _shrink(columns: Sequence[Column], widths: list[int], room: int) -> None:
    """Take what is too wide from the columns that may shrink, from the widest first."""
    able = [i for i, column in enumerate(columns) if column.shrinks]
    while able and sum(widths) > room:
        widest = max(able, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1


def _fit(cell: str, size: int, right: bool) -> str:
    if columns_of(cell) > size:
        # The end is kept too: that is where names of one family differ.
        tail = (size - 1) // 3
        cell = cut(cell, size - 1 - tail) + "~" + cut(cell[::-1], tail)[::-1]
    blanks = " " * (size - columns_of(cell))
    return blanks + cell if right else cell + blanks
