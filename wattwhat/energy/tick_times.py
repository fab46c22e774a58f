"""When a sensor ticked: narrower than two looks at it tell, where its ticks keep their distance.

A change of the value between two looks says that the sensor ticked in between. Ticks that are one update
period apart must all lie in their intervals, which leaves few phases.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["FEWEST", "Ticks", "found_period", "tick_times"]

_CHUNK = 72  # ticks that are taken to keep their distance: clocks drift
_PHASES = 48
_PERIODS = 8
FEWEST = 4  # changes that tell a period


def found_period(lo_s: Array, hi_s: Array, stated_s: float | None) -> float | None:
    """The update period that these changes show, in s; the stated one where they cannot tell.

    Args:
        lo_s: the latest look before each change, in s.
        hi_s: the first look that saw it, in s.
        stated_s: what the channel says, or None.
    """
    import numpy as np

    middle, width = (lo_s + hi_s) / 2.0, hi_s - lo_s
    if len(middle) < FEWEST:
        return stated_s
    steps = np.diff(middle)
    unit = stated_s or float(np.quantile(steps, 0.25))
    if unit <= 0.0 or float(np.median(width)) > 0.4 * unit:
        return stated_s
    numbers = np.concatenate([[0.0], np.cumsum(np.maximum(np.round(steps / unit), 1.0))])
    slope = float(np.polyfit(numbers, middle, 1)[0])
    return slope if abs(slope / unit - 1.0) < 0.25 else stated_s


@attrs.frozen(eq=False)
class Ticks:
    """When a sensor ticked.

    Args:
        times_s: of each tick, in s.
        covariance_s2: of their errors, in s^2: ticks that keep their distance are early or late together.
    """

    times_s: Array
    covariance_s2: Array


def tick_times(lo_s: Array, hi_s: Array, period_s: float | None, states: Any = None) -> Ticks:
    """When a sensor ticked whose changes were seen between these looks.

    Args:
        lo_s: the latest look before each change, in s.
        hi_s: the first look that saw it, in s.
        period_s: the update period as stated, or None.
        states: gives the states of the program at some times; None where it does not matter.

    Example:
        >>> import numpy as np
        >>> true = 0.013 + 0.1 * np.arange(40)
        >>> looks = np.arange(0.0, 5.0, 0.017)
        >>> after = np.searchsorted(looks, true)
        >>> ticks = tick_times(looks[after - 1], looks[after], 0.1)
        >>> bool(abs(ticks.times_s - true).max() < 0.002)
        True
    """
    import numpy as np

    count = len(lo_s)
    # a sensor that changed within so short a time once is never much older than that
    most_s = period_s or (float(np.quantile(hi_s - lo_s, 0.1)) if count else 0.0)
    lo = np.maximum(lo_s, hi_s - most_s)
    times, covariance = (lo + hi_s) / 2.0, np.zeros((count, count))
    for begin in range(0, count, _CHUNK):
        # the last chunk looks back, so that it is not a short one
        end = min(begin + _CHUNK, count)
        part, first = slice(begin, end), max(min(begin, end - _CHUNK), 0)
        placed = _in_step(lo_s[first:end], hi_s[first:end], period_s)
        if placed is not None:
            skip = begin - first
            times[part], covariance[part, part] = placed[0][skip:], placed[1][skip:, skip:]
        else:
            u_s = (hi_s[part] - lo[part]) / math.sqrt(12.0)
            covariance[part, part] = _unplaced(hi_s[part], u_s, period_s, states, times[part])
    return Ticks(np.maximum.accumulate(times) if count else times, covariance)


def _unplaced(looks_s: Array, u_s: Array, period_s: float | None, states: Any, times_s: Array) -> Array:
    """Covariance in s^2 of ticks of which only their intervals are known.

    The looks in one state of the program may all come at one age of the sensor's value: then they err alike.
    """
    import numpy as np

    there = np.zeros(len(looks_s)) if states is None else states(times_s)
    alike = np.ones(len(looks_s)) if period_s is None else _alike(looks_s, period_s, there)
    together = np.outer(u_s * alike, u_s * alike) * (there[:, None] == there[None, :])
    return np.asarray(together + np.diag(u_s**2 * (1.0 - alike**2)))


def _alike(looks_s: Array, period_s: float, states: Any) -> Array:
    """How far the looks of a state keep step with the sensor: 1 if they all come at one age of its value."""
    import numpy as np

    turns = np.exp(2j * math.pi * np.mod(looks_s / period_s, 1.0))
    alike = np.zeros(len(looks_s))
    for state in np.unique(states):
        here = states == state
        count = int(here.sum())
        length = abs(turns[here].mean())
        # n looks at random have a mean of length 1 / sqrt(n)
        alike[here] = math.sqrt(max(length**2 - 1.0 / count, 0.0)) if count > 1 else 0.0
    return alike


def _in_step(lo_s: Array, hi: Array, stated_s: float | None) -> tuple[Array, Array] | None:
    """Times and uncertainties of ticks one period apart; None where these are not, or tell nothing."""
    import numpy as np

    lo = lo_s if stated_s is None else np.maximum(lo_s, hi - stated_s)
    fitted, width = found_period(lo, hi, stated_s), hi - lo
    if fitted is None or len(lo) < FEWEST or float(np.min(width)) > 0.8 * fitted:
        return None
    # how far a line through the middles may be off, and some more for clocks that drift
    slack = 4.0 * float(np.mean(width)) / len(lo) ** 1.5 / fitted + 1e-5
    periods = fitted * (1.0 + slack * np.linspace(-1.0, 1.0, _PERIODS - 1))
    periods = np.append(periods, stated_s or fitted)
    about_s = float(np.median(hi))
    phases = fitted * (np.arange(_PHASES) + 0.5) / _PHASES
    missed = _missed(lo, hi, about_s, periods, phases)
    best = phases[int(np.argmin(missed.min(axis=0)))]
    # once more around the best one, where the ticks must be nearly
    grain = fitted / _PHASES
    allowed = missed.min() + 0.5 * grain * math.sqrt(len(lo))
    near = phases[missed.min(axis=0) <= allowed]
    off = np.mod(near - best + fitted / 2.0, fitted) - fitted / 2.0
    fine = best + np.linspace(off.min() - grain, off.max() + grain, _PHASES)
    missed = _missed(lo, hi, about_s, periods, fine)
    apart = float(missed.min()) / len(lo)
    if apart > 0.25 * float(np.mean(width)) or apart > 0.1 * fitted:
        return None
    step = float(fine[1] - fine[0])
    weights = np.exp(-(missed - missed.min()) / max(2.0 * apart, step))
    weights /= weights.sum()
    return _expected(lo, hi, about_s, periods, fine, weights, math.hypot(apart, step / math.sqrt(12.0)))


def _missed(lo: Array, hi: Array, about_s: float, periods: Array, phases: Array) -> Array:
    """By how much in s ticks of these periods and phases lie outside of their intervals, all together."""
    import numpy as np

    width = hi - lo
    turn = periods[:, None, None]
    past = phases[None, :, None] + (about_s - lo)[None, None, :]
    past = past - np.floor(past / turn) * turn
    return np.asarray(np.maximum(np.minimum(past - width, turn - past), 0.0).sum(axis=2))


def _expected(
    lo: Array, hi: Array, about_s: float, periods: Array, phases: Array, weights: Array, grain_s: float
) -> tuple[Array, Array]:
    """Mean and covariance of the ticks' times over the periods and phases that are possible."""
    import numpy as np

    which, phase = np.nonzero(weights > 1e-3 * weights.max())
    weight = weights[which, phase] / weights[which, phase].sum()
    period, width = periods[which][:, None], hi - lo
    past = phases[phase][:, None] + about_s - lo[None, :]
    past -= np.floor(past / period) * period
    # just before an interval rather than a period after its begin
    past = np.where(past - width < period - past, past, past - period)
    past = np.clip(past, 0.0, width)
    mean = weight @ past
    off = (past - mean) * np.sqrt(weight)[:, None]
    own = np.minimum(grain_s, width / math.sqrt(12.0)) ** 2
    return lo + mean, off.T @ off + np.diag(own)
