"""Runs of one machine in one file: the Measurement of the first is made with care, the others after it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import attrs

from wattwhat.logs.building.measurement import plausible_range_w
from wattwhat.logs.building.stated_totals import LONGEST_S, MOST_J, short_text
from wattwhat.logs.parsing import cells as parsing
from wattwhat.logs.parsing.decimals import decimals
from wattwhat.logs.readers.codecarbon_kinds import ENERGIES
from wattwhat.logs.readers.codecarbon_lines import Part
from wattwhat.logs.readers.codecarbon_records import Record
from wattwhat.logs.readers.codecarbon_runs import Maker
from wattwhat.records.copies import copier, late_copier
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN, MODEL

__all__ = ["AlikeRuns"]

_KWH_J = 3.6e6
_COMPONENTS = ("cpu", "gpu", "dram")
_REMEMBERED = 10_000
_MODEL, _GAIN, _MODEL_AND_GAIN, _GAIN_AND_MODEL = (MODEL,), (GAIN,), (MODEL, GAIN), (GAIN, MODEL)
_MODEL_FROM = 0.2  # a gain error from here on is that of a model, as `printed` has it


@attrs.frozen
class Copies:
    """Measurements of rows, made where they are asked for.

    Args:
        likes: what rows are like.
        which: of each row the place of what it is like; -1 where it needs care (a numpy array).
        columns: label, J, u in J, duration in s and what the rest is made of, as lists.
    """

    likes: list[Like]
    which: Any
    columns: list[list[Any]]

    def between(self, begin: int, end: int) -> Iterable[Measurement] | None:
        """The Measurements of these rows, which are all like one; None where they need care."""
        place = int(self.which[begin])
        if place < 0:
            return None
        like = self.likes[place]
        label, value, u, duration_s, given = (column[begin:end] for column in self.columns)
        # without a loop, which would take as long as all else
        return map(like.copy, label, map(like.quantity, value, u), duration_s, given)


class AlikeRuns:
    """Measurements of rows that differ from an earlier one in run, project, time and energies only.

    Args:
        maker: makes the first of those that are alike.
    """

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._known: dict[int, Like] = {}
        self._labels: dict[bytes, str] = {}

    def copies(self, part: Part, rows: Any, overlaps: list[str | None], unfinished: int | None) -> Copies:
        """The Measurements of the rows' runs.

        Args:
            part: of the file.
            rows: some of its rows that end runs, as `Looked` has them.
            overlaps: what is to be said of each that shares its time with others.
            unfinished: number of the line that has no end.
        """
        import numpy as np

        kwh = decimals(b",".join(_pieces(part.block.data, rows, "energies"))).reshape(-1, 3)
        likes: list[Like] = []
        which = np.full(len(rows), -1, dtype=np.int32)
        whole_j, u_j = np.full(len(rows), math.nan), np.full(len(rows), math.nan)
        for like, alike in self._likes(part, rows, kwh):
            which[alike] = len(likes)
            likes.append(like)
            whole_j[alike], u_j[alike] = like.joules(kwh[alike], rows["duration_s"][alike])
        which[np.isnan(whole_j) | (rows["line"] == unfinished)] = -1
        known = self._labels.get
        projects = _pieces(part.block.data, rows, "project")
        labels = [known(project) or self._label(project) for project in projects]
        lines = part.block.slices(rows["begin"], rows["end"])
        later = zip(lines, rows["line"].tolist(), rows["rows"].tolist(), overlaps, strict=True)
        columns = [labels, whole_j.tolist(), u_j.tolist(), rows["duration_s"].tolist(), list(later)]
        return Copies(likes, which, columns)

    def _likes(self, part: Part, rows: Any, kwh: Any) -> Iterator[tuple[Like, Any]]:
        """What rows are like, made of the first of its kind, and which rows; without those that need care."""
        import numpy as np

        total, duration_s = rows["energy_kwh"], rows["duration_s"]
        with np.errstate(over="ignore"):  # cells hold anything; what is infinite then needs care
            left = np.abs(kwh[:, 0] + kwh[:, 1] + kwh[:, 2] - total) <= 1e-6 * total + 1e-15
            left &= (duration_s > 0.0) & (duration_s <= LONGEST_S) & (total * _KWH_J <= MOST_J)
        left &= rows["kind"] >= 0
        kind = np.where(left, 2 * rows["kind"] + (kwh[:, 1] == 0.0), -1)
        for key, first in zip(*np.unique(kind, return_index=True), strict=True):
            if key >= 0 and (like := self._like(key, part, rows[first], kwh[first])) is not None:
                yield like, kind == key

    def _like(self, key: int, part: Part, row: Any, kwh: Any) -> Like | None:
        """What rows with this key are copied from: the first of them that has no doubts of its own."""
        like = self._known.get(key)
        if like is not None:
            return like
        cells = map(str.strip, _text(part.block.data[row["begin"] : row["end"]]).split(","))
        number = int(row["line"])
        record = Record(number, dict(zip(part.at, cells, strict=True)), place=2 * number)
        for made in self._maker.without_overlap(record):
            like = Like(made, len(self._maker.backups), part.at)
            if not math.isnan(like.joules(kwh[None], row["duration_s"][None])[0][0]):
                self._known[key] = like
                return like
        return None

    def _label(self, project: bytes) -> str:
        if len(self._labels) >= _REMEMBERED:
            self._labels.clear()
        name = short_text(_text(project))
        self._labels[project] = name if name and name != "codecarbon" else self._maker.stem
        return self._labels[project]


def _pieces(data: bytes, rows: Any, name: str) -> list[bytes]:
    """The cells of rows that lie between the two places of this name."""
    begin = rows["begin"]
    places = ((begin + rows[name][:, k]).tolist() for k in (0, 1))
    return [data[a:b] for a, b in zip(*places, strict=True)]


def _text(cells: bytes) -> str:
    return cells.decode("utf-8", "wattwhat.latin1")


class Like:
    """One Measurement and what has to be changed in it for another run.

    Args:
        made: the Measurement.
        backups: how many sentences about the whole file stand first among its warnings.
        at: where the columns are.
    """

    def __init__(self, made: Measurement, backups: int, at: dict[str, int]) -> None:
        self._details, self._warnings, self._backups = dict(made.details), made.warnings, backups
        self._cells = itemgetter(*(at[name] for name in ("run_id", "project_name", "timestamp", "emissions")))
        self._parts = []
        for entry in made.channels:
            gain = entry.channel.gain_error or 0.0
            place = _COMPONENTS.index(entry.channel.component)
            range_w = plausible_range_w(entry.channel)
            self._parts.append((place, at[ENERGIES[place]], gain, range_w, copier(entry, "energy_j")))
        self.quantity = copier(made.energy_j, "value", "u")
        later = ("channels", "_budget", "warnings", "details")
        self.copy = late_copier(made, ("label", "energy_j", "duration_s"), later, self._rest)

    def joules(self, kwh: Any, duration_s: Any) -> tuple[Any, Any]:
        """Energies in J and their u, as arrays; NaN where a part would have a power that no device draws."""
        import numpy as np

        with np.errstate(over="ignore"):
            per_kwh = _KWH_J / duration_s
        possible = np.ones(len(kwh), dtype=bool)
        model_j, gain_j = np.zeros(len(kwh)), np.zeros(len(kwh))
        parts_j = []
        for place, _, gain, (least_w, most_w), _ in self._parts:
            power_w = kwh[:, place] * per_kwh
            possible &= (power_w >= least_w) & (power_w <= most_w)
            part_j = kwh[:, place] * _KWH_J
            parts_j.append(part_j)
            shared_j = model_j if gain >= _MODEL_FROM else gain_j
            shared_j += gain * part_j
        whole_j = _sums(parts_j)
        whole_j[~possible] = math.nan
        shared = np.maximum(model_j, gain_j).tolist(), np.minimum(model_j, gain_j).tolist()
        return whole_j, np.fromiter(map(math.hypot, *shared), dtype=float, count=len(kwh))

    def _rest(self, line: bytes, at: int, rows: int, overlap: str | None) -> tuple[Any, ...]:
        """Channels, budget, warnings and details of the run that ends with this line of the file."""
        cells = _text(line).split(",")
        model_j = gain_j = 0.0
        entries = []
        for _, column, gain, _, entry in self._parts:
            part_j = float(cells[column]) * _KWH_J
            entries.append(entry(self.quantity(part_j, gain * part_j)))
            if gain >= _MODEL_FROM:
                model_j += gain * part_j
            else:
                gain_j += gain * part_j
        details = self._details.copy()
        run_id, project, stamp, emissions = self._cells(cells)
        details["run_id"], details["project_name"] = _text_or_none(run_id), _text_or_none(project)
        details["ended_local"], details["emissions_kg"] = _text_or_none(stamp), parsing.number(emissions)
        details["rows_of_this_run"], details["line"] = rows, at
        warnings = self._warnings
        if overlap is not None:
            warnings = (*warnings[: self._backups], overlap, *warnings[self._backups :])
        return tuple(entries), _budget(model_j, gain_j), warnings, MappingProxyType(details)


def _sums(columns: list[Any]) -> Any:
    """The sums of up to three columns row by row, bit by bit as `math.fsum` has them."""
    import numpy as np

    whole, lost, unsure = columns[0], np.zeros(len(columns[0])), np.zeros(len(columns[0]), dtype=bool)
    for column in columns[1:]:
        whole, rounded = _two_sum(whole, column)
        lost, left = _two_sum(lost, rounded)
        unsure |= left != 0.0
    found = whole + lost  # two numbers, so that it is rounded once
    for k in np.flatnonzero(unsure).tolist():
        found[k] = math.fsum(column[k] for column in columns)
    return found


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """A sum and what its rounding lost (Knuth)."""
    whole = a + b
    of_b = whole - a
    return whole, (a - (whole - of_b)) + (b - of_b)


def _budget(model_j: float, gain_j: float) -> tuple[Any, ...]:
    """The budget as a Measurement keeps it: sources, the larger first, and their joules."""
    if gain_j <= model_j:
        if gain_j:
            return (_MODEL_AND_GAIN, model_j, gain_j)
        return (_MODEL, model_j) if model_j else ()
    return (_GAIN_AND_MODEL, gain_j, model_j) if model_j else (_GAIN, gain_j)


def _text_or_none(cell: str) -> str | None:
    """`short_text`, at once where it is a long word, as no missing value is."""
    return cell if 18 < len(cell) <= 200 and " " not in cell and cell.isprintable() else short_text(cell)
