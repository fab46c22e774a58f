"""What the energy on the page is of: one item, one call or the whole span; never two in one column."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity

__all__ = ["BASES", "display_unit", "energies", "preferred"]

BASES = {"item": "energy per item", "call": "energy per call", "total": "energy of the whole span"}
# Factors from J, largest first; the page shows one unit a column.
_UNITS = (("GJ", 1e-9), ("MJ", 1e-6), ("kJ", 1e-3), ("J", 1.0), ("mJ", 1e3), ("uJ", 1e6), ("nJ", 1e9))


def energies(measurement: Measurement) -> dict[str, Quantity]:
    """The energies that this measurement has, by basis; what is unknown is left out.

    Example:
        >>> found = energies(Measurement(label="a", energy_j=Quantity(6, 1, "J"), calls=2))
        >>> {basis: energy.value for basis, energy in found.items()}
        {'call': 3.0, 'total': 6.0}
    """
    pairs = (
        ("item", measurement.energy_per_item_j),
        ("call", measurement.energy_per_call_j),
        ("total", measurement.energy_j),
    )
    return {name: energy for name, energy in pairs if energy is not None and math.isfinite(energy.value)}


def preferred(offered: Iterable[Collection[str]]) -> str:
    """The basis to begin with: per item if a third of the measurements have it, else per call, else total.

    Example:
        >>> preferred([["total"], ["call", "total"]])
        'call'
    """
    known = list(offered)
    counts = {basis: sum(basis in bases for bases in known) for basis in BASES}
    return next((basis for basis in ("item", "call") if counts[basis] * 3 >= max(len(known), 1)), "total")


def display_unit(values_j: Iterable[float]) -> tuple[str, float]:
    """A unit in which the median energy is between 1 and 1000, and its factor from J.

    Example:
        >>> display_unit([0.002, 0.4, 0.9])
        ('mJ', 1000.0)
    """
    known = sorted(abs(value) for value in values_j if math.isfinite(value) and value)
    median = known[len(known) // 2] if known else 1.0
    return next(((unit, factor) for unit, factor in _UNITS if median * factor >= 1.0), _UNITS[-1])
