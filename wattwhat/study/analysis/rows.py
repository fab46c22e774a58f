"""Rows of an analysis: a model, its setting, and the joules of one item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from wattwhat.records.measurement import Measurement
from wattwhat.scoring.population import traits_of
from wattwhat.study.cell import AXES

__all__ = ["FACTORS", "Row", "factors_of", "rows_of", "setting_text"]

FACTORS = AXES[1:]


@attrs.frozen
class Row:
    """One measured cell.

    Args:
        model: its label.
        setting: the levels of the factors, by name; what the cell leaves open is not in it.
        energy_j: joules of one item.
        measurement: all of it.
        reference: which return of the reference cell, None for any other cell.
        hardware: what was measured, by the names of its devices: rows of unlike machines are never paired.
    """

    model: str
    setting: Mapping[str, object]
    energy_j: float
    measurement: Measurement
    reference: int | None = None
    hardware: str = ""

    def metric(self, name: str) -> float | None:
        """A metric above 0, or None."""
        value = self.measurement.metrics.get(name)
        return value if value is not None and value > 0 else None

    def others(self, factor: str) -> tuple[object, ...]:
        """Model, hardware and setting without one factor, to find its partners by."""
        return (self.model, self.hardware, *(self.setting.get(name) for name in FACTORS if name != factor))


def rows_of(measurements: Iterable[Measurement]) -> list[Row]:
    """The rows of a study's measurements; those without a cell, items or energy are left out.

    Args:
        measurements: of a results folder.
    """
    rows = []
    for m in measurements:
        cell = m.details.get("cell")
        each = m.energy_per_item_j
        if not isinstance(cell, Mapping) or each is None or not each.known or not each.value > 0:
            continue
        setting = {name: cell[name] for name in FACTORS if cell.get(name) is not None}
        hardware = traits_of(m)["device"] or ""
        rows.append(Row(m.label, setting, each.value, m, cell.get("reference"), hardware))
    return rows


def factors_of(rows: Sequence[Row]) -> dict[str, list[object]]:
    """Factors that have several levels, and their levels: numbers by size, others by their first appearance.

    ``"fp32"`` and ``"eager"`` come first where they are among them, as the usual baselines.
    """
    factors = {}
    for name in FACTORS:
        levels = list(dict.fromkeys(row.setting.get(name) for row in rows))
        if len(levels) < 2:
            continue
        if all(isinstance(level, (int, float)) for level in levels):
            levels.sort(key=lambda level: float(level))  # type: ignore[arg-type]
        else:
            levels.sort(key=lambda level: (level not in (None, "fp32", "eager", "cpu"), str(level)))
        factors[name] = levels
    return factors


def setting_text(setting: Mapping[str, object], names: Iterable[str] = FACTORS) -> str:
    """A setting in a few words.

    Example:
        >>> setting_text({"batch_size": 8, "runtime": "eager"})
        'batch 8, eager'
    """
    units = {"batch_size": "batch {}", "image_size": "{} px", "sequence_length": "{} tokens"}
    units |= {"threads": "{} threads", "power_limit_w": "{} W limit", "pruning": "{:.0%} pruned"}
    return ", ".join(units.get(name, "{}").format(setting[name]) for name in names if name in setting)
