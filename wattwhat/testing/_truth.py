"""Promises about the numbers: checked against what the stand let flow."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter
from wattwhat.testing._subject import (
    NotApplicable,
    Promise,
    Subject,
    asked,
    many,
    read,
    require,
)

__all__ = ["PROMISES", "counters_of", "move"]


def counters_count_joules(subject: Subject) -> str:
    """1 J moves the counter by 1, and so does an amount that is large against the resolution."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            for joules in _amounts_j(meter.channel):
                before = read(meter).value
                asked(partial(stand.deposit, meter.channel.id, joules))
                moved = _watch_move(subject, meter, before, joules)
                require(
                    abs(moved - joules) <= _tolerance(meter.channel, joules),
                    f"{meter.channel.id}: {joules:.6g} J flowed and the counter moved by {moved:.6g}; "
                    "expected joules (a factor of 1000 or 3600 is a wrong unit)",
                )
            seen += 1
    return f"checked on {many(seen, 'counter')}"


def gauges_show_watts(subject: Subject) -> str:
    """The power that the stand sets is the power that is read."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in (meter for meter in meters if not meter.channel.is_counter):
            limit_w = meter.channel.max_power_w or math.inf
            for watts in (min(40.0, limit_w), min(40.0, limit_w) / 2.0):
                asked(partial(stand.set_power, meter.channel.id, watts))
                near = partial(_near, watts, _tolerance(meter.channel, watts))
                shown = subject.watch(meter, near)
                require(
                    near(shown),
                    f"{meter.channel.id}: the power is {watts:.6g}, the gauge reads {shown:.6g}; expected W",
                )
            seen += 1
    if not seen:
        raise NotApplicable("no channel is a power gauge")
    return f"checked on {many(seen, 'gauge')}"


def wraps_are_declared(subject: Subject) -> str:
    """Past its range the raw value begins again at 0, and the difference modulo wrap_j is right."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            wrap_j = meter.channel.wrap_j
            if wrap_j is None:
                continue
            values = [read(meter).value]
            for joules in (0.9 * wrap_j, 0.9 * wrap_j):
                asked(partial(stand.deposit, meter.channel.id, joules))
                moved = _watch_move(subject, meter, values[-1], joules)
                require(
                    abs(moved - joules) <= _tolerance(meter.channel, joules, 1e-4),
                    f"{meter.channel.id}: {joules:.6g} J flowed, and the difference modulo wrap_j "
                    f"{wrap_j:.6g} is {moved:.6g}",
                )
                values.append(read(meter).value)
            name = f"{meter.channel.id}: the values {', '.join(f'{value:.6g}' for value in values)}"
            require(
                all(0.0 <= value <= wrap_j for value in values),
                f"{name} are not all between 0 and wrap_j {wrap_j:.6g}",
            )
            require(
                any(later < sooner for sooner, later in pairwise(values)),
                f"{name} never come down although wrap_j is {wrap_j:.6g}",
            )
            seen += 1
    if not seen:
        raise NotApplicable("no counter declares a wrap")
    return f"checked on {many(seen, 'counter')}"


def resets_are_passed_on(subject: Subject) -> str:
    """A counter that starts again is seen to go back, and counts on."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            joules = _amounts_j(meter.channel)[-1]
            start = read(meter).value
            asked(partial(stand.deposit, meter.channel.id, joules))
            _watch_move(subject, meter, start, joules)
            before = read(meter).value
            asked(partial(stand.reset, meter.channel.id))
            after = subject.watch(meter, lambda value, before=before: value < before)  # type: ignore[misc]
            require(
                after < before,
                f"{meter.channel.id}: the counter started again at 0, but the value went from {before:.6g} "
                f"to {after:.6g}; "
                "a meter passes on what the sensor says, the core tells a reset from a wrap",
            )
            asked(partial(stand.deposit, meter.channel.id, joules))
            later = subject.watch(meter, lambda value, after=after: value > after)  # type: ignore[misc]
            require(
                later > after,
                f"{meter.channel.id}: after a reset {joules:.6g} J flowed and the value stays {later:.6g}",
            )
            seen += 1
    return f"checked on {many(seen, 'counter')}"


def containers_include_their_parts(subject: Subject) -> str:
    """What flows through a contained channel also reaches the counter that contains it."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        counters = {meter.channel.id: meter for meter in meters if meter.channel.is_counter}
        for outer in counters.values():
            for inner_id in outer.channel.contains:
                if inner_id not in counters:
                    continue
                joules = max(_amounts_j(outer.channel)[-1], _amounts_j(counters[inner_id].channel)[-1])
                before = read(outer).value
                asked(partial(stand.deposit, inner_id, joules))
                moved = _watch_move(subject, outer, before, joules)
                require(
                    abs(moved - joules) <= _tolerance(outer.channel, joules),
                    f"{outer.channel.id} contains {inner_id}, but {joules:.6g} J through the inner one "
                    f"move it by {moved:.6g}",
                )
                seen += 1
    if not seen:
        raise NotApplicable("no counter contains another counter of this backend")
    return f"checked on {many(seen, 'pair')} of container and part"


def counters_of(meters: list[Meter]) -> list[Meter]:
    """The meters that count energy; where there are none, the promise does not apply."""
    counters = [meter for meter in meters if meter.channel.is_counter]
    if not counters:
        raise NotApplicable("no channel is an energy counter")
    return counters


def _amounts_j(channel: Channel) -> tuple[float, ...]:
    """1 J where the counter can show it, and an amount large against its resolution, both far from a wrap."""
    step = channel.resolution or 0.0
    large = max(1.0, 1000.0 * step)
    if channel.wrap_j is not None:
        large = min(large, 0.25 * channel.wrap_j)
    return (1.0, large) if 0.0 < step <= 0.01 and large > 1.0 else (large,)


def _tolerance(channel: Channel, amount: float, relative: float = 0.01) -> float:
    """One step, the part of the amount allowed, and what the channel itself admits as gain error."""
    gain = min(3.0 * (channel.gain_error or 0.0), 0.5)
    return 1.01 * (channel.resolution or 0.0) + (relative + gain) * amount


def _near(target: float, tolerance: float, value: float) -> bool:
    return abs(value - target) <= tolerance


def move(channel: Channel, before: float, after: float) -> float:
    """How far a counter has come, over at most one wrap."""
    moved = after - before
    return moved % channel.wrap_j if channel.wrap_j is not None and moved < 0.0 else moved


def _watch_move(subject: Subject, meter: Meter, before: float, joules: float) -> float:
    channel = meter.channel
    tolerance = _tolerance(channel, joules)
    after = subject.watch(meter, lambda value: abs(move(channel, before, value) - joules) <= tolerance)
    return move(channel, before, after)


PROMISES = (
    Promise("counters count joules", counters_count_joules, "stand"),
    Promise("gauges show watts", gauges_show_watts, "stand"),
    Promise("counters wrap where they say", wraps_are_declared, "stand"),
    Promise("a reset is passed on", resets_are_passed_on, "stand"),
    Promise("a container includes its parts", containers_include_their_parts, "stand"),
)
