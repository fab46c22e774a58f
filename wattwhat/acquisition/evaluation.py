"""The ledger: what happened between two snapshots of a meter set, as a Measurement."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.counter_looks import Moment
from wattwhat.acquisition.gauge_input import Edge
from wattwhat.acquisition.history import places
from wattwhat.acquisition.inputs import Gap, is_reading
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.energy.assumptions import period_s, power_limit_w
from wattwhat.energy.counter import counter_energy
from wattwhat.energy.joules import HELD_S, Joules, during, sensor_parts
from wattwhat.energy.possible import beyond_words
from wattwhat.energy.tick_age import keeps_step
from wattwhat.records.caution import Caution, code_of
from wattwhat.records.channel import Channel
from wattwhat.records.formatting import time_words
from wattwhat.records.sources import LOST
from wattwhat.records.timeline_points import spent
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeInput

__all__ = ["Account", "account"]

# (line, its energy or None, sentences about it)
Account = list[tuple["CounterInput | GaugeInput", "Joules | None", tuple[str, ...]]]


def account(
    meter_set: MeterSet,
    begin: Snapshot,
    end: Snapshot,
    context: Snapshot | None = None,
    only: Collection[str] | None = None,
    *,
    aligned: bool = False,
    label: str | None = None,
) -> Account:
    """Energy of each line between two snapshots.

    Args:
        meter_set: the meter set both were taken of.
        begin: earlier snapshot.
        end: later snapshot.
        context: a snapshot from before ``begin``, which tells the power around a short span.
        only: ids of the channels to look at; None looks at all.
        aligned: whether there is rest before and after the window, as around the blocks of measure()
            over a sensor that looks away part of the time.
        label: of the window, for what is to be said of it.
    """
    entries: Account = []
    for number, line in enumerate(meter_set.inputs):
        if only is not None and line.channel.id not in only:
            continue
        if isinstance(line, CounterInput):
            joules, words = _counter(line, number, begin, end, context, meter_set)
            both = places(number, begin, end)
            if label is not None and both is not None and any(code_of(one) == "short" for one in words):
                words += _in_step(line.channel, label, keeps_step(*both))
        else:
            joules, words = _gauge(line, number, begin, end, aligned)
        if joules is not None and not aligned:
            words += _looks_away(line)
        entries.append((line, joules, words))
    return entries


def _looks_away(line: CounterInput | GaugeInput) -> tuple[str, ...]:
    channel = line.channel
    if line.provenance != "measured" or (channel.is_counter and channel.averaging_window_s is None):
        return ()
    from wattwhat.energy.gauge_timing import looks_away_words

    return _named(channel.id, looks_away_words(channel))


def _counter(
    line: CounterInput,
    number: int,
    begin: Snapshot,
    end: Snapshot,
    context: Snapshot | None,
    meter_set: MeterSet,
) -> tuple[Joules | None, tuple[str, ...]]:
    (first, first_j), (last, last_j) = (_shown(line, one.readings[number]) for one in (begin, end))
    if not (is_reading(first) and is_reading(last)):
        return _counter_with_gap(line, number, begin, end, meter_set)
    window_s = (end.t_ns - begin.t_ns) * 1e-9
    duration_s = (last[0] - first[0]) * 1e-9 or window_s
    if last[0] == first[0] and window_s > period_s(line.channel):
        return _counter_with_gap(line, number, begin, end, meter_set, "both readings have one time stamp")
    gained = line.gain(Reading(*first), begin.anchors[number], Reading(*last), end.anchors[number])
    if gained is None:
        beyond = f"the counter went from {first[1]:.9g} J to {last[1]:.9g} J, {beyond_words(line.channel)}"
        return _counter_with_gap(line, number, begin, end, meter_set, beyond)
    sure_j, extra_j = gained
    if extra_j:
        words = (
            f"{line.channel.id}: the counter was reset, turned over unseen or showed what the device cannot "
            "draw in this window; its energy is bounded by the device's limit"
        )
        return _bounded(line, sure_j, extra_j, duration_s), (Caution("reset", words),)
    # the course of a counter knows nothing of time in which readings held the program; an estimate has that
    # as work of the program's own, and what an outer window read holds what an inner one read
    both = None if duration_s - window_s > HELD_S and not line.live else places(number, begin, end)
    around_w = None if both else _reference_w(line, number, context, end)
    placed = None if both is None else spent(((both[1], 1.0), (both[0], -1.0)))[:2]
    if placed is not None:
        duration_s = window_s
    shown = counter_energy(
        sure_j, duration_s, line.channel, reference_w=around_w, placed=placed, provenance=line.provenance
    )
    if first_j or last_j:
        shown = shown.with_edges(math.hypot(first_j, last_j))
    if not line.live and placed is None:
        shown = during(shown, duration_s, window_s, line.held.known(period_s(line.channel)))
    if sure_j == 0.0 and line.provenance == "measured" and duration_s >= 5.0 * period_s(line.channel):
        return _standstill(line, shown, duration_s)
    return shown, _named(line.channel.id, shown.warnings)


@lru_cache(maxsize=256)
def _in_step(channel: Channel, label: str, so: bool) -> tuple[str, ...]:
    """That a label's windows are always met at one moment of the sensor's period, if that is so."""
    if not so:
        return ()
    words = (
        f"{channel.id}: windows of {label!r} keep step with this sensor's updates every "
        f"{time_words(period_s(channel))}: all of them err alike, however many there are; vary "
        "their lengths, or the pauses between"
    )
    return (Caution("short", words),)


def _shown(line: CounterInput, item: Any) -> tuple[Any, float]:
    """What a counter showed at an edge, and in J how uncertain that is because it was read at other times."""
    if not isinstance(item, Moment):
        return item, 0.0
    found = line.looks.at(item)
    return (Gap(item.t_ns, line.unread_words()), 0.0) if found is None else found


@lru_cache(maxsize=256)
def _named(channel_id: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences that begin with the channel; the same objects for the same sentences."""
    return tuple(Caution(code_of(one) or "lost", f"{channel_id}: {one}") for one in words)


@lru_cache(maxsize=256)
def _joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Groups of sentences in one tuple; the same object for the same sentences."""
    return tuple(dict.fromkeys(sentence for group in groups for sentence in group))


def _standstill(
    line: CounterInput, joules: Joules, duration_s: float
) -> tuple[Joules | None, tuple[str, ...]]:
    """A counter that did not move: either its step is too coarse for this span, or it is stuck."""
    step_j = line.channel.resolution or 0.0
    if step_j > duration_s * 1.0:
        words = (
            f"{line.channel.id}: the counter did not move in {duration_s:.3g} s; its step is {step_j:.3g} J"
        )
        return joules, (Caution("short", words),)
    words = f"{line.channel.id}: lost, the counter did not move in {duration_s:.3g} s"
    return None, (Caution("lost", words),)


def _reference_w(line: CounterInput, number: int, context: Snapshot | None, end: Snapshot) -> float | None:
    """Mean power in W over a span around the window, where an older snapshot allows it."""
    if context is None or not is_reading(context.readings[number]):
        return None
    if not is_reading(end.readings[number]):
        return None
    older, last = Reading(*context.readings[number]), Reading(*end.readings[number])
    span_s = (last.t_ns - older.t_ns) * 1e-9
    if not 2.0 * period_s(line.channel) <= span_s <= 20.0:
        return None
    gained = line.gain(older, context.anchors[number], last, end.anchors[number])
    return gained[0] / span_s if gained and gained[0] > 0.0 and not gained[1] else None


def _counter_with_gap(
    line: CounterInput,
    number: int,
    begin: Snapshot,
    end: Snapshot,
    meter_set: MeterSet,
    beyond: str | None = None,
) -> tuple[Joules | None, tuple[str, ...]]:
    """No reading at an edge, or one that cannot be: what is known up to the last good one, and a bound."""
    first, last = (_shown(line, one.readings[number])[0] for one in (begin, end))
    reason = beyond or next(
        (item.reason for item in (last, first) if isinstance(item, Gap)), "the reading was not a number"
    )
    duration_s = lost_s = (end.t_ns - begin.t_ns) * 1e-9
    known_j = 0.0
    anchor = end.anchors[number]
    if is_reading(first) and anchor is not None and anchor.t_ns > first[0]:
        good = Reading(anchor.t_ns, anchor.raw_j)
        gained = line.gain(Reading(*first), begin.anchors[number], good, anchor)
        if gained is not None:
            known_j, lost_s = gained[0], (end.t_ns - anchor.t_ns) * 1e-9
    words = f"{line.channel.id}: lost {lost_s:.3g} s of {duration_s:.3g} s ({reason})"
    limit_w = power_limit_w(line.channel)
    # a meter that never answered in this window is lost, whatever its device could have drawn
    if not (is_reading(first) or is_reading(last)) or (line.channel.max_power_w is None and not beyond):
        return None, (Caution("lost", words),)
    words += f"; between 0 and {limit_w:g} W is assumed for that time"
    return _bounded(line, known_j, limit_w * lost_s, duration_s), (Caution("lost", words),)


def _bounded(line: CounterInput | GaugeInput, sure_j: float, extra_j: float, duration_s: float) -> Joules:
    """Energy between sure_j and sure_j + extra_j, each value alike (GUM 4.3.7)."""
    value_j = sure_j + extra_j / 2.0
    parts = (
        (LOST, extra_j / math.sqrt(12.0)),
        *sensor_parts(value_j, duration_s, line.channel, line.provenance),
    )
    return Joules(value_j, parts)


def _gauge(
    line: GaugeInput, number: int, begin_at: Snapshot, end_at: Snapshot, aligned: bool
) -> tuple[Joules | None, tuple[str, ...]]:
    from wattwhat.energy.gauge import between_rests, gauge_energy

    first, last = begin_at.readings[number], end_at.readings[number]
    name, duration_s = line.channel.id, (end_at.t_ns - begin_at.t_ns) * 1e-9
    if aligned and isinstance(first, Edge) and isinstance(last, Edge) and first.before and last.after:
        sums, change_w = between_rests(first.before, last.after, line.rest_s)
        joules = gauge_energy(
            sums, duration_s, line.channel, unrest_w=(change_w, change_w), provenance=line.provenance
        )
        return joules, _named(name, joules.warnings)
    begin, blind_begin = line.at(first) if isinstance(first, Edge) else (None, 0.0)
    end, blind_end = line.at(last) if isinstance(last, Edge) else (None, 0.0)
    if begin is None or end is None:
        return _gauge_without_samples(line, duration_s)
    sums = end.minus(begin)
    missing_s = max(blind_end - blind_begin, 0.0) if line.error is not None else 0.0
    if missing_s > line.lag_s + line.poll_s:
        extra_j = power_limit_w(line.channel) * missing_s
        known_j = max(sums.energy_j - (end.last or (0.0, 0.0))[1] * missing_s, 0.0)
        words = f"{name}: lost the last {missing_s:.3g} s of {duration_s:.3g} s ({line.error})"
        if line.channel.max_power_w is None:
            return None, (Caution("lost", f"{words}; {known_j:.3g} J were shown before"),)
        return _bounded(line, known_j, extra_j, duration_s), (Caution("lost", words),)
    both = places(number, begin_at, end_at)
    joules = gauge_energy(
        sums,
        duration_s,
        line.channel,
        placed=None if both is None else spent(((both[1], 1.0), (both[0], -1.0))),
        unrest_w=(first.unrest_w, last.unrest_w),
        steps_w=(first.step_w, last.step_w),
        blind_s=min(blind_end, duration_s),
        provenance=line.provenance,
    )
    warnings = joules.warnings
    if 2.0 * joules.quantity.u > 0.25 * abs(joules.value_j) and duration_s < 5.0 * line.lag_s:
        words = (
            f"a window of {time_words(duration_s)} says little on a gauge that updates every "
            f"{time_words(period_s(line.channel))}: use a longer window, or measure(), or phases() for "
            "spans that come again and again"
        )
        warnings += (Caution("short", words),)
    return joules, _named(name, warnings)


def _gauge_without_samples(line: GaugeInput, duration_s: float) -> tuple[Joules | None, tuple[str, ...]]:
    why = line.error or ("a reading has not come back yet" if line.beside else "no sample yet")
    words = f"{line.channel.id}: lost, the gauge showed nothing ({why})"
    if line.channel.max_power_w is None or line.error is not None:
        return None, (Caution("lost", words),)
    words += f"; between 0 and {line.channel.max_power_w:g} W is assumed"
    return _bounded(line, 0.0, line.channel.max_power_w * duration_s, duration_s), (Caution("lost", words),)
