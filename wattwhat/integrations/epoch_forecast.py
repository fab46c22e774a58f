"""What all epochs of a training will take, from those that are done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.records.measurement import Measurement

__all__ = ["forecast_of", "numbers_of"]


def forecast_of(epochs: Sequence[Measurement], of: float | None) -> Forecast | None:
    """The forecast of all epochs, those that are done taken for the others.

    Args:
        epochs: of this process, in their order.
        of: how many there are in all; None where the framework does not tell.

    Returns:
        None before two epochs are done, or where it is not known how many there are.
    """
    done = len(epochs)
    if done < 2 or of is None or of < done:
        return None
    from wattwhat.analysis.forecast import forecast

    energies = [epoch.energy_j.value for epoch in epochs]
    durations = [epoch.duration_s or 0.0 for epoch in epochs]
    return forecast(energies, done, of, durations_s=durations, gain=_gain(epochs[-1]))


def _gain(last: Measurement) -> float:
    """What all epochs are wrong by alike, as a part of their energy."""
    systematic_j = math.sqrt(max(last.budget.u**2 - last.budget.shrinkable_u**2, 0.0))
    return systematic_j / last.energy_j.value if last.energy_j.value > 0.0 else 0.0


def numbers_of(forecast: Forecast, prefix: str) -> dict[str, float]:
    """A forecast as plain numbers for a logger, in J."""
    named = {
        "forecast_j": forecast.energy_j.value,
        "forecast_low_j": forecast.low_j,
        "forecast_high_j": forecast.high_j,
    }
    return {f"{prefix}{name}": value for name, value in named.items()}
