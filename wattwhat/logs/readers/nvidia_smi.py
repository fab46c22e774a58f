"""nvidia-smi --query-gpu --format=csv in all its variants, and the tables of its kind that users write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.nvidia_smi.columns import columns_of, is_time
from wattwhat.logs.nvidia_smi.fast_rows import Layout, Rows, parse
from wattwhat.logs.nvidia_smi.power_table import WATTS, PowerTable
from wattwhat.logs.parsing.cells import Stamp
from wattwhat.logs.parsing.csv_rows import split_cells
from wattwhat.logs.parsing.decode import lines_of
from wattwhat.logs.parsing.named_rows import delimiter_of
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["NvidiaSmi"]

_OWN_STAMP = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}")
_QUERY_WORDS = (
    "utilization.gpu",
    "memory.used",
    "temperature.gpu",
    "power.limit",
    "clocks.",
    "pstate",
    "fan.speed",
)


class NvidiaSmi:
    """Power samples of NVIDIA GPUs; scope: the GPU boards."""

    name = "nvidia-smi"

    def sniff(self, head: Head) -> int:
        """The query's own column names, or its own stamps beside watts, or a header with time and power."""
        first = head.first_line
        if "power.draw" in first.lower() or ("timestamp" in first and any(w in first for w in _QUERY_WORDS)):
            return 90
        cells = split_cells(first, delimiter_of(first))
        if any(_OWN_STAMP.fullmatch(cell) for cell in cells):
            return 80
        if any(WATTS.fullmatch(cell) for cell in cells) and any(is_time(cell) for cell in cells):
            return 70
        columns = columns_of(cells)
        if columns is not None and columns.time is not None and len(cells) > 1:
            return 30
        return 40 if sum(name in first for name in _QUERY_WORDS) >= 2 else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each GPU a channel."""
        table = PowerTable(source, options, head_of(source))
        layout = fast_layout(source, table)
        if layout is None:
            for line, text in source.lines():
                if text.strip():
                    table.row(line, text)
        else:
            blocks = _Blocks(table, options.power_factor or 1.0)
            for line, block in source.blocks():
                blocks.add(line, block, layout)
        yield from table.finish()


def fast_layout(source: Source, table: PowerTable) -> Layout | None:
    """How regular rows of this file look, or None where it has to be read row by row."""
    columns = table.columns
    named = columns.uuid is not None and columns.index is None
    if source.encoding not in ("utf-8", "utf-8-sig") or table.delimiter != "," or table.takes_turns or named:
        return None
    if columns.time is None or columns.unit not in (None, "W") or table.units - {"W"}:
        return None
    rows = [split_cells(text) for text in source.head_bytes.decode("utf-8", "replace").splitlines()[1:3]]
    places = (columns.time, columns.power, columns.index or 0)
    if (
        not rows
        or len(rows[0]) != table.width
        or len(rows[0]) <= max(1, *places)
        or not _OWN_STAMP.fullmatch(rows[0][columns.time])
    ):
        return None
    return Layout(len(rows[0]), columns.time, columns.power, columns.index)


class _Blocks:
    """Gives blocks of rows to the table: regular ones at once, the others one by one and in their order."""

    def __init__(self, table: PowerTable, factor: float) -> None:
        self._table, self._factor = table, factor
        self._columns = table.columns

    @property
    def _changed(self) -> bool:
        """Whether another header came, so that rows are no longer as the layout says."""
        return self._table.columns != self._columns or self._table.headless is not None

    def add(self, line: int, block: bytes, layout: Layout) -> None:
        """A block of whole lines, the first of them with this number."""
        rows = None if self._changed else parse(block, layout)
        if rows is None:
            self._one_by_one(line, block)
            return
        import numpy as np

        first = 0
        for irregular in [*np.flatnonzero(rows.irregular).tolist(), len(rows.irregular)]:
            self._many(line, block, rows, first, irregular)
            if irregular < len(rows.irregular):
                end = int(rows.end[irregular]) + 1
                self._one_by_one(line + irregular, block[int(rows.begin[irregular]) : end])
                if self._changed:
                    self._one_by_one(line + irregular + 1, block[end:])
                    return
            first = irregular + 1

    def _one_by_one(self, line: int, block: bytes) -> None:
        for number, text in enumerate(lines_of(block), line):
            if text.strip():
                self._table.row(number, text)

    def _many(self, line: int, block: bytes, rows: Rows, first: int, last: int) -> None:
        """Regular rows, by GPU."""
        import numpy as np

        if first >= last:
            return
        self._table.trace.clock(Stamp(0.0, "local", 1e-3))
        self._table.decimals = 2  # regular rows have as many
        lines = np.arange(line + first, line + last)
        t_s, power_w = rows.t_s[first:last], rows.power_w[first:last] * self._factor
        if rows.index is None:
            self._table.trace.add_arrays(None, t_s, power_w, lines)
            return
        index = rows.index[first:last]
        numbers, places = np.unique(index, return_index=True)
        for place, number in sorted(zip(places.tolist(), numbers.tolist(), strict=True)):
            text = block[int(rows.begin[first + place]) : int(rows.end[first + place])]
            device = self._table.device(split_cells(next(lines_of(text), "")))
            its = index == number
            self._table.trace.add_arrays(device, t_s[its], power_w[its], lines[its])
