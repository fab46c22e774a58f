"""Gauges: from power samples to joules, in one pass and bounded memory, for live readings and for logs.

A gauge renews its value every update period U; the value is the mean power of the averaging window W
before that moment. Held until the next one, it follows the power with a lag of ``(U + W) / 2``, and of D + R
more where a delay D and a rise time R are known. The energy between t0 and t1 is the integral of the samples
between ``t0 + lag`` and ``t1 + lag``. Samples are joined by straight lines: where the value changed between
two looks, that puts the change half-way.
"""

from __future__ import annotations

import math
from typing import Any

import attrs

from wattwhat.energy.gauge_timing import seen_fraction, smear_s
from wattwhat.energy.joules import Joules, sensor_parts
from wattwhat.energy.possible import beyond_reason
from wattwhat.energy.power_integral import PowerSums
from wattwhat.records.assumptions import period_s, power_limit_w, reach_w
from wattwhat.records.channel import Channel
from wattwhat.records.sources import EDGES, LOST, RESOLUTION, UNSEEN

__all__ = [
    "PowerSums",
    "between_rests",
    "gauge_energy",
    "integrate_power",
    "leak_s",
]

# How far the power in a window much shorter than the update period may be from the mean over that, as a
# part of it: as far as the oracle of ``benchmarks.truth`` is off there.
_HIDDEN = 0.3


def gauge_energy(
    sums: PowerSums,
    duration_s: float,
    channel: Channel,
    *,
    unrest_w: tuple[float, float] = (0.0, 0.0),
    steps_w: tuple[float, float] = (0.0, 0.0),
    blind_s: float = 0.0,
    placed: tuple[float, float, float] | None = None,
    provenance: str = "measured",
) -> Joules:
    """Joules of a window from the sums over its samples.

    Args:
        sums: over the window, moved by `lag_s`.
        duration_s: length of the window in s.
        channel: update period, averaging window, resolution, gain and offset come from here.
        unrest_w: how far the shown power moves around each edge, in W. The gauge smears a step over U + W;
            of a step just at the edge, an eighth of that time's energy leaks across.
        steps_w: how much more is shown after each edge than before, in W. A load that begins and ends with
            the window leaks out at both edges, so steps of opposite sign add up.
        blind_s: seconds at the end for which the gauge has not shown anything yet.
        placed: joules of the window on the gauge's course and their standard uncertainty by its edges and
            by what was not seen (`wattwhat.energy.gauge_course`), where that is known: it goes before what
            the window tells by itself.
        provenance: ``"measured"`` or ``"estimated"``.

    Example:
        >>> gauge = Channel("h/x/0", "x", "a GPU", "gpu", "power", update_period_s=0.1,
        ...                 averaging_window_s=0.1)
        >>> sums = PowerSums()
        >>> for k in range(21):
        ...     sums = sums.add(0.05 * k, 100.0, period_s=0.1, seen=1.0, max_gap_s=1.0, limit_w=300.0)
        >>> round(gauge_energy(sums, 1.0, gauge).value_j, 6)
        100.0
    """
    value_j = sums.energy_j
    blind_w = power_limit_w(channel) / math.sqrt(12.0) if sums.samples < 2 else _spread_w(sums, duration_s)
    leaked_j = leak_s(channel, duration_s) * max(math.hypot(*unrest_w), abs(steps_w[0] - steps_w[1]))
    edges_j = math.hypot(blind_w * blind_s, leaked_j, _hidden_j(value_j, duration_s, channel))
    unseen_j = math.sqrt(sums.unseen_j2)
    if placed is not None:
        value_j, edges_j, unseen_j = placed
    # however much moves around a short window, its power lies between 0 and the limit
    reach_j = reach_w(value_j / duration_s, power_limit_w(channel)) * duration_s if duration_s > 0.0 else 0.0
    parts = [(UNSEEN, unseen_j), (LOST, math.sqrt(sums.gaps_j2)), (EDGES, min(edges_j, reach_j))]
    if channel.resolution:
        parts.append((RESOLUTION, channel.resolution / math.sqrt(12.0) * duration_s))
    parts.extend(sensor_parts(value_j, duration_s, channel, provenance))
    warnings = []
    if sums.gap_s > 0.0:
        warnings.append(
            f"no reading for {sums.gap_s:.3g} s of {sums.span_s:.3g} s: the energy of that time is "
            "interpolated and its uncertainty says so"
        )
    if sums.refused:
        warnings.append(f"left out {sums.refused} reading(s) of {beyond_reason(channel)}")
    return Joules(value_j, tuple((s, u) for s, u in parts if u), tuple(warnings))


def _hidden_j(value_j: float, duration_s: float, channel: Channel) -> float:
    """Uncertainty in J of a window shorter than two values: it held a part of what one value holds.

    A value that moves says more, and `leak_s` has that; a load in step with the gauge moves nothing.
    """
    period = period_s(channel)
    one_s = max(2.0 * period, channel.averaging_window_s or 0.0)
    hidden_j = _HIDDEN * abs(value_j) * max(0.0, 1.0 - duration_s / one_s)
    if seen_fraction(period, channel.averaging_window_s) < 1.0 and duration_s > 0.0:
        # the gauge may have looked away from all of it
        unseen = min(max(1.5 - duration_s / period, 0.0), 1.0)
        reach_j = reach_w(value_j / duration_s, power_limit_w(channel)) * duration_s
        hidden_j = max(hidden_j, unseen * reach_j)
    return hidden_j


def leak_s(channel: Channel, duration_s: float) -> float:
    """Seconds of a step at an edge that leak across it: an eighth of U + W, and R / e of a rise time.

    All that moves around a window shorter than U + W may have been drawn in it, so there it is up to twice
    as much. A gauge that averages over more than its update period hides how far the power moves
    within that time; windows shorter than it suffer from that up to twice as much. Both were found with
    ``benchmarks.truth``.
    """
    smeared_s = smear_s(channel)
    found_s = smeared_s / 8.0 * (1.0 + max(0.0, 1.0 - duration_s / smeared_s))
    found_s += (channel.rise_s or 0.0) / math.e
    window_s = channel.averaging_window_s
    if window_s is None or window_s <= period_s(channel):
        return found_s
    return found_s * (1.0 + window_s / (window_s + duration_s))


def between_rests(before: PowerSums, after: PowerSums, rested_s: float) -> tuple[PowerSums, float]:
    """The sums of a load that had rest on both sides, with nothing lost at its edges.

    A gauge answers a load until some rest after it. From the begin of the load until all of it was shown,
    the integral holds the load and as much rest, whose power is shown just before and after: taking that
    off leaves the load's energy, whatever its shape and delay, if the phase of the gauge is random.

    Args:
        before: sums at the begin of the load.
        after: sums when its end had been shown.
        rested_s: how long after its end that was, in s, as `rest_s` gives it.

    Returns:
        The load's sums, and by how many W the rest before and after differ.

    Example:
        >>> how = dict(period_s=0.1, seen=1.0, max_gap_s=1.0, limit_w=300.0)
        >>> begin = PowerSums().add(0.0, 50.0, **how)
        >>> end = begin.add(0.1, 50.0, **how).add(0.6, 250.0, **how).add(1.2, 50.0, **how)
        >>> round(between_rests(begin, end, 0.3)[0].energy_j, 6)
        155.0
    """
    sums = after.minus(before)
    first_w, last_w = (before.last or (0.0, 0.0))[1], (after.last or (0.0, 0.0))[1]
    rest_j = (first_w + last_w) / 2.0 * rested_s
    return attrs.evolve(sums, energy_j=sums.energy_j - rest_j), last_w - first_w


def _spread_w(sums: PowerSums, duration_s: float) -> float:
    """A guess at the spread of the power in W where nothing was shown: half of the mean."""
    return 0.5 * abs(sums.energy_j) / duration_s if duration_s > 0 else 0.0


def integrate_power(
    t_s: Any,
    power_w: Any,
    *,
    update_period_s: float | None = None,
    averaging_window_s: float | None = None,
    max_gap_s: float | None = None,
    limit_w: float | None = None,
) -> Joules:
    """Joules of a whole run of power samples, as logs hold them, with type A parts.

    Args:
        t_s: times in s, increasing; an array or list of n numbers.
        power_w: power in W at those times, n numbers.
        update_period_s: update period of the sensor in s; None takes the median step.
        averaging_window_s: what each value averages, in s; None takes one update period: logs come from
            tools that average between two rows or do not say, and the sensor's own share is for the
            caller to state.
        max_gap_s: a longer step is a gap; None takes five median steps.
        limit_w: the most the device can draw, in W; None takes twice the largest sample.

    Returns:
        The trapezoid integral with the parts for unseen time and gaps; gain and offset are the caller's.

    Raises:
        ValueError: the arrays differ in length, hold fewer than two samples, or all stand at one time.

    Example:
        >>> integrate_power([0.0, 1.0, 2.0], [100.0, 100.0, 100.0]).value_j
        200.0
    """
    import numpy as np

    t, p = np.asarray(t_s, dtype=float), np.asarray(power_w, dtype=float)
    if t.shape != p.shape or t.ndim != 1 or len(t) < 2:
        raise ValueError(
            f"t_s and power_w: expected two equal runs of at least 2 numbers, got {t.shape}, {p.shape}"
        )
    if not t[-1] > t[0]:
        raise ValueError(f"t_s: expected times that increase, got {t[0]:g} to {t[-1]:g} s")
    median = float(np.median(np.diff(t)))
    period, limit_w = update_period_s or median, limit_w or 2.0 * float(np.max(np.abs(p)))
    sums = PowerSums().add_arrays(
        t,
        p,
        period_s=period,
        seen=min(1.0, (averaging_window_s or period) / period),
        max_gap_s=max_gap_s or 5.0 * median,
        limit_w=limit_w,
    )
    timing: Any = {"update_period_s": period, "averaging_window_s": averaging_window_s}
    channel = Channel("-", "-", "-", "wall", "power", max_power_w=limit_w or None, **timing)
    return gauge_energy(sums, sums.span_s, channel)
