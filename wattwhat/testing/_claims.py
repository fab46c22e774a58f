"""Promises about what a channel declares: its resolution and its update period are those of the readings."""

from __future__ import annotations

import math
from functools import partial

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter
from wattwhat.testing._outcomes import (
    Broken,
    NotApplicable,
    NotChecked,
    Promise,
    asked,
    many,
    require,
)
from wattwhat.testing._subject import Subject, read
from wattwhat.testing._truth import counters_of, move

__all__ = ["PROMISES"]


def resolution_is_true(subject: Subject) -> str:
    """A counter moves in whole steps of its declared resolution."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in counters_of(meters):
            step = meter.channel.resolution
            if not step:
                continue
            for _ in range(10):
                before = read(meter).value
                # 2.37 steps: a finer true step shows as a fraction, a coarser one as a jump or as nothing.
                asked(partial(stand.deposit, meter.channel.id, 2.37 * step))
                subject.watch(meter, lambda value, before=before: value != before)  # type: ignore[misc]
                _require_whole(meter.channel, before, read(meter).value, step)
            seen += 1
    if not seen:
        raise NotApplicable("no counter declares a resolution")
    return f"checked on {many(seen, 'counter')}"


def _require_whole(channel: Channel, before: float, after: float, step: float) -> None:
    moved = move(channel, before, after)
    steps = moved / step
    # The value itself is a float: far from 0 its own spacing blurs a small step.
    blur = 0.02 + 4.0 * math.ulp(max(abs(before), abs(after))) / step
    require(
        abs(steps - round(steps)) <= blur and abs(steps - 2.37) <= 1.0 + blur,
        f"{channel.id}: 2.37 steps of the declared resolution {step:.6g} J flowed and the counter moved by "
        f"{moved:.6g} J; expected 2 or 3 whole steps",
    )


def update_period_is_true(subject: Subject) -> str:
    """New values come as often as declared (only where the stand has a tick)."""
    stand, seen = subject.driven, 0
    with subject.opened() as (_, meters):
        for meter in meters:
            period_s = meter.channel.update_period_s
            if period_s is None:
                continue
            if getattr(stand, "tick", None) is None:
                raise NotChecked("the stand has no tick(seconds)")
            seen_s = _period_s(subject, meter, period_s)
            require(
                0.8 * period_s <= seen_s <= 1.25 * period_s,
                f"{meter.channel.id}: declared update_period_s {period_s:.6g}, seen {seen_s:.6g} s",
            )
            seen += 1
    if not seen:
        raise NotApplicable("no channel declares an update period")
    return f"checked on {many(seen, 'channel')}"


def _period_s(subject: Subject, meter: Meter, period_s: float) -> float:
    """Mean time between changes over 20 declared periods, looking eight times a period."""
    stand, part_s, changes = subject.driven, period_s / 8.0, list[int]()
    step = max(meter.channel.resolution or 0.0, 0.01)
    previous = read(meter).value
    for i in range(160):
        if meter.channel.is_counter:
            asked(partial(stand.deposit, meter.channel.id, 2.0 * step))
        else:
            asked(partial(stand.set_power, meter.channel.id, 20.0 + 10.0 * step * (i % 97)))
        stand.tick(part_s)  # type: ignore[attr-defined]
        value = read(meter).value
        if value != previous:
            changes.append(i)
        previous = value
    if len(changes) < 2:
        raise Broken(
            f"{meter.channel.id}: the value changed {len(changes)} times in 20 declared update periods"
        )
    return part_s * (changes[-1] - changes[0]) / (len(changes) - 1)


PROMISES = (
    Promise("the declared resolution is true", resolution_is_true, "stand"),
    Promise("the declared update period is true", update_period_is_true, "stand"),
)
