"""SAM: beta * accuracy**alpha / log10(electricity), its unit and its domain made explicit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, Remedy, ScoreDomainError
from wattwhat.records.quantity import Quantity, unit_factor
from wattwhat.scoring.linearity import first_order_notes
from wattwhat.scoring.phases import check_phase, phase_name
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import METRIC, UNIT, accuracy_of, check_accuracy, check_positive, energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["SAM", "UNITS", "sam"]

# Tried in this order for "a unit in which it is defined": the largest that leaves a value clearly above 1.
UNITS = ("MWh", "kWh", "Wh", "kJ", "mWh", "J", "mJ", "uJ")


def sam(accuracy: Any, electricity: Any, *, unit: str = "kWh", alpha: float = 5, beta: float = 5) -> Any:
    """SAM = beta * accuracy**alpha / log10(electricity in unit); larger is better.

    Formula: "Watt For What" (arXiv 2310.06522), as on the authors' poster. The accuracy is a fraction
    and the electricity in kWh there by second-hand reports; alpha = beta = 5 is inferred from later
    users ("SAM5"), not read in the paper. beta only scales; the order depends on alpha *and* on the
    unit, so scores of different units or parameters do not compare.

    Args:
        accuracy: fraction from 0 to 1; a float, an array of any shape, or a Quantity of unit ``"1"``.
        electricity: in `unit`; a float, an array that broadcasts with the accuracy, or a Quantity
            of energy, which is converted into `unit`. Arrays and lists may hold Quantities.
        unit: unit of the electricity, one of kWh, Wh, mWh, kJ, J, ...
        alpha: weight of the accuracy, above 0.
        beta: scale, above 0.

    Returns:
        A Quantity of unit ``"1"`` if a Quantity went in (uncertainties carried to first order, accuracy
        and energy taken as independent: GUM 5.1.2); an array if an array went in, of Quantities if one
        of the two holds Quantities; else a float.

    Raises:
        ArgumentError: accuracy is no fraction (76.1 for 0.761, NaN), or another argument no number.
        ScoreDomainError: electricity is at most 1 unit, where log10 is not positive; the message names
            a unit in which the score is defined.
        UnitError: unit is no unit of energy.

    Example:
        >>> round(sam(0.761, 250.0), 4)
        0.5322
        >>> print(sam(Quantity(0.761, 0.002, "1"), Quantity(9e8, 1e7, "J")))
        0.532(7) 1
        >>> sam(0.9, 0.02)
        Traceback (most recent call last):
        wattwhat.errors.ScoreDomainError: electricity: ... use unit="Wh" (20 Wh)
    """
    _check_parameters(unit, alpha, beta)
    if isinstance(accuracy, Quantity) or isinstance(electricity, Quantity):
        return _sam_quantity(_as_quantity(accuracy, "1"), _as_quantity(electricity, unit), unit, alpha, beta)
    if _holds_quantities(accuracy) or _holds_quantities(electricity):
        return _sam_quantities(accuracy, electricity, unit, alpha, beta)
    if _is_array(accuracy) or _is_array(electricity):
        return _sam_array(accuracy, electricity, unit, alpha, beta)
    value = check_accuracy(accuracy)
    return beta * value**alpha / _log10(_as_float(electricity, "electricity"), unit)


@attrs.frozen
class SAM:
    """SAM of a Measurement that carries an accuracy; see `sam` for the formula and its sources.

    Which electricity is judged is yours to say, as the paper leaves it open: by default the energy of the
    measured span as it is (right for a training run); `items` takes the energy of so many items instead
    (right for inference, where the length of the span says only how long one measured).

    Args:
        alpha: weight of the accuracy, above 0.
        beta: scale, above 0.
        unit: unit of the electricity.
        metric: name of the accuracy in the measurement's metrics.
        items: None for the whole span, or the number of items whose energy counts.
        phase: ``"training"``, ``"inference"`` or ``"both"`` refuses other phases; None takes any.

    Raises:
        ArgumentError: a parameter is outside what is allowed.

    Example:
        >>> from wattwhat import Measurement
        >>> run = Measurement(label="net", energy_j=Quantity(7.2e6, 1e5, "J"), provenance="measured")
        >>> result = SAM(unit="Wh")(run.with_metrics(accuracy=0.91, n_test=10_000))
        >>> print(result)
        SAM[Wh, alpha=5, beta=5]: 0.945(15) [accuracy 0.9100(29); energy 2000(28) Wh]
    """

    short_name = "sam"
    formula = "beta * accuracy**alpha / log10(electricity in unit), electricity > 1 unit"
    source = (
        "Watt For What, arXiv 2310.06522 (formula on the authors' poster; accuracy as a fraction and kWh "
        "second hand; alpha = beta = 5 inferred from later users)"
    )
    options = (
        ScoreOption("alpha", "weight of the accuracy; default: 5", "A", float),
        ScoreOption("beta", "scale; default: 5", "B", float),
        ScoreOption("items", "energy of N items, not of the whole span", "N", float),
        UNIT,
        METRIC,
    )

    alpha: float = attrs.field(default=5, validator=check_positive)
    beta: float = attrs.field(default=5, validator=check_positive)
    unit: str = attrs.field(default="kWh")
    metric: str = "accuracy"
    items: float | None = attrs.field(default=None, validator=attrs.validators.optional(check_positive))
    phase: str | None = attrs.field(default=None, converter=phase_name)

    @unit.validator
    def _energy_unit(self, attribute: Any, value: str) -> None:
        unit_factor(value, "J")

    @property
    def name(self) -> str:
        """For instance ``SAM[kWh, alpha=5, beta=5]``; items, phase and metric come in where set."""
        parts = [self.unit, f"alpha={self.alpha:g}", f"beta={self.beta:g}"]
        parts += [f"{self.items:.12g} items"] if self.items is not None else []
        parts += [part for part in (self.phase, self.metric) if part not in (None, "accuracy")]
        return f"SAM[{', '.join(parts)}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Judge one measurement.

        Raises:
            ScoreError: accuracy, energy or items are missing, or it is of another phase.
            ScoreDomainError: its energy is at most 1 unit.
        """
        check_phase(measurement, self.phase)
        accuracy = accuracy_of(measurement, self.metric)
        electricity = energy_of(measurement, self.items).to(self.unit)
        if not electricity.value > 1.0:
            raise _domain_error(electricity.value, self.unit, f"{measurement.label!r}: electricity")
        value = _sam_quantity(accuracy, electricity, self.unit, self.alpha, self.beta)
        details = {
            "label": measurement.label,
            "metric": self.metric,
            "accuracy": accuracy,
            "electricity": electricity,
            "provenance": measurement.provenance,
            "notes": _notes(self, accuracy, electricity, value.u),
        }
        return ScoreResult(self.name, value, None, None, details)


def _check_parameters(unit: str, alpha: float, beta: float) -> None:
    unit_factor(unit, "J")
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not (_as_float(value, name) > 0 and math.isfinite(value)):
            raise ArgumentError(argument=name, expected="a finite number above 0", got=value)


def _as_float(value: Any, name: str) -> float:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise ArgumentError(argument=name, expected="a number", got=value)
    number = float(value)
    if math.isnan(number) or math.isinf(number):
        raise ArgumentError(argument=name, expected="a finite number", got=value)
    return number


def _is_array(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0


def _holds_quantities(value: Any) -> bool:
    """Whether an array has Quantities inside: as plain numbers they would lose their unit and u."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(one, Quantity) or _holds_quantities(one) for one in value)
    if str(getattr(value, "dtype", "")) != "object":
        return False
    import numpy as np

    return any(isinstance(one, Quantity) for one in np.asarray(value, dtype=object).flat)


def _as_quantity(value: Any, unit: str) -> Quantity:
    if isinstance(value, Quantity):
        return value.to(unit)
    if _is_array(value):
        raise ArgumentError(
            "an array and a Quantity do not mix; give the two as arrays of numbers in one unit"
        )
    return Quantity(_as_float(value, "accuracy" if unit == "1" else "electricity"), 0.0, unit)


def _log10(electricity: float, unit: str) -> float:
    if electricity > 1.0:
        return math.log10(electricity)
    raise _domain_error(electricity, unit)


def _domain_error(electricity: float, unit: str, argument: str = "electricity") -> ScoreDomainError:
    if not electricity > 0:
        problem, remedy = f"{electricity:g} {unit} is not above 0", "SAM is defined in no unit"
        return ScoreDomainError(problem, argument=argument, remedy=remedy)
    problem = f"SAM is defined above 1 unit only (log10 of {electricity:g} {unit} is not positive)"
    for other in UNITS:
        converted = electricity * unit_factor(unit, other)
        if converted > 1.0:
            remedy = Remedy(f"use {{unit}} ({converted:.6g} {other})", unit=other)
            return ScoreDomainError(problem, argument=argument, remedy=remedy)
    problem += "; it is below 1 uJ, so this is hardly an energy"
    return ScoreDomainError(problem, argument=argument, remedy="check its unit")


def _sam_quantity(
    accuracy: Quantity, electricity: Quantity, unit: str, alpha: float, beta: float
) -> Quantity:
    a = check_accuracy(accuracy.value)
    e = _as_float(electricity.value, "electricity")
    log = _log10(e, unit)
    value = beta * a**alpha / log
    by_accuracy = beta * alpha * a ** (alpha - 1) / log if a > 0 or alpha >= 1 else math.inf
    by_energy = value / (e * math.log(e))  # d/dE of 1 / log10 E is -1 / (log10 E * E * ln E)
    parts = [slope * u for slope, u in ((by_accuracy, accuracy.u), (by_energy, electricity.u)) if u]
    return Quantity(value, math.hypot(*parts), "1")


def _sam_quantities(accuracy: Any, electricity: Any, unit: str, alpha: float, beta: float) -> Any:
    import numpy as np

    try:
        pairs = np.broadcast(np.asarray(accuracy, dtype=object), np.asarray(electricity, dtype=object))
    except ValueError as err:
        raise ArgumentError(f"accuracy, electricity: expected numbers of fitting shapes; {err}") from err
    scores = np.empty(pairs.shape, dtype=object)
    for place, (a, e) in zip(np.ndindex(pairs.shape), pairs, strict=True):
        try:
            both = _as_quantity(a, "1"), _as_quantity(e, unit)
            scores[place] = _sam_quantity(*both, unit, alpha, beta)
        except (ArgumentError, ScoreDomainError) as err:
            raise type(err)(f"[{', '.join(map(str, place))}]: {err}") from err
    return scores


def _sam_array(accuracy: Any, electricity: Any, unit: str, alpha: float, beta: float) -> Any:
    import numpy as np

    try:
        a, e = np.asarray(accuracy, dtype=float), np.asarray(electricity, dtype=float)
        np.broadcast_shapes(a.shape, e.shape)
    except (TypeError, ValueError) as err:
        raise ArgumentError(f"accuracy, electricity: expected numbers of fitting shapes; {err}") from err
    wrong = ~((a >= 0) & (a <= 1))
    if wrong.any():
        check_accuracy(float(a[wrong][0]), f"accuracy[{_where(wrong)}]")
    unknown = ~np.isfinite(e)
    if unknown.any():
        raise ArgumentError(
            argument=f"electricity[{_where(unknown)}]", expected="a finite number", got=float(e[unknown][0])
        )
    low = e <= 1.0
    if low.any():
        raise _domain_error(float(e[low].min()), unit, f"electricity[{_where(e == e[low].min())}]")
    return beta * a**alpha / np.log10(e)


def _where(mask: Any) -> str:
    import numpy as np

    return ", ".join(str(i) for i in np.argwhere(mask)[0])


def _notes(score: SAM, accuracy: Quantity, electricity: Quantity, u: float) -> tuple[str, ...]:
    # Near 1 unit SAM has a pole: the first-order u is too small once u(E) reaches towards it.
    if not math.isinf(electricity.u) and electricity.value - 2.0 * electricity.u <= 1.0:
        reach = f"{electricity} reaches down to 1 {electricity.unit}, where SAM is infinite"
        return (f"{reach}: the uncertainty of the score is understated; take a smaller unit",)

    def value(a: float, e: float) -> float:
        return float(score.beta * a**score.alpha / math.log10(e))

    return first_order_notes(
        lambda a: value(a, electricity.value), u, {"accuracy": accuracy}
    ) + first_order_notes(
        lambda e: value(accuracy.value, e), u, {"energy": electricity}, "; take a smaller unit"
    )
