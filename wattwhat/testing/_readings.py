"""Promises about readings as such: numbers with their time, quick, steady, and without a word."""

from __future__ import annotations

import math
import time
import warnings
from functools import partial

from wattwhat.errors import MeterError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing._bounded import target_of
from wattwhat.testing._outcomes import Broken, Promise, asked, many, require
from wattwhat.testing._subject import Subject, read
from wattwhat.testing._truth import amounts_j, is_near, move, tolerance

__all__ = ["PROMISES"]

# A value may be handed out again for as long, so that one request can serve several channels.
_OLDEST_S = 0.1
# A window reads twice, and holds the program meanwhile.
_LONGEST_READING_S = 0.1
_ROUNDS = 30


def readings_are_timed(subject: Subject) -> str:
    """A Reading with a finite number of the time when it was obtained, never earlier than the one before.

    One request may serve several channels: a reading may be as old as two update periods, or 0.1 s. Where a
    meter has a `raw_reader`, what that gives is understood as such a reading too.
    """
    with subject.opened() as (_, meters):
        for meter in meters:
            oldest_s = max(_OLDEST_S, 2.0 * (meter.channel.update_period_s or 0.0))
            previous_ns = 0
            for number in range(5):
                if number == 4:
                    _pass(subject, 1.5 * oldest_s)
                before_ns = subject.now_ns()
                t_ns, value = read(meter)
                after_ns = subject.now_ns()
                _require_number(meter.channel, value)
                _require_time(meter.channel, t_ns, before_ns - round(oldest_s * 1e9), after_ns)
                require(
                    t_ns >= previous_ns, f"{meter.channel.id}: t_ns went back from {previous_ns} to {t_ns}"
                )
                previous_ns = t_ns
            _require_raw(subject, meter)
    return f"5 readings of each of {many(len(meters), 'channel')}"


def _pass(subject: Subject, seconds: float) -> None:
    """Let time pass on the clock that stamps the readings; long only where that costs no real time."""
    tick = getattr(subject.stand, "tick", None)
    if tick is not None:
        tick(seconds)
    if getattr(subject.stand, "monotonic_ns", None) is None and seconds <= 2.0 * _OLDEST_S:
        time.sleep(seconds)


def _require_raw(subject: Subject, meter: Meter) -> None:
    """What `Meter.raw_reader` gives are bytes, which can be understood at a later time."""
    ask = meter.raw_reader() if hasattr(type(target_of(meter)), "raw_reader") else None
    if ask is None:
        return
    name, raw, t_ns = meter.channel.id, ask(), subject.now_ns()
    require(type(raw) is bytes and len(raw) > 0, f"{name}: raw_reader() gives {raw!r}; expected some bytes")
    try:
        reading = meter.understood(raw, t_ns)
    except MeterError as err:
        raise Broken(f"{name}: understood() failed although nothing was wrong: {err}", "reading") from err
    require(
        isinstance(reading, Reading) and reading.t_ns == t_ns,
        f"{name}: understood() gives {reading!r}; expected a Reading at the time it was given, {t_ns}",
    )
    _require_number(meter.channel, reading.value)


def _require_number(channel: Channel, value: object) -> None:
    require(
        isinstance(value, (float, int)) and not isinstance(value, bool) and math.isfinite(value),
        f"{channel.id}: the value is {value!r} of type {type(value).__name__}; expected a finite "
        "float (or int), or MeterError (a 32-bit float has 7 digits, too few for a counter)",
    )
    assert isinstance(value, (float, int))
    require(
        not channel.is_counter or value >= 0.0,
        f"{channel.id}: the counter is at {value:.6g} J; expected 0 or more: a counter begins at 0",
    )
    require(
        channel.is_counter or channel.max_power_w is None or value <= 1.1 * channel.max_power_w,
        f"{channel.id}: the gauge reads {value:.6g} W, and max_power_w is {channel.max_power_w}; expected "
        "the most that the device can draw, in W, or None where it is not known",
    )


def _require_time(channel: Channel, t_ns: object, earliest_ns: int, latest_ns: int) -> None:
    require(
        type(t_ns) is int,
        f"{channel.id}: t_ns is {t_ns!r}; expected an int, nanoseconds of time.monotonic_ns()",
    )
    require(
        earliest_ns <= t_ns <= latest_ns,  # type: ignore[operator]
        f"{channel.id}: t_ns is {t_ns}; expected time.monotonic_ns() of when the value was obtained, between "
        f"{earliest_ns} (as old as a value may be handed out) and {latest_ns} (after the read)",
    )


def a_reading_is_quick(subject: Subject) -> str:
    """One reading takes at most 0.1 s: windows read at both edges, and hold the program meanwhile."""
    slowest_s, slowest = 0.0, ""
    with subject.opened() as (_, meters):
        for meter in meters:
            took_s = math.inf
            for _ in range(4):  # the first may open what later ones use; a busy machine delays any
                took_s = min(took_s, subject.calls(_seconds, meter, what=f"{meter.channel.id}.read()"))
            require(
                took_s <= _LONGEST_READING_S,
                f"{meter.channel.id}: one reading takes {took_s:.2g} s; expected at most "
                f"{_LONGEST_READING_S:g} s: ask in a thread of your own, which close() ends, and hand out "
                "the latest value with its own time",
            )
            if took_s >= slowest_s:
                slowest_s, slowest = took_s, meter.channel.id
    return f"one reading takes {1e3 * slowest_s:.2g} ms at most ({slowest})"


def _seconds(meter: Meter) -> float:
    begin_s = time.perf_counter()
    read(meter)
    return time.perf_counter() - begin_s


def values_are_steady(subject: Subject) -> str:
    """A counter never goes back, whatever flows; a gauge keeps showing a power that stays."""
    with subject.opened() as (_, meters):
        for meter in meters:
            if meter.channel.is_counter:
                _require_forward(subject, meter)
            elif subject.stand is not None:
                _require_kept(subject, meter)
    return f"{_ROUNDS} readings of each of {many(len(meters), 'channel')}"


def _require_forward(subject: Subject, meter: Meter) -> None:
    channel, value = meter.channel, read(meter).value
    step_j = amounts_j(channel)[-1] / 50.0
    for number in range(_ROUNDS):
        if number % 3 == 2 and subject.stand is not None:
            asked(partial(subject.stand.deposit, channel.id, step_j))
            subject.settle(channel)
        before, value = value, read(meter).value
        gained_j = move(channel, before, value)
        require(
            gained_j >= 0.0 and (channel.wrap_j is None or gained_j < 0.5 * channel.wrap_j),
            f"{channel.id}: the counter went back from {before:.9g} to {value:.9g} J in reading {number + 2} "
            "though nothing was reset; a reading that failed is a MeterError, and never 0",
        )


def _require_kept(subject: Subject, meter: Meter) -> None:
    channel = meter.channel
    watts = min(30.0, 0.75 * (channel.max_power_w or math.inf))
    try:
        subject.driven.set_power(channel.id, watts)
    except NotImplementedError:
        return
    kept = partial(is_near, watts, tolerance(channel, watts))
    if not kept(subject.watch(meter, kept)):
        return  # another promise is about that
    for number in range(_ROUNDS):
        value = read(meter).value
        require(
            kept(value),
            f"{channel.id}: the power stayed at {watts:.6g} W, and reading {number + 1} of {_ROUNDS} gave "
            f"{value:.6g}; a reading that failed is a MeterError, and never 0",
        )


def reads_do_not_warn(subject: Subject) -> str:
    """After the first reading of each meter no further one emits a warning."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with subject.opened() as (_, meters):
            for meter in meters:
                read(meter)
            del seen[:]
            for meter in meters * 3:
                read(meter)
                require(
                    not seen,
                    f"{meter.channel.id}: each reading warns: {seen and seen[-1].message}; they come by the "
                    "thousand, so say it once, in the backend's `warnings` or `notes`",
                )
    return f"{many(len(meters), 'channel')} read without a warning"


PROMISES = (
    Promise("readings are numbers with their time", readings_are_timed, owns="reading"),
    Promise("a reading is quick", a_reading_is_quick),
    Promise("values are steady and counters never go back", values_are_steady),
    Promise("reads do not warn", reads_do_not_warn),
)
