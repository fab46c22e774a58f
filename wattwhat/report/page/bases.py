"""What the energy on the page is of: one item, one call or the whole span; and SAM of it, in one unit."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from wattwhat.errors import WattwhatError
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.sam_score import UNITS as SAM_UNITS
from wattwhat.scoring.sam_score import sam

__all__ = [
    "BASES",
    "display_unit",
    "energies",
    "preferred",
    "sam_name",
    "sam_of",
    "sam_unit",
    "units_by_basis",
]

BASES = {"item": "energy per item", "call": "energy per call", "total": "energy of the whole span"}
# Factors from J, largest first; the page shows one unit a column.
_UNITS = (("GJ", 1e-9), ("MJ", 1e-6), ("kJ", 1e-3), ("J", 1.0), ("mJ", 1e3), ("uJ", 1e6), ("nJ", 1e9))
_MARGIN = 2.0  # units: SAM has a pole at 1, next to which it says nothing


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


def sam_unit(energies: Iterable[Quantity]) -> str | None:
    """The largest unit in which SAM is well defined for all these energies, else the smallest.

    None where no energy is above 0.

    Example:
        >>> sam_unit([Quantity(0.4, 0.01, "J"), Quantity(9.0, 0.1, "J")])
        'mJ'
    """
    positive = [energy for energy in energies if energy.value > 0]
    if not positive:
        return None
    least = min(positive, key=lambda energy: energy.value)
    return next((unit for unit in SAM_UNITS if least.to(unit).value >= _MARGIN), SAM_UNITS[-1])


def sam_name(unit: str, basis: str) -> str:
    """The score with everything that changes its scale, as its column is headed."""
    return f"SAM[{unit}, alpha=5, beta=5] of the {BASES[basis]}"


def sam_of(accuracy: Quantity | None, energy: Quantity | None, unit: str | None) -> Quantity | None:
    """SAM of one row, or None where accuracy or energy is missing or too near to where it is not defined.

    Example:
        >>> print(sam_of(Quantity(0.7, 0.01, "1"), Quantity(0.5, 0.02, "J"), "mJ"))
        0.311(22) 1
        >>> sam_of(None, Quantity(0.5, 0.02, "J"), "mJ")
    """
    if accuracy is None or energy is None or unit is None or not energy.to(unit).value >= _MARGIN:
        return None
    try:
        value = sam(accuracy, energy, unit=unit)
    except WattwhatError:
        return None
    return value if isinstance(value, Quantity) else None


def units_by_basis(rows: Sequence[dict[str, Quantity]]) -> dict[str, str]:
    """For each basis that occurs, the unit of its SAM column."""
    units = {}
    for basis in BASES:
        unit = sam_unit(row[basis] for row in rows if basis in row)
        if unit is not None:
            units[basis] = unit
    return units
