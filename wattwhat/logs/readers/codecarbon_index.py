"""A first look through a file of CodeCarbon: where each run ends, and which runs share their time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from wattwhat.logs.building.overlapping import overlapping
from wattwhat.logs.readers.codecarbon_records import Record

__all__ = ["Index", "Keys", "OpenRuns"]

_SAME_START_S = 3.0
# The stamps are whole seconds, cut off, so two runs in a row may seem to overlap by one or two.
_APART_S = 2.0


class Keys:
    """Tells which run a record is of; it has to see the records in the order of the file.

    Rows of one run_id are cumulative (flush() appends). Rows without one are taken for one run where those of
    a project began at the same time. Tasks have energies of their own.
    """

    def __init__(self) -> None:
        self._unnamed: dict[str, tuple[str, float]] = {}

    def of(self, record: Record) -> str:
        """The run's key: its run_id, or one that no run_id is."""
        if record.get("task_name"):
            return f"\n task {record.place}"
        if run_id := record.get("run_id"):
            return run_id
        project, start = record.get("project_name"), record.start_s
        before = self._unnamed.get(project)
        if before is not None and start is not None and abs(start - before[1]) <= _SAME_START_S:
            return before[0]
        key = f"\n unnamed {record.place}"
        if start is not None:
            self._unnamed[project] = (key, start)
        return key


class Index:
    """What only the whole file tells: 100 bytes a run are kept, and 24 a row.

    Attributes:
        last: key of a run to the place of its last record.
        ends: an array of the places where runs end that are not in ``last``.
        rows: how many records there are.
    """

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.ends: Any = ()
        self.rows = 0
        self.cpu_powers: set[str] = set()
        self._keys = Keys()
        self._spans: list[tuple[Any, Any, Any]] = []
        self._waiting: list[tuple[float, float, int]] = []

    def add(self, record: Record) -> None:
        """The next record of the file."""
        self.rows += 1
        if len(self.cpu_powers) < 2:
            self.cpu_powers.add(record.get("cpu_power"))
        self.last[self._keys.of(record)] = record.place
        if record.get("tracking_mode") == "machine" and record.start_s is not None and record.end is not None:
            self._waiting.append((record.start_s, record.end.t_s, record.place))

    def add_spans(self, start_s: Any, end_s: Any, places: Any) -> None:
        """Spans of runs of the whole machine, as arrays of s on the file's clock and of places."""
        self._spans.append((start_s, end_s, places))

    @property
    def constant_cpu(self) -> bool:
        """Whether every record has the same CPU power, which no sensor gives."""
        return self.rows > 1 and len(self.cpu_powers) == 1 and bool(next(iter(self.cpu_powers), ""))

    def overlapping(self, places: Any) -> Any:
        """Which of these places (an array) are of runs of the whole machine that ran beside another."""
        import numpy as np

        return np.isin(places, self._overlaps[0])

    def overlap(self, place: int) -> str | None:
        """For a run of the whole machine that ran beside another: that each counts the other's energy too."""
        import numpy as np

        places, others, counts = self._overlaps
        k = int(np.searchsorted(places, place))
        if k == len(places) or places[k] != place:
            return None
        more = f" and {counts[k] - 1} more" if counts[k] > 1 else ""
        return (
            f"overlaps in time with the run of line {others[k] // 2}{more}, and both count the whole "
            "machine: they must not be added"
        )

    @cached_property
    def _overlaps(self) -> tuple[Any, Any, Any]:
        """Sorted places of the runs that overlap, each one's other run, and how many of these there are."""
        import numpy as np

        if self._waiting:
            self._spans.append(tuple(map(np.array, zip(*self._waiting, strict=True))))  # type: ignore[arg-type]
            self._waiting = []
        none = np.empty(0, dtype=np.int64)
        if not self._spans:
            return none, none, none
        start_s, end_s, places = (np.concatenate(arrays) for arrays in zip(*self._spans, strict=True))
        self._spans = []
        last = np.fromiter(self.last.values(), dtype=np.int64, count=len(self.last))
        ends_a_run = np.isin(places, np.concatenate([last, np.asarray(self.ends, dtype=np.int64)]))
        start_s, end_s, places = (array[ends_a_run] for array in (start_s, end_s, places))
        return overlapping(start_s, end_s, places, _APART_S)


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
