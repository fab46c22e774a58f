"""Runs of which the last record is still to come."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.readers.codecarbon_index import Index, Keys
from wattwhat.logs.readers.codecarbon_records import Record

__all__ = ["OpenRuns"]


class OpenRuns:
    """The records of runs whose last one is still to come."""

    def __init__(self, index: Index) -> None:
        self._last, self._keys = index.last, Keys()
        self._open: dict[str, tuple[Record, int]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._open

    def resume(self, key: str, record: Record, rows: int) -> None:
        """Go on with a run that was begun elsewhere."""
        self._open[key] = (record, rows)

    def add(self, record: Record) -> Iterator[tuple[Record, int]]:
        """The runs that end with this record, and how many rows they have.

        A record that holds less than the one before does not continue its run, which then ended there.
        """
        key = self._keys.of(record)
        before, rows = self._open.pop(key, (None, 0))
        if before is not None and _goes_back(before, record):
            yield before, rows
            rows = 0
        if self._last.get(key) == record.place:
            yield record, rows + 1
        else:
            self._open[key] = (record, rows + 1)


def _goes_back(before: Record, after: Record) -> bool:
    pairs = ((before.value(name), after.value(name)) for name in ("duration", "energy_consumed"))
    return any(a is not None and b is not None and b < a for a, b in pairs)
