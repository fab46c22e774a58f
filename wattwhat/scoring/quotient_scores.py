"""Published scores that are a plain quotient: accuracy over the energy of a whole life, and of one item."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import Remedy, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity, unit_factor
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import METRIC, UNIT, accuracy_of, check_positive, energy_of, item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["AccuracyPerJoule", "FullCycle"]


def _energy_unit(instance: object, attribute: Any, value: str) -> None:
    unit_factor(value, "J")


@attrs.frozen
class FullCycle:
    """accuracy**tau / (inferences * energy of one inference + training energy); larger is better.

    Formula: G(MUI) = Acc^tau / (MUI * IEC + TEC) of the full-cycle benchmark (arXiv 2108.13465), read in a
    survey. The published tau was not found, so there is no default; TEC is all energy of training,
    compression and retraining.

    Args:
        inferences: average number of inferences in the model's life (MUI).
        tau: weight of the accuracy.
        training: energy of all training; a Quantity, a Measurement, or one of these by label. None takes
            ``metrics["training_energy_j"]`` of what is scored.
        unit: unit of energy in the denominator.
        metric: name of the accuracy.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(200, 2, "J"), items=100,
        ...                   metrics={"accuracy": 0.9})
        >>> score = FullCycle(inferences=1e6, tau=2, training=Quantity(0.5, 0.05, "kWh"), unit="kWh")
        >>> print(score(net).value)
        0.77(4) 1/kWh
    """

    short_name = "full-cycle"
    formula = "accuracy**tau / (inferences * energy of one inference + training energy)"
    source = "arXiv 2108.13465 as given in a survey; its tau was not found, so you say it"
    options = (
        ScoreOption("inferences", "items that a model serves", "N", float, "how many a model serves"),
        ScoreOption("tau", "weight of the accuracy", "T", float, "what the accuracy weighs"),
        UNIT,
        METRIC,
    )

    inferences: float = attrs.field(validator=check_positive)
    tau: float = attrs.field(validator=check_positive)
    training: Any = None
    unit: str = attrs.field(default="kWh", validator=_energy_unit)
    metric: str = "accuracy"

    @classmethod
    def build(cls, given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool) -> FullCycle:
        """With the training of each model among the measurements, by label."""
        training = {m.label: m for m in measurements if m.details.get("phase") == "training"}
        return cls(training=training, **given)

    @property
    def name(self) -> str:
        """For instance ``full cycle[1/kWh, 1e+06 inferences, tau=2]``."""
        return f"full cycle[1/{self.unit}, {self.inferences:g} inferences, tau={self.tau:g}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement of inference.

        Raises:
            ScoreError: accuracy, items or the training energy are missing.
        """
        accuracy = accuracy_of(measurement, self.metric)
        training = self._training_of(measurement).to(self.unit)
        serving = (item_energy_of(measurement) * self.inferences).to(self.unit)
        total = serving.plus(training, correlation=0.0)
        if not total.value > 0:
            raise ScoreDomainError(f"{measurement.label!r}: its total energy {total} is not above 0")
        value = accuracy.value**self.tau / total.value
        u = value * math.hypot(self.tau * accuracy.relative if accuracy.u else 0.0, total.relative)
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": total,
            "training": training,
            "serving": serving,
            "notes": first_order_notes(
                lambda a, e: a**self.tau / e, u, {"accuracy": accuracy, "energy": total}
            ),
        }
        return ScoreResult(self.name, Quantity(value, u, f"1/{self.unit}"), None, None, details)

    def _training_of(self, measurement: Measurement) -> Quantity:
        given = self.training
        if isinstance(given, Mapping):
            given = given.get(measurement.label)
        if given is None and "training_energy_j" in measurement.metrics:
            u = measurement.metrics.get("training_energy_j_u", 0.0)
            return Quantity(measurement.metrics["training_energy_j"], u, "J")
        if isinstance(given, Quantity):
            return given
        if given is not None and hasattr(given, "energy_j"):
            return energy_of(given)
        raise ScoreError(
            f"{measurement.label!r}: its training energy is not known",
            remedy=Remedy(
                "give {FullCycle}, a Quantity, a Measurement or one of these by label, or use {with_metrics}",
                FullCycle={"training": ...},
                with_metrics={"training_energy_j": ...},
            ),
        )


@attrs.frozen
class AccuracyPerJoule:
    """accuracy / energy of one item; larger is better.

    Formula: accuracy per energy of a request (Hanafy and others, as cited in arXiv 2303.01980); called
    "intelligence per joule" by hazyresearch. It rewards tiny models without bound: half the energy is worth
    half the accuracy.

    Args:
        unit: unit of the energy.
        metric: name of the accuracy.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(200, 2, "J"), items=100,
        ...                   metrics={"accuracy": 0.9})
        >>> print(AccuracyPerJoule()(net).value)
        0.450(5) 1/J
    """

    short_name = "accuracy-per-joule"
    formula = "accuracy / energy of one item"
    source = "Hanafy and others, as cited in arXiv 2303.01980; intelligence per joule in arXiv 2511.07885"
    options = (UNIT, METRIC)

    unit: str = attrs.field(default="J", validator=_energy_unit)
    metric: str = "accuracy"

    @property
    def name(self) -> str:
        """For instance ``accuracy per energy[1/J]``."""
        return f"accuracy per energy[1/{self.unit}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement of inference.

        Raises:
            ScoreError: accuracy, energy or items are missing.
        """
        accuracy, energy = accuracy_of(measurement, self.metric), item_energy_of(measurement).to(self.unit)
        if not energy.value > 0:
            raise ScoreDomainError(f"{measurement.label!r}: {energy} an item is not above 0")
        value = accuracy.value / energy.value
        u = math.hypot(accuracy.u / energy.value, value * energy.relative)
        inputs = {"accuracy": accuracy, "energy": energy}
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "notes": first_order_notes(lambda a, e: a / e, u, inputs),
        }
        return ScoreResult(self.name, Quantity(value, u, f"1/{self.unit}"), None, None, details)
