"""The power at rest: measured while nothing runs, and once it has stopped falling."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import attrs

from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.shared import check_estimate, shared_meter_set
from wattwhat.acquisition.update_period import learn_periods
from wattwhat.energy.gauge_timing import answer_s, smear_s
from wattwhat.energy.totals import total
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.measuring.plan import Plan, is_number
from wattwhat.measuring.rest_edges import RestEdge, by_ticks, rest_edge, watched
from wattwhat.records.assumptions import period_s
from wattwhat.records.caution import Caution
from wattwhat.records.containment import counted_ids
from wattwhat.records.quantity import Quantity

__all__ = ["Rest", "idle", "keep_idle", "power_at_rest"]

# Power is at rest where it may go on changing by less than this part of it.
_AT_REST = 0.03
# It is waited for so long at most, as a part of max_seconds.
_REST_SHARE = 0.1
# Boards and fans come to rest with time constants of up to so many seconds: what falls more slowly, or less
# than the sensor shows between two halves, may still go as far as this tells.
_SLOWEST_S = 10.0
# Of that, so much of the power is let be unknown before longer halves are compared.
_UNSEEN = 0.05
# And where more than this is left in the end, it is said.
_MUCH_UNSEEN = 0.3


def idle(seconds: float = 2.0, *, backends: Sequence[Any] | None = None) -> Quantity:
    """Measure the power at rest once, and keep it: later windows and phases know their energy above it.

    Call it while nothing runs, after models are loaded: what draws power then is taken for idle.

    Args:
        seconds: how long; some more where the power is still falling.
        backends: as `track` takes them; the baseline holds for windows over the same ones.

    Returns:
        Power of the counted channels in W.

    Raises:
        ArgumentError: seconds is no number above 0.
        BackendError: no channel showed a power.

    Example:
        >>> import wattwhat
        >>> baseline = wattwhat.idle(0.2)
        >>> with wattwhat.track("work") as window:
        ...     total = sum(range(100_000))
        >>> baseline.unit, window.measurement.net_energy_j is not None
        ('W', True)
    """
    if not is_number(seconds) or seconds <= 0.0:
        raise ArgumentError(f"seconds: expected a number > 0, got {seconds!r}")
    meter_set = shared_meter_set(backends)
    check_estimate(meter_set, backends)
    return keep_idle(meter_set, float(seconds), time.sleep)


def keep_idle(meter_set: MeterSet, seconds: float, sleep: Callable[[float], None]) -> Quantity:
    """The power at rest of an open meter set, kept there for `wattwhat.acquisition.outcome`.

    Args:
        meter_set: the open meters.
        seconds: how long.
        sleep: waits for seconds.
    """
    sensors = [sensor for sensor in meter_set.inputs if not sensor.lost]
    counted = counted_ids(sensor.channel for sensor in sensors)
    plan = Plan(idle=seconds, min_seconds=seconds, max_seconds=2.0 * seconds / _REST_SHARE)
    power = power_at_rest(meter_set, sensors, counted, plan, sleep, lambda _: None)
    if power.power_w is None:
        raise BackendError(
            "idle: no channel showed a power while nothing ran; run 'wattwhat doctor' to see why"
        )
    meter_set.baseline = (frozenset(counted), power.power_w, power.warnings)
    return power.power_w


@attrs.frozen
class Rest:
    """The power at rest.

    Args:
        power_w: with its uncertainty; None where it was not asked for or not known.
        warnings: what is doubtful about it.
    """

    power_w: Quantity | None = None
    warnings: tuple[str, ...] = ()


def power_at_rest(
    meter_set: MeterSet,
    sensors: Sequence[Any],
    counted: Collection[str],
    plan: Plan,
    sleep: Callable[[float], None],
    say: Callable[[str], None],
    *,
    only: Collection[str] | None = None,
) -> Rest:
    """Power of the counted channels while nothing runs.

    Two halves of the time are compared; while the power falls from one to the next it is waited, a tenth of
    max_seconds at most. How far it would go on falling is told by its last two changes. Where the sensor
    could not have shown a fall, the halves are made longer, and what stays unseen is in the uncertainty.

    Args:
        meter_set: the open meters.
        sensors: those that concern the workload.
        counted: ids of the channels that are added.
        plan: says how long, and whether at all.
        sleep: waits for seconds.
        say: told of the progress.
        only: ids of the channels to look at; None looks at all.
    """
    if plan.idle is None or plan.idle is False or plan.idle == 0:
        return Rest()
    clock = meter_set.clock
    learn_periods(sensors, lambda: clock() * 1e-9, sleep)
    measured = [sensor.channel for sensor in sensors if sensor.provenance == "measured"]
    slowest_s = max(map(period_s, measured), default=0.0)
    seconds = min(max(0.6, 5.0 * slowest_s), 2.0) if plan.idle == "auto" else float(plan.idle)
    say(f"power at rest, {seconds:.1f} s")
    half_s, fell_w = seconds / 2.0, None
    waited = watched(meter_set, sensors, half_s)
    ticking = [counter.channel for counter in waited.values()]
    # until then the sensors may show the first call, but for what lies before the tick where it begins
    sleep(max((answer_s(one) - smear_s(one) * (one in ticking) for one in measured), default=0.0))
    share_s = _REST_SHARE * plan.max_seconds
    latest_ns = clock() + int(1e9 * max(share_s, 2.0 * seconds))
    longer_ns = clock() + int(1e9 * share_s)
    # a tick is waited for from half a period before it is due
    early_s = max(map(period_s, ticking), default=0.0) / 2.0
    edges = [rest_edge(meter_set, waited, sleep)]
    sleep(half_s - early_s)
    edges.append(rest_edge(meter_set, waited, sleep))
    while True:
        sleep(half_s - early_s)
        edges = [*edges[-2:], rest_edge(meter_set, waited, sleep)]
        sleep(meter_set.settled_s)
        before, after, whole = (
            _power(meter_set, edges[a], edges[b], counted, only) for a, b in ((0, 1), (1, 2), (0, 2))
        )
        if before is None or after is None or whole is None:
            return Rest()
        falls_w, sure_w = before[0] - after[0], 2.0 * math.hypot(before[1], after[1])
        left_w = _left_to_fall(fell_w, falls_w, after[0])
        if abs(falls_w) <= sure_w:
            unseen_w = min(_unseen(sure_w, half_s), abs(whole[0]))
            if clock() + int(2e9 * half_s) > longer_ns or unseen_w <= _UNSEEN * abs(whole[0]):
                power_w = Quantity(whole[0], math.hypot(whole[2], unseen_w / 2.0), "W")
                return Rest(power_w, _too_slow(unseen_w, 2.0 * half_s, whole[0]))
            edges, fell_w, half_s = [edges[0], edges[2]], None, 2.0 * half_s
            continue
        if left_w <= _AT_REST * abs(after[0]):
            return Rest(Quantity(after[0], math.hypot(after[2], left_w), "W"))
        fell_w = falls_w
        if clock() + int(1e9 * half_s) > latest_ns:
            note = (
                f"power at rest was still changing, by {abs(falls_w):.2g} W in {half_s:.2g} s: "
                "the idle power and the energy above it are not known better than their ±"
            )
            return Rest(Quantity(after[0], math.hypot(after[2], left_w), "W"), (Caution("idle", note),))


def _power(
    meter_set: MeterSet,
    begin: RestEdge,
    end: RestEdge,
    counted: Collection[str],
    only: Collection[str] | None,
) -> tuple[float, float, float] | None:
    """Mean power of the counted channels in W, its u that repeats would shrink, and all of its u."""
    span_s = (end.snapshot.t_ns - begin.snapshot.t_ns) * 1e-9
    if span_s <= 0.0:
        return None
    entries = [
        (sensor.channel, by_ticks(sensor, begin, end, span_s) or joules)
        for sensor, joules, _ in account(meter_set, begin.snapshot, end.snapshot, None, only)
        if sensor.channel.id in counted
    ]
    energy, budget = total((channel, joules) for channel, joules in entries if joules)
    if not energy.known:
        return None
    return energy.value / span_s, budget.shrinkable_u / span_s, budget.u / span_s


def _left_to_fall(fell_w: float | None, falls_w: float, power_w: float) -> float:
    """How far power at rest may go on changing, as an exponential does after its last two changes.

    Example:
        >>> _left_to_fall(20.0, 10.0, 70.0)
        10.0
    """
    if fell_w is None or abs(falls_w) >= abs(fell_w) or fell_w * falls_w <= 0.0:
        return abs(power_w) / 2.0 if abs(falls_w) > 0.002 * abs(power_w) else 0.0
    ratio = falls_w / fell_w
    return min(abs(falls_w) * ratio / (1.0 - ratio), abs(power_w))


def _too_slow(unseen_w: float, looked_s: float, power_w: float) -> tuple[Caution, ...]:
    if unseen_w <= _MUCH_UNSEEN * abs(power_w):
        return ()
    note = (
        f"in {looked_s:.2g} s the sensor could not show whether power at rest still changes: it may go on by "
        f"{unseen_w:.2g} W, which is in the ± of the idle power and of the energy above it; more max_seconds "
        "give it longer"
    )
    return (Caution("idle", note),)


def _unseen(sure_w: float, half_s: float) -> float:
    """How far power may still fall, in W, where its fall over one half was at most this.

    Of an exponential with the slowest time constant, what is left is r / (1 - r) of what went in a time in
    which it sinks to r.

    Example:
        >>> round(_unseen(1.0, 6.93), 1), round(_unseen(1.0, 0.3))
        (1.0, 33)
    """
    kept = math.exp(-half_s / _SLOWEST_S)
    return sure_w * kept / (1.0 - kept)
