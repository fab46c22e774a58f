"""How old a counter's value is when it is looked at: what the times of ticks err by, and how far alike."""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

__all__ = ["ALIKE", "TICKS", "Ages", "Tick"]

# Numbers of errors in a place: those of the states' powers come first, then what the ticks in a state err by
# alike, then one a tick and one an answer.
ALIKE, TICKS = 500, 1000
# Of a sawtooth over one update period.
_HARMONICS = 4


class Ages:
    """How far looks keep step with a sensor's ticks."""

    __slots__ = ("count", "turns")

    def __init__(self) -> None:
        self.count, self.turns = 0, [0j] * _HARMONICS

    def add(self, turn: float) -> float:
        """Take in one more look, at so many update periods: 0 if they come at all ages, 1 if at one only.

        The time since the latest tick is a sawtooth. Its mean over the looks has, harmonic by harmonic, the
        variance of one draw times how far the looks point to one direction.
        """
        self.count += 1
        one = cmath.exp(2j * math.pi * (turn % 1.0))
        found, whole, at = 0.0, 0.0, 1.0 + 0j
        for number in range(_HARMONICS):
            at *= one
            self.turns[number] += at
            # n looks at random have a mean of length 1 / sqrt(n); of few nobody knows whether they keep step
            found += abs(self.turns[number] / self.count) ** 2 / (number + 1) ** 2
            whole += 1.0 / (number + 1) ** 2
        return math.sqrt(found / whole)


class Tick(NamedTuple):
    """What the time of a tick errs by, in s: alike with others in one state of the program, and by itself."""

    state: int
    alike_s: float
    own_s: float

    def into(self, errors: dict[int, float], by_w: float, number: int) -> None:
        """Add what that makes of a place on the curve, in J."""
        alike = ALIKE + self.state
        errors[alike] = errors.get(alike, 0.0) + by_w * self.alike_s
        errors[TICKS + 2 * number] = by_w * self.own_s
