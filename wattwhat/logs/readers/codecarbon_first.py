"""The first pass over a large emissions.csv, block by block: which row ends which run, of how many rows."""

from __future__ import annotations

from typing import Any

import attrs

from wattwhat.logs.readers.codecarbon_index import Index
from wattwhat.logs.readers.codecarbon_kinds import ENERGIES, Kinds
from wattwhat.logs.readers.codecarbon_lines import Lines, Part
from wattwhat.logs.source import Source

__all__ = ["Looked", "look_through"]

# A row, as an array holds it: its line; how many rows the run has that ends with it, 0 where it goes on; what
# it is like (see `Kinds`); where it lies in its block, and in it the project's name and the energies.
_ROW = [
    ("line", "i8"), ("duration_s", "f8"), ("energy_kwh", "f8"), ("rows", "i4"), ("kind", "i4"),
    ("begin", "i4"), ("end", "i4"), ("project", "u2", 2), ("energies", "u2", 2),
]  # fmt: skip
_LONGEST = 1 << 16  # a longer row is looked at by itself
_FACTOR = 0x9E3779B97F4A7C15


@attrs.frozen
class Looked:
    """What the first pass found.

    Args:
        index: of the whole file; its ``last`` has the runs with a row that is not regular.
        rows: the regular rows of the other runs, in the order of the file.
        before: of rows that hold less than the one before in their run, which then ended there: number of
            their line to that of the row before, and to how many rows the run had.
        parts: of each part the number of its block's first line and the bytes of the block, its own first
            line in the block, the one behind its last, and where its columns are.
        unfinished: number of the line that has no end.
    """

    index: Index
    rows: Any
    before: dict[int, tuple[int, int]]
    parts: list[tuple[int, int, int, int, dict[str, int]]]
    unfinished: int | None


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
    """48 bytes a row are kept, and those of its run_id while the pass lasts."""

    def __init__(self, source: Source) -> None:
        import numpy as np

        self._source = source
        self.index, self.lines = Index(), Lines(source)
        self._kinds = Kinds()
        self._rows: list[Any] = [np.empty(0, dtype=_ROW)]
        self._runs: list[Any] = [np.empty(0, dtype="S1")]
        self._parts: list[tuple[int, int, int, int, dict[str, int]]] = []

    def take(self, part: Part) -> None:
        """The next lines: regular rows all at once, any other line by itself."""
        import numpy as np

        rows = part.whole()
        if len(rows):
            runs = part.block.words(rows, part.at["run_id"])
            numbers = part.block.numbers(rows, part.at["duration"], part.at["energy_consumed"])
            begin, end = part.block.bounds(rows, 0, len(part.at) - 1)
            named = runs.view(np.uint8)[:: runs.itemsize] > 0
            regular = ~np.isnan(numbers).any(axis=1) & named & (end - begin < _LONGEST)
            rows, runs, numbers = rows[regular], runs[regular], numbers[regular]
        for k in part.others(rows).tolist():
            if k >= part.end:
                break  # the header has changed
            for record in self.lines.records(part, k):
                self.index.add(record)
        self._parts.append((part.block.first, len(part.block.data), part.begin, part.end, part.at))
        if len(rows) and rows[0] < part.end:
            kept = int(np.searchsorted(rows, part.end))
            self._take_rows(part, rows[:kept], runs[:kept], numbers[:kept])

    def _take_rows(self, part: Part, rows: Any, runs: Any, numbers: Any) -> None:
        import numpy as np

        index, block, at = self.index, part.block, part.at
        table = np.zeros(len(rows), dtype=_ROW)
        table["line"], table["kind"] = rows + block.first, -1
        table["duration_s"], table["energy_kwh"] = numbers.T
        begin, table["end"] = block.bounds(rows, 0, len(at) - 1)
        table["begin"] = begin
        if self._kinds.usable(at):
            table["kind"] = self._kinds.of(part, rows)
            project, energies = at["project_name"], at[ENERGIES[0]]
            for name, columns in (("project", (project, project)), ("energies", (energies, energies + 2))):
                for k, place in enumerate(block.bounds(rows, *columns)):
                    table[name][:, k] = place - begin
        self._rows.append(table)
        self._runs.append(runs)
        index.rows += len(rows)
        if len(index.cpu_powers) < 2:
            powers = block.texts(rows, at["cpu_power"]) if "cpu_power" in at else [""]
            index.cpu_powers.update(list({power.strip() for power in powers})[:2])
        if "tracking_mode" not in at:
            return
        machine = block.equal(rows, at["tracking_mode"], b"machine")
        other = np.flatnonzero(~machine)
        machine[other] = [mode.strip() == "machine" for mode in block.texts(rows[other], at["tracking_mode"])]
        end_s, duration_s = block.times_s(rows[machine], at["timestamp"]), numbers[machine, 0]
        known = np.isfinite(end_s)
        end_s, places = end_s[known], 2 * table["line"][machine][known]
        index.add_spans(end_s - duration_s[known], end_s, places)

    def looked(self) -> Looked:
        """What was found, once every part was taken."""
        import numpy as np

        index = self.index
        runs, self._runs = np.concatenate(self._runs), []
        is_odd = np.zeros(len(runs), dtype=bool)
        if index.last:  # a run with a row that is not regular takes the long way with all of its rows
            is_odd = np.isin(runs, np.array([key.encode() for key in index.last]))
        odd = runs[is_odd].tolist()
        order, first = _by_run(runs[~is_odd] if odd else runs)
        del runs
        rows, self._rows = np.concatenate(self._rows), []
        for run, line in zip(odd, rows["line"][is_odd].tolist(), strict=True):
            key = run.decode()
            index.last[key] = max(index.last[key], 2 * line)
        rows = rows[~is_odd] if odd else rows
        before, last = _count(rows, order, first)
        index.ends = 2 * rows["line"][order[last]]
        return Looked(index, rows, before, self._parts, self._source.line_without_end)


def _by_run(runs: Any) -> tuple[Any, Any]:
    """An order of the rows that has those of a run together, and where in this order another run begins."""
    import numpy as np

    width = -(-runs.itemsize // 8) * 8
    words = runs.astype(f"S{width}").view("<u8").reshape(len(runs), width // 8)
    mixed = np.zeros(len(runs), dtype=np.uint64)
    for column in words.T:
        mixed = (mixed ^ column) * np.uint64(_FACTOR)
        mixed ^= mixed >> np.uint64(29)
    place = np.uint64((1 << len(runs).bit_length()) - 1)
    mixed = np.sort(mixed & ~place | np.arange(len(runs), dtype=np.uint64))
    order = (mixed & place).astype(np.int64)
    first = _changes(mixed & ~place)
    same = np.flatnonzero(~first)
    if (runs[order[same]] != runs[order[same - 1]]).any():  # two that were mixed to the same number
        order = np.argsort(runs, kind="stable")
        first = _changes(runs[order])
    return order, first


def _changes(values: Any) -> Any:
    import numpy as np

    return np.concatenate([np.ones(min(1, len(values)), dtype=bool), values[1:] != values[:-1]])


def _count(rows: Any, order: Any, first: Any) -> tuple[dict[int, tuple[int, int]], Any]:
    """Counts the rows of each run where it ends; ``before`` of `Looked`, and which rows in order are last."""
    import numpy as np

    less = np.zeros(len(order), dtype=bool)
    for name in ("duration_s", "energy_kwh"):
        values = rows[name][order]
        less[1:] |= values[1:] < values[:-1]
    less &= ~first
    # how many rows the run has up to each row, begun anew where one holds less than the one before
    at = np.arange(len(order))
    so_far = at - np.maximum.accumulate(np.where(first | less, at, 0)) + 1
    last = np.ones(len(order), dtype=bool)
    last[:-1] = first[1:]
    rows["rows"][order[last]] = so_far[last]
    back, line = np.flatnonzero(less), rows["line"]
    earlier = zip(line[order[back - 1]].tolist(), so_far[back - 1].tolist(), strict=True)
    return dict(zip(line[order[back]].tolist(), earlier, strict=True)), last
