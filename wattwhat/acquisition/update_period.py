"""Watching a sensor until it tells how often it updates. Time is given, so nothing here needs to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import fmean, median_low
from typing import TYPE_CHECKING

from wattwhat.plugins import pass_on
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input

__all__ = ["learn_periods", "observe_period"]

# Some sensors answer late or fall short when polled harder than this.
_LOOK_S = 0.001
_FEWEST_CHANGES = 4


def observe_period(
    read: Callable[[], Reading],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    limit_s: float = 0.3,
) -> float | None:
    """Find a sensor's update period by looking at it a thousand times a second and timing its changes.

    The period is the median interval between two changes, refined by the intervals within one look of it.
    A gauge whose power hardly moves repeats values, and the period found is then a multiple of the true one.

    Args:
        read: reads the sensor once, for instance `Meter.read`.
        clock: gives the time in s.
        sleep: waits so many seconds.
        limit_s: seconds of watching.

    Returns:
        The period in s; None if fewer than four changes were seen, or if nearly every look saw a new
        value, so that the period is shorter than looking can tell.

    Raises:
        MeterError: the sensor could not be read.

    Example:
        >>> from itertools import count
        >>> look = count()
        >>> now = {"s": 0.0}
        >>> def sleep(seconds):
        ...     now["s"] += seconds
        >>> def read():  # a counter that moves every 20 ms
        ...     return Reading(round(now["s"] * 1e9), float(now["s"] // 0.02))
        >>> round(observe_period(read, lambda: now["s"], sleep), 3)
        0.02
    """
    looks_ns, changes_ns = _looks(read, clock, sleep, limit_s)
    if len(changes_ns) < _FEWEST_CHANGES or len(changes_ns) > 0.9 * (len(looks_ns) - 1):
        return None
    look_ns = (looks_ns[-1] - looks_ns[0]) / (len(looks_ns) - 1)
    intervals_ns = [later - earlier for earlier, later in pairwise(changes_ns)]
    middle_ns = median_low(intervals_ns)
    return fmean(one for one in intervals_ns if abs(one - middle_ns) <= 1.01 * look_ns) * 1e-9


def learn_periods(
    sensors: Iterable[Input],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    limit_s: float = 0.5,
) -> None:
    """Watch sensors whose update period nobody stated, each once, and let their inputs go by what is found.

    Of several devices of one kind the first is watched for all of them. A sensor that cannot be read, or
    tells nothing, stays as it is.

    Args:
        sensors: the open meters.
        clock: gives the time in s.
        sleep: waits so many seconds.
        limit_s: seconds of watching for each kind of sensor.
    """
    import attrs

    periods_s: dict[tuple[str, ...], float | None] = {}
    for sensor in sensors:
        channel = sensor.channel
        if (
            sensor.watched
            or sensor.lost
            or sensor.beside
            or sensor.provenance != "measured"
            or channel.update_period_s is not None
        ):
            continue
        sensor.watched = True
        kind = (channel.backend, channel.device, channel.component, channel.quantity)
        if kind not in periods_s:
            try:
                periods_s[kind] = observe_period(sensor.meter.read, clock, sleep, limit_s)
            except Exception as err:  # what fails here fails again where a measurement can say so
                pass_on(err)
                periods_s[kind] = None
        period_s = periods_s[kind]
        if period_s is not None:
            source = f"{channel.source or channel.backend}; update period found by watching"
            sensor.learn(attrs.evolve(channel, update_period_s=period_s, source=source))


def _looks(
    read: Callable[[], Reading], clock: Callable[[], float], sleep: Callable[[float], None], limit_s: float
) -> tuple[list[int], list[int]]:
    """When the sensor was looked at, and which of these looks saw a new value; both in ns."""
    until_s = clock() + limit_s
    t_ns, value = read()
    looks_ns: list[int] = [t_ns]
    changes_ns: list[int] = []
    while clock() < until_s:
        sleep(_LOOK_S)
        t_ns, latest = read()
        looks_ns.append(t_ns)
        if latest != value:
            value = latest
            changes_ns.append(t_ns)
    return looks_ns, changes_ns
