"""What a score takes from a Measurement: accuracy and energy with their uncertainties, or a clear refusal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError, Remedy, ScoreDomainError, ScoreError
from wattwhat.records.metrics import binomial_u, check_direction, check_share
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.result import ScoreOption

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = [
    "METRIC",
    "UNIT",
    "accuracy_of",
    "check_accuracy",
    "check_measurement",
    "check_positive",
    "energy_of",
    "item_energy_of",
    "items_tested",
]

# Options that several scores take alike.
METRIC = ScoreOption("metric", "which metric is the accuracy", "NAME")
UNIT = ScoreOption("unit", "unit of the electricity: kWh, Wh, J, ...", "UNIT")


def check_accuracy(value: float, name: str = "accuracy") -> float:
    """The value if it is a fraction from 0 to 1.

    Raises:
        ArgumentError: it is not; 76.1 is told apart from nonsense, NaN is refused.

    Example:
        >>> check_accuracy(76.1, "top1")
        Traceback (most recent call last):
        wattwhat.errors.ArgumentError: top1: 76.1 is not a fraction between 0 and 1; write 0.761 for 76.1 %
    """
    return check_share(value, name)


def check_measurement(value: Any) -> None:
    """Refuse what is no Measurement, in words that say what a score judges.

    Raises:
        ArgumentError: it is none.

    Example:
        >>> check_measurement(5)
        Traceback (most recent call last):
        wattwhat.errors.ArgumentError: a score judges one Measurement, got 5; make one with measure(), ...
    """
    from wattwhat.records.measurement import Measurement

    if not isinstance(value, Measurement):
        raise ArgumentError(
            f"a score judges one Measurement, got {value!r:.200}; make one with measure(), read it with "
            "wattwhat.logs.read(), and give a list of them to rank() or one by one"
        )


def check_positive(instance: object, attribute: Any, value: float) -> None:
    """An attrs validator: a finite number above 0."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise ArgumentError(argument=attribute.name, expected="a number above 0", got=value)
    if not (float(value) > 0 and math.isfinite(value)):
        raise ArgumentError(argument=attribute.name, expected="a finite number above 0", got=value)


def items_tested(measurement: Measurement, metric: str = "accuracy") -> float | None:
    """How many test items the accuracy was counted on, or None where the measurement does not say.

    Looked for in the metrics under ``<metric>_n``, ``n_test`` and ``test_items``, in this order.
    """
    check_measurement(measurement)
    for name in (f"{metric}_n", "n_test", "test_items"):
        count = measurement.metrics.get(name)
        if count is not None:
            if not (count > 0 and math.isfinite(count)):
                raise ScoreError(
                    f"{measurement.label!r}: metrics[{name!r}] is {count:g}, expected a count above 0"
                )
            return count
    return None


def metric_of(score: Any) -> str:
    """The metric that a score judges as the accuracy: its ``metric``, else ``"accuracy"``."""
    return str(getattr(score, "metric", "accuracy"))


def accuracy_of(measurement: Measurement, metric: str = "accuracy") -> Quantity:
    """The accuracy that a measurement carries, with its standard uncertainty.

    The uncertainty is ``metrics["<metric>_u"]`` where it is given, else binomial from the number of
    test items (`items_tested`) where that is known, else 0: the accuracy is then taken as exact.

    Args:
        measurement: what carries it in `metrics`.
        metric: its name there.

    Raises:
        ScoreError: the measurement carries no such metric; the message says how to add it.
        ArgumentError: it is no fraction, or a metric of which less is better.

    Example:
        >>> from wattwhat import Measurement
        >>> m = Measurement(label="net", energy_j=Quantity(7.2e6, 1e5, "J"))
        >>> print(accuracy_of(m.with_metrics(accuracy=0.9, n_test=360)))
        0.900(16) 1
    """
    check_measurement(measurement)
    check_direction(metric)
    value = measurement.metrics.get(metric)
    if value is None:
        known = ", ".join(measurement.metrics) or "none"
        left_out = next((sentence for sentence in measurement.warnings if _is_of(sentence, metric)), None)
        if left_out is not None:
            raise ScoreError(f"{measurement.label!r} carries no {metric!r}: {left_out}")
        raise ScoreError(
            f"{measurement.label!r} carries no {metric!r} (its metrics: {known})",
            remedy=Remedy(
                "use {with_metrics}, a fraction, or name another one with {metric}",
                with_metrics={metric: 0.91},
                metric=...,
            ),
        )
    value = check_accuracy(value, metric)
    u = measurement.metrics.get(f"{metric}_u")
    if u is None:
        count = items_tested(measurement, metric)
        u = 0.0 if count is None else binomial_u(value, count)
    elif not u >= 0:
        raise ScoreError(f"{measurement.label!r}: metrics['{metric}_u'] is {u!r}, expected a number >= 0")
    return Quantity(value, u, "1")


ADD_TEST_ITEMS = Remedy("add the number of test items with {with_metrics}", with_metrics={"n_test": 10_000})


def _is_of(warning: str, metric: str) -> bool:
    """Whether a warning tells why this metric was left out; an accuracy may stand in a column of any name."""
    column, separator, _ = warning.partition(" holds values above 1")
    return bool(separator) and (metric == "accuracy" or column.lower() == metric.lower())


def energy_of(measurement: Measurement, items: float | None = None) -> Quantity:
    """The energy in joules that is to be judged: of the whole span, or scaled to so many items.

    Args:
        measurement: what was measured.
        items: None for the energy of the measured span as it is; a number for the energy of so many items.

    Raises:
        ScoreError: the energy was lost, or items are asked for and were not counted.
        ScoreDomainError: it is below 0, as no work's is.
    """
    check_measurement(measurement)
    if not measurement.energy_j.known:
        raise ScoreError(
            f"{measurement.label!r} has no energy: every channel was lost, see its warnings; measure it again"
        )
    if math.isinf(measurement.energy_j.value):
        raise ScoreError(f"{measurement.label!r}: its energy is infinite; check the file or the meter")
    if measurement.energy_j.value < 0:
        raise ScoreDomainError(f"{measurement.label!r}: {measurement.energy_j} is not above 0")
    return measurement.energy_j if items is None else item_energy_of(measurement) * items


def item_energy_of(measurement: Measurement) -> Quantity:
    """The energy of one item in joules.

    Raises:
        ScoreError: the energy was lost or the items were not counted.
    """
    energy = energy_of(measurement)
    if not measurement.items:
        raise ScoreError(
            f"{measurement.label!r} does not say how many items its energy was spent on",
            remedy=Remedy(
                "measure it with {items_per_call}, set its items where it is made, or add a column items to "
                "its table",
                items_per_call=...,
            ),
        )
    return energy / measurement.items
