"""Reading counters at the edge of a window where not all of them are known to be quick.

The slow ones are read first at a begin and last at an end, so that the quick ones hold nothing but the
window. What takes more than a few milliseconds is not read here at all: the edge is a moment, which looks
beside the program tell later. Nothing here holds the program for more than `EDGE_BOUND_S`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.inputs import EDGE_BOUND_S, is_reading
from wattwhat.records.assumptions import period_s
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.acquisition.snapshot import Snapshot

__all__ = ["catch_up", "edge_readings", "prove", "read_aside", "took_long"]

# Readings of counters that are known to be quick, and took so long together, were not all quick.
_LONG_NS = 2_000_000
# Of a meter that nothing is known of, the reading is waited for at least this long.
_TRY_S = 0.005
# One that takes so many times as long as it did is not waited for.
_AS_LONG = 10.0
# Readings that are no farther apart than so many times as long as all of them take follow each other closely.
_CLOSE = 3.0
# They are read twice at first, if once takes no more than this part of the bound.
_TWICE = 0.4
# Of the bound, the part for readings that are waited for: the rest is for what is around them.
_WAITS = 0.8
# A measurement is waited for this long at most where a slow counter has not shown the edge yet.
_PATIENCE_S, _PAUSE_S = 1.0, 0.002


def edge_readings(meter_set: MeterSet, begin: Snapshot | None, t_ns: int) -> list[Any]:
    """What each input keeps of an edge, see `Input.begin`.

    Args:
        meter_set: the open meters.
        begin: of an end, the snapshot with which its window began; None at a begin.
        t_ns: of an end, its time.
    """
    items: list[Any] = [None] * len(meter_set.inputs)
    for number, gauge in meter_set.gauges.items():
        items[number] = gauge.begin() if begin is None else gauge.end(begin.readings[number], t_ns)
    counters = [(number, one) for number, one in meter_set.counters.items() if not one.beside]
    begun_ns = meter_set.clock()
    _read(meter_set, counters, items, begin is None)
    if (
        begin is None
        and (meter_set.clock() - begun_ns) * 1e-9 < _TWICE * EDGE_BOUND_S
        and any(not (counter.quick or counter.beside or counter.held.seen) for _, counter in counters)
    ):
        # for the first time: a second reading right after the first tells what is drawn while they are made
        _read(meter_set, counters, items, begin is None)
    for number, counter in meter_set.counters.items():
        if items[number] is None and begin is None:
            items[number] = counter.looks.begin(meter_set.clock())
        elif items[number] is None and begin is not None:
            items[number] = counter.looks.end(begin.readings[number], t_ns)
    return items


def _read(
    meter_set: MeterSet, counters: list[tuple[int, CounterInput]], items: list[Any], opening: bool
) -> None:
    """Read them, as far as the time goes; those that are not known to be quick aside."""
    until_ns = meter_set.clock() + int(_WAITS * 1e9 * EDGE_BOUND_S)
    doubtful = max(sum(not counter.quick for _, counter in counters), 1)
    close_s = _CLOSE * math.fsum(counter.took_s for _, counter in counters) + _TRY_S
    for number, counter in sorted(counters, key=lambda pair: (pair[1].took_s, pair[0]), reverse=opening):
        if counter.quick or counter.lost:
            asked_ns = meter_set.clock()
            items[number] = counter.read()
            if not took_long(items, asked_ns, meter_set.clock()):
                continue
            counter.doubt()
            if not opening:
                continue
        left_s = (until_ns - meter_set.clock()) * 1e-9
        likely_s = _AS_LONG * counter.took_s if counter.took_s else _WAITS * EDGE_BOUND_S / doubtful
        items[number] = read_aside(meter_set, number, min(left_s, max(_TRY_S, likely_s)))
        if is_reading(items[number]):
            _learn_held(counter, Reading(*items[number]), opening, close_s)
    # what came in time although it is slow was a look: its moment is told by looks from now on, as all others
    for number, counter in counters:
        if counter.beside:
            items[number] = None


def took_long(readings: list[Any], asked_ns: int, now_ns: int) -> bool:
    """Whether readings took long; then their values may be from any moment since, and are put half-way.

    A meter may stamp its readings before it obtains them, or after.

    Args:
        readings: what was read, changed in place.
        asked_ns: when the first of them was begun.
        now_ns: when the last of them had come.
    """
    if now_ns - asked_ns <= _LONG_NS:
        return False
    for number, item in enumerate(readings):
        if is_reading(item) and item[0] >= asked_ns:
            readings[number] = Reading((asked_ns + now_ns) // 2, item[1])
    return True


def _learn_held(counter: CounterInput, reading: Reading, opening: bool, close_s: float) -> None:
    """Where a reading at a begin follows closely on another one, nothing but readings lies in between."""
    before, counter.latest = counter.latest, reading
    if opening and before is not None and (reading.t_ns - before.t_ns) * 1e-9 <= close_s:
        counter.held.add(before, reading, period_s(counter.channel))


def read_aside(meter_set: MeterSet, number: int, wait_s: float) -> Any:
    """One reading, or None where it did not come in time."""
    counter = meter_set.counters[number]
    given: list[Any] = []
    if counter.reading_ns is not None or (wait_s <= 0.0 and meter_set.aside.leaves):
        counter.beside = True
        return None
    counter.reading_ns = meter_set.clock()
    if not meter_set.aside.run(partial(_into, given, meter_set.look, number), wait_s):
        counter.beside = True
        return None
    return given[0] if given else None


def prove(meter_set: MeterSet) -> None:
    """Read counters of which nothing is known once, to see how long that takes."""
    new = [
        number
        for number, counter in meter_set.counters.items()
        if not (counter.took_s or counter.beside or counter.lost)
    ]
    for number in new:
        read_aside(meter_set, number, _WAITS * EDGE_BOUND_S / len(new))


def _into(given: list[Any], look: Callable[[int], Any], number: int) -> None:
    given.append(look(number))


def catch_up(meter_set: MeterSet | None, snapshot: Snapshot) -> None:
    """Wait until slow counters have shown this edge; without threads, look now."""
    if meter_set is None or not (late := _late(meter_set, snapshot)):
        return
    if not meter_set.threaded:
        meter_set.sampler.tick(meter_set.clock() * 1e-9)
        return
    until_s = time.monotonic() + _PATIENCE_S
    for _ in range(round(_PATIENCE_S / _PAUSE_S)):  # a test of the program's may have stopped the clock
        time.sleep(_PAUSE_S)
        late = _late(meter_set, snapshot)
        if not late or time.monotonic() >= until_s:
            break
    for sensor in late:  # many windows may be asked in turn: only the first one waits
        sensor.missed()


def _late(meter_set: MeterSet, snapshot: Snapshot) -> list[Input]:
    """The inputs of which a look is soon to tell of this edge."""
    now_ns = meter_set.clock()
    pairs = zip(meter_set.inputs, snapshot.readings, strict=True)
    return [sensor for sensor, item in pairs if sensor.told_soon(item, now_ns, _PATIENCE_S)]
