"""What the fits take: joules and plain numbers, each checked where it comes in."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import GAIN, MODEL, OFFSET

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["check_count", "check_number", "joules_of"]


def check_number(name: str, value: Any, *, above: float = 0.0, or_equal: bool = False) -> float:
    """The value as a finite float above (or at) a bound.

    Raises:
        ArgumentError: it is no number, not finite, or too low; the message names the argument.
    """
    expected = f"expected a finite number {'of at least' if or_equal else 'above'} {above:g}, got {value!r}"
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise ArgumentError(expected, argument=name)
    number = float(value)
    if not math.isfinite(number) or number < above or (number == above and not or_equal):
        raise ArgumentError(expected, argument=name)
    return number


def check_count(name: str, value: Any, least: int = 0) -> int:
    """The value as a whole number; 90.0 is one, 90.5, NaN and "90" are none.

    Raises:
        ArgumentError: it is no whole number, or below `least`; the message names the argument.
    """
    try:
        whole = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        raise ArgumentError(argument=name, expected="a whole number", got=value) from None
    if whole < least:
        raise ArgumentError(argument=name, expected=f"a whole number of at least {least}", got=value)
    return whole


def joules_of(energies: Sequence[Any], gain: float | None) -> tuple[list[float], float]:
    """Plain joules, and the relative standard uncertainty that all of them have in common.

    Args:
        energies: joules, Quantities or Measurements.
        gain: the relative uncertainty, where the caller says it; None takes it from the energies.

    Raises:
        ArgumentError: one is no energy, not finite or below 0; the message says which.
    """
    values = [_quantity(energy, i).value for i, energy in enumerate(energies)]
    for i, value in enumerate(values):
        if not math.isfinite(value):
            raise ArgumentError(
                argument=f"energies[{i}]",
                expected="a finite energy in J",
                got=value,
                remedy="leave out what was lost",
            )
        if value < 0:
            raise ArgumentError(
                f"{value:g} J is below 0, which no run spends",
                argument=f"energies[{i}]",
                remedy="leave it out",
            )
    if gain is not None:
        return values, check_number("gain", gain, or_equal=True)
    shares = [_common_share(energy) for energy in energies]
    return values, math.fsum(shares) / len(shares) if shares else 0.0


def _quantity(energy: Quantity | Measurement | float, i: int) -> Quantity:
    if isinstance(energy, Quantity):
        return energy.to("J")
    measured = getattr(energy, "energy_j", None)
    if measured is not None:
        return measured  # type: ignore[no-any-return]
    if isinstance(energy, (str, bytes)) or not hasattr(energy, "__float__"):
        raise ArgumentError(
            argument=f"energies[{i}]", expected="joules, Quantities or Measurements", got=energy
        )
    return Quantity(float(energy), 0.0, "J")  # type: ignore[arg-type]


def _common_share(energy: Any) -> float:
    if isinstance(energy, Quantity):
        return float(energy.relative) if energy.value else 0.0
    if hasattr(energy, "budget") and energy.energy_j.value:
        parts = [energy.budget.get(source) for source in (GAIN, MODEL, OFFSET)]
        return float(math.hypot(*parts) / abs(energy.energy_j.value))
    return 0.0
