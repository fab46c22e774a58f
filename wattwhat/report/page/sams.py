"""SAM for the page: one unit for all rows of a basis, named, and left out where it is not defined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wattwhat.errors import WattwhatError
from wattwhat.records.quantity import Quantity
from wattwhat.report.page.bases import BASES
from wattwhat.scoring.sam_score import sam

__all__ = ["sam_of", "sam_unit"]

_UNITS = ("MWh", "kWh", "Wh", "kJ", "mWh", "J", "mJ", "uJ")
_MARGIN = 2.0  # units: SAM has a pole at 1, next to which it says nothing


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
    return next((unit for unit in _UNITS if least.to(unit).value >= _MARGIN), _UNITS[-1])


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
