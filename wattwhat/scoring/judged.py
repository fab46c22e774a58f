"""What a ranking takes of one model: numbers and the result, so that the measurement need not be kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ScoreError
from wattwhat.records.quantity import Quantity, unit_factor
from wattwhat.scoring.front_odds import common_errors
from wattwhat.scoring.monte_carlo import Sensitivity, sensitivity_of
from wattwhat.scoring.population import TRAITS, traits_of
from wattwhat.scoring.ranking import ALPHAS, UNITS
from wattwhat.scoring.sam_score import SAM
from wattwhat.scoring.score_inputs import accuracy_of, energy_of, metric_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import Score, ScoreResult

__all__ = ["Judged", "OddsRows", "judge", "scans"]


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
        joules: for SAM that energy as the measurement has it, in J.
        measurement: itself, for scores that ask for all of them together (``common_factors``), else None.
    """

    label: str
    traits: Mapping[str, str | None]
    result: ScoreResult
    accuracy: Quantity | None
    energy: Quantity
    sensors: tuple[str, float, float] | None
    sensitivity: Sensitivity
    joules: float
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
        >>> print(judged.label, judged.energy, judged.joules)
        net 2.000(28) kWh 7200000.0
    """
    result = _named(result, measurement.label, score)
    if result.value is None or math.isnan(result.value.value):
        raise ScoreError(f"{score.name} gives no value to rank by, only {result.grade!r}")
    return Judged(
        measurement.label,
        _shared(*traits_of(measurement).values()),
        result,
        _accuracy(measurement, score, result),
        _energy(measurement, result),
        common_errors(measurement),
        sensitivity_of(measurement, score, result),
        energy_of(measurement, score.items).value if isinstance(score, SAM) else 0.0,
        measurement if hasattr(score, "common_factors") else None,
    )


def scans(judged: Sequence[Judged], score: Score) -> tuple[dict[int, Any], dict[str, Any]]:
    """Values of SAM, an array for each alpha and for each unit that leaves every energy above 1."""
    import numpy as np

    if not isinstance(score, SAM):
        return {}, {}
    a = [one.accuracy.value for one in judged if one.accuracy is not None]  # SAM takes no other
    factor = unit_factor("J", score.unit)
    log = [math.log10(one.joules * factor) for one in judged]
    alphas = {
        alpha: np.array([score.beta * x**alpha / y for x, y in zip(a, log, strict=True)]) for alpha in ALPHAS
    }
    units: dict[str, Any] = {}
    for unit in dict.fromkeys((score.unit, *UNITS)):
        factor = unit_factor("J", unit)
        if min(one.joules for one in judged) * factor > 1.0:
            log = [math.log10(one.joules * factor) for one in judged]
            units[unit] = np.array([score.beta * x**score.alpha / y for x, y in zip(a, log, strict=True)])
    return alphas, units


class OddsRows(Sequence[Mapping[str, Any]]):
    """What `front_odds` takes of each model, made when it is asked for."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        self._judged = judged

    def __len__(self) -> int:
        return len(self._judged)

    def __getitem__(self, place: Any) -> Any:
        one = self._judged[place]
        accuracy = None if one.accuracy is None else _pair(one.accuracy)
        return {"energy": _pair(one.energy.to("J")), "accuracy": accuracy, "sensors": one.sensors}


def _pair(quantity: Quantity) -> list[float | None]:
    return [quantity.value, quantity.u if math.isfinite(quantity.u) else None]


@lru_cache(maxsize=1024)  # very many models say few different things, each of which is kept once
def _shared(*traits: str | None) -> Mapping[str, str | None]:
    return MappingProxyType(dict(zip(TRAITS, traits, strict=True)))


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
