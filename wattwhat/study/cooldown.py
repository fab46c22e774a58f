"""Cooldown: before a cell is built, wait until the power at rest falls no more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs

__all__ = ["Cooldown", "cool_down", "rest_power_w"]

_LOOK_S = 1.0
_STEADY = 0.03


@attrs.frozen
class Cooldown:
    """What became of a cooldown.

    Args:
        seconds: how long it took in s.
        power_w: power at rest at its end in W, None where no sensor tells it.
        steady: whether the power fell no more, or the time was up before.
    """

    seconds: float
    power_w: float | None
    steady: bool


def cool_down(
    look: Callable[[], float | None], most_s: float, clock: Callable[[], float] = time.monotonic
) -> Cooldown:
    """Look at the power at rest until it fell by less than 3 % between two looks, twice in a row.

    Args:
        look: takes a second or so and gives the power at rest in W, None where no sensor measures it.
        most_s: longest time to wait in s.
        clock: gives the time in s.

    Example:
        >>> powers, times = iter([100.0, 80.0, 79.0, 78.5]), iter(range(9))
        >>> cool_down(lambda: next(powers), 60.0, lambda: float(next(times)))
        Cooldown(seconds=4.0, power_w=78.5, steady=True)
    """
    begin, calm = clock(), 0
    before = look()
    while before is not None and calm < 2:
        if clock() - begin >= most_s:
            return Cooldown(clock() - begin, before, False)
        now = look()
        if now is None:
            return Cooldown(clock() - begin, before, False)
        calm = calm + 1 if now >= (1.0 - _STEADY) * before else 0
        before = now
    return Cooldown(clock() - begin, before, before is not None)


def rest_power_w(
    backends: Sequence[str] | None, sleep: Callable[[float], object] = time.sleep
) -> float | None:
    """Mean power in W over a second in which this process does nothing; None where it is not measured.

    Args:
        backends: names of those to use, None for every available one.
        sleep: waits for seconds.

    Example:
        >>> rest_power_w(["estimate"], lambda seconds: None) is None
        True
    """
    from wattwhat.acquisition.tracking import track

    with track("at rest", backends=backends) as window:
        sleep(_LOOK_S)
    m = window.measurement
    power = m.power_w
    return (
        power.value if m.provenance in ("measured", "mixed") and power is not None and power.known else None
    )
