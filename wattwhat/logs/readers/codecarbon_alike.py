"""Runs of one machine in one file: the Measurement of the first is made with care, the others after it."""

from __future__ import annotations

import math
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wattwhat.logs.building.measurement import plausible_range_w
from wattwhat.logs.building.stated_totals import LONGEST_S, MOST_J, short_text
from wattwhat.records.copies import copier
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN, MODEL

__all__ = ["AlikeRuns", "plain"]

_KWH_J = 3.6e6
_PARTS = ("cpu", "gpu", "ram")
# Of these, runs that are alike have the same cells; what else codecarbon writes is not used.
_SAME = ("gpu_count", "tracking_mode", "pue", "os", "python_version", "codecarbon_version", "cpu_model",
         "gpu_model", "country_name", "cpu_power")  # fmt: skip
_USED = ("energy_consumed", "duration", "emissions", "run_id", "project_name", "timestamp")
_COMPONENTS = ("cpu", "gpu", "dram")
_REMEMBERED = 10_000
_MODEL, _GAIN, _MODEL_AND_GAIN, _GAIN_AND_MODEL = (MODEL,), (GAIN,), (MODEL, GAIN), (GAIN, MODEL)
_MODEL_FROM = 0.2  # a gain error from here on is that of a model, as `printed` has it


def plain(cell: str) -> float | None:
    """A number of 0 or more as codecarbon prints it, None for any other cell: that is looked at with care.

    Example:
        >>> plain("1.5e-06"), plain(""), plain("-1"), plain("nan"), plain("1_0")
        (1.5e-06, None, None, None, None)
    """
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0.0 <= value < math.inf and "_" not in cell else None


class AlikeRuns:
    """Measurements of rows that differ from an earlier one in run, project, time and energies only.

    Args:
        header: the columns.
        constant_cpu: whether the CPU's power is the same in all rows, which is then said.
        backups: how many sentences about the whole file stand first among the warnings.
    """

    def __init__(self, header: tuple[str, ...], constant_cpu: bool, backups: int) -> None:
        at = {name: place for place, name in enumerate(header)}
        same = [at[name] for name in _SAME if name in at and (constant_cpu or name != "cpu_power")]
        self.usable = all(name in at for name in (*_USED, "cpu_energy", "gpu_energy", "ram_energy"))
        if not self.usable:
            return
        self._shape = itemgetter(*same) if same else len
        self._numbers = itemgetter(
            *(at[f"{part}_energy"] for part in _PARTS), at["energy_consumed"], at["duration"], at["emissions"]
        )
        self.names_of = itemgetter(at["run_id"], at["project_name"], at["timestamp"])
        self._backups = backups
        self.known: dict[tuple[Any, ...], Like] = {}

    def numbers(self, cells: list[str]) -> tuple[float, ...] | None:
        """CPU, GPU, RAM and total in kWh, duration in s and emissions; None where they do not add up."""
        texts = self._numbers(cells)
        try:
            numbers = tuple(map(float, texts))
        except ValueError:
            return None
        cpu, gpu, ram, total, duration_s, emissions = numbers
        adds_up = abs(cpu + gpu + ram - total) <= 1e-6 * total + 1e-15
        positive = cpu >= 0.0 and gpu >= 0.0 and ram >= 0.0 and 0.0 <= emissions < math.inf
        possible = 0.0 < duration_s <= LONGEST_S and total * _KWH_J <= MOST_J
        return numbers if adds_up and positive and possible and "_" not in "".join(texts) else None

    def key(self, cells: list[str], numbers: tuple[float, ...]) -> tuple[Any, ...]:
        """What the rows of runs that are alike have in common."""
        return (numbers[1] == 0.0, self._shape(cells))

    def remember(self, key: tuple[Any, ...], made: Measurement, numbers: tuple[float, ...]) -> Like | None:
        """What was made with care of the first row with this key, to be copied; None if it has doubts."""
        like = Like(made, self._backups)
        if not like.is_plausible(numbers):
            return None
        self.known[key] = like
        return like


class Like:
    """One Measurement and what has to be changed in it for another run."""

    def __init__(self, made: Measurement, backups: int) -> None:
        self._details = dict(made.details)
        self._backups = backups
        self._warnings = made.warnings
        self._file = made.details["file"]
        self._labels: dict[str, tuple[str | None, str]] = {}
        parts = []
        for entry in made.channels:
            least_w, most_w = plausible_range_w(entry.channel)
            gain = entry.channel.gain_error or 0.0
            place = _COMPONENTS.index(entry.channel.component)
            parts.append((place, gain, gain >= _MODEL_FROM, least_w, most_w, copier(entry, "energy_j")))
        self._parts = parts
        self._joules = copier(made.energy_j, "value", "u")
        changing = ("label", "energy_j", "duration_s", "channels", "_budget", "warnings", "details")
        self._copy = copier(made, *changing)

    def is_plausible(self, numbers: tuple[float, ...]) -> bool:
        """Whether every part's mean power is one that its device can draw."""
        per_kwh = _KWH_J / numbers[4]
        for place, _, _, least_w, most_w, _ in self._parts:
            if not least_w <= numbers[place] * per_kwh <= most_w:
                return False
        return True

    def measurement(
        self,
        names: tuple[str, str, str],
        numbers: tuple[float, ...],
        line: int,
        rows: int,
        overlap: str | None,
    ) -> Measurement | None:
        """The Measurement of another run; None where a part's mean power is none that its device draws."""
        per_kwh = _KWH_J / numbers[4]
        total_j = model_j = gain_j = 0.0
        entries, joules = [], self._joules
        for place, gain, is_model, least_w, most_w, entry in self._parts:
            kwh = numbers[place]
            if not least_w <= kwh * per_kwh <= most_w:
                return None
            value = kwh * _KWH_J
            u = gain * value
            total_j += value
            if is_model:
                model_j += u
            else:
                gain_j += u
            entries.append(entry(joules(value, u)))
        run_id, project, stamp = names
        name, label = self._labels.get(project) or self._label(project)
        details = self._details.copy()
        details["run_id"], details["project_name"], details["ended_local"] = (
            _text_or_none(run_id),
            name,
            _text_or_none(stamp),
        )
        details["rows_of_this_run"], details["emissions_kg"], details["line"] = rows, numbers[5], line
        warnings = self._warnings
        if overlap is not None:
            warnings = (*warnings[: self._backups], overlap, *warnings[self._backups :])
        return self._copy(
            label,
            joules(total_j, math.sqrt(model_j * model_j + gain_j * gain_j)),
            numbers[4],
            tuple(entries),
            _budget(model_j, gain_j),
            warnings,
            MappingProxyType(details),
        )

    def _label(self, project: str) -> tuple[str | None, str]:
        name = short_text(project)
        label = name if name is not None and name != "codecarbon" else Path(self._file).stem or self._file
        if len(self._labels) < _REMEMBERED:
            self._labels[project] = (name, label)
        return name, label


def _budget(model_j: float, gain_j: float) -> tuple[Any, ...]:
    """The budget as a Measurement keeps it: sources, the larger first, and their joules."""
    if gain_j <= model_j:
        if gain_j:
            return (_MODEL_AND_GAIN, model_j, gain_j)
        return (_MODEL, model_j) if model_j else ()
    return (_GAIN_AND_MODEL, gain_j, model_j) if model_j else (_GAIN, gain_j)


def _text_or_none(cell: str) -> str | None:
    """What `said` makes of a cell, at once where it is a long word, as no missing value is."""
    return cell if 18 < len(cell) <= 200 and " " not in cell and cell.isprintable() else short_text(cell)
