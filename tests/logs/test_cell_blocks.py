"""Cells that are found for a whole block are those that each line has by itself."""

import math
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from wattwhat.logs.parsing import cell_blocks
from wattwhat.logs.parsing.cell_blocks import CellBlock
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.parsing.decimals import plain

CELLS = st.one_of(
    st.sampled_from(["", " ", "1", "0.25", "1e-3", "-1", "nan", "inf", "1_0", " 2 ", "x"]),
    st.sampled_from(["a b", "\u00e9\u00e4", "\u0661"]),
    st.sampled_from(["2026-03-01T10:00:00", "2026-03-01T10:00:00.5", "2026-02-31T10:00:00"]),
    st.floats(0.0, 1e6).map(repr),
    st.text(st.characters(codec="utf-8", exclude_characters=",\n\r\0\""), max_size=5),
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=12)


@given(TABLES, st.sets(st.integers(0, 11)), st.sampled_from(["", "1,", 'a,"b']), st.integers(3, 40))
def test_a_block_gives_what_its_lines_give(
    table: list[list[str]], quoted: set[int], rest: str, piece: int
) -> None:
    for k in quoted & set(range(len(table))):
        table[k] = [f'"{table[k][0]}"', *table[k][1:]]
    lines = [",".join(row) for row in table]
    before, cell_blocks._PIECE = cell_blocks._PIECE, piece
    try:
        block = CellBlock(("".join(f"{line}\n" for line in lines) + rest).encode(), 5)
    finally:
        cell_blocks._PIECE = before
    assert [block.line(k) for k in range(len(block))] == lines
    whole = [k for k, row in enumerate(table) if len(row) == 3 and '"' not in lines[k]]
    rows = block.lines_of(3)
    assert rows.tolist() == whole
    assert block.lines(rows) == [lines[k].encode() for k in whole]
    for column in range(3):
        cells = [table[k][column] for k in whole]
        assert block.texts(rows, column) == cells
        assert block.words(rows, column).tolist() == [
            cell.encode() if all("!" <= one <= "~" for one in cell) else b"" for cell in cells
        ]
        times = block.times_s(rows, column).tolist()
        assert same(times, [at.t_s if (at := stamp(cell)) else None for cell in cells])
        assert same(block.numbers(rows, column)[:, 0].tolist(), map(plain, cells))
        for to in {*cells, "x"}:
            assert block.equal(rows, column, to.encode()).tolist() == [cell == to for cell in cells]
    for columns in ((0, 1, 2), (2, 0)):
        found = block.numbers(rows, *columns).ravel().tolist()
        assert same(found, [plain(table[k][column]) for k in whole for column in columns])
    for k in whole:
        part = ",".join(table[k][1:]).encode()
        assert block.piece(k, 1, 2) == part
        assert [rows[i] for i in block.equal(rows, 1, part, 2).nonzero()[0]] == [
            other for other in whole if table[other][1:] == table[k][1:]
        ]


def same(found: list[float], expected: Iterable[float | None]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(math.isnan(value) if one is None else one == value for value, one in pairs)


def test_bytes_that_are_no_text_stand_for_themselves() -> None:
    block = CellBlock(b"a\xff,1\n")
    assert block.texts(block.lines_of(2), 0) == ["a\u00ff"]
    assert block.words(block.lines_of(2), 0).tolist() == [b""]
