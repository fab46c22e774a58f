"""When to switch the load: a random pattern that suits every sensor, and square waves that suit one."""

from __future__ import annotations

import math
import random

__all__ = ["RATIOS", "SHORTEST_S", "random_pattern", "square_period_s", "square_wave"]

# Periods of the square waves over the update period, as published (arXiv 2312.02741).
RATIOS = (2 / 3, 4 / 5, 6 / 5, 4 / 3)
# Loads are not switched faster: processes and kernels need a while to begin and to end.
SHORTEST_S = 0.005
_SHORT_S, _LONG_S = 0.015, 0.4


def random_pattern(begin_s: float, duration_s: float, generator: random.Random) -> list[float]:
    """Times in s at which to switch, beginning with on, ending with off: stays of 15 to 400 ms.

    Short ones make a sensor's values differ at every tick and find short windows; long ones find long
    windows and slow rises.

    Example:
        >>> times = random_pattern(0.0, 10.0, random.Random(1))
        >>> len(times) % 2, 0.0 <= times[0], times[-1] <= 10.0
        (0, True, True)
    """
    times, t_s = [], begin_s + 0.05
    while t_s < begin_s + duration_s:
        times.append(t_s)
        t_s += math.exp(generator.uniform(math.log(_SHORT_S), math.log(_LONG_S)))
    return times[: len(times) // 2 * 2]


def square_period_s(update_period_s: float, number: int, updates: int) -> float:
    """The period in s of a square wave near one of `RATIOS`, so that ticks meet it evenly at all phases.

    At the ratio itself, the ticks would meet the same few moments of the wave again and again. Beside it,
    where as many updates as there will be take a number of waves that has no divisor in common with
    theirs, no two ticks meet the same moment.

    Args:
        update_period_s: update period of the sensor.
        number: which of `RATIOS`.
        updates: updates for which the wave will last.

    Example:
        >>> round(square_period_s(0.1, 0, 24), 4)
        0.0686
    """
    wanted = updates / RATIOS[number]
    waves = min(
        (n for n in range(1, 2 * updates + 2) if math.gcd(n, updates) == 1), key=lambda n: abs(n - wanted)
    )
    return update_period_s * updates / waves


def square_wave(begin_s: float, duration_s: float, period_s: float) -> list[float]:
    """Times in s at which to switch for a square wave that is on for half of its time."""
    count = max(int(duration_s / period_s), 1)
    return [begin_s + period_s * (k / 2.0) for k in range(2 * count)]
