"""The first pass over a large emissions.csv, block by block: which row ends which run, of how many rows."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any

import attrs

from wattwhat.logs.readers.codecarbon_index import Index
from wattwhat.logs.readers.codecarbon_lines import Lines, Part
from wattwhat.logs.source import Source

__all__ = ["Ends", "Looked", "look_through"]


@attrs.frozen
class Ends:
    """Regular rows, of runs that have no other rows, in the order of the file (numpy arrays of one length).

    Args:
        line: number of each row's line.
        rows: how many rows the run has that ends with this one; 0 where it goes on.
        duration_s: as the row says.
        energy_kwh: as the row says.
        before: of rows that hold less than the one before in their run, which then ended there: number of
            their line to that of the row before, and to how many rows the run had.
    """

    line: Any
    rows: Any
    duration_s: Any
    energy_kwh: Any
    before: dict[int, tuple[int, int]]


@attrs.frozen
class Looked:
    """What the first pass found.

    Args:
        index: of the whole file; its ``last`` has the runs with a row that is not regular.
        ends: the regular rows of the other runs.
        changed: numbers of the lines where the header changes.
    """

    index: Index
    ends: Ends
    changed: list[int]


def look_through(source: Source) -> Looked:
    """The first pass.

    Raises:
        Irregular: the file needs the csv module.
    """
    first = _FirstPass(source)
    for part in first.lines.parts():
        first.take(part)
    return first.looked()


class _FirstPass:
    """100 bytes a run are kept while it lasts, and 28 a row."""

    def __init__(self, source: Source) -> None:
        self.index, self.lines = Index(), Lines(source)
        self._run_numbers: defaultdict[bytes, int] = defaultdict(count().__next__)
        self._kept: list[tuple[Any, ...]] = []

    def take(self, part: Part) -> None:
        """The next lines: regular rows all at once, any other line by itself."""
        import numpy as np

        rows = part.whole()
        if len(rows):
            runs = part.block.words(rows, part.at["run_id"])
            numbers = part.block.numbers(rows, part.at["duration"], part.at["energy_consumed"])
            regular = ~np.isnan(numbers).any(axis=1) & (runs != None)  # noqa: E711
            rows, runs, numbers = rows[regular], runs[regular], numbers[regular]
        for k in part.others(rows).tolist():
            if k >= part.end:
                break  # the header has changed
            for record in self.lines.records(part, k):
                self.index.add(record)
        if len(rows) and rows[0] < part.end:
            kept = int(np.searchsorted(rows, part.end))
            self._take_rows(part, rows[:kept], runs[:kept], numbers[:kept])

    def _take_rows(self, part: Part, rows: Any, runs: Any, numbers: Any) -> None:
        import numpy as np

        index, block, at = self.index, part.block, part.at
        codes = np.array(list(map(self._run_numbers.__getitem__, runs.tolist())), dtype=np.int32)
        lines = rows + block.first
        self._kept.append((lines, codes, numbers[:, 0].copy(), numbers[:, 1].copy()))
        index.rows += len(rows)
        if len(index.cpu_powers) < 2:
            powers = block.texts(rows, at["cpu_power"]) if "cpu_power" in at else [""]
            index.cpu_powers.update(list({power.strip() for power in powers})[:2])
        if "tracking_mode" not in at:
            return
        machine = block.equal(rows, at["tracking_mode"], b"machine")
        other = np.flatnonzero(~machine)
        machine[other] = [mode.strip() == "machine" for mode in block.texts(rows[other], at["tracking_mode"])]
        end_s = block.times_s(rows[machine], at["timestamp"])
        known = np.isfinite(end_s)
        end_s, duration_s, places = end_s[known], numbers[machine, 0][known], 2 * lines[machine][known]
        index.add_spans(end_s - duration_s, end_s, places)

    def looked(self) -> Looked:
        """What was found, once every part was taken."""
        import numpy as np

        index = self.index
        kept = self._kept or [tuple(np.empty(0, dtype=kind) for kind in (np.int64, np.int32, float, float))]
        line, code, duration_s, energy_kwh = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
        self._kept = []
        # A run with a row that is not regular takes the long way with all of its rows.
        numbers = self._run_numbers
        odd = {numbers[word]: key for key in index.last if (word := key.encode()) in numbers}
        is_odd = np.isin(code, np.fromiter(odd, dtype=np.int32, count=len(odd)))
        for one, number in zip(code[is_odd].tolist(), line[is_odd].tolist(), strict=True):
            index.last[odd[one]] = max(index.last[odd[one]], 2 * number)
        self._run_numbers = defaultdict(int)
        regular = ~is_odd
        ends, last = _ends(line[regular], code[regular], duration_s[regular], energy_kwh[regular])
        index.ends = 2 * ends.line[last]
        return Looked(index, ends, self.lines.changed)


def _ends(line: Any, code: Any, duration_s: Any, energy_kwh: Any) -> tuple[Ends, Any]:
    """Where runs end, and which rows are the last ones of their runs."""
    import numpy as np

    order = np.argsort(code, kind="stable")
    first = np.ones(len(order), dtype=bool)
    first[1:] = code[order[1:]] != code[order[:-1]]
    less = np.zeros(len(order), dtype=bool)
    for values in (duration_s, energy_kwh):
        less[1:] |= values[order[1:]] < values[order[:-1]]
    less &= ~first
    # how many rows the run has up to each row, begun anew where one holds less than the one before
    at = np.arange(len(order))
    so_far = at - np.maximum.accumulate(np.where(first | less, at, 0)) + 1
    last = np.ones(len(order), dtype=bool)
    last[:-1] = first[1:]
    rows, is_last = np.zeros(len(order), dtype=np.int32), np.empty(len(order), dtype=bool)
    rows[order], is_last[order] = np.where(last, so_far, 0), last
    back = np.flatnonzero(less)
    earlier = zip(line[order[back - 1]].tolist(), so_far[back - 1].tolist(), strict=True)
    before = dict(zip(line[order[back]].tolist(), earlier, strict=True))
    return Ends(line, rows, duration_s, energy_kwh, before), is_last
