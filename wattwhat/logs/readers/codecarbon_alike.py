"""Runs of one machine in one file: the Measurement of the first is made with care, the others after it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby, repeat
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import attrs

from wattwhat.logs.building.measurement import plausible_range_w
from wattwhat.logs.building.stated_totals import LONGEST_S, MOST_J, short_text
from wattwhat.logs.parsing import cells as parsing
from wattwhat.logs.readers.codecarbon_lines import Part
from wattwhat.logs.readers.codecarbon_records import Record
from wattwhat.logs.readers.codecarbon_runs import Maker
from wattwhat.records.copies import copier, late_copier
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN, MODEL

__all__ = ["AlikeRuns", "EndingRows"]

_KWH_J = 3.6e6
_PARTS = ("cpu_energy", "gpu_energy", "ram_energy")
# Of these, runs that are alike have the same cells.
_SAME = ("gpu_count", "tracking_mode", "pue", "os", "python_version", "codecarbon_version", "cpu_model",
         "gpu_model", "country_name", "cpu_power")  # fmt: skip
# These are hardly ever different where those are the same, so that cells on both sides of them are compared
# in one piece. What else codecarbon writes is not used.
_STEADY = frozenset(("country_iso_code", "region", "cloud_provider", "cloud_region", "cpu_count", "longitude",
                     "latitude", "ram_total_size", "on_cloud"))  # fmt: skip
_USED = ("energy_consumed", "duration", "emissions", "run_id", "project_name", "timestamp")
_COMPONENTS = ("cpu", "gpu", "dram")
_REMEMBERED = 10_000
_MODEL, _GAIN, _MODEL_AND_GAIN, _GAIN_AND_MODEL = (MODEL,), (GAIN,), (MODEL, GAIN), (GAIN, MODEL)
_MODEL_FROM = 0.2  # a gain error from here on is that of a model, as `printed` has it


@attrs.frozen
class EndingRows:
    """Regular rows of a part of the file that end runs (numpy arrays of one length).

    Args:
        part: the lines.
        lines: places of the rows in the block of the part.
        rows: how many rows each one's run has.
        duration_s: as the row says.
        energy_kwh: as the row says.
    """

    part: Part
    lines: Any
    rows: Any
    duration_s: Any
    energy_kwh: Any


class AlikeRuns:
    """Measurements of rows that differ from an earlier one in run, project, time and energies only.

    Args:
        header: the columns.
        maker: makes the first of those that are alike.
        constant_cpu: whether the CPU's power is the same in all rows, which is then said.
    """

    def __init__(self, header: tuple[str, ...], maker: Maker, constant_cpu: bool) -> None:
        self._at = {name: place for place, name in enumerate(header)}
        self.usable = all(name in self._at for name in (*_USED, *_PARTS))
        self._maker = maker
        same = {name for name in _SAME if name in self._at and (constant_cpu or name != "cpu_power")}
        self._pieces = _pieces(header, same)
        self._known: dict[tuple[Any, ...], Like] = {}
        self._labels: dict[str, str] = {}

    def copies(
        self, rows: EndingRows, overlaps: list[str | None], unfinished: int | None
    ) -> Iterator[Measurement | None]:
        """The Measurement of each row's run; None where it needs care.

        Args:
            rows: these.
            overlaps: what is to be said of each that shares its time with others.
            unfinished: number of the line that has no end.
        """
        import numpy as np

        if not len(rows.lines):
            return
        block, first = rows.part.block, rows.part.block.first
        kwh = block.numbers(rows.lines, *(self._at[name] for name in _PARTS))
        likes = np.full(len(kwh), None, dtype=object)
        whole_j, u_j = np.full(len(kwh), math.nan), np.full(len(kwh), math.nan)
        for like, alike in self._likes(rows, kwh):
            likes[alike] = like
            whole_j[alike], u_j[alike] = like.joules(kwh[alike], rows.duration_s[alike])
        likes[np.isnan(whole_j)] = None
        if unfinished is not None:
            likes[rows.lines == unfinished - first] = None
        known, projects = self._labels.get, block.texts(rows.lines, self._at["project_name"])
        labels = [known(project) or self._label(project) for project in projects]
        numbers = ((rows.lines + first).tolist(), rows.rows.tolist())
        later = zip(block.lines(rows.lines), *numbers, overlaps, strict=True)
        columns = [labels, whole_j.tolist(), u_j.tolist(), rows.duration_s.tolist(), list(later)]
        # Rows in a row that are alike are made without a loop, which would take as long as all else.
        ends = [*(np.flatnonzero(likes[1:] != likes[:-1]) + 1).tolist(), len(likes)]
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            like = likes[begin]
            if like is None:
                yield from repeat(None, end - begin)
            else:
                label, value, u, duration_s, given = (column[begin:end] for column in columns)
                yield from map(like.copy, label, map(like.quantity, value, u), duration_s, given)

    def _likes(self, rows: EndingRows, kwh: Any) -> Iterator[tuple[Like, Any]]:
        """What rows are like, made of the first of its kind, and which rows; without those that need care."""
        import numpy as np

        block, total = rows.part.block, rows.energy_kwh
        with np.errstate(over="ignore"):  # cells hold anything; what is infinite then needs care
            left = np.abs(kwh[:, 0] + kwh[:, 1] + kwh[:, 2] - total) <= 1e-6 * total + 1e-15
            left &= (rows.duration_s > 0.0) & (rows.duration_s <= LONGEST_S) & (total * _KWH_J <= MOST_J)
        no_gpu = kwh[:, 1] == 0.0
        while left.any():
            k = int(left.argmax())
            cells = [block.piece(rows.lines[k], *piece) for piece in self._pieces]
            key = (bool(no_gpu[k]), *cells)
            like = self._known.get(key) or self._first(key, rows, kwh, k)
            left[k] = False
            if like is not None:
                alike = no_gpu == no_gpu[k]
                alike[k + 1 :] &= left[k + 1 :]
                alike[:k] = False
                for (column, last), cell in zip(self._pieces, cells, strict=True):
                    these = np.flatnonzero(alike)
                    alike[these] = block.equal(rows.lines[these], column, cell, last)
                left &= ~alike
                yield like, alike

    def _first(self, key: tuple[Any, ...], rows: EndingRows, kwh: Any, k: int) -> Like | None:
        """The first run with this key, to be copied; None if it has doubts that others may not have."""
        block, line = rows.part.block, int(rows.lines[k])
        cells = map(str.strip, block.line(line).split(","))
        number = block.first + line
        record = Record(number, dict(zip(self._at, cells, strict=True)), place=2 * number)
        for made in self._maker.without_overlap(record):
            like = Like(made, len(self._maker.backups), self._at)
            whole_j, _ = like.joules(kwh[k : k + 1], rows.duration_s[k : k + 1])
            if math.isnan(whole_j[0]):
                return None
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = like
            return like
        return None

    def _label(self, project: str) -> str:
        if len(self._labels) >= _REMEMBERED:
            self._labels.clear()
        name = short_text(project)
        self._labels[project] = name if name and name != "codecarbon" else self._maker.stem
        return self._labels[project]


def _pieces(header: tuple[str, ...], same: set[str]) -> list[tuple[int, int]]:
    """First and last column of the pieces of a row that hold these columns, and no others that change."""
    pieces = []
    for near, group in groupby(enumerate(header), lambda one: one[1] in same or one[1] in _STEADY):
        places = [place for place, name in group if name in same]
        if near and places:
            pieces.append((places[0], places[-1]))
    return pieces


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
            self._parts.append((place, at[_PARTS[place]], gain, range_w, copier(entry, "energy_j")))
        self.quantity = copier(made.energy_j, "value", "u")
        later = ("channels", "_budget", "warnings", "details")
        self.copy = late_copier(made, ("label", "energy_j", "duration_s"), later, self._rest)

    def joules(self, kwh: Any, duration_s: Any) -> tuple[Any, Any]:
        """Energies in J and their u, as arrays; NaN where a part would have a power that no device draws."""
        import numpy as np

        with np.errstate(over="ignore"):
            per_kwh = _KWH_J / duration_s
        possible = np.ones(len(kwh), dtype=bool)
        whole_j, model_j, gain_j = (np.zeros(len(kwh)) for _ in range(3))
        for place, _, gain, (least_w, most_w), _ in self._parts:
            power_w = kwh[:, place] * per_kwh
            possible &= (power_w >= least_w) & (power_w <= most_w)
            part_j = kwh[:, place] * _KWH_J
            whole_j += part_j
            shared_j = model_j if gain >= _MODEL_FROM else gain_j
            shared_j += gain * part_j
        whole_j[~possible] = math.nan
        return whole_j, np.sqrt(model_j * model_j + gain_j * gain_j)

    def _rest(self, line: bytes, at: int, rows: int, overlap: str | None) -> tuple[Any, ...]:
        """Channels, budget, warnings and details of the run that ends with this line of the file."""
        cells = line.decode("utf-8", "wattwhat.latin1").split(",")
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
