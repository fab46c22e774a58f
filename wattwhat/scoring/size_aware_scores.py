"""Published scores that weigh the size of a model: NetScore and SAPI."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, Remedy, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.result import ScoreResult
from wattwhat.scoring.score_inputs import METRIC, accuracy_of, check_positive, item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["SAPI", "NetScore", "doubt_operations"]


@attrs.frozen
class NetScore:
    """20 log10(a**alpha / (p**beta * m**gamma)): accuracy against size and operations; larger is better.

    Formula: Wong, arXiv 1806.05512, with alpha = 2, beta = gamma = 0.5. Energy plays no part in it. That a
    is in percent, p in millions and m in thousand millions of multiply-accumulates is recalled and agrees
    with a third-party implementation; another choice of units shifts every score by one constant.

    Args:
        alpha: weight of the accuracy.
        beta: weight of the parameters.
        gamma: weight of the operations.
        metric: name of the accuracy; ``parameters`` and ``macs`` are taken from the metrics, as counts.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(1, 0, "J"),
        ...                   metrics={"accuracy": 0.706, "parameters": 4.2e6, "macs": 0.569e9})
        >>> print(NetScore()(net).value)
        70.1686 1
    """

    short_name = "netscore"
    formula = (
        "20 log10(a**2 / (p**0.5 * m**0.5)); a in percent, p in millions, m in thousand millions of MACs"
    )
    source = "Wong, arXiv 1806.05512; the units are recalled (others shift all scores by one constant)"
    options = (METRIC,)

    alpha: float = attrs.field(default=2.0, validator=check_positive)
    beta: float = attrs.field(default=0.5, validator=check_positive)
    gamma: float = attrs.field(default=0.5, validator=check_positive)
    metric: str = "accuracy"

    @property
    def name(self) -> str:
        """For instance ``NetScore[alpha=2, beta=0.5, gamma=0.5]``."""
        return f"NetScore[alpha={self.alpha:g}, beta={self.beta:g}, gamma={self.gamma:g}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement that carries accuracy, parameters and macs.

        Raises:
            ScoreError: one of them is missing.
            ScoreDomainError: one of them is not above 0.
        """
        accuracy = accuracy_of(measurement, self.metric)
        parameters, macs = _count(measurement, "parameters"), _count(measurement, "macs")
        if accuracy.value == 0:
            raise ScoreDomainError(f"{measurement.label!r}: NetScore of an accuracy of 0 is minus infinity")
        log = self.alpha * math.log10(100.0 * accuracy.value)
        log -= self.beta * math.log10(parameters / 1e6) + self.gamma * math.log10(macs / 1e9)
        u = 20.0 * self.alpha * accuracy.relative / math.log(10.0)
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "parameters": parameters,
            "macs": macs,
            "notes": (
                *doubt_operations(parameters, macs),
                *first_order_notes(lambda a: 20.0 * self.alpha * math.log10(a), u, {"accuracy": accuracy}),
            ),
        }
        return ScoreResult(self.name, Quantity(20.0 * log, u, "1"), None, None, details)


def _weight(instance: object, attribute: Any, value: float) -> None:
    if not 0 <= value <= 1:
        raise ArgumentError(f"{value!r} is not between 0 and 1", argument="inference_weight")


@attrs.frozen
class SAPI:
    """P**alpha / (log10(E)**beta * log10(N)**gamma), E in mJ per item, N parameters; larger is better.

    Formula: Sustainability-Aware Performance Index, a successor of SAM that also knows the model's size,
    read second hand, not checked against its paper: alpha, beta and gamma are above 0
    and add up to 1, 1/2, 1/3 and 1/6 were used. For fine-tuned models E = w * inference + (1 - w) *
    fine-tuning per support item with w = 0.8. That P is a fraction is our reading.

    Args:
        alpha: weight of the performance.
        beta: weight of the energy.
        gamma: weight of the size.
        inference_weight: w, used where ``metrics["finetune_energy_per_item_j"]`` is there.
        metric: name of the accuracy; ``parameters`` (a count) is taken from the metrics.

    Raises:
        ArgumentError: the weights do not add up to 1.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="net", energy_j=Quantity(10, 0.1, "J"), items=100,
        ...                   metrics={"accuracy": 0.81, "parameters": 1e6})
        >>> print(SAPI()(net).value)
        0.5299(4) 1
    """

    short_name = "sapi"
    formula = "P**(1/2) / (log10(E in mJ per item)**(1/3) * log10(parameters)**(1/6))"
    source = (
        "Sustainability-Aware Performance Index, a successor of SAM, read second hand; P as a fraction is "
        "our reading"
    )
    options = (METRIC,)

    alpha: float = attrs.field(default=1 / 2, validator=check_positive)
    beta: float = attrs.field(default=1 / 3, validator=check_positive)
    gamma: float = attrs.field(default=1 / 6, validator=check_positive)
    inference_weight: float = attrs.field(default=0.8, validator=_weight)
    metric: str = "accuracy"

    def __attrs_post_init__(self) -> None:
        if abs(self.alpha + self.beta + self.gamma - 1.0) > 1e-9:
            raise ArgumentError("alpha, beta, gamma: expected to add up to 1, as the score is defined")

    @property
    def name(self) -> str:
        """For instance ``SAPI[mJ, 0.5, 0.333, 0.167]``."""
        return f"SAPI[mJ, {self.alpha:.3g}, {self.beta:.3g}, {self.gamma:.3g}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Score a measurement of inference that carries accuracy and parameters.

        Raises:
            ScoreError: accuracy, items or parameters are missing.
            ScoreDomainError: the energy is at most 1 mJ an item, or there is at most one parameter.
        """
        accuracy = accuracy_of(measurement, self.metric)
        energy, parameters = self._energy_of(measurement), _count(measurement, "parameters")
        if not energy.value > 1.0:
            raise ScoreDomainError(
                f"{measurement.label!r}: SAPI is defined above 1 mJ an item only, got {energy}"
            )
        if not parameters > 1.0:
            raise ScoreDomainError(
                f"{measurement.label!r}: SAPI is defined above one parameter only, got {parameters:g}"
            )

        def sapi(a: float, e: float) -> float:
            return float(a**self.alpha / (math.log10(e) ** self.beta * math.log10(parameters) ** self.gamma))

        value = sapi(accuracy.value, energy.value)
        by_energy = self.beta * energy.relative / math.log(energy.value)
        u = value * math.hypot(self.alpha * accuracy.relative if accuracy.u else 0.0, by_energy)
        details = {
            "label": measurement.label,
            "accuracy": accuracy,
            "electricity": energy,
            "parameters": parameters,
            "notes": first_order_notes(sapi, u, {"accuracy": accuracy, "energy": energy}),
        }
        return ScoreResult(self.name, Quantity(value, u, "1"), None, None, details)

    def _energy_of(self, measurement: Measurement) -> Quantity:
        energy = item_energy_of(measurement).to("mJ")
        tuning = measurement.metrics.get("finetune_energy_per_item_j")
        if tuning is None:
            return energy
        w = self.inference_weight
        return Quantity(w * energy.value + (1.0 - w) * 1e3 * tuning, w * energy.u, "mJ")


def doubt_operations(parameters: float, macs: float) -> tuple[str, ...]:
    """A sentence where a count of operations cannot be whole: fewer multiply-accumulates than weights.

    A net uses each weight at least once an item. Counters that pass over depthwise convolutions give less,
    as in the column ``flops`` of the table of strep (MobileNetV3Small: 0.0015e9, about 0.12e9 in truth).

    Args:
        parameters: how many weights.
        macs: multiply-accumulates of one item.

    Example:
        >>> doubt_operations(2.5e6, 0.75e6)[0][:54]
        'its 7.5e+05 multiply-accumulates are fewer than its 2.'
        >>> doubt_operations(2.5e6, 60e6)
        ()
    """
    if not macs < parameters:
        return ()
    return (
        f"its {macs:.3g} multiply-accumulates are fewer than its {parameters:.3g} weights, so they are not "
        "all counted (some counters pass over depthwise convolutions): take the count from another source",
    )


def _count(measurement: Measurement, name: str) -> float:
    value = measurement.metrics.get(name)
    if value is None:
        raise ScoreError(
            f"{measurement.label!r} carries no {name!r}",
            remedy=Remedy("use {with_metrics}, a plain count", with_metrics={name: ...}),
        )
    if not (value > 0 and math.isfinite(value)):
        raise ScoreDomainError(f"{measurement.label!r}: {name} is {value:g}, expected a count above 0")
    return value
