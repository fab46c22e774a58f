"""Effects: by how much a factor moves the energy of one item, paired within each model.

The ratio of a level to the baseline is taken between cells that are alike in everything else, averaged on
the logarithm within each model, and its interval comes from the spread between models (Student's t): models
are what is sampled, so many settings of one model do not make it narrow. What one sensor gets wrong in both
cells cancels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from wattwhat.records.coverage import coverage_factor, student_factor
from wattwhat.study.analysis.rows import Row, factors_of

__all__ = ["Effect", "effects_of"]


@attrs.frozen
class Effect:
    """The energy of one item under one level of a factor, against that under the baseline.

    Args:
        factor: its name.
        level: the level.
        baseline: the level it is held against.
        ratio: geometric mean of the ratio; 0.8 is 20 % less energy.
        low: lower end of the 95 % interval; 0 where it is not known.
        high: upper end; infinite where it is not known.
        models: how many models have such pairs.
        pairs: how many pairs there are.
        parity_error: the worst output error of that level, where it was told.
    """

    factor: str
    level: object
    baseline: object
    ratio: float
    low: float
    high: float
    models: int
    pairs: int
    parity_error: float | None = None

    @property
    def established(self) -> bool:
        """Whether 1 is outside of the interval."""
        return self.high < 1.0 or self.low > 1.0


def effects_of(rows: Sequence[Row], coverage: float = 0.95) -> list[Effect]:
    """Every factor's effects, against the first level that it has.

    Args:
        rows: of a study.
        coverage: of the intervals.
    """
    effects = []
    for factor, levels in factors_of(rows).items():
        by_level: dict[object, dict[tuple[object, ...], list[Row]]] = {level: {} for level in levels}
        for row in rows:
            by_level[row.setting.get(factor)].setdefault(row.others(factor), []).append(row)
        baseline, *others = levels
        for level in others:
            effect = _effect(factor, level, baseline, by_level[level], by_level[baseline], coverage)
            if effect is not None:
                effects.append(effect)
    return effects


def _effect(
    factor: str,
    level: object,
    baseline: object,
    of_level: dict[tuple[object, ...], list[Row]],
    of_baseline: dict[tuple[object, ...], list[Row]],
    coverage: float,
) -> Effect | None:
    by_model: dict[object, list[float]] = {}
    shared = [key for key in of_level if key in of_baseline]
    for key in shared:
        by_model.setdefault(key[0], []).append(_mean_log(of_level[key]) - _mean_log(of_baseline[key]))
    if not by_model:
        return None
    means = [math.fsum(values) / len(values) for values in by_model.values()]
    mean = math.fsum(means) / len(means)
    half = _half_width(means, [one for key in shared for one in (of_level[key], of_baseline[key])], coverage)
    errors = [
        row.measurement.metrics["parity_error"]
        for key in shared
        for row in of_level[key]
        if "parity_error" in row.measurement.metrics
    ]
    low = math.exp(mean - half) if math.isfinite(half) else 0.0
    high = math.exp(mean + half) if half < 700.0 else math.inf
    return Effect(
        factor, level, baseline, math.exp(mean), low, high, len(means), len(shared), max(errors, default=None)
    )


def _mean_log(rows: Sequence[Row]) -> float:
    return math.fsum(math.log(row.energy_j) for row in rows) / len(rows)


def _half_width(means: Sequence[float], sides: Sequence[Sequence[Row]], coverage: float) -> float:
    """Of the mean logarithm: from the spread between models; of one alone, what its measurements say."""
    k = coverage_factor(coverage)
    if len(means) > 1:
        mean = math.fsum(means) / len(means)
        variance = math.fsum((value - mean) ** 2 for value in means) / (len(means) - 1)
        return k * student_factor(len(means)) * math.sqrt(variance / len(means))
    squares = [_relative_u(side) ** 2 for side in sides]
    return k * math.sqrt(math.fsum(squares)) / (len(sides) / 2.0)


def _relative_u(rows: Sequence[Row]) -> float:
    """Of the mean energy of one cell: what repeats vary, not what the sensor gets wrong in all."""
    from wattwhat.analysis.contributions import independent_u_j

    one = [independent_u_j(row.measurement) / row.measurement.energy_j.value for row in rows]
    return math.sqrt(math.fsum(value**2 for value in one)) / len(one)
