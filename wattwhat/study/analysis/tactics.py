"""Tactics: what another runtime or precision saves a million items, in energy and money, and what it costs.

The ratio is the paired one of `effects_of`; it is applied to the mean energy of an item at the baseline, over
the models that have such pairs, so a large model weighs by its joules. The loss is the worst output error
against eager fp32, and the mean change of accuracy where both sides were measured with one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import attrs

from wattwhat.study.analysis.effects import Effect
from wattwhat.study.analysis.rows import Row

__all__ = ["FACTORS", "Tactic", "tactics_of"]

FACTORS = ("runtime", "precision", "pruning")
_ITEMS = 1e6
_J_PER_KWH = 3.6e6


@attrs.frozen
class Tactic:
    """What a level of runtime or precision saves against the baseline.

    Args:
        effect: the paired ratio it rests on.
        saved_kwh: of a million items of the mean model; below 0 where it takes more.
        low: lower end of the 95 % interval, in kWh; minus infinite where it is not known.
        high: upper end, in kWh.
        accuracy_change: mean change of accuracy over the pairs, or None where none was measured.
    """

    effect: Effect
    saved_kwh: float
    low: float
    high: float
    accuracy_change: float | None = None

    def money(self, price_per_kwh: float) -> tuple[float, float, float]:
        """What that is worth: value, lower and upper end of the 95 % interval.

        Args:
            price_per_kwh: of electricity, in any currency.
        """
        return price_per_kwh * self.saved_kwh, price_per_kwh * self.low, price_per_kwh * self.high


def tactics_of(rows: Sequence[Row], effects: Iterable[Effect]) -> list[Tactic]:
    """The tactics among the effects of a study.

    Args:
        rows: the cells that the effects are of.
        effects: as `effects_of` gives them.
    """
    return [_tactic(rows, effect) for effect in effects if effect.factor in FACTORS]


def _tactic(rows: Sequence[Row], effect: Effect) -> Tactic:
    sides: dict[object, dict[tuple[object, ...], list[Row]]] = {effect.level: {}, effect.baseline: {}}
    for row in rows:
        side = sides.get(row.setting.get(effect.factor))
        if side is not None:
            side.setdefault(row.others(effect.factor), []).append(row)
    level, baseline = sides[effect.level], sides[effect.baseline]
    pairs = [(level[key], baseline[key]) for key in baseline if key in level]
    mean_j = _mean(_mean(row.energy_j for row in below) for _, below in pairs)
    million_kwh = mean_j * _ITEMS / _J_PER_KWH
    changes = [
        _mean(one) - _mean(other)
        for one, other in ((_accuracies(above), _accuracies(below)) for above, below in pairs)
        if one and other
    ]
    return Tactic(
        effect,
        saved_kwh=million_kwh * (1.0 - effect.ratio),
        low=million_kwh * (1.0 - effect.high),
        high=million_kwh * (1.0 - effect.low),
        accuracy_change=_mean(changes) if changes else None,
    )


def _accuracies(rows: Sequence[Row]) -> list[float]:
    """What was measured in these cells; an accuracy that was joined is the model's, whatever the setting."""
    measured = (row for row in rows if "accuracy_source" not in row.measurement.details)
    return [value for row in measured if (value := row.metric("accuracy")) is not None]


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return math.fsum(every) / len(every)
