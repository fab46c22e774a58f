"""A number: a value, its standard uncertainty and its unit, always together.

Uncertainties follow the GUM (JCGM 100:2008): ``u`` is one standard uncertainty (k = 1) in the unit of
the value, an expanded uncertainty is ``U = k u``. Arithmetic is offered only where the correlation of
the two sides is clear: with exact numbers always, between two quantities only when you say which.
"""

from __future__ import annotations

import math
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, UnitError
from wattwhat.records.coverage import coverage_factor
from wattwhat.records.value_text import concise, plus_minus

__all__ = ["Quantity"]

# unit -> (dimension, factor to the first unit of that dimension)
_UNITS: dict[str, tuple[str, float]] = {
    "J": ("energy", 1.0),
    "uJ": ("energy", 1e-6),
    "mJ": ("energy", 1e-3),
    "kJ": ("energy", 1e3),
    "MJ": ("energy", 1e6),
    "mWh": ("energy", 3.6),
    "Wh": ("energy", 3.6e3),
    "kWh": ("energy", 3.6e6),
    "MWh": ("energy", 3.6e9),
    "W": ("power", 1.0),
    "uW": ("power", 1e-6),
    "mW": ("power", 1e-3),
    "kW": ("power", 1e3),
    "s": ("time", 1.0),
    "ms": ("time", 1e-3),
    "us": ("time", 1e-6),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "g": ("mass", 1.0),
    "kg": ("mass", 1e3),
    "1": ("number", 1.0),
}


def unit_factor(unit: str, into: str) -> float:
    """How many ``into`` make one ``unit``.

    Args:
        unit: the unit to convert from, for instance ``"kWh"``.
        into: the unit to convert to, for instance ``"J"``.

    Returns:
        The factor: ``value_in_into = value_in_unit * factor``.

    Raises:
        UnitError: one of them is unknown, or they measure different things.

    Example:
        >>> unit_factor("kWh", "J")
        3600000.0
    """
    if unit == into:
        return 1.0
    for name in (unit, into):
        if name not in _UNITS:
            raise UnitError(f"unit {name!r} is not known here; known: {', '.join(_UNITS)}")
    (dimension, factor), (other_dimension, other_factor) = _UNITS[unit], _UNITS[into]
    if dimension != other_dimension:
        raise UnitError(f"{unit!r} is a unit of {dimension}, {into!r} one of {other_dimension}")
    return factor / other_factor


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise ArgumentError(argument="value and u", expected="numbers", got=value)
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as err:  # an array, or an int of 400 digits
        raise ArgumentError(f"value and u: expected one number each, got {value!r:.80}: {err}") from err


def _uncertainty(u: Any) -> float:
    """A number; NaN, which compares with nothing, is infinite: either says that nothing is known."""
    number = _number(u)
    return math.inf if math.isnan(number) else number


def _comparable(value: float) -> float | None:
    """What is not known equals itself: NaN does not, and a record would differ from its own pickle."""
    return None if math.isnan(value) else value


def _not_negative(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if value < 0:
        raise ArgumentError(f"a standard uncertainty cannot be negative, got {value!r}", argument="u")


def _named(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise ArgumentError(argument="unit", expected="a name such as 'J'", got=value)


@attrs.frozen(repr=False, weakref_slot=False)
class Quantity:
    """A value with its standard uncertainty and unit.

    Args:
        value: the estimate, in ``unit``. NaN says that nothing is known.
        u: standard uncertainty (k = 1) in ``unit``; 0 for an exact number, infinite if unknown (NaN
            becomes infinite).
        unit: one of J, Wh, kWh, W, s, g, ... or any other name, which then converts only to itself.

    Raises:
        ArgumentError: value or u is not a number, or u is negative.

    Example:
        >>> energy = Quantity(12.34, 0.05, "J")
        >>> print(energy)
        12.34(5) J
        >>> f"{energy:U}"
        '12.34 ± 0.10 J (k=2)'
        >>> energy.to("mWh")
        Quantity(3.428(14) mWh)
        >>> float(energy)
        12.34
    """

    value: float = attrs.field(converter=_number, eq=_comparable)
    u: float = attrs.field(converter=_uncertainty, validator=_not_negative)
    unit: str = attrs.field(validator=_named)

    def __float__(self) -> float:
        return self.value

    @property
    def known(self) -> bool:
        """Whether there is a value at all (not NaN)."""
        return not math.isnan(self.value)

    @property
    def relative(self) -> float:
        """Standard uncertainty over the value's size; infinite for a value of 0 with u > 0."""
        if self.value == 0:
            return 0.0 if self.u == 0 else math.inf
        return self.u / abs(self.value)

    def interval(self, coverage: float = 0.95) -> tuple[float, float]:
        """The interval ``value ± k u`` that holds the true value with this probability.

        Args:
            coverage: probability, between 0 and 1.

        Returns:
            Low and high end, in ``unit``.
        """
        half = coverage_factor(coverage) * self.u
        return self.value - half, self.value + half

    def to(self, unit: str) -> Quantity:
        """The same quantity in another unit of the same kind.

        Raises:
            UnitError: the units measure different things.
        """
        factor = unit_factor(self.unit, unit)
        return Quantity(self.value * factor, self.u * factor, unit)

    def plus(self, other: Quantity, *, correlation: float) -> Quantity:
        """The sum of two quantities whose correlation is stated (GUM 5.2.2).

        Args:
            other: the other summand; it is converted into this one's unit.
            correlation: from -1 to 1, never assumed: 0 for sensors that have nothing in common, 1 for two
                readings whose u is the same sensor's gain.

        Raises:
            ArgumentError: correlation is not between -1 and 1.
            UnitError: the units measure different things.

        Example:
            >>> Quantity(3, 0.3, "J").plus(Quantity(4, 0.4, "J"), correlation=0)
            Quantity(7.0(5) J)
        """
        if isinstance(correlation, str) or not -1.0 <= correlation <= 1.0:
            raise ArgumentError(f"{correlation!r} is not between -1 and 1", argument="correlation")
        b = other.to(self.unit)
        return Quantity(self.value + b.value, _joint_u(self.u, b.u, correlation), self.unit)

    def minus(self, other: Quantity, *, correlation: float) -> Quantity:
        """The difference, in this one's unit; what both share cancels as far as they share it.

        Args:
            other: what is taken away.
            correlation: as in `plus`: of two energies that one sensor measured, near 1 where its gain
                is what is uncertain, 0 where their spread is.

        Example:
            >>> Quantity(10, 0.5, "J").minus(Quantity(8, 0.4, "J"), correlation=1)
            Quantity(2.00(10) J)
        """
        return self.plus(-other, correlation=-correlation)

    def __mul__(self, factor: float) -> Quantity:
        if isinstance(factor, Quantity):
            return NotImplemented
        return Quantity(self.value * factor, self.u * abs(factor), self.unit)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Quantity:
        if isinstance(divisor, Quantity):
            return NotImplemented
        return self * (1.0 / divisor)

    def __neg__(self) -> Quantity:
        return self * -1.0

    def __str__(self) -> str:
        return format(self, "")

    def __repr__(self) -> str:
        return f"Quantity({self})"

    def __format__(self, spec: str) -> str:
        """``""`` is ``12.34(5) J``, ``"U"`` is ``12.34 ± 0.10 J (k=2)``; a float format fits the value."""
        if spec == "":
            return f"{concise(self.value, self.u)} {self.unit}"
        if spec == "U":
            return f"{plus_minus(self.value, 2.0 * self.u)} {self.unit} (k=2)"
        return f"{self.value:{spec}} {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is not finite becomes None."""
        return {"value": finite_or_none(self.value), "u": finite_or_none(self.u), "unit": self.unit}

    @classmethod
    def from_dict(cls, data: Any) -> Quantity:
        """The inverse of `to_dict`; a missing value comes back as NaN, a missing u as infinite."""
        value, u = data["value"], data["u"]
        return cls(math.nan if value is None else value, math.inf if u is None else u, data["unit"])


def finite_or_none(value: float) -> float | None:
    """The value, or None where JSON has no word for it (NaN and infinities)."""
    return value if math.isfinite(value) else None


def _joint_u(a: float, b: float, correlation: float) -> float:
    """The u of a sum; scaled, since the squares of 1e200 are beyond a float."""
    largest = max(a, b)
    if largest == 0 or not math.isfinite(largest):
        return largest
    a, b = a / largest, b / largest
    return largest * math.sqrt(max(a * a + b * b + 2.0 * correlation * a * b, 0.0))
