"""From joules to grams of CO2-equivalent, or to money: an energy times a stated figure, both kept.

No table of countries or tariffs lives here: carbon intensities change by the hour, and a number without
its source is no number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity
from wattwhat.records.terminal import spelled

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Figure", "Footprint", "carbon", "cost"]

# A number, a pair (value, standard uncertainty), or a Quantity in the figure's own unit.
Figure = float | tuple[float, float] | Quantity

# Life-cycle medians run from about 11 g/kWh (wind) to 820 g/kWh (coal): IPCC AR5 WG3, annex III.
# Wide on purpose: it is kilograms and percent that are to be caught.
_PLAUSIBLE_G_PER_KWH = (1.0, 2000.0)


@attrs.frozen(repr=False, weakref_slot=False, kw_only=True)
class Footprint:
    """What an energy amounts to at a stated figure, with everything that went in.

    Args:
        kind: ``"carbon"`` or ``"cost"``.
        amount: grams of CO2-equivalent (unit g), or money (unit: the currency).
        energy_kwh: the energy at the meter, in kWh.
        figure: what one kWh amounts to, in g/kWh or in the currency per kWh.
        pue: power usage effectiveness by which the energy was multiplied; 1 leaves it as it is.
        label: of the measurement.
        provenance: of its energy.
        notes: what is doubtful.
    """

    kind: str
    amount: Quantity
    energy_kwh: Quantity
    figure: Quantity
    pue: float
    label: str = ""
    provenance: str = "measured"
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, the inputs among it."""
        return {
            "kind": self.kind,
            "amount": self.amount.to_dict(),
            "energy_kwh": self.energy_kwh.to_dict(),
            "figure": self.figure.to_dict(),
            "pue": self.pue,
            "label": self.label,
            "provenance": self.provenance,
            "notes": list(self.notes),
        }

    def __float__(self) -> float:
        return self.amount.value

    def __str__(self) -> str:
        what = "CO2-equivalent" if self.kind == "carbon" else "for the electricity"
        pue = "" if self.pue == 1.0 else f", PUE {self.pue:g}"
        text = f"{self.amount:U} {what} ({self.energy_kwh} {self.provenance} at {self.figure}{pue})"
        return spelled(text)

    def __repr__(self) -> str:
        return f"<Footprint {self.label!r}: {self}>"


def carbon(measurement: Measurement, intensity_g_per_kwh: Figure, *, pue: float = 1.0) -> Footprint:
    """Grams of CO2-equivalent of a measurement's energy.

    Args:
        measurement: whose energy it is.
        intensity_g_per_kwh: carbon intensity in g/kWh of the electricity that was used: a number, a pair
            (value, standard uncertainty), or a Quantity in ``"g/kWh"``.
        pue: power usage effectiveness of the building, at least 1; 1 leaves cooling and losses out.

    Returns:
        A Footprint whose amount is energy x PUE x intensity; the uncertainties of energy and intensity are
        independent, and their product is carried exactly (Goodman, JASA 55, 1960, eq. 2).

    Raises:
        ArgumentError: a figure is negative, not finite or no number, or pue is below 1.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> run = Measurement(label="run", energy_j=Quantity(3.6e6, 3.6e4, "J"))
        >>> print(carbon(run, (400, 20)))
        400 ± 41 g (k=2) CO2-equivalent (1.000(10) kWh measured at 400(20) g/kWh)
        >>> carbon(run, 400, pue=1.5).amount
        Quantity(600(6) g)
    """
    intensity = _figure("intensity_g_per_kwh", intensity_g_per_kwh, "g/kWh")
    low, high = _PLAUSIBLE_G_PER_KWH
    notes: tuple[str, ...] = ()
    if not low <= intensity.value <= high:
        notes = (
            f"{intensity.value:g} g/kWh is an unusual intensity; it is taken in grams, not in kilograms",
        )
    return _footprint("carbon", measurement, intensity, "g", pue, notes)


def cost(
    measurement: Measurement, price_per_kwh: Figure, currency: str = "EUR", *, pue: float = 1.0
) -> Footprint:
    """What the electricity of a measurement costs.

    Args:
        measurement: whose energy it is.
        price_per_kwh: price of one kWh: a number, a pair (value, standard uncertainty), or a Quantity.
        currency: its name, for instance ``"EUR"``; no money is converted.
        pue: power usage effectiveness of the building, at least 1.

    Raises:
        ArgumentError: a figure is negative, not finite or no number, pue is below 1, or currency is empty.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> print(cost(Measurement(label="run", energy_j=Quantity(7.2e6, 0, "J")), 0.25).amount)
        0.5 EUR
    """
    if not isinstance(currency, str) or not currency.strip() or len(currency) > 12:
        raise ArgumentError(argument="currency", expected="a short name such as 'EUR'", got=currency)
    name = currency.strip()
    return _footprint("cost", measurement, _figure("price_per_kwh", price_per_kwh, f"{name}/kWh"), name, pue)


def _footprint(
    kind: str, measurement: Measurement, figure: Quantity, unit: str, pue: float, notes: tuple[str, ...] = ()
) -> Footprint:
    if not _is_number(pue) or not 1.0 <= pue < math.inf:
        raise ArgumentError(
            argument="pue", expected="a number of at least 1", got=pue, remedy="1 leaves the building out"
        )
    energy = measurement.energy_kwh
    return Footprint(
        kind=kind,
        amount=_product(energy * float(pue), figure, unit),
        energy_kwh=energy,
        figure=figure,
        pue=float(pue),
        label=measurement.label,
        provenance=measurement.provenance,
        notes=notes,
    )


def _product(a: Quantity, b: Quantity, unit: str) -> Quantity:
    if not (math.isfinite(a.u) and math.isfinite(b.u)):
        return Quantity(a.value * b.value, math.inf, unit)
    return Quantity(a.value * b.value, math.hypot(a.value * b.u, b.value * a.u, a.u * b.u), unit)


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, (bool, str, bytes, Quantity))


def _figure(name: str, given: Any, unit: str) -> Quantity:
    value, u = given, 0.0
    if isinstance(given, Quantity):
        if given.unit != unit:
            raise ArgumentError(f"{name}: expected a Quantity in {unit!r}, got one in {given.unit!r}")
        value, u = given.value, given.u
    elif isinstance(given, (tuple, list)) and len(given) == 2:
        value, u = given
    for number in (value, u):
        if not _is_number(number) or not 0.0 <= float(number) < math.inf:
            raise ArgumentError(
                argument=name,
                expected=f"a finite number >= 0 in {unit}, or a pair (value, standard uncertainty)",
                got=given,
            )
    return Quantity(float(value), float(u), unit)
