"""Yearly means of countries from the table of an installed codecarbon; nothing of it is imported."""

from __future__ import annotations

import json
import math
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity
from wattwhat.records.small_files import read_small_text

__all__ = ["CodeCarbonData"]

_TABLE = ("data", "private_infra", "global_energy_mix.json")
# A year's mean stands for an hour of it, and the table does not say how far hours scatter. A share of ours:
# too wide for a grid of coal or nuclear power, too narrow for one of much wind. A file of hours is better.
_HOURS = 0.3


class CodeCarbonData:
    """A country's mean intensity of a year, from codecarbon's own data, where that is installed.

    Args:
        country: its ISO 3166 code of three letters, such as ``"DEU"``; none is ever assumed.
        path: the table, instead of the installed one.

    Raises:
        ArgumentError: codecarbon is not installed, or has no such country.
    """

    def __init__(self, country: str, path: str | os.PathLike[str] | None = None) -> None:
        table = _table(_installed() if path is None else Path(path))
        entry = table.get(country.strip().upper()) if isinstance(country, str) else None
        value = entry.get("carbon_intensity") if isinstance(entry, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            known = ", ".join(sorted(table)[:5])
            raise ArgumentError(
                f"codecarbon has no intensity of {country!r:.40}",
                argument="country",
                remedy=f"expected a code such as {known}",
            )
        self._quantity = Quantity(float(value), _HOURS * float(value), "g/kWh")

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """The mean of the table's year, as uncertain as hours differ from it."""
        return self._quantity


def _installed() -> Path:
    from importlib.util import find_spec

    spec = find_spec("codecarbon")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise ArgumentError("codecarbon is not installed: pip install codecarbon", argument="intensity")
    return Path(places[0]).joinpath(*_TABLE)


def _table(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(read_small_text(path))
    except (OSError, ValueError) as err:
        raise ArgumentError(f"{path} is no table of codecarbon's: {err}", argument="path") from err
    if not isinstance(table, dict) or not table:
        raise ArgumentError(
            f"{path} is no table of codecarbon's: expected countries by their codes", argument="path"
        )
    return table
