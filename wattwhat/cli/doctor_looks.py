"""The doctor's looks at a meter: one reading, its time, what a window could make of it, its update period."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.unusable import unusable_reason
from wattwhat.sensing.bounded import within
from wattwhat.sensing.meter import provenance_of

if TYPE_CHECKING:
    from wattwhat.acquisition.discovery import BackendAnswer
    from wattwhat.records.channel import Channel
    from wattwhat.sensing.meter import Meter

# How long doctor waits for one reading.
READING_S = 10.0

__all__ = ["READING_S", "calibrated", "look", "twins"]


def calibrated(results: Sequence[BackendAnswer]) -> dict[int, Channel]:
    """The channel of each meter, by its identity, with the timing that calibration found."""
    from wattwhat.sensing.profiles import profiled, read_profiles

    profiles, _ = read_profiles()
    pairs = [(meter, one.version) for one in results for meter in one.meters]
    return {id(meter): profiled(meter.channel, version, profiles) for meter, version in pairs}


def look(
    meter: Meter, channel: Channel, watch_s: float, watch: Callable[[Meter], float | None]
) -> dict[str, Any]:
    """Read a meter once, as a window would, and time that; watch a sensor whose period is unknown."""
    declared = channel.update_period_s == meter.channel.update_period_s
    stated = "backend" if declared else "calibration"
    entry: dict[str, Any] = {
        "update_period_s": channel.update_period_s,
        "update_period_from": None if channel.update_period_s is None else stated,
        "watched_s": None,
        "power_now_w": None,
        "reading_s": None,
        "error": None,
    }
    try:
        reading, entry["reading_s"] = within(READING_S, _timed, meter)
        trouble = unusable_reason(reading, time.monotonic_ns())
        if trouble is not None:
            entry["error"] = f"windows lose this channel: {trouble}"
            return entry
        if not channel.is_counter:
            entry["power_now_w"] = float(reading[1])
        if channel.update_period_s is None and watch_s > 0 and provenance_of(meter) == "measured":
            entry["watched_s"] = watch_s
            entry["update_period_s"] = within(watch_s + READING_S, watch, meter)
            entry["update_period_from"] = None if entry["update_period_s"] is None else "watching"
    except TimeoutError as err:
        entry["error"] = f"{channel.id} hangs: {err}"
    except Exception as err:  # whatever a plugin raises is a finding
        entry["error"] = str(err) or type(err).__name__
    return entry


def _timed(meter: Meter) -> tuple[Any, float]:
    begin_ns = time.perf_counter_ns()
    reading = meter.read()
    return reading, (time.perf_counter_ns() - begin_ns) * 1e-9


def twins(found: Sequence[BackendAnswer]) -> dict[int, str]:
    """By the identity of a meter whose id an earlier one carries: what windows say of it."""
    from wattwhat.acquisition.choice import twice

    homes: dict[str, str] = {}
    told: dict[int, str] = {}
    for one in found:
        for meter in one.meters:
            channel_id = meter.channel.id
            if channel_id in homes:
                told[id(meter)] = twice(channel_id, homes[channel_id], one.plugin.name)
            homes.setdefault(channel_id, one.plugin.name)
    return told
