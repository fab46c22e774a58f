"""CodeCarbon's rows as they are nearly always: whole lines without quotes, split without the csv module."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import attrs

from wattwhat.logs.parsing.named_rows import header_of, under
from wattwhat.logs.protocol import head_of
from wattwhat.logs.readers.codecarbon_records import Record, is_header, records_of
from wattwhat.logs.source import Source

__all__ = ["Irregular", "Lines", "Plan", "may_be_regular"]

# Columns that every row is looked at for.
NEEDED = ("run_id", "energy_consumed", "duration", "timestamp")


class Irregular(Exception):
    """The file holds what only the csv module takes apart: cells over several lines, NUL, stray line ends."""


def may_be_regular(source: Source) -> bool:
    """Whether a file begins as a table of runs with a run_id, whose rows can be split at their commas."""
    head = head_of(source)
    names = head.first_line.split(",")
    plain = source.encoding == "utf-8" and "\n" in head.text and head.text.lstrip()[:1] not in ("{", "[")
    return plain and set(names) >= {*NEEDED} and "task_name" not in names and len(set(names)) == len(names)


@attrs.frozen
class Plan:
    """Where the columns are that every row is looked at for.

    Args:
        head: how many cells are split off for all of them; 0 where the header lacks one, and every row takes
            the long way.
        commas: in a whole row.
        run: place of run_id.
        energy: of energy_consumed.
        duration: of duration.
        timestamp: of timestamp.
        power: of cpu_power, or of run_id where there is none.
        mode: cells from tracking_mode to the end, 0 where there is none.
    """

    head: int = 0
    commas: int = 0
    run: int = 0
    energy: int = 0
    duration: int = 0
    timestamp: int = 0
    power: int = 0
    mode: int = 0

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Plan:
        """The plan of a header."""
        at = {name: place for place, name in enumerate(names)}
        if not at.keys() >= {*NEEDED} or "task_name" in at or len(at) < len(names):
            return cls()
        run, energy, duration, timestamp = (at[name] for name in NEEDED)
        power, mode = at.get("cpu_power", run), at.get("tracking_mode", 0)
        head = 1 + max(run, energy, duration, timestamp, power)
        mode = len(names) - mode if mode else 0
        return cls(head, len(names) - 1, run, energy, duration, timestamp, power, mode)


class Lines:
    """The lines of a file with the columns of the header that they stand under.

    Attributes:
        header: the columns; `records` changes them where another header comes.
        plan: where they are.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.header: tuple[str, ...] = ()
        self.plan = Plan()

    def blocks(self) -> Iterator[tuple[int, list[str], bool]]:
        """Lines by the hundred kilobytes: the number of the first, the lines, and whether there are quotes.

        Raises:
            Irregular: the file is not as `may_be_regular` took it to be.
        """
        for first, block in self._source.blocks(1 << 19):
            if b"\r" in block:
                block = block.replace(b"\r\n", b"\n")
            if b"\r" in block or b"\0" in block:
                raise Irregular
            lines = block.decode("utf-8", "wattwhat.latin1").split("\n")
            lines.pop()
            yield first, lines, b'"' in block

    def records(self, number: int, line: str) -> Iterator[Record]:
        """What any line holds: a header, which is remembered, records, or nothing; see `records_of`."""
        if line.count('"') % 2:
            raise Irregular
        row = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
        if not any(row):
            return
        if is_header(tuple(cell.lower() for cell in row)):
            self.header = header_of(self._source, number, row)
            self.plan = Plan.of(self.header)
        elif self.header:
            yield from records_of(self._source, under(self.header, number, row))
