"""Edges of a time at rest: all meters read, each counter right after it ticked, when its value is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.acquisition.inputs import is_reading
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.energy.counter import counter_energy
from wattwhat.energy.joules import Joules
from wattwhat.records.assumptions import period_s
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput

__all__ = ["RestEdge", "by_ticks", "rest_edge", "watched"]

# While nothing runs, looking harms nobody: a counter is looked at this often in s until it ticks, for this
# many of its periods at most, where those are no more than this part of the time between two edges.
_LOOK_S, _WAIT_PERIODS, _SLOW_PART = 0.00025, 1.5, 0.5


@attrs.frozen
class _Tick:
    reading: Reading
    anchor: Any
    late_s: float


@attrs.frozen
class RestEdge:
    """All meters read once, and the latest tick of the counters that were seen to tick.

    Args:
        snapshot: of all meters.
        ticks: of counters, by the id of their channel.
    """

    snapshot: Snapshot
    ticks: Mapping[str, _Tick]


def watched(meter_set: MeterSet, sensors: Sequence[Any], between_s: float) -> dict[int, CounterInput]:
    """The counters that can be seen to tick, by their numbers: quickly read, neither too slow nor too fast.

    Args:
        meter_set: the open meters.
        sensors: those that concern the workload.
        between_s: time between two edges in s.
    """
    return {
        number: counter
        for number, counter in meter_set.counters.items()
        if counter in sensors
        and counter.provenance == "measured"
        and not (counter.beside or counter.lost)
        and _LOOK_S < period_s(counter.channel) <= _SLOW_PART * between_s
    }


def rest_edge(
    meter_set: MeterSet, waited: Mapping[int, CounterInput], sleep: Callable[[float], None]
) -> RestEdge:
    """Read all meters once each of these counters has ticked, or one that does not would have.

    Args:
        meter_set: the open meters.
        waited: the counters, as `watched` gives them.
        sleep: waits for seconds.
    """
    longest_s = max((period_s(counter.channel) for counter in waited.values()), default=0.0)
    until_ns = meter_set.clock() + int(1e9 * _WAIT_PERIODS * longest_s)
    left = dict(waited)
    shown = {number: counter.read() for number, counter in left.items()}
    ticks: dict[str, _Tick] = {}
    while left and meter_set.clock() < until_ns:
        sleep(_LOOK_S)
        for number, counter in list(left.items()):
            before, anchor = shown[number], meter_set.anchors[number]
            shown[number] = now = counter.read()
            if not (is_reading(before) and is_reading(now)):
                del left[number]
            elif now[1] != before[1]:
                del left[number]
                late_s = (now[0] - before[0]) * 1e-9
                if 0.0 < late_s < period_s(counter.channel):
                    ticks[counter.channel.id] = _Tick(Reading(*now), anchor, late_s)
    return RestEdge(meter_set.begin(), ticks)


def by_ticks(sensor: Any, begin: RestEdge, end: RestEdge, span_s: float) -> Joules | None:
    """What a counter would gain in a time at its mean power from tick to tick; None where it did not tick.

    Args:
        sensor: the counter, or any other one.
        begin: the earlier edge.
        end: the later one.
        span_s: the time in s.
    """
    first, last = (edge.ticks.get(sensor.channel.id) for edge in (begin, end))
    if first is None or last is None:
        return None
    seconds = (last.reading.t_ns - first.reading.t_ns) * 1e-9
    gained = sensor.gain(first.reading, first.anchor, last.reading, last.anchor) if seconds > 0.0 else None
    if gained is None or gained[1]:
        return None
    seen = attrs.evolve(sensor.channel, update_period_s=max(first.late_s, last.late_s))
    between = counter_energy(gained[0], seconds, seen)
    share = span_s / seconds
    return Joules(between.value_j * share, tuple((source, u * share) for source, u in between.parts))
