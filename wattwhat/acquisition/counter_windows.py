"""Joules of a counter between two edges of windows: from what it showed there, or from what is known else."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.channel_warnings import of_channel
from wattwhat.acquisition.inputs import Gap, is_reading
from wattwhat.energy.counter import counter_energy
from wattwhat.energy.joules import HELD_S, Joules, bounded, during
from wattwhat.energy.possible import beyond_reason
from wattwhat.energy.tick_age import keeps_step
from wattwhat.records.assumptions import period_s, power_limit_w
from wattwhat.records.caution import Caution, code_of
from wattwhat.records.channel import Channel
from wattwhat.records.formatting import time_words
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput
    from wattwhat.acquisition.inputs import Energy, Mark

__all__ = ["counter_window"]

_ANOTHER_CLOCK = Caution(
    "clock",
    "its times lie ahead of time.monotonic_ns(), so they are of another clock; the times at which its "
    "readings came are taken instead",
)


def counter_window(
    counter: CounterInput, begin: Mark, end: Mark, around: Mark | None, label: str | None
) -> Energy:
    """What a counter gained in a window, as `wattwhat.acquisition.inputs.Input.energy` has it."""
    joules, warnings = _gained(counter, begin, end, around)
    if counter.restamped:
        warnings += of_channel(counter.channel.id, (_ANOTHER_CLOCK,))
    first, last = begin.place, end.place
    if label is None or first is None or last is None:
        return joules, warnings
    if any(code_of(one) == "short" for one in warnings):
        warnings += _in_step(counter.channel, label, keeps_step(first, last))
    return joules, warnings


def _gained(counter: CounterInput, begin: Mark, end: Mark, around: Mark | None) -> Energy:
    (first, first_j), (last, last_j) = counter.shown(begin.item), counter.shown(end.item)
    if not (is_reading(first) and is_reading(last)):
        return _with_gap(counter, begin, end)
    window_s = (end.t_ns - begin.t_ns) * 1e-9
    duration_s = (last[0] - first[0]) * 1e-9 or window_s
    if last[0] == first[0] and window_s > period_s(counter.channel):
        return _with_gap(counter, begin, end, "both readings have one time stamp")
    if not (type(first) is type(last) is Reading):
        first, last = Reading(*first), Reading(*last)
    gained = counter.gain(first, begin.anchor, last, end.anchor)
    if gained is None:
        beyond = (
            f"the counter went from {first[1]:.9g} J to {last[1]:.9g} J, {beyond_reason(counter.channel)}"
        )
        return _with_gap(counter, begin, end, beyond)
    sure_j, extra_j = gained
    if extra_j:
        warning = (
            f"{counter.channel.id}: the counter was reset, turned over unseen or showed what the device "
            "cannot draw in this window; its energy is bounded by the device's limit"
        )
        joules = bounded(sure_j, extra_j, duration_s, counter.channel, counter.provenance)
        return joules, (Caution("reset", warning),)
    # the course of a counter knows nothing of time in which readings held the program; an estimate has that
    # as work of the program's own, and what an outer window read holds what an inner one read
    held = duration_s - window_s > HELD_S and not counter.live
    spent = None if held else begin.energy_until(end)
    placed = None if spent is None else spent[:2]
    around_w = None if placed else _reference_w(counter, around, end)
    if placed is not None:
        duration_s = window_s
    shown = counter_energy(
        sure_j,
        duration_s,
        counter.channel,
        reference_w=around_w,
        placed=placed,
        provenance=counter.provenance,
    )
    if first_j or last_j:
        shown = shown.with_edges(math.hypot(first_j, last_j))
    if not counter.live and placed is None:
        shown = during(shown, duration_s, window_s, counter.held.known(period_s(counter.channel)))
    if sure_j == 0.0 and counter.provenance == "measured" and duration_s >= 5.0 * period_s(counter.channel):
        return _standstill(counter, shown, duration_s)
    return shown, of_channel(counter.channel.id, shown.warnings)


@lru_cache(maxsize=256)
def _in_step(channel: Channel, label: str, so: bool) -> tuple[str, ...]:
    """That a label's windows are always met at one moment of the sensor's period, if that is so."""
    if not so:
        return ()
    warning = (
        f"{channel.id}: windows of {label!r} keep step with this sensor's updates every "
        f"{time_words(period_s(channel))}: all of them err alike, however many there are; vary "
        "their lengths, or the pauses between"
    )
    return (Caution("short", warning),)


def _standstill(counter: CounterInput, joules: Joules, duration_s: float) -> Energy:
    """A counter that did not move: either its step is too coarse for this span, or it is stuck."""
    step_j = counter.channel.resolution or 0.0
    if step_j > duration_s * 1.0:
        still = f"the counter did not move in {duration_s:.3g} s; its step is {step_j:.3g} J"
        warning = f"{counter.channel.id}: {still}"
        return joules, (Caution("short", warning),)
    warning = f"{counter.channel.id}: lost, the counter did not move in {duration_s:.3g} s"
    return None, (Caution("lost", warning),)


def _reference_w(counter: CounterInput, around: Mark | None, end: Mark) -> float | None:
    """Mean power in W over a span around the window, where an older edge allows it."""
    if around is None or not is_reading(around.item) or not is_reading(end.item):
        return None
    older, last = Reading(*around.item), Reading(*end.item)
    span_s = (last.t_ns - older.t_ns) * 1e-9
    if not 2.0 * period_s(counter.channel) <= span_s <= 20.0:
        return None
    gained = counter.gain(older, around.anchor, last, end.anchor)
    return gained[0] / span_s if gained and gained[0] > 0.0 and not gained[1] else None


def _with_gap(counter: CounterInput, begin: Mark, end: Mark, beyond: str | None = None) -> Energy:
    """No reading at an edge, or one that cannot be: what is known up to the last good one, and a bound."""
    first: Any = counter.shown(begin.item)[0]
    last: Any = counter.shown(end.item)[0]
    reason = beyond or next(
        (item.reason for item in (last, first) if isinstance(item, Gap)), "the reading was not a number"
    )
    duration_s = lost_s = (end.t_ns - begin.t_ns) * 1e-9
    known_j = 0.0
    anchor = end.anchor
    if is_reading(first) and anchor is not None and anchor.t_ns > first[0]:
        good = Reading(anchor.t_ns, anchor.raw_j)
        gained = counter.gain(Reading(*first), begin.anchor, good, anchor)
        if gained is not None:
            known_j, lost_s = gained[0], (end.t_ns - anchor.t_ns) * 1e-9
    warning = f"{counter.channel.id}: lost {lost_s:.3g} s of {duration_s:.3g} s ({reason})"
    limit_w = power_limit_w(counter.channel)
    # a meter that never answered in this window is lost, whatever its device could have drawn
    if not (is_reading(first) or is_reading(last)) or (counter.channel.max_power_w is None and not beyond):
        return None, (Caution("lost", warning),)
    warning += f"; between 0 and {limit_w:g} W is assumed for that time"
    joules = bounded(known_j, limit_w * lost_s, duration_s, counter.channel, counter.provenance)
    return joules, (Caution("lost", warning),)
