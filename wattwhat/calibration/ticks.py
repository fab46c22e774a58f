"""How often a channel renews its value, when it did so, and in what steps: from readings alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.calibration.record import Finding, Series

if TYPE_CHECKING:
    from wattwhat.calibration.record import Array

__all__ = ["Ticks", "fast_counter_period", "find_ticks", "resolution"]

_FEWEST_CHANGES = 5
# Above this share of looks with a new value, the channel is too fast for counting its changes.
TOO_FAST = 0.6
# Even of a gauge that shows seven values in ten once more, three gaps in ten are of a single period.
_SINGLE = 0.1
# A counter that gains so many of its steps in a period shows them, wherever between two steps it is.
_STEPS = 3.0
# Updates that scatter by no more than this part of their period count as regular: drivers' timers do so much.
_REGULAR = 0.02
# Shortest period that randomly spaced looks a millisecond apart are asked to tell.
_SHORTEST_S = 0.0004


@attrs.frozen(eq=False)
class Ticks:
    """When new values appeared.

    Args:
        period_s: the update period; of irregular updates the mean time between them.
        seen_s: when each new value came, in s, as well as it is known.
        values: these values, in J or W.
        regular: whether they come in equal times, so that a period is one.
    """

    period_s: Finding
    seen_s: Array
    values: Array
    regular: bool = True


def find_ticks(series: Series, *, counter: bool = False) -> Ticks:
    """The update period from the times at which the value changed.

    The start is the median gap between changes (arXiv 2312.02741). A gauge that shows the same power twice
    leaves gaps of several periods; the period is then the longest time of which the gaps are multiples, and
    a straight line through the times of all changes refines it.

    Args:
        series: readings under a load that changes, at least four looks a period.
        counter: whether each update shows another value; a gauge may show the same power again.

    Example:
        >>> import numpy as np
        >>> t = np.arange(0.0, 1.0, 0.002)
        >>> ticks = find_ticks(Series(t, np.floor(t / 0.02)))
        >>> round(ticks.period_s.value, 4)
        0.02
    """
    import numpy as np

    t, values = series.t_s, series.values
    new = np.flatnonzero(np.diff(values) != 0.0) + 1 if len(t) > 1 else np.zeros(0, dtype=int)
    seen = (t[new] + t[new - 1]) / 2.0
    if len(new) < _FEWEST_CHANGES:
        span = f"{t[-1] - t[0]:.3g} s" if len(t) > 1 else "no time"
        what = "never changed" if len(new) == 0 else f"changed {len(new)} times only"
        return Ticks(
            Finding(reason=f"its value {what} in {span}: take more --seconds or a load that moves it"),
            seen,
            values[new],
        )
    look = series.look_s
    if len(new) > TOO_FAST * (len(t) - 1):
        return Ticks(_upper_limit(look), t, values)
    gaps = np.diff(seen)
    start = _longest_divisor(gaps, look)
    if start is None:
        return Ticks(_mean_gap(gaps, np.ones_like(gaps), counter), seen, values[new], regular=False)
    counts = np.maximum(np.round(gaps / start), 1.0)
    # Looks leave each change a rectangle of their own width, and a gap two of them.
    scatter = float(np.std(gaps - counts * start))
    late = counter and _ticks_left_out(values, np.diff(values[new]), counts)
    if late:
        counts = np.ones_like(gaps)
    if late or scatter > max(2.0 * look / math.sqrt(6.0), _REGULAR * start):
        return Ticks(_mean_gap(gaps, counts, counter), seen, values[new], regular=False)
    number = np.concatenate([[0.0], np.cumsum(counts)])
    slope, offset = np.polyfit(number, seen, 1)
    fitted = offset + slope * number
    rms = float(np.sqrt(np.mean((seen - fitted) ** 2)))
    # The looks alone leave a rectangle of their own width around each change. What is left beyond it may be a
    # shift that all later updates keep: of a random walk of n steps with residuals r, the slope is known to
    # sqrt(18) r / n.
    looks = look / math.sqrt(12.0)
    walk = math.sqrt(max(rms**2 - looks**2, 0.0)) * math.sqrt(18.0) / float(number[-1])
    u = math.hypot(max(rms, looks) / (math.sqrt(len(seen)) * float(np.std(number))), walk)
    if rms > look:
        return Ticks(Finding(float(slope), u), seen, values[new])
    return Ticks(Finding(float(slope), u), *_every_tick(series, float(offset), float(slope), int(number[-1])))


def _ticks_left_out(values: Array, gains: Array, counts: Array) -> bool:
    """Whether a counter stood still over updates at which it had gained more than its steps."""
    import numpy as np

    step = resolution(values).value or 0.0
    return bool(np.mean((counts > 1.0) & (gains > _STEPS * step * counts)) > _SINGLE)


def _mean_gap(gaps: Array, counts: Array, counter: bool) -> Finding:
    """Of irregular updates: the mean time between them, of which each gap holds as many as counted.

    What shifts one of them may shift all later ones, so the mean is known no better than from independent
    gaps, whatever a straight line through their times seems to tell.
    """
    import numpy as np

    mean = float(np.sum(gaps) / np.sum(counts))
    scatter = float(np.std(gaps - counts * mean, ddof=1))
    words = f"{mean * 1e3:.3g} ms apart on average with a standard deviation of {scatter * 1e3:.2g} ms"
    if counter:
        return Finding(mean, scatter / math.sqrt(len(gaps)), f"its updates are irregular, {words}")
    reason = (
        f"an upper limit: its changes are irregular, {words}, and an update may show the same power again"
    )
    return Finding(mean, mean / math.sqrt(3.0), reason)


def _every_tick(series: Series, first_s: float, period_s: float, count: int) -> tuple[Array, Array]:
    """Times and values of all updates, those that showed the same value again included."""
    import numpy as np

    seen: Array = first_s + period_s * np.arange(count + 1, dtype=float)
    middle = seen + period_s / 2.0
    place = np.minimum(np.searchsorted(series.t_s, middle), len(series.t_s) - 1)
    looked = (series.t_s[place] >= middle) & (series.t_s[place] < seen + period_s)
    return seen[looked], series.values[place[looked]]


def _upper_limit(look_s: float) -> Finding:
    return Finding(
        look_s,
        look_s / math.sqrt(3.0),
        f"an upper limit: nearly every look saw a new value, so it updates within {look_s * 1e3:.2g} ms",
    )


def _longest_divisor(gaps: Array, look_s: float) -> float | None:
    """The longest time of which nearly all gaps are multiples, to within a look."""
    import numpy as np

    median = float(np.median(gaps))
    short = float(np.quantile(gaps, 0.1, method="lower"))  # a gap that was there, so that some are near it
    near = gaps[np.abs(gaps - short) <= 1.1 * look_s]
    tries = sorted([*(median / n for n in (1, 2, 3, 4)), float(np.mean(near))], reverse=True)
    for period in tries:
        for _ in range(3):  # a guess from few gaps is a little off, which long gaps multiply: mend it
            number = np.round(gaps / period)
            off = np.abs(gaps - number * period)
            fits = (number >= 1) & (off <= 1.2 * look_s + 0.02 * period)
            if np.mean(fits) >= 0.85:
                # Of periods of 80 and 120 ms in turn, 40 ms is a divisor that never was a period.
                if np.mean(fits & (number == 1)) < _SINGLE:
                    return None
                return float(np.mean(gaps[fits] / number[fits]))
            if not fits.any():
                break
            period = float(np.sum(gaps[fits]) / np.sum(number[fits]))
    return None


def fast_counter_period(series: Series) -> Finding:
    """The update period of a counter that ticks about as often as it can be looked at.

    Under a steady load such a counter is a straight line minus a saw-tooth, the energy since its last
    tick. Looks at random distances see that saw-tooth without aliases, so its period stands out in the
    spectrum of what is left of short pieces after straight lines were taken off (the Lomb-Scargle way).

    Args:
        series: readings under a steady load, randomly spaced, some hundreds.
    """
    import numpy as np

    look = series.look_s
    pieces = [slice(begin, begin + 100) for begin in range(0, len(series.t_s) - 99, 100)]
    if not pieces:
        return _upper_limit(look)
    span = float(np.median([series.t_s[one][-1] - series.t_s[one][0] for one in pieces]))
    hertz = np.arange(1.0 / (8.0 * look), 1.0 / _SHORTEST_S, 0.25 / span)
    power = np.zeros_like(hertz)
    for one in pieces:
        t, values = series.t_s[one] - series.t_s[one][0], series.values[one]
        rest = values - np.polyval(np.polyfit(t, values, 1), t)
        power += np.abs(np.exp(-2j * np.pi * np.outer(hertz, t)) @ rest) ** 2
    best = int(np.argmax(power))
    if power[best] < 6.0 * float(np.median(power)) or best in (0, len(hertz) - 1):
        return _upper_limit(look)
    return Finding(1.0 / float(hertz[best]), 0.25 / span / float(hertz[best]) ** 2)


def resolution(values: Array) -> Finding:
    """The step of which all differences between values are multiples, by Euclid's algorithm.

    Args:
        values: readings in J or W.

    Example:
        >>> resolution([0.3, 0.5, 1.1, 1.2]).value
        0.1
    """
    import numpy as np

    distinct = np.unique(np.asarray(values, dtype=float))
    if len(distinct) < _FEWEST_CHANGES - 1:
        return Finding(reason="too few different values were seen")
    differences = np.diff(distinct)
    # What scaling leaves in the last digits of the largest value; and no sensor counts a billion steps
    # of its swing.
    noise = max(4.0 * float(np.spacing(np.max(np.abs(distinct)))), 1e-11 * float(np.ptp(distinct)))
    differences = np.sort(differences[differences > noise])
    step, sums, counted = 0.0, 0.0, 0
    for number, difference in enumerate(differences.tolist()):
        if not step or abs(difference - round(difference / step) * step) > 50.0 * noise:
            step = _common(step, difference, noise)
            if step < 100.0 * noise:
                return Finding(reason="its values have no step in common")
            # as all differences so far have it: an error of the step grows with every multiple
            sums = float(np.sum(differences[:number]))
            counted = round(float(np.sum(np.round(differences[:number] / step))))
        sums, counted = sums + difference, counted + round(difference / step)
        step = sums / counted
    if float(np.max(np.abs(differences - np.round(differences / step) * step))) > 2.0 * noise:
        return Finding(reason="its values have no step in common")
    return Finding(float(f"{step:.9g}"), 0.0)


def _common(a: float, b: float, noise: float) -> float:
    """Greatest common divisor of two lengths known to within the noise."""
    while b > 100.0 * noise:
        a, b = b, abs(a - b * round(a / b)) if b else 0.0
    return a
