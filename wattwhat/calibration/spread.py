"""Which part of the time a gauge looks at, from the spread of its readings under square waves.

A gauge that averages its whole update period evens out waves that are shorter than that; one that looks
at a quarter of it shows nearly all of their swing. How far the readings spread tells the part, without
any clock between load and sensor, so it checks the window that the response gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.calibration.record import Finding

if TYPE_CHECKING:
    from wattwhat.calibration.record import Array

__all__ = ["duty_from_spread", "spread_of_square"]

_FEWEST = 6


def spread_of_square(period_s: float, window_s: Array, rise_s: float = 0.0) -> Array:
    """Standard deviation of readings of a square wave between 0 and 1, met evenly at all phases.

    Its odd harmonics n have amplitude 2 / (pi n); a boxcar multiplies each by sinc(n W / T), a first-order
    filter by ``1 / sqrt(1 + (2 pi n tau / T)^2)``.

    Args:
        period_s: period T of the wave in s.
        window_s: widths W of the boxcar in s; an array.
        rise_s: time constant tau of the filter in s.

    Example:
        >>> import numpy as np
        >>> spread_of_square(0.1, np.array([1e-6, 0.05, 0.1])).round(2)
        array([0.5 , 0.29, 0.  ])
    """
    import numpy as np

    harmonic = np.arange(1, 200, 2)[:, None]
    amplitude = 2.0 / (np.pi * harmonic) * np.sinc(harmonic * np.asarray(window_s) / period_s)
    filtered = amplitude**2 / (1.0 + (2.0 * np.pi * harmonic * rise_s / period_s) ** 2)
    spread: Array = np.sqrt(np.sum(filtered, axis=0) / 2.0)
    return spread


def duty_from_spread(
    readings: Sequence[tuple[float, Array]],
    update_period_s: float,
    swing_w: float,
    rise_s: float = 0.0,
    noise_w: float = 0.0,
) -> Finding:
    """The part of its update period that a gauge averages, 0 to 1.

    Args:
        readings: pairs of a square wave's period in s and the values shown under it, in W, one an update.
        update_period_s: update period of the gauge.
        swing_w: what the load adds, in W.
        rise_s: time constant of the rise.
        noise_w: standard deviation of the values at a steady load, in W.
    """
    import numpy as np

    used = [(period, values) for period, values in readings if len(values) >= _FEWEST]
    if not used or swing_w <= 0.0:
        return Finding(reason="too few readings under square waves to see their spread")
    duties = np.linspace(0.004, 1.0, 499)
    misfit = np.zeros_like(duties)
    steepest = np.zeros_like(duties)
    for period, values in used:
        seen = math.sqrt(max(float(np.var(values)) - noise_w**2, 0.0)) / swing_w
        spreads = spread_of_square(period, duties * update_period_s, rise_s)
        misfit += (spreads - seen) ** 2
        steepest += np.gradient(spreads, duties) ** 2
    best = int(np.argmin(misfit))
    slope = float(steepest[best])
    if slope < 1e-4:
        return Finding(reason="its values hardly spread under square waves: the rise is too slow for them")
    # What the waves disagree by, and what the sampling of a spread by so few values leaves.
    few = sum((noise_w / swing_w) ** 2 / (2.0 * len(values)) for _, values in used)
    u = math.sqrt((float(misfit[best]) / max(len(used) - 1, 1) + few) / slope)
    return Finding(float(duties[best]), max(u, 0.002))
