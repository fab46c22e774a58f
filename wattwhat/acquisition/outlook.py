"""What an open window says about the whole: what it will take, and whether a budget is spent for certain."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.records.measurement import Measurement

__all__ = ["Mark", "check_done", "exceeds", "outlook"]

# How much was done (in any unit of progress), and the joules and seconds until then.
Mark = tuple[float, float, float]

# Marks are put at equal shares of what is done, at most so many.
_MOST_PIECES = 64


def check_done(marks: Sequence[Mark], done: float, of: float) -> None:
    """Refuse progress that is none.

    Raises:
        ArgumentError: naming the argument.
    """
    for name, value in (("done", done), ("of", of)):
        if isinstance(value, (str, bool)) or not hasattr(value, "__float__") or not 0.0 < value < math.inf:
            raise ArgumentError(argument=name, expected="a number above 0", got=value)
    if of < done:
        raise ArgumentError(f"{of:g} in all is less than the {done:g} that are done", argument="of")
    if marks and done < marks[-1][0]:
        raise ArgumentError(
            f"{done:g} is less than the {marks[-1][0]:g} that were done before", argument="done"
        )


def outlook(so_far: Measurement, marks: list[Mark], done: float, of: float) -> Forecast:
    """The forecast of a whole job, from what it took until now and at earlier questions.

    Args:
        so_far: the measurement until now.
        marks: what it took at earlier questions, in the order of time; now is added.
        done: how much is done.
        of: how much there is to do in all.
    """
    from wattwhat.analysis.forecast import Forecast, forecast
    from wattwhat.records.quantity import Quantity

    joules, seconds = so_far.energy_j.value, so_far.duration_s or 0.0
    marks[len(marks) - (bool(marks) and marks[-1][0] == done) :] = [(done, joules, seconds)]
    if of == done:  # what it took, with the uncertainty of what was measured
        low, high = so_far.energy_j.interval(0.95)
        took = Quantity(seconds, 0.0, "s")
        return Forecast(so_far.energy_j, max(low, 0.0), high, "linear", None, 1.0, took, seconds, seconds)
    systematic_j = math.sqrt(max(so_far.budget.u**2 - so_far.budget.shrinkable_u**2, 0.0))
    if len(marks) > 1:
        pieces = min(len(marks), _MOST_PIECES)
        energies = _shares([(at, one) for at, one, _ in marks], pieces)
        times = _shares([(at, one) for at, _, one in marks], pieces)
        gain = systematic_j / joules if joules > 0.0 else 0.0
        return forecast(energies, done, of, durations_s=times, gain=gain)
    # one piece tells nothing of how pieces differ: from what is known to be spent to twice as much a unit
    ratio = (of - done) / done
    most_j, most_s = joules * (1.0 + 2.0 * ratio), seconds * (1.0 + 2.0 * ratio)
    energy, time = joules * (1.0 + ratio), seconds * (1.0 + ratio)
    common_j = 1.96 * (1.0 + ratio) * systematic_j
    below, above = math.hypot(joules * ratio, common_j), math.hypot(most_j - energy, common_j)
    return Forecast(
        energy_j=Quantity(energy, max(below, above) / 1.96, "J"),
        low_j=max(energy - below, 0.0),
        high_j=energy + above,
        law="linear",
        p_linear=None,
        reach=of / done,
        duration_s=Quantity(time, (most_s - time) / 1.96, "s"),
        low_s=seconds,
        high_s=most_s,
        notes=("asked for once: how much the pieces differ shows when it is asked for after each of them",),
    )


def _shares(points: Sequence[tuple[float, float]], pieces: int) -> list[float]:
    """Increments over equal shares of the progress, by straight lines between the points and from 0."""
    known = [(0.0, 0.0), *points]
    done = known[-1][0]
    reached, place = [], 0
    for number in range(pieces + 1):
        at = done * number / pieces
        while place < len(known) - 2 and known[place + 1][0] < at:
            place += 1
        (t0, v0), (t1, v1) = known[place], known[place + 1]
        reached.append(v0 + (v1 - v0) * (at - t0) / (t1 - t0) if t1 > t0 else v1)
    return [max(b - a, 0.0) for a, b in itertools.pairwise(reached)]


def exceeds(measurement: Measurement, joules: float, confidence: float) -> bool:
    """Whether a measurement is above so many joules with at least this probability (one side, normal).

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """
    from statistics import NormalDist

    if isinstance(joules, (str, bool)) or not hasattr(joules, "__float__") or not 0.0 <= joules < math.inf:
        raise ArgumentError(argument="joules", expected="a number of 0 or more", got=joules)
    if isinstance(confidence, (str, bool)) or not 0.5 <= confidence < 1.0:
        raise ArgumentError(
            argument="confidence", expected="a probability from 0.5 to below 1", got=confidence
        )
    energy = measurement.energy_j
    return energy.known and energy.value - NormalDist().inv_cdf(confidence) * energy.u > joules
