"""Whether a score's uncertainty may be carried to first order: a sentence where that is off by a tenth."""

from __future__ import annotations

import math
from collections.abc import Callable

from wattwhat.errors import WattwhatError
from wattwhat.records.quantity import Quantity

__all__ = ["first_order_notes"]

# Gauss-Hermite with three nodes: the spread is right to the second order of the GUM's note to 5.1.2.
_REACH = 3.0**0.5
_MOST = 0.10


def first_order_notes(
    score: Callable[..., float], u: float, inputs: dict[str, Quantity], advice: str = ""
) -> tuple[str, ...]:
    """A sentence for each input over whose uncertainty the score bends so that its own u is off.

    Args:
        score: takes the values of the inputs by position and gives the score's value.
        u: the score's standard uncertainty to first order.
        inputs: by the name that the sentence uses.
        advice: what to do, put behind the sentence.

    Returns:
        Nothing where first order is right to 10 %.

    Example:
        >>> first_order_notes(lambda e: 1 / e, 0.02, {"energy": Quantity(1.0, 0.02, "J")})
        ()
        >>> first_order_notes(lambda e: 1 / e, 0.4, {"energy": Quantity(1.0, 0.4, "J")})
        ('the score bends so much over 1.0(4) J of energy that the uncertainty of the score is understated',)
    """
    if not 0.0 < u < math.inf:
        return ()
    values = [quantity.value for quantity in inputs.values()]
    notes = []
    for place, (name, quantity) in enumerate(inputs.items()):
        if quantity.u <= 0.0:
            continue
        ratio = _spread_over_first_order(score, values, place, quantity.u, u)
        if abs(ratio - 1.0) > _MOST:
            how = "understated" if ratio > 1.0 else "overstated"
            text = f"the score bends so much over {str(quantity).removesuffix(' 1')} of {name}"
            notes.append(f"{text} that the uncertainty of the score is {how}{advice}")
    return tuple(notes)


def _spread_over_first_order(
    score: Callable[..., float], values: list[float], place: int, u_input: float, u: float
) -> float:
    """The score's u with this input's part taken from three nodes, over its u to first order."""
    try:
        low, middle, high = (_at(score, values, place, step * u_input) for step in (-_REACH, 0.0, _REACH))
        slope = (
            _at(score, values, place, 1e-4 * u_input) - _at(score, values, place, -1e-4 * u_input)
        ) / 2e-4
    except (WattwhatError, ArithmeticError, ValueError):
        return math.inf  # within reach the score is not even defined
    if not all(map(math.isfinite, (low, middle, high, slope))):
        return math.inf
    mean = (low + 4.0 * middle + high) / 6.0
    variance = ((low - mean) ** 2 + 4.0 * (middle - mean) ** 2 + (high - mean) ** 2) / 6.0
    return math.sqrt(max(0.0, u * u - slope * slope + variance)) / u


def _at(score: Callable[..., float], values: list[float], place: int, step: float) -> float:
    moved = [*values]
    moved[place] += step
    result = score(*moved)
    if isinstance(result, complex):
        raise ValueError("a negative number has no such power")
    return float(result)
