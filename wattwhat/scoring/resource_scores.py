"""Published scores that take something off the accuracy for its energy: PePR and frugality."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity, unit_factor
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.population import check_like, common_traits
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import METRIC, UNIT, accuracy_of, check_positive, energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Frugality", "PePR"]


def _energy_unit(instance: object, attribute: Any, value: str) -> None:
    unit_factor(value, "J")


@attrs.frozen
class PePR:
    """P / (1 + (E - Emin) / (Emax - Emin)): performance per resource unit, PePR-E; larger is better.

    Formula: Selvan, Pepin, Igel, Samuel and Dam (saintslab). The energy is that of the measured span,
    normalised by the population: the thriftiest model keeps its accuracy, the hungriest gets half. It is
    relative to these models; one more that is hungrier makes all others look better.

    Args:
        lowest_j: Emin of the population, J.
        highest_j: Emax, J.
        reference: name of the population.
        traits: scope, device, phase, item and origin of the population.
        metric: name of the accuracy.

    Raises:
        ArgumentError: the energies are not rising.

    Example:
        >>> from wattwhat import Measurement
        >>> models = [Measurement(label=str(j), energy_j=Quantity(j, 0, "J"), metrics={"accuracy": 0.8})
        ...           for j in (10, 20, 50)]
        >>> [round(PePR.fit(models)(model).value.value, 3) for model in models]
        [0.8, 0.64, 0.4]
    """

    short_name = "pepr"
    formula = "accuracy / (1 + (energy - lowest) / (highest - lowest)), lowest and highest of a population"
    source = "PePR-E of saintslab"
    options = (METRIC,)

    lowest_j: float
    highest_j: float
    reference: str = "unnamed"
    traits: Any = attrs.field(factory=dict)
    metric: str = "accuracy"

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.lowest_j < self.highest_j < math.inf:
            raise ArgumentError(
                f"lowest_j, highest_j: expected two rising energies in J, got {self.lowest_j!r} and "
                f"{self.highest_j!r}"
            )

    @classmethod
    def fit(
        cls,
        measurements: Iterable[Measurement],
        *,
        reference: str = "unnamed",
        metric: str = "accuracy",
        force: bool = False,
    ) -> PePR:
        """Take lowest and highest energy from a population of models measured alike.

        Args:
            measurements: one a model.
            reference: name of the population.
            metric: name of the accuracy.
            force: let measurements through that are unlike.

        Raises:
            ScoreError: there are fewer than two different energies.
            ComparisonError: they are unlike.
        """
        population = list(measurements)
        traits, _ = common_traits(population, {}, force)
        energies = [energy_of(measurement).value for measurement in population]
        if len(set(energies)) < 2:
            raise ScoreError("PePR needs a population of at least two models of different energy")
        return cls(min(energies), max(energies), reference, traits, metric)

    @classmethod
    def build(cls, given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool) -> PePR:
        """Fitted with these measurements, those that can take part."""
        metric = given.get("metric", "accuracy")
        known = [m for m in measurements if metric in m.metrics and m.energy_j.known]
        return cls.fit(known or measurements, reference="these logs", force=force, **given)

    @property
    def name(self) -> str:
        """For instance ``PePR[energy, these logs]``."""
        return f"PePR[energy, {self.reference}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score one measurement.

        Raises:
            ScoreError: accuracy or energy are missing.
            ScoreDomainError: its energy is so low that the score has no value.
            ComparisonError: it is unlike the population.
        """
        notes = check_like(measurement, self.traits, self.reference)
        accuracy, energy = accuracy_of(measurement, self.metric), energy_of(measurement)
        span = self.highest_j - self.lowest_j
        if not self.lowest_j <= energy.value <= self.highest_j:
            notes += (
                f"outside the population's range of {self.lowest_j:.3g} to {self.highest_j:.3g} J, on which "
                "the score rests",
            )

        def pepr(p: float, e: float) -> float:
            return p / (1.0 + (e - self.lowest_j) / span)

        share = 1.0 + (energy.value - self.lowest_j) / span
        if not share > 0:
            raise ScoreDomainError(f"{measurement.label!r}: {energy} lies too far below the population")
        value = accuracy.value / share
        u = math.hypot(accuracy.u / share, value * energy.u / span / share)
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "reference": self.reference,
            "notes": (*notes, *first_order_notes(pepr, u, {"accuracy": accuracy, "energy": energy})),
        }
        return ScoreResult(self.name, Quantity(value, u, "1"), None, None, details)


@attrs.frozen
class Frugality:
    """P - w / (1 + 1/R): accuracy less a penalty that grows to w with the energy R; larger is better.

    Formula: Evchenko, Vanschoren, Hoos, Schoenauer and Sebag, 2021. R is the energy of the span as a plain
    number in `unit`, so the unit decides what is much: at R = 1 half the weight is taken off.

    Args:
        penalty: w, what unlimited energy costs.
        unit: unit of the energy.
        metric: name of the accuracy.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(2, 0, "Wh").to("J"), metrics={"accuracy": 0.8})
        >>> print(round(Frugality(penalty=1, unit="Wh")(net).value.value, 4))
        0.1333
    """

    short_name = "frugality"
    formula = "accuracy - w / (1 + 1 / energy in unit)"
    source = "Evchenko, Vanschoren, Hoos, Schoenauer, Sebag (2021)"
    options = (
        ScoreOption("penalty", "what unlimited energy costs; default: 1", "W", float),
        UNIT,
        METRIC,
    )

    penalty: float = attrs.field(default=1.0, validator=check_positive)
    unit: str = attrs.field(default="kWh", validator=_energy_unit)
    metric: str = "accuracy"

    @property
    def name(self) -> str:
        """For instance ``frugality[kWh, w=1]``."""
        return f"frugality[{self.unit}, w={self.penalty:g}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score one measurement.

        Raises:
            ScoreError: accuracy or energy are missing.
            ScoreDomainError: the energy is not above 0.
        """
        accuracy, energy = accuracy_of(measurement, self.metric), energy_of(measurement).to(self.unit)
        if not energy.value > 0:
            raise ScoreDomainError(f"{measurement.label!r}: {energy} is not above 0")

        def frugality(p: float, r: float) -> float:
            return p - self.penalty * r / (1.0 + r)

        u = math.hypot(accuracy.u, self.penalty * energy.u / (1.0 + energy.value) / (1.0 + energy.value))
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "notes": first_order_notes(frugality, u, {"accuracy": accuracy, "energy": energy}),
        }
        value = Quantity(frugality(accuracy.value, energy.value), u, "1")
        return ScoreResult(self.name, value, None, None, details)
