"""Counters: from two readings of an energy counter to joules. Wraps, resets and gaps are three things.

A counter shows the energy up to its latest tick, so a reading is stale by anything up to the update
period U. Over a window of length T the difference of two readings misses the energy since the last tick
and has too much from before the first: with power P and two ages uniform in [0, U], the standard
uncertainty of that is ``P U / sqrt(6)`` for a steady load; power that changes makes it larger.
"""

from __future__ import annotations

import math
from functools import lru_cache

from wattwhat.energy.joules import Joules, sensor_parts
from wattwhat.records.assumptions import (
    ASSUMED_PERIOD_S,
    SHORT_SPREAD,
    SPREAD,
    period_s,
    power_limit_w,
    reach_w,
)
from wattwhat.records.caution import Caution
from wattwhat.records.channel import Channel
from wattwhat.records.formatting import time_words
from wattwhat.records.sources import EDGES, LOST, RESOLUTION, UNSEEN

__all__ = ["counter_energy", "difference", "gain_u_j"]

# Windows of fewer update periods than this lean on what is known of the power besides the two readings.
_SHORT = 5.0
# What a counter's update period may be where nobody stated it: those of RAPL and of NVML's counters.
_PERIODS_S = (0.001, 0.02, ASSUMED_PERIOD_S)


def difference(first: float, last: float, wrap_j: float | None = None) -> tuple[float, str]:
    """What a counter gained between two readings less than one range apart, and how.

    Args:
        first: earlier value in J.
        last: later value in J.
        wrap_j: range in J after which it begins again at 0; None if it never wraps.

    Returns:
        The gain in J and ``"ok"``, ``"wrap"`` or ``"reset"``; for a reset the gain is what was counted
        since then, a lower bound.

    Example:
        >>> difference(10.0, 12.5)
        (2.5, 'ok')
        >>> difference(99.0, 3.0, wrap_j=100.0)
        (4.0, 'wrap')
        >>> difference(99.0, 3.0)
        (3.0, 'reset')
    """
    if last >= first:
        return last - first, "ok"
    if wrap_j is not None and first <= wrap_j * 1.000001:
        return last - first + wrap_j, "wrap"
    return max(last, 0.0), "reset"


def counter_energy(
    gained_j: float,
    duration_s: float,
    channel: Channel,
    *,
    reference_w: float | None = None,
    placed: tuple[float, float] | None = None,
    lost_u_j: float = 0.0,
    provenance: str = "measured",
) -> Joules:
    """Joules of one window from what its counter gained.

    For windows of many update periods the energy is the gain itself. A short window knows little: its
    gain is read by how often the counter may have changed, and its power may have been anything up to the
    device's limit, whatever it was around the window.

    Args:
        gained_j: wrap-corrected gain in J between the two readings.
        duration_s: time between them in s.
        channel: update period, resolution, gain and offset come from here.
        reference_w: mean power over a longer span around the window in W, where there was one.
        placed: joules of the window on the counter's course and their standard uncertainty
            (`wattwhat.energy.course`), where that is known: it goes before what the window tells by itself.
        lost_u_j: standard uncertainty in J from readings that were lost or reset in between.
        provenance: ``"measured"`` or ``"estimated"``.

    Returns:
        The energy with its parts; a warning where the window is too short to know it within 25 % (k=2).

    Example:
        >>> rapl = Channel("h/rapl/package-0", "rapl", "package 0", "cpu", "energy",
        ...                update_period_s=0.001, resolution=61e-6)
        >>> counter_energy(50.0, 1.0, rapl).quantity
        Quantity(50.000(29) J)
    """
    period = 0.0 if provenance == "estimated" and channel.update_period_s is None else period_s(channel)
    periods = (period,) if channel.update_period_s is not None else _PERIODS_S
    if placed is not None:
        value_j, edges_j = placed
    else:
        value_j, edges_j = _weigh(gained_j, duration_s, period, power_limit_w(channel), reference_w, periods)
    late_s = (channel.delay_s or 0.0) + (channel.rise_s or 0.0)
    if late_s:
        # both ends of the window are shown late, each with a power of its own
        edges_j = math.hypot(edges_j, math.sqrt(2.0) * SPREAD * value_j / max(duration_s, late_s) * late_s)
    parts = [(EDGES, edges_j), (LOST, lost_u_j)]
    if channel.averaging_window_s is not None and channel.averaging_window_s < period:
        parts.append((UNSEEN, _unseen_j(value_j, duration_s, period, channel.averaging_window_s)))
    if channel.resolution:
        # two truncated values, each uniform within one step
        parts.append((RESOLUTION, channel.resolution / math.sqrt(6.0)))
    parts.extend(sensor_parts(value_j, duration_s, channel, provenance))
    return Joules(value_j, tuple((s, u) for s, u in parts if u), _too_short(value_j, edges_j, period))


def _weigh(
    gained_j: float,
    duration_s: float,
    period: float,
    limit_w: float,
    reference_w: float | None,
    periods: tuple[float, ...],
) -> tuple[float, float]:
    """Value and edge uncertainty in J: the gain; for short windows what it means with all that is known."""
    if period == 0.0:
        return gained_j, 0.0
    if duration_s <= 0.0:
        # two readings of one stamp may be a tick apart
        most_w = reference_w or limit_w / 2.0
        return gained_j, max(gain_u_j(period, most_w, SPREAD * most_w), gained_j / 2.0)
    if duration_s >= _SHORT * period:
        power_w = max(_work_w(gained_j, duration_s, period), reference_w or 0.0)
        return gained_j, gain_u_j(period, power_w, SPREAD * power_w)
    known = reference_w is not None
    likely_w, likely_u = limit_w / 2.0, limit_w / math.sqrt(12.0)
    if reference_w is not None:
        likely_w, likely_u = reference_w, reach_w(reference_w, limit_w)
    if gained_j > 0.0:
        return _by_ticks(gained_j, duration_s, periods, limit_w, (likely_w, likely_u) if known else None)
    if duration_s < period:
        # no tick came, as none need have: that says nothing about the power
        return likely_w * duration_s, likely_u * duration_s
    gain_u = gain_u_j(period, likely_w, likely_u)
    return _mean(gained_j, gain_u, likely_w * duration_s, likely_u * duration_s)


def _work_w(gained_j: float, duration_s: float, period: float) -> float:
    """The power in W of a load that begins and ends with the window: half a period of it was not counted."""
    return gained_j / (duration_s - min(duration_s, period) / 2.0)


def _mean(a: float, u_a: float, b: float, u_b: float) -> tuple[float, float]:
    """Weighted mean of two independent values, each by its variance, and its standard uncertainty."""
    weight = u_a**2 / (u_a**2 + u_b**2) if u_a or u_b else 0.0
    return (1.0 - weight) * a + weight * b, u_a * u_b / math.hypot(u_a, u_b) if u_a and u_b else 0.0


def gain_u_j(period: float, power_w: float, power_u: float) -> float:
    """Standard deviation of P1 a1 - P0 a0: ages uniform in [0, U], independent powers."""
    return period * math.sqrt(power_w**2 / 6.0 + power_u**2 * 2.0 / 3.0)


def _unseen_j(value_j: float, duration_s: float, period: float, window_s: float) -> float:
    """Uncertainty in J of what a counter leaves out that looks at W of every U: a new draw at each tick.

    Where the power is another one in each W, a tick misses it by ``P_spread U sqrt(1 - W / U)``. A load in
    step with the counter is met at the same moment each time, which no interval of one window can hold.
    """
    if duration_s <= 0.0:
        return 0.0
    spread_w = SPREAD * value_j / duration_s
    return spread_w * math.sqrt(max(duration_s, period) * period * (1.0 - window_s / period))


def _by_ticks(
    gained_j: float,
    duration_s: float,
    periods: tuple[float, ...],
    limit_w: float,
    likely: tuple[float, float] | None,
) -> tuple[float, float]:
    """Value and uncertainty in J of a short window by its gain and how often the counter may have ticked.

    A window of T = (a + f) U holds a ticks, or with probability f one more. The gain over n ticks means a
    power of G / (n U), so each n is a hypothesis of its own for the energy; that power was the mean over
    the ticks, and in the window itself it may have differed by its spread. Where U is not known, each that
    it may be has its own hypotheses.
    """
    ticks = [
        (n * period, share, period)
        for period in periods
        for whole, rest in (divmod(duration_s / period, 1.0),)
        for n, share in ((whole, 1.0 - rest), (whole + 1.0, rest))
        if n > 0.0 and share > 0.0
    ]
    chances = [
        (gained_j / span_s, share * _chance(gained_j / span_s, limit_w, likely), period)
        for span_s, share, period in ticks
    ]
    total = sum(chance for _, chance, _ in chances)
    if total <= 0.0:
        longest_s, _, period = max(ticks)
        chances, total = [(gained_j / longest_s, 1.0, period)], 1.0
    energies = [(power_w * duration_s, chance / total, period) for power_w, chance, period in chances]
    value_j = sum(energy_j * share for energy_j, share, _ in energies)
    between_j2 = sum(share * (energy_j - value_j) ** 2 for energy_j, share, _ in energies)
    # the rarer of two hypotheses lies farther out than a standard deviation says: it is to be inside as well
    farthest_j = max((abs(e - value_j) for e, share, _ in energies if share > 0.05), default=0.0)
    slowest_s = max(u for _, share, u in energies if share > 0.05) * math.sqrt(2.0 / 3.0)
    # below one period the ticks may have counted rest alone; above two they have seen most of the window
    unsure = min(max(2.0 - duration_s / max(periods), 0.0), 1.0)
    shown_w = value_j / duration_s
    work_w = unsure * shown_w + (1.0 - unsure) * _work_w(value_j, duration_s, max(periods))
    power_w = max(work_w, likely[0] if likely else 0.0)
    within_j = SHORT_SPREAD * power_w * min(duration_s, slowest_s)
    unknown_j = reach_w(shown_w, limit_w) * unsure * duration_s
    return value_j, max(math.hypot(math.sqrt(between_j2), within_j), farthest_j / 2.0, unknown_j)


def _chance(power_w: float, limit_w: float, likely: tuple[float, float] | None) -> float:
    """How likely a power is, up to a factor: below the limit, and near what is known of it."""
    if power_w > limit_w:
        return 0.0
    return 1.0 if likely is None else math.exp(-0.5 * ((power_w - likely[0]) / likely[1]) ** 2)


def _too_short(value_j: float, edges_j: float, period: float) -> tuple[str, ...]:
    return _short_warning(period) if 2.0 * edges_j > 0.25 * abs(value_j) else ()


@lru_cache(maxsize=64)  # one sentence for all windows over a sensor: programs keep 100,000 of them
def _short_warning(period: float) -> tuple[str, ...]:
    warning = (
        f"a window this short says little on a sensor that updates every {time_words(period)}: "
        "use a longer window, or measure(), which repeats until it knows, or phases() for spans that come "
        "again and again"
    )
    return (Caution("short", warning),)
