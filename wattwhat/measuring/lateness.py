"""How long after a load a gauge goes on showing it, where nobody stated that: run it, rest and watch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from wattwhat.acquisition.gauge_input import GaugeInput
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.energy.gauge_lateness import SHOWN_PART, Part, shown_until_s
from wattwhat.energy.gauge_timing import looks_away_s
from wattwhat.records.assumptions import period_s
from wattwhat.records.caution import Caution
from wattwhat.workloads.base import Workload

__all__ = ["learn_rest", "unknown_rest"]

# A gauge is watched after a load for this long beyond what its figures say: as many periods, but no longer.
_PERIODS, _LONGEST_S = 5.0, 2.0
# At so many phases: a load in step with the gauge may be shown at some of them only. One that runs longer
# than two periods is not as easily missed, and takes longer: fewer are enough.
_PHASES = 4
# The watch is doubled so often while the gauge had not come to rest.
_TRIES = 4
# So much of the time that is left may be spent on it.
_SHARE = 0.5


def unknown_rest(gauges: Sequence[GaugeInput]) -> list[GaugeInput]:
    """The gauges of which nobody has stated or found how late they are."""
    return [
        gauge
        for gauge in gauges
        if looks_away_s(gauge.channel) and gauge.channel.delay_s is None and not gauge.rest_found
    ]


def learn_rest(
    meter_set: MeterSet,
    workload: Workload,
    gauges: Sequence[GaugeInput],
    away_s: float,
    calls: int,
    call_s: float,
    left_s: float,
    sleep: Callable[[float], None],
) -> tuple[str, ...]:
    """Run a load at several phases and watch until the gauges no longer show it; they keep what was found.

    Args:
        meter_set: the open meters.
        workload: what to run.
        gauges: those to learn about, at least one.
        away_s: their longest update period in s.
        calls: calls of one run.
        call_s: seconds of a call.
        left_s: seconds that are left for all that is to come.
        sleep: waits for seconds.

    Returns:
        A sentence for each gauge that had not come to rest.
    """
    clock = meter_set.clock
    rest_s = max(gauge.rest_s + min(_PERIODS * period_s(gauge.channel), _LONGEST_S) for gauge in gauges)
    until_ns = clock() + int(_SHARE * 1e9 * left_s)
    run_s = max(call_s * calls, 2.0 * away_s)
    phases = math.ceil(_PHASES * 2.0 * away_s / run_s)
    for _ in range(_TRIES):
        spent_s = phases * (rest_s + run_s) + rest_s
        if clock() + 1e9 * spent_s > until_ns:
            break
        parts = _watched(meter_set, workload, gauges, away_s, calls, (phases, run_s, rest_s), sleep)
        rests = [_find_rest(gauge, mine, rest_s) for gauge, mine in zip(gauges, parts, strict=True)]
        gauges = [gauge for gauge, done in zip(gauges, rests, strict=True) if not done]
        if not gauges:
            break
        rest_s *= 2.0
    for gauge in gauges:
        gauge.rest_found = True
        gauge.rest_longer(rest_s)
    return tuple(
        Caution(
            "late",
            f"{gauge.channel.id}: this gauge was not seen at rest within {rest_s:.2g} s after a load, so "
            "energy may be missing: state its averaging_window_s and delay_s, or run wattwhat calibrate",
        )
        for gauge in gauges
    )


def _watched(
    meter_set: MeterSet,
    workload: Workload,
    gauges: Sequence[GaugeInput],
    away_s: float,
    calls: int,
    how: tuple[int, float, float],
    sleep: Callable[[float], None],
) -> list[list[Part]]:
    """What the gauges showed of the load, run at so many phases and seconds with so much rest around each."""
    clock, (phases, run_s, rest_s) = meter_set.clock, how
    parts: list[list[Part]] = [[] for _ in gauges]
    for gauge in gauges:
        gauge.remember(2.0 * rest_s + run_s + 4.0 * away_s)
    begin = meter_set.begin()
    sleep(rest_s)
    for number in range(phases):
        sleep((number * away_s / phases - clock() * 1e-9) % away_s)
        begin_s = clock() * 1e-9
        for _ in range(calls):
            workload.run()
        workload.synchronize()
        end_s = clock() * 1e-9
        sleep(rest_s)
        for gauge, mine in zip(gauges, parts, strict=True):
            looks = [look for look in gauge.looks() if begin_s - rest_s <= look[0] <= end_s + rest_s]
            mine.append((looks, begin_s, end_s))
    meter_set.end(begin)
    return parts


def _find_rest(gauge: GaugeInput, parts: Sequence[Part], watched_s: float) -> bool:
    """Take what the looks tell of how late the gauge is; False where it had not come to rest."""
    late_s = shown_until_s(parts)
    if late_s is None or late_s > 0.7 * watched_s:
        return False
    gauge.rest_found = True
    # a mean over a window falls to the part that counts as shown before all of it is over; met at another
    # phase it shows the load up to a period longer, and looks are apart
    gauge.rest_longer(late_s / (1.0 - SHOWN_PART) + period_s(gauge.channel) + 2.0 * gauge.poll_s)
    return True
