"""Two passes over a large emissions.csv: what differs between runs is read, the rest is copied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.protocol import Options
from wattwhat.logs.readers.codecarbon_alike import AlikeRuns, plain
from wattwhat.logs.readers.codecarbon_index import Index, OpenRuns
from wattwhat.logs.readers.codecarbon_lines import Lines
from wattwhat.logs.readers.codecarbon_records import Record
from wattwhat.logs.readers.codecarbon_runs import OWN, Maker
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["FastRuns", "fast_index"]

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?")


def fast_index(source: Source) -> Index:
    """The first pass: what `Index` keeps of every record.

    Raises:
        Irregular: the file needs the csv module.
    """
    index, lines = Index(), Lines(source)
    last, powers, rows = index.last, index.cpu_powers, 0
    for first, block, quotes in lines.blocks():
        stamps, durations, places = [], [], []
        plan = lines.plan
        head, commas, run, energy = plan.head, plan.commas, plan.run, plan.energy
        for number, line in enumerate(block, first):
            if head and line.count(",") == commas and not (quotes and '"' in line):
                cells = line.split(",", head)
                run_id = cells[run]
                if run_id and " " not in run_id and plain(cells[energy]) is not None:
                    last[run_id] = 2 * number
                    rows += 1
                    if len(powers) < 2:
                        powers.add(cells[plan.power] if plan.power != run else "")
                    if plan.mode and line.rsplit(",", plan.mode)[1] == "machine":
                        stamps.append(cells[plan.timestamp])
                        durations.append(cells[plan.duration])
                        places.append(2 * number)
                    continue
            for record in lines.records(number, line):
                index.add(record)
            plan = lines.plan
            head, commas, run, energy = plan.head, plan.commas, plan.run, plan.energy
        _give_spans(index, stamps, durations, places)
    index.rows += rows
    return index


def _give_spans(index: Index, stamps: list[str], durations: list[str], places: list[int]) -> None:
    """When the runs of the whole machine began and ended."""
    import numpy as np

    if not places:
        return
    try:
        if not all(map(_STAMP.fullmatch, stamps)):
            raise ValueError  # numpy would take further kinds, some with a warning about time zones
        end_s = np.array(stamps, dtype="datetime64[s]").astype(np.int64).astype(float)
        lengths_s = np.array(list(map(float, durations)))
    except ValueError:
        spans = [(stamp(text), plain(length)) for text, length in zip(stamps, durations, strict=True)]
        end_s = np.array([np.nan if at is None else at.t_s for at, _ in spans])
        lengths_s = np.array([np.nan if length is None else length for _, length in spans])
    known = np.isfinite(end_s) & np.isfinite(lengths_s)
    start_s = end_s - lengths_s
    index.add_spans(start_s[known], end_s[known], np.array(places, dtype=np.int64)[known])


# A run of which a later row is still to come: s, kWh and rows so far, and the last row with its header.
_Open = tuple[float, float, int, int, str, tuple[str, ...]]


def _record(number: int, line: str, header: tuple[str, ...]) -> Record:
    return Record(number, dict(zip(header, line.split(","), strict=True)), place=2 * number)


class FastRuns:
    """The second pass: one Measurement a run, where its last row stands.

    Args:
        source: the file.
        options: the user's.
        index: of the first pass.
    """

    def __init__(self, source: Source, options: Options, index: Index) -> None:
        self._source, self._index = source, index
        self._lines, self._maker, self._slow = Lines(source), Maker(source, options, index), OpenRuns(index)
        self._alike: AlikeRuns | None = None
        self._may_copy = options.energy_unit is None and options.timezone is None
        self._open: dict[str, _Open] = {}

    def measurements(self) -> Iterator[Measurement]:
        """Every run."""
        lines, last, slow, opened = self._lines, self._index.last, self._slow, self._open
        for first, block, quotes in lines.blocks():
            commas, run, head = lines.plan.commas, lines.plan.run, lines.plan.head
            for number, line in enumerate(block, first):
                if head and line.count(",") == commas and not (quotes and '"' in line):
                    run_id = line.split(",", run + 1)[run]
                    if run_id and " " not in run_id and run_id not in slow:
                        if last.get(run_id) == 2 * number and run_id not in opened:
                            made = self._copied(number, line, 1)
                            if made is not None:
                                yield made
                                continue
                        measurements = self._going_on(number, line, run_id)
                        if measurements is not None:
                            yield from measurements
                            continue
                yield from self._with_care(number, line)
                commas, run, head = lines.plan.commas, lines.plan.run, lines.plan.head

    def _going_on(self, number: int, line: str, run_id: str) -> Iterable[Measurement] | None:
        """What a row ends of a run of several rows, or of one not like others; None for an odd row."""
        plan, header, opened = self._lines.plan, self._lines.header, self._open
        cells = line.split(",", plan.head)
        duration_s, energy_kwh = plain(cells[plan.duration]), plain(cells[plan.energy])
        if duration_s is None or energy_kwh is None:
            return None
        rows = 1
        measurements: list[Measurement] = []
        if run_id in opened:
            before = opened.pop(run_id)
            if duration_s < before[0] or energy_kwh < before[1]:
                measurements += self._maker.of(_record(*before[3:]), before[2])
            else:
                rows = before[2] + 1
        if self._index.last.get(run_id) != 2 * number:
            opened[run_id] = (duration_s, energy_kwh, rows, number, line, header)
            return measurements
        made = self._copied(number, line, rows) if rows > 1 else None
        return (
            [*measurements, made]
            if made
            else [*measurements, *self._maker.of(_record(number, line, header), rows)]
        )

    def _with_care(self, number: int, line: str) -> Iterator[Measurement]:
        """Whatever a line holds: a header, an odd row, a row without a run_id."""
        header = self._lines.header
        for record in self._lines.records(number, line):
            run_id = record.get("run_id")
            if run_id in self._open:
                before = self._open.pop(run_id)
                self._slow.resume(run_id, _record(*before[3:]), before[2])
            for ended, rows in self._slow.add(record):
                yield from self._maker.of(ended, rows)
        if self._lines.header is not header:
            alike = AlikeRuns(self._lines.header, self._index.constant_cpu, len(self._maker.backups))
            usable = self._may_copy and alike.usable and OWN.issuperset(self._lines.header)
            self._alike = alike if usable else None

    def _copied(self, number: int, line: str, rows: int) -> Measurement | None:
        """The Measurement of a run whose row is like an earlier one; None where it needs care."""
        alike = self._alike
        if alike is None or number == self._source.line_without_end:
            return None
        cells = line.split(",")
        numbers = alike.numbers(cells)
        if numbers is None:
            return None
        key = alike.key(cells, numbers)
        like = alike.known.get(key)
        if like is None:
            for made in self._maker.without_overlap(_record(number, line, self._lines.header)):
                like = alike.remember(key, made, numbers)
        if like is None:
            return None
        return like.measurement(alike.names_of(cells), numbers, number, rows, self._index.overlap(2 * number))
