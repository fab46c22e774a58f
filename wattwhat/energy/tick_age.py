"""How old a counter's value is when it is looked at: what the times of ticks err by, and how far alike."""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

from wattwhat.records.timeline_points import UNSEEN_WALK, Place

__all__ = ["ALIKE", "LEAK", "TICKS", "Ages", "Tick", "keeps_step"]

# Numbers of errors in a place: those of the states' powers come first, then what the ticks in a state err by
# alike, what a gauge shows too early or too late at all steps alike, then one a tick and one an answer.
ALIKE, LEAK, TICKS = 500, 999, 1000
# After so many ticks, what ticks err by alike is no chance any more. It is a good part of what a span errs by
# then, and with the powers that nothing tells apart nearly all.
_ENOUGH, _PART, _MOST = 24, 0.25, 0.7
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
        aligned, whole, at = 0.0, 0.0, 1.0 + 0j
        for number in range(_HARMONICS):
            at *= one
            self.turns[number] += at
            # n looks at random have a mean of length 1 / sqrt(n); of few nobody knows whether they keep step
            aligned += abs(self.turns[number] / self.count) ** 2 / (number + 1) ** 2
            whole += 1.0 / (number + 1) ** 2
        return math.sqrt(aligned / whole)


class Tick(NamedTuple):
    """What is not known of a tick.

    Args:
        state: of the program at it.
        alike_s: what its time errs by alike with others in that state, in s.
        own_s: what its time errs by besides, in s.
        own_j: what was counted until then errs by, in J.
        leak_j: what it errs by alike with all ticks at such steps of the power, in J with a sign.
    """

    state: int
    alike_s: float
    own_s: float
    own_j: float = 0.0
    leak_j: float = 0.0

    def into(
        self, errors: dict[int, float], slope_w: float, part: float, number: int, told: float = 0.0
    ) -> None:
        """Add what that makes of a place on the curve.

        Args:
            errors: of the place, in J by number; changed in place.
            slope_w: of the curve in W.
            part: how far the place moves with the tick, from 0 to 1.
            number: of the tick.
            told: correlation of the tick's error with that of the power of its state, where that was told by
                this tick among others: had it come sooner, the same joules would have meant more power.
        """
        alike, slope_j = ALIKE + self.state, part * slope_w
        if told:
            told_j = told * slope_j * math.hypot(self.alike_s, self.own_s)
            errors[self.state] = errors.get(self.state, 0.0) + told_j
            slope_j *= math.sqrt(1.0 - told**2)
        errors[alike] = errors.get(alike, 0.0) - slope_j * self.alike_s
        if self.leak_j:
            errors[LEAK] = errors.get(LEAK, 0.0) + part * self.leak_j
        errors[TICKS + 2 * number] = math.hypot(slope_j * self.own_s, part * self.own_j)


def keeps_step(begin: Place, end: Place) -> bool:
    """Whether a span is uncertain by what all spans of its state are, as they meet the sensor at one age.

    Args:
        begin: where it begins on the curve.
        end: where it ends.
    """
    if max(begin.interval, end.interval) < _ENOUGH:
        return False
    errors: dict[int, float] = {}
    for place, sign in ((begin, -1.0), (end, 1.0)):
        for number, u_j in place.shared:
            if number == UNSEEN_WALK:
                continue
            errors[number] = errors.get(number, 0.0) + sign * u_j
    alike_j2 = sum(u_j**2 for number, u_j in errors.items() if ALIKE <= number < LEAK)
    shared_j2 = sum(u_j**2 for number, u_j in errors.items() if number < TICKS)
    whole_j2 = sum(u_j**2 for u_j in errors.values())
    return alike_j2 > _PART * whole_j2 and shared_j2 > _MOST * whole_j2
