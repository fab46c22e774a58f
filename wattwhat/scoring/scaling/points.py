"""Accuracy and energy of one item of each measurement, as the fits take them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wattwhat.scoring.population import common_traits
from wattwhat.scoring.score_inputs import accuracy_of, item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["points_of"]


def points_of(
    measurements: Iterable[Measurement], metric: str = "accuracy", *, force: bool = False
) -> tuple[list[float], list[float]]:
    """Accuracies, and joules of one item, of measurements that were made alike.

    Args:
        measurements: one a model.
        metric: name of the accuracy.
        force: let measurements through that are unlike.

    Raises:
        ScoreError: one lacks accuracy, energy or items.
        ComparisonError: two of them are unlike (scope, device, phase, item, estimated beside measured).

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(50, 1, "J"), items=100,
        ...                   metrics={"accuracy": 0.9})
        >>> points_of([net])
        ([0.9], [0.5])
    """
    population = list(measurements)
    common_traits(population, {}, force)
    accuracies = [accuracy_of(measurement, metric).value for measurement in population]
    return accuracies, [item_energy_of(measurement).value for measurement in population]
