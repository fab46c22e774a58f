"""Draws of a score's values within the uncertainties, joules of one sensor moving together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import WattwhatError
from wattwhat.records.channel import names_host
from wattwhat.records.sources import GAIN, MODEL, OFFSET, remaining_u
from wattwhat.scoring.score_inputs import accuracy_of, metric_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import Score, ScoreResult

__all__ = ["Sensitivity", "draw_values", "sensitivity_of"]

_STEP = 1e-5


@attrs.frozen
class Sensitivity:
    """How a score's value moves with what goes into it, in standard uncertainties.

    Args:
        value: the score's value.
        gain: change of the value for one standard uncertainty of the sensor's gain (or of the model).
        offset: likewise for the sensor's offset.
        own: likewise for everything that is this measurement's alone; infinite where u is not known.
        sensor: names the sensors, so that measurements of the same ones move together; None for none named.
    """

    value: float
    gain: float
    offset: float
    own: float
    sensor: tuple[str, ...] | None


def sensitivity_of(measurement: Measurement, score: Score, result: ScoreResult) -> Sensitivity:
    """Work out numerically how the score moves with energy and accuracy.

    Args:
        measurement: what was scored.
        score: the score.
        result: what it gave; it has a value.
    """
    assert result.value is not None
    value, energy = result.value.value, measurement.energy_j
    if math.isinf(energy.u) or not energy.value:
        return Sensitivity(value, 0.0, 0.0, math.inf if energy.u else 0.0, None)
    try:
        slope = _by_energy(measurement, score, value)
        by_accuracy = _by_accuracy(measurement, score, value)
    except WattwhatError:
        # The score has an edge right here; what it says of its own uncertainty has to do.
        return Sensitivity(value, 0.0, 0.0, result.value.u, None)
    sensor = tuple(sorted(entry.channel.id for entry in measurement.channels if entry.counted)) or None
    if sensor is not None and not all(map(names_host, sensor)):
        sensor = None  # alike ids of logs without a host may be different machines
    gain = math.hypot(measurement.budget.get(GAIN), measurement.budget.get(MODEL)) if sensor else 0.0
    offset = measurement.budget.get(OFFSET) if sensor else 0.0
    rest = remaining_u(energy.u, math.hypot(gain, offset))
    scale = slope / energy.value
    return Sensitivity(value, scale * gain, scale * offset, math.hypot(scale * rest, by_accuracy), sensor)


def draw_values(sensitivities: Sequence[Sensitivity], draws: int, generator: Any) -> Any:
    """Values of every score in every draw, shape (scores, draws); gain and offset are drawn once a sensor.

    Args:
        sensitivities: one a score.
        draws: how many.
        generator: a numpy random Generator.
    """
    import numpy as np

    shared: dict[Any, Any] = {}
    rows = np.empty((len(sensitivities), draws))
    for row, one in zip(rows, sensitivities, strict=True):
        own = one.own if math.isfinite(one.own) else 0.0
        row[:] = one.value + own * generator.standard_normal(draws)
        if one.sensor is not None:
            if one.sensor not in shared:
                shared[one.sensor] = generator.standard_normal((2, draws))
            row += one.gain * shared[one.sensor][0] + one.offset * shared[one.sensor][1]
    return rows


def _by_energy(measurement: Measurement, score: Score, value: float) -> float:
    """Change of the value for a relative change of the energy: dS / d ln E."""
    moved = score(attrs.evolve(measurement, energy_j=measurement.energy_j * (1.0 + _STEP))).value
    return 0.0 if moved is None else (moved.value - value) / _STEP


def _by_accuracy(measurement: Measurement, score: Score, value: float) -> float:
    """Change of the value for one standard uncertainty of the accuracy."""
    metric = metric_of(score)
    if metric not in measurement.metrics:
        return 0.0
    accuracy = accuracy_of(measurement, metric)
    if not accuracy.u:
        return 0.0
    step = _STEP if accuracy.value < 0.5 else -_STEP
    metrics = {**measurement.metrics, metric: accuracy.value + step}
    moved = score(attrs.evolve(measurement, metrics=metrics)).value
    return 0.0 if moved is None else (moved.value - value) / step * accuracy.u
