"""Promises about the numbers: checked against what the stand let flow."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter
from wattwhat.testing._outcomes import NotApplicable, Promise, asked, many, require
from wattwhat.testing._subject import Subject, read

__all__ = ["PROMISES", "amounts_j", "counters_of", "is_near", "move", "tolerance"]

# A counter that never wraps has run for a month at 40 W before it is asked for a small amount.
_AFTER_A_MONTH_J = 1e8


def counters_count_joules(subject: Subject) -> str:
    """1 J moves the counter by 1, and so does an amount that is large against the resolution."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            for joules in amounts_j(meter.channel):
                before = read(meter).value
                asked(partial(stand.deposit, meter.channel.id, joules))
                moved = _watch_move(subject, meter, before, joules)
                require(
                    abs(moved - joules) <= tolerance(meter.channel, joules),
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
                near = partial(is_near, watts, tolerance(meter.channel, watts))
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
                    abs(moved - joules) <= tolerance(meter.channel, joules, 1e-4),
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
            joules = amounts_j(meter.channel)[-1]
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
                joules = max(amounts_j(outer.channel)[-1], amounts_j(counters[inner_id].channel)[-1])
                before = read(outer).value
                asked(partial(stand.deposit, inner_id, joules))
                moved = _watch_move(subject, outer, before, joules)
                require(
                    abs(moved - joules) <= tolerance(outer.channel, joules),
                    f"{outer.channel.id} contains {inner_id}, but {joules:.6g} J through the inner one "
                    f"move it by {moved:.6g}",
                )
                seen += 1
    if not seen:
        raise NotApplicable("no counter contains another counter of this backend")
    return f"checked on {many(seen, 'pair')} of container and part"


def small_energies_show(subject: Subject) -> str:
    """A counter that has counted much still shows small energies to its resolution."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            channel, step = meter.channel, meter.channel.resolution or 0.0
            if channel.wrap_j is not None and not step:
                continue  # what is small against its range need not be large against its step
            much_j = _AFTER_A_MONTH_J if channel.wrap_j is None else 0.6 * channel.wrap_j
            start = read(meter).value
            if channel.wrap_j is not None:
                much_j = (much_j - start) % channel.wrap_j
            asked(partial(stand.deposit, channel.id, much_j))
            # what is shown of much is shown of little: a wrong unit is another promise's business
            scale = _watch_move(subject, meter, start, much_j) / much_j
            for factor in (1.0, 1.3, 1.7):
                joules = factor * (10.0 * step or 1.0)
                before = read(meter).value
                asked(partial(stand.deposit, channel.id, joules))
                moved = _watch_move(subject, meter, before, joules)
                # a float's own spacing is 1e-8 J there
                require(
                    abs(moved - scale * joules)
                    <= abs(scale) * tolerance(channel, joules) + 4.0 * math.ulp(before),
                    f"{channel.id}: at {before:.9g} J, {joules:.6g} J more moved the counter by {moved:.6g}; "
                    "expected the same as near 0 (a 32-bit float has 7 digits; keep what the sensor gives as "
                    "an int or a 64-bit float)",
                )
            seen += 1
    if not seen:
        raise NotApplicable("no counter declares a resolution")
    return f"checked on {many(seen, 'counter')}"


def counters_of(meters: list[Meter]) -> list[Meter]:
    """The meters that count energy; where there are none, the promise does not apply."""
    counters = [meter for meter in meters if meter.channel.is_counter]
    if not counters:
        raise NotApplicable("no channel is an energy counter")
    return counters


def amounts_j(channel: Channel) -> tuple[float, ...]:
    """1 J where the counter can show it, and an amount large against its resolution, both far from a wrap."""
    step = channel.resolution or 0.0
    large = max(1.0, 1000.0 * step)
    if channel.wrap_j is not None:
        large = min(large, 0.25 * channel.wrap_j)
    return (1.0, large) if 0.0 < step <= 0.01 and large > 1.0 else (large,)


def tolerance(channel: Channel, amount: float, relative: float = 0.01) -> float:
    """One step, the part of the amount allowed, and what the channel itself admits as gain error."""
    gain = min(3.0 * (channel.gain_error or 0.0), 0.5)
    return 1.01 * (channel.resolution or 0.0) + (relative + gain) * amount


def is_near(target: float, tolerance: float, value: float) -> bool:
    return abs(value - target) <= tolerance


def move(channel: Channel, before: float, after: float) -> float:
    """How far a counter has come, over at most one wrap."""
    moved = after - before
    return moved % channel.wrap_j if channel.wrap_j is not None and moved < 0.0 else moved


def _watch_move(subject: Subject, meter: Meter, before: float, joules: float) -> float:
    channel = meter.channel
    allowed = tolerance(channel, joules)
    after = subject.watch(meter, lambda value: abs(move(channel, before, value) - joules) <= allowed)
    return move(channel, before, after)


PROMISES = (
    Promise("counters count joules", counters_count_joules, "stand"),
    Promise("gauges show watts", gauges_show_watts, "stand"),
    Promise("counters wrap where they say", wraps_are_declared, "stand"),
    Promise("counters keep their digits", small_energies_show, "stand"),
    Promise("a reset is passed on", resets_are_passed_on, "stand"),
    Promise("a container includes its parts", containers_include_their_parts, "stand"),
)
