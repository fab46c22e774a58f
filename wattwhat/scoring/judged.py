"""What a ranking takes of one model: numbers and the result, so that the measurement need not be kept."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ScoreError
from wattwhat.records.quantity import Quantity, unit_factor
from wattwhat.scoring.front_odds import common_errors
from wattwhat.scoring.monte_carlo import Sensitivity, sensitivity_of
from wattwhat.scoring.population import traits_of
from wattwhat.scoring.ranking import ALPHAS, UNITS
from wattwhat.scoring.sam_score import SAM
from wattwhat.scoring.score_inputs import accuracy_of, energy_of, metric_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import Score, ScoreResult

__all__ = ["Judged", "judge", "scans"]

_NOTHING: array[float] = array("d")


@attrs.frozen
class Judged:
    """One model under one score.

    Args:
        label: of the measurement.
        traits: what its energy is of, as `traits_of` has it.
        result: what the score said; it has a value.
        accuracy: of the model, or None where it carries none.
        energy: that the score judged.
        sensors: the sensors whose errors it shares with others, and their sizes (`common_errors`).
        sensitivity: how its value moves with what goes into it.
        scanned: for SAM its values for each of `ALPHAS`, then for each unit; NaN where there is none.
        measurement: itself, for scores that ask for all of them together (``common_factors``), else None.
    """

    label: str
    traits: Mapping[str, str | None]
    result: ScoreResult
    accuracy: Quantity | None
    energy: Quantity
    sensors: tuple[str, float, float] | None
    sensitivity: Sensitivity
    scanned: array[float] = _NOTHING
    measurement: Measurement | None = None


def judge(measurement: Measurement, score: Score, result: ScoreResult) -> Judged:
    """Take from a measurement what `wattwhat.scoring.rank_models.rank_judged` needs of it.

    Args:
        measurement: what was scored.
        score: the score; it is asked again with energy and accuracy moved.
        result: what it gave.

    Raises:
        ScoreError: the result is none, or has no value to rank by.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(7.2e6, 1e5, "J"), metrics={"accuracy": 0.9})
        >>> judged = judge(net, SAM(), SAM()(net))
        >>> judged.label, judged.energy.value, len(judged.scanned)
        ('net', 2.0, 16)
    """
    result = _named(result, measurement.label, score)
    if result.value is None or math.isnan(result.value.value):
        raise ScoreError(f"{score.name} gives no value to rank by, only {result.grade!r}")
    return Judged(
        measurement.label,
        traits_of(measurement),
        result,
        _accuracy(measurement, score, result),
        _energy(measurement, result),
        common_errors(measurement),
        sensitivity_of(measurement, score, result),
        _scan(measurement, score) if isinstance(score, SAM) else _NOTHING,
        measurement if hasattr(score, "common_factors") else None,
    )


def scans(judged: Sequence[Judged], score: Score) -> tuple[dict[int, Any], dict[str, Any]]:
    """Values of SAM, an array for each alpha and for each unit that leaves every energy above 1."""
    import numpy as np

    if not isinstance(score, SAM):
        return {}, {}
    columns = np.array([one.scanned for one in judged]).T
    units = {
        unit: values
        for unit, values in zip(_units(score), columns[len(ALPHAS) :], strict=True)
        if not np.isnan(values).any()
    }
    return dict(zip(ALPHAS, columns, strict=False)), units


def _scan(measurement: Measurement, score: SAM) -> array[float]:
    accuracy, energy = accuracy_of(measurement, score.metric).value, energy_of(measurement, score.items)
    log = math.log10(energy.to(score.unit).value)
    values = [score.beta * accuracy**alpha / log for alpha in ALPHAS]
    for unit in _units(score):
        many = energy.value * unit_factor(energy.unit, unit)
        values.append(score.beta * accuracy**score.alpha / math.log10(many) if many > 1.0 else math.nan)
    return array("d", values)


def _units(score: SAM) -> tuple[str, ...]:
    return tuple(dict.fromkeys((score.unit, *UNITS)))


def _named(result: ScoreResult, label: str, score: Score) -> ScoreResult:
    """The result with the name of what it judged, which a score of others may have left out."""
    from wattwhat.scoring.result import ScoreResult

    if not isinstance(result, ScoreResult):
        raise ScoreError(f"{score.name} gave {result!r}, expected a wattwhat.scoring.ScoreResult")
    if result.details.get("label") == label:
        return result
    return attrs.evolve(result, details={**result.details, "label": label})


def _energy(measurement: Measurement, result: ScoreResult) -> Quantity:
    judged = result.details.get("electricity")
    return judged if isinstance(judged, Quantity) else energy_of(measurement)


def _accuracy(measurement: Measurement, score: Score, result: ScoreResult) -> Quantity | None:
    metric = metric_of(score)
    if metric not in measurement.metrics:
        return None
    found, judged = accuracy_of(measurement, metric), result.details.get("accuracy")
    return judged if isinstance(judged, Quantity) and judged == found else found  # one of two equal ones
