"""Carbon intensity of the electricity that was used: from a number, a file or a service.

Nothing is looked up unless somebody asks for it by name, and no place is ever guessed.

Example:
    >>> from datetime import datetime, timezone
    >>> from wattwhat.intensity import intensity
    >>> started = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> print(intensity("number", value=400, u=20)(started, 3600.0))
    400(20) g/kWh
"""

from __future__ import annotations

from wattwhat.intensity.codecarbon_data import CodeCarbonData
from wattwhat.intensity.services import ElectricityMaps, NationalGrid
from wattwhat.intensity.sources import HourlyFile, Number, intensity

__all__ = ["CodeCarbonData", "ElectricityMaps", "HourlyFile", "NationalGrid", "Number", "intensity"]
