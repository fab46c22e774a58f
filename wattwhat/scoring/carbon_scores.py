"""Published scores that count carbon: Carburacy, and the Software Carbon Intensity of ISO/IEC 21031:2024."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import METRIC, accuracy_of, check_positive, energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["SCI", "Carburacy"]

_YEAR_S = 365.0 * 24.0 * 3600.0
_INTENSITY = ScoreOption(
    "intensity_g_per_kwh",
    "carbon intensity of the electricity in g/kWh",
    "G",
    float,
    "the carbon intensity of the electricity in g/kWh; none is assumed",
)
_BETA_TRAINING, _BETA_TEST = 1.0, 100.0


def _not_negative(instance: object, attribute: Any, value: float) -> None:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__") or not 0 <= value < math.inf:
        raise ArgumentError(argument=attribute.name, expected="a finite number of at least 0", got=value)


@attrs.frozen(kw_only=True)
class Carburacy:
    """e**(log10 R) / (1 + C beta): effectiveness against kg of carbon dioxide; larger is better.

    Formula: Moro, Ragazzi and Valgimigli, AAAI 2023; R is the effectiveness as a fraction, C the emissions in
    kg, beta 1 for training and 100 for testing. Where both are known the score is the harmonic mean of both.
    The emissions are energy times an intensity of the grid that you state; none is assumed.

    Args:
        intensity_g_per_kwh: carbon intensity of the electricity, g/kWh.
        training: energy of training by label: a Quantity or a Measurement. A measurement whose
            ``details["phase"]`` is ``"training"`` is judged by that alone.
        metric: name of the effectiveness.

    Raises:
        ArgumentError: the intensity is not above 0.

    Example:
        >>> from wattwhat import Measurement
        >>> test = Measurement(label="net", energy_j=Quantity(1800, 0, "J"), metrics={"accuracy": 0.9})
        >>> score = Carburacy(intensity_g_per_kwh=1000, training={"net": Quantity(0.02, 0, "kWh")})
        >>> round(score(test).value.value, 6)
        0.92297
    """

    short_name = "carburacy"
    formula = "e**(log10 R) / (1 + C beta), C in kg CO2, beta 1 (training), 100 (test); harmonic mean of both"
    source = "Moro, Ragazzi, Valgimigli, AAAI 2023"
    options = (_INTENSITY, METRIC)

    intensity_g_per_kwh: float = attrs.field(validator=check_positive)
    training: Mapping[str, Any] = attrs.field(factory=dict)
    metric: str = "accuracy"

    @classmethod
    def build(cls, given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool) -> Carburacy:
        """With the training of each model among the measurements, by label."""
        training = {m.label: m for m in measurements if m.details.get("phase") == "training"}
        return cls(training=training, **given)

    @property
    def name(self) -> str:
        """For instance ``Carburacy[380 g/kWh]``."""
        return f"Carburacy[{self.intensity_g_per_kwh:g} g/kWh]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement by its emissions and, where known, by those of its training.

        Raises:
            ScoreError: accuracy or energy are missing.
            ScoreDomainError: the effectiveness is 0.
        """
        from wattwhat.scoring.phases import phase_of

        accuracy, energy = accuracy_of(measurement, self.metric), energy_of(measurement).to("kWh")
        if not accuracy.value > 0:
            raise ScoreDomainError(f"{measurement.label!r}: Carburacy has no value for an effectiveness of 0")
        alone = phase_of(measurement) == "training"
        training = energy if alone else self._training_of(measurement)
        test = None if alone else energy
        scale = self.intensity_g_per_kwh / 1000.0

        def carburacy(r: float, *energies: float) -> float:
            betas = [_BETA_TRAINING] * (training is not None) + [_BETA_TEST] * (test is not None)
            parts = [1.0 + scale * e * beta for e, beta in zip(energies, betas, strict=True)]
            return math.exp(math.log10(r)) * len(parts) / math.fsum(parts)

        inputs = {"accuracy": accuracy}
        if training is not None:
            inputs["training energy"] = training
        if test is not None:
            inputs["energy"] = test
        value, u = _first_order(carburacy, inputs)
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "phases": "both" if training is not None and test is not None else "one",
            "notes": first_order_notes(carburacy, u, inputs),
        }
        return ScoreResult(self.name, Quantity(value, u, "1"), None, None, details)

    def _training_of(self, measurement: Measurement) -> Quantity | None:
        given = self.training.get(measurement.label)
        if given is None:
            return None
        return (given if isinstance(given, Quantity) else energy_of(given)).to("kWh")


@attrs.frozen(kw_only=True)
class SCI:
    """((E I) + M) per R: grams of carbon dioxide of one functional unit; smaller is better.

    Formula: Software Carbon Intensity, ISO/IEC 21031:2024. E is the energy of the span in kWh, I the carbon
    intensity of its electricity, M the embodied emissions, R the functional units: the items of the span. M
    is TE TS RS: the hardware's own emissions, times the span as a share of its life, times the share of it
    that was reserved.

    Args:
        intensity_g_per_kwh: I, in g/kWh; yours to state.
        embodied_kg: TE, emissions of making the hardware, in kg; 0 leaves them out, and a note says so.
        lifetime_years: expected life of the hardware, in years of 365 days.
        reserved: RS, from 0 to 1.
        per_item: whether R is the number of items; False gives the grams of the whole span.

    Raises:
        ArgumentError: a number does not fit.

    Example:
        >>> from wattwhat import Measurement
        >>> hour = Measurement(label="net", energy_j=Quantity(9.6, 0, "Wh").to("J"), duration_s=3600.0)
        >>> print(SCI(intensity_g_per_kwh=951, embodied_kg=1000, per_item=False)(hour).value)
        37.6684 g
    """

    short_name = "sci"
    formula = "(energy * intensity + embodied emissions) / items"
    source = "Software Carbon Intensity, ISO/IEC 21031:2024"
    options = (
        _INTENSITY,
        ScoreOption("embodied_kg", "emissions of making the hardware; default: 0", "KG", float),
        ScoreOption("lifetime_years", "expected life of the hardware; default: 4", "YEARS", float),
    )

    higher_is_better = False

    intensity_g_per_kwh: float = attrs.field(validator=check_positive)
    embodied_kg: float = attrs.field(default=0.0, validator=_not_negative)
    lifetime_years: float = attrs.field(default=4.0, validator=check_positive)
    reserved: float = attrs.field(default=1.0, validator=_not_negative)
    per_item: bool = True

    @property
    def name(self) -> str:
        """For instance ``SCI[g an item, 380 g/kWh, 0 kg embodied]``."""
        unit = "g an item" if self.per_item else "g"
        return f"SCI[{unit}, {self.intensity_g_per_kwh:g} g/kWh, {self.embodied_kg:g} kg embodied]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement by its operational and embodied emissions.

        Raises:
            ScoreError: energy, items or (for embodied emissions) the duration are missing.
        """
        energy = energy_of(measurement).to("kWh")
        embodied_g = self._embodied_g(measurement)
        units = 1.0
        if self.per_item:
            if not measurement.items:
                raise ScoreError(
                    f"{measurement.label!r} does not say how many items its energy was spent on; set items=, "
                    "or ask for the span with SCI(per_item=False)"
                )
            units = measurement.items
        value = (energy.value * self.intensity_g_per_kwh + embodied_g) / units
        details = {
            "label": measurement.label,
            "electricity": energy,
            "operational_g": energy.value * self.intensity_g_per_kwh,
            "embodied_g": embodied_g,
            "notes": () if self.embodied_kg else ("embodied emissions are left out: embodied_kg is 0",),
        }
        u = energy.u * self.intensity_g_per_kwh / units
        return ScoreResult(self.name, Quantity(value, u, "g"), None, None, details)

    def _embodied_g(self, measurement: Measurement) -> float:
        if not self.embodied_kg:
            return 0.0
        if measurement.duration_s is None:
            raise ScoreError(
                f"{measurement.label!r} has no duration, which tells the share of the hardware's life; "
                "leave embodied_kg at 0 or set duration_s="
            )
        share = measurement.duration_s / (self.lifetime_years * _YEAR_S)
        return 1000.0 * self.embodied_kg * share * self.reserved


def _first_order(score: Any, inputs: Mapping[str, Quantity]) -> tuple[float, float]:
    """The score's value and its standard uncertainty to first order, derivatives taken numerically."""
    values = [quantity.value for quantity in inputs.values()]
    value, parts = score(*values), []
    for place, quantity in enumerate(inputs.values()):
        step = 1e-6 * abs(quantity.value)
        if quantity.u and step:
            moved = [*values]
            moved[place] += step
            parts.append((score(*moved) - value) / step * quantity.u)
    return value, math.hypot(*parts)
