"""From readings under a known load to findings about one channel: pure, no clock, no meter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.calibration.record import Calibrated, Finding, Series, Timeline
from wattwhat.calibration.response import Response, fit_response
from wattwhat.calibration.spread import duty_from_spread
from wattwhat.calibration.ticks import Ticks, find_ticks, resolution
from wattwhat.energy.joules import beyond_w
from wattwhat.energy.possible import beyond_reason, possible_j
from wattwhat.records.channel import Channel

__all__ = ["Wave", "examine"]

# A square wave that was run: when, and its period, all in s.
Wave = tuple[float, float, float]

# Below this part of explained variance, what the channel shows has other causes than the load.
_SEEN = 0.5
# Readings of a counter that is faster than the looks are put together over this time, in s.
_PIECE_S = 0.004
# A window that is known no better than this is not known.
_VAGUE = 0.3
# A counter that is elsewhere for so many looks has been reset, or jumped for good.
_ASTRAY = 20
# A window within this part of the update period is taken as the period: the sensor sees all.
_WHOLE = 0.03


def examine(
    channel: Channel,
    series: Series,
    load: Timeline,
    *,
    fast_period: Finding | None = None,
    waves: Sequence[Wave] = (),
    load_description: str = "",
) -> Calibrated:
    """What one channel's readings tell about it.

    Args:
        channel: as declared.
        series: its readings.
        load: when the load was on.
        fast_period: for a counter that is faster than the looks: its update period, found otherwise.
        waves: square waves that were part of the load.
        load_description: the load, for a person.

    Returns:
        What was found; a finding without a value has the reason.
    """
    series, notes = _believed(channel, series)
    fast = fast_period is not None
    if fast_period:
        ticks = Ticks(fast_period, series.t_s, series.values)
    else:
        ticks = find_ticks(series, counter=channel.is_counter)
    notes += () if ticks.regular else (ticks.period_s.reason,)
    result = Calibrated(
        channel, ticks.period_s, resolution=resolution(series.values), load=load_description, notes=notes
    )
    if ticks.period_s.value is None:
        return _without(result, f"not looked for: {ticks.period_s.reason}")
    if not len(load.switches_s):
        return _without(result, f"not looked for: {load_description or 'there was no load to put on it'}")
    if channel.is_counter and not ticks.regular:  # what it gains is of times that are not the same
        return _without(result, f"not looked for: {ticks.period_s.reason}")
    answer = _answer(channel, series, ticks, load, fast)
    if isinstance(answer, str):
        return _without(result, answer)
    if answer.explained < _SEEN or answer.swing_w < 4.0 * answer.u[3]:
        return _without(
            result,
            f"the load hardly moved it: {100.0 * max(answer.explained, 0.0):.0f} % of its changes came with "
            "the load",
        )
    if answer.delay_s < -3.0 * answer.u[2] - series.look_s:
        return _without(
            result,
            f"the fit has its values {-answer.delay_s * 1e3:.2g} ms before the load: take more --seconds",
        )
    return _described(result, answer, series, ticks, waves, fast)


def _believed(channel: Channel, series: Series) -> tuple[Series, tuple[str, ...]]:
    """The readings that can be, and a sentence about those that cannot."""
    import numpy as np

    if len(series.values) < 2:
        return series, ()
    if channel.is_counter:
        kept = np.asarray(_fitting(channel, series.t_s.tolist(), series.values.tolist()))
    else:
        kept = np.abs(series.values) <= beyond_w(channel)
    if kept.all():
        return series, ()
    note = f"left out {int(np.sum(~kept))} of {len(kept)} readings, of {beyond_reason(channel)}"
    return Series(series.t_s[kept], series.values[kept]), (note,)


def _fitting(channel: Channel, t_s: list[float], values: list[float]) -> list[bool]:
    """Which readings of a counter go on from those before; one that was reset goes on from itself."""
    kept = [True] * len(values)
    last, astray = 0, 0
    for number in range(1, len(values)):
        gained = values[number] - values[last]
        if gained < 0.0 and channel.wrap_j is not None:
            gained += channel.wrap_j
        if 0.0 <= gained <= possible_j(channel, t_s[number] - t_s[last]):
            last, astray = number, 0
            continue
        astray += 1
        kept[number] = False
        if astray == _ASTRAY:
            kept[number - _ASTRAY + 1 : number + 1] = [True] * _ASTRAY
            last, astray = number, 0
    return kept


def _without(result: Calibrated, reason: str) -> Calibrated:
    nothing = Finding(reason=reason)
    return attrs.evolve(result, averaging_window_s=nothing, duty=nothing, delay_s=nothing, rise_s=nothing)


def _answer(channel: Channel, series: Series, ticks: Ticks, load: Timeline, fast: bool) -> Response | str:
    """The fit, of the values as they are or of what a counter gained between two of them."""
    import numpy as np

    period = ticks.period_s.value or math.inf
    timing = series.look_s / math.sqrt(12.0)
    if not channel.is_counter:
        return fit_response(load, ticks.seen_s, ticks.values, period, timing_s=timing)
    seen, values = ticks.seen_s, ticks.values
    if fast:
        stride = max(1, math.ceil(_PIECE_S / series.look_s))
        seen, values = series.t_s[::stride], series.values[::stride]
    gained, spans = np.diff(values), np.diff(seen)
    if channel.wrap_j is not None:
        gained = np.where(gained < 0.0, gained + channel.wrap_j, gained)
    whole = (gained >= 0.0) & (spans < 1.5 * max(period, float(np.median(spans))))
    whole &= gained <= possible_j(channel, 0.0) + beyond_w(channel) * spans
    powers = gained[whole] / spans[whole]
    if fast:
        # what is read is half a period old at the mean
        return fit_response(load, seen[1:][whole] - period / 2.0, powers, period, spans[whole], timing)
    return fit_response(load, seen[1:][whole], powers, period, timing_s=timing)


def _described(
    result: Calibrated, answer: Response, series: Series, ticks: Ticks, waves: Sequence[Wave], fast: bool
) -> Calibrated:
    window = _window(result, answer, series.look_s, ticks, fast)
    if ticks.regular:
        duty, notes = _duty(result, window, answer, ticks, waves)
    else:  # the part of a time that is no period
        duty, notes = Finding(reason=f"not looked for: {ticks.period_s.reason}"), ()
    delay = Finding(max(answer.delay_s, 0.0), answer.u[2])
    return attrs.evolve(
        result,
        averaging_window_s=window,
        duty=duty,
        delay_s=delay,
        rise_s=Finding(answer.rise_s, answer.u[1]),
        notes=(*result.notes, *notes),
    )


def _window(result: Calibrated, answer: Response, look_s: float, ticks: Ticks, fast: bool) -> Finding:
    period = result.update_period_s.value or math.inf
    vague = not result.update_period_s.known_within(_VAGUE)
    if fast:  # read between its ticks
        return Finding(
            reason=f"it ticks every {period * 1e3:.2g} ms: what it misses of so short a time cannot be told"
        )
    if vague and answer.window_s < 5.0 * look_s:
        return Finding(reason=f"it is shorter than {5e3 * look_s:.2g} ms, and the looks show no more")
    if answer.window_s < 0.02 * period or answer.u[0] > _VAGUE * answer.window_s:
        most = answer.window_s + 2.0 * answer.u[0]
        return Finding(reason=f"its answer fits windows from nothing to {most * 1e3:.2g} ms")
    if ticks.regular and abs(answer.window_s - period) <= max(3.0 * answer.u[0], _WHOLE * period):
        return Finding(period, math.hypot(answer.u[0], answer.window_s - period))
    return Finding(answer.window_s, answer.u[0])


def _duty(
    result: Calibrated, window: Finding, answer: Response, ticks: Ticks, waves: Sequence[Wave]
) -> tuple[Finding, tuple[str, ...]]:
    """The part of the time it looks at: from the window, and from the spread under square waves."""
    period = result.update_period_s.value or math.inf
    by_window = Finding(reason=window.reason)
    if window.value is not None and window.u is not None:
        by_window = Finding(min(window.value / period, 1.0), window.u / period)
        if window.value >= period:
            return by_window, ()
    settle = 2.0 * period + answer.delay_s + 4.0 * answer.rise_s
    readings: list[tuple[float, Any]] = []
    for begin, end, wave_s in waves:
        shown = (ticks.seen_s >= begin + settle) & (ticks.seen_s < end)
        readings.append((wave_s, ticks.values[shown]))
    by_spread = duty_from_spread(readings, period, answer.swing_w, answer.rise_s, answer.residual_w)
    if by_spread.value is None or result.channel.is_counter:
        return by_window, ()
    if by_window.value is None:
        return by_spread, ()
    apart = abs(by_spread.value - by_window.value)
    if apart > 0.1 + 3.0 * math.hypot(by_spread.u or 0.0, by_window.u or 0.0):
        note = (
            f"its answer to the load says that it looks {100 * by_window.value:.0f} % of the time, the "
            f"spread under square waves {100 * by_spread.value:.0f} %: take more --seconds"
        )
        return by_window, (note,)
    return min(by_window, by_spread, key=lambda one: one.u or 0.0), ()
