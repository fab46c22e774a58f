"""What a device draws while a reading holds the program, learned from readings right after each other."""

from __future__ import annotations

import math

from wattwhat.sensing.meter import Reading

__all__ = ["HeldPower"]

# A counter's gain is trusted over so many of its update periods.
_PERIODS = 5.0
# Between two readings there are this many at least: ticks may keep step with the program.
_LEAST = 1.8
# How far the power of one such time may be from the mean of many, as a part of it.
_ALIKE = 0.15
# Times of older edges count less and less, so that the latest few hundred tell.
_FORGET = 0.99


class HeldPower:
    """The mean power of a channel between readings with nothing but readings in between.

    Example:
        >>> held = HeldPower()
        >>> held.known(0.001)
        >>> held.add(Reading(0, 10.0), Reading(10_000_000, 13.0), 0.001)
        >>> power_w, u_w, times = held.known(0.001)
        >>> round(power_w), u_w < 60.0
        (300, True)
    """

    def __init__(self) -> None:
        self._energy_j = self._span_s = self._times = 0.0

    def add(self, first: Reading, last: Reading, period_s: float) -> None:
        """Two readings of the counter, one right after the other; none that tell of a tick at most."""
        gained_j, span_s = last.value - first.value, (last.t_ns - first.t_ns) * 1e-9
        if gained_j >= 0.0 and span_s >= _LEAST * period_s:
            self._energy_j = _FORGET * self._energy_j + gained_j
            self._span_s = _FORGET * self._span_s + span_s
            self._times = _FORGET * self._times + 1.0

    @property
    def seen(self) -> bool:
        """Whether anything is known of it."""
        return self._times > 0.0

    def known(self, period_s: float) -> tuple[float, float, float] | None:
        """The power, its standard uncertainty in W, and how often it was seen; None where that is too little.

        Args:
            period_s: update period of the counter in s: each time lacks or has too much of one tick.
        """
        if self._span_s < _PERIODS * period_s:
            return None
        power_w = self._energy_j / self._span_s
        ticks = period_s * math.sqrt(self._times / 6.0) / self._span_s
        return power_w, power_w * math.hypot(_ALIKE, ticks), self._times
