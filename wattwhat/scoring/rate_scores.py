"""Published scores of energy and time: energy-delay products, and intelligence per watt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import METRIC, accuracy_of, energy_of, item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EnergyDelay", "IntelligencePerWatt"]


@attrs.frozen
class EnergyDelay:
    """E t**n of one item, in J s**n: energy and waiting in one number; smaller is better.

    Formula: energy-delay product for n = 1 (Gonzalez and Horowitz, 1996), its square for n = 2, which does
    not change with the supply voltage of a circuit. The time is the span's over its items: under
    load that is the inverse of the throughput and not the latency.

    Args:
        exponent: n, weight of the time, 1 or 2.

    Raises:
        ArgumentError: it is neither.

    Example:
        >>> from wattwhat import Measurement
        >>> print(EnergyDelay()(Measurement(label="net", energy_j=Quantity(10, 0.1, "J"), duration_s=2.0,
        ...                                 items=1)).value)
        20.00(20) J s
    """

    short_name = "energy-delay"
    formula = "energy of one item * (time of one item)**n, n = 1 or 2"
    source = "Gonzalez and Horowitz, IEEE Journal of Solid-State Circuits 31 (1996), for n = 1"
    options = (ScoreOption("exponent", "weight of the time, 1 or 2; default: 1", "N", int),)

    higher_is_better = False

    exponent: int = 1

    def __attrs_post_init__(self) -> None:
        if self.exponent not in (1, 2):
            raise ArgumentError(
                f"{self.exponent!r} is not 1 (energy-delay) or 2 (energy-delay squared)", argument="exponent"
            )

    @property
    def name(self) -> str:
        """For instance ``energy delay[J s]``."""
        return f"energy delay[{self._unit}]"

    @property
    def _unit(self) -> str:
        return "J s" if self.exponent == 1 else "J s2"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement that counts items and time.

        Raises:
            ScoreError: energy, items or duration are missing.
        """
        energy = item_energy_of(measurement)
        delay = _duration(measurement) / (measurement.items or 1.0)
        details = {"label": measurement.label, "electricity": energy, "delay_s": delay}
        factor = delay**self.exponent
        value = Quantity(energy.value * factor, energy.u * factor, self._unit)
        return ScoreResult(self.name, value, None, None, details)


@attrs.frozen
class IntelligencePerWatt:
    """accuracy / mean power, in 1/W; larger is better.

    Formula: intelligence per watt (arXiv 2511.07885). Its other one, intelligence per joule, is accuracy
    over the mean joules of a query: `AccuracyPerJoule`.

    Args:
        metric: name of the accuracy.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(200, 2, "J"), duration_s=4.0,
        ...                   metrics={"accuracy": 0.9})
        >>> print(IntelligencePerWatt()(net).value)
        0.01800(18) 1/W
    """

    short_name = "intelligence-per-watt"
    formula = "accuracy / mean power"
    source = "arXiv 2511.07885"
    options = (METRIC,)

    metric: str = "accuracy"

    @property
    def name(self) -> str:
        """``intelligence per watt[1/W]``."""
        return "intelligence per watt[1/W]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement that says its duration.

        Raises:
            ScoreError: accuracy, energy or duration are missing.
            ScoreDomainError: the energy is not above 0.
        """
        accuracy, energy = accuracy_of(measurement, self.metric), energy_of(measurement)
        seconds = _duration(measurement)
        if not energy.value > 0:
            raise ScoreDomainError(f"{measurement.label!r}: {energy} is not above 0")
        value = accuracy.value * seconds / energy.value
        u = math.hypot(accuracy.u * seconds / energy.value, value * energy.relative)
        inputs = {"accuracy": accuracy, "energy": energy}
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "notes": first_order_notes(lambda a, e: a * seconds / e, u, inputs),
        }
        return ScoreResult(self.name, Quantity(value, u, "1/W"), None, None, details)


def _duration(measurement: Measurement) -> float:
    if not measurement.duration_s:
        raise ScoreError(
            f"{measurement.label!r} has no duration above 0; set duration_s= where it is made, or read a "
            "column that holds it"
        )
    return measurement.duration_s
