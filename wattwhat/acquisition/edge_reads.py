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
from wattwhat.acquisition.counter_looks import Moment
from wattwhat.acquisition.inputs import EDGE_BOUND_S, is_reading
from wattwhat.energy.assumptions import period_s
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
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


def edge_readings(meter_set: MeterSet, begin: Snapshot | None) -> list[Any]:
    """A Reading, Gap, Edge or Moment for each line.

    Args:
        meter_set: the open meters.
        begin: of an end, the snapshot with which its window began; None at a begin.
    """
    items: list[Any] = [None] * len(meter_set.inputs)
    counters: list[tuple[int, CounterInput]] = []
    for number, line in enumerate(meter_set.inputs):
        if not isinstance(line, CounterInput):
            items[number] = line.begin() if begin is None else line.end(begin.readings[number])
        elif not line.beside:
            counters.append((number, line))
    begun_ns = meter_set.clock()
    _read(meter_set, counters, items, begin is None)
    if (
        begin is None
        and (meter_set.clock() - begun_ns) * 1e-9 < _TWICE * EDGE_BOUND_S
        and any(not (line.quick or line.beside or line.held.seen) for _, line in counters)
    ):
        # for the first time: a second reading right after the first tells what is drawn while they are made
        _read(meter_set, counters, items, begin is None)
    t_ns = meter_set.clock()
    for number, line in enumerate(meter_set.inputs):
        if items[number] is None and isinstance(line, CounterInput):
            looks = line.looks
            items[number] = looks.begin(t_ns) if begin is None else looks.end(begin.readings[number], t_ns)
    return items


def _read(
    meter_set: MeterSet, counters: list[tuple[int, CounterInput]], items: list[Any], opening: bool
) -> None:
    """Read them, as far as the time goes; those that are not known to be quick aside."""
    until_ns = meter_set.clock() + int(_WAITS * 1e9 * EDGE_BOUND_S)
    doubtful = max(sum(not line.quick for _, line in counters), 1)
    close_s = _CLOSE * math.fsum(line.took_s for _, line in counters) + _TRY_S
    for number, line in sorted(counters, key=lambda pair: (pair[1].took_s, pair[0]), reverse=opening):
        if line.quick or line.lost:
            asked_ns = meter_set.clock()
            items[number] = meter_set._careful(number)
            if not took_long(items, asked_ns, meter_set.clock()):
                continue
            line.doubt()
            if not opening:
                continue
        left_s = (until_ns - meter_set.clock()) * 1e-9
        likely_s = _AS_LONG * line.took_s if line.took_s else _WAITS * EDGE_BOUND_S / doubtful
        items[number] = read_aside(meter_set, number, min(left_s, max(_TRY_S, likely_s)))
        if is_reading(items[number]):
            _learn_held(line, Reading(*items[number]), opening, close_s)
    # what came in time although it is slow was a look: its moment is told by looks from now on, as all others
    for number, line in counters:
        if line.beside:
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


def _learn_held(line: CounterInput, reading: Reading, opening: bool, close_s: float) -> None:
    """Where a reading at a begin follows closely on another one, nothing but readings lies in between."""
    before, line.latest = line.latest, reading
    if opening and before is not None and (reading.t_ns - before.t_ns) * 1e-9 <= close_s:
        line.held.add(before, reading, period_s(line.channel))


def read_aside(meter_set: MeterSet, number: int, wait_s: float) -> Any:
    """One reading, or None where it did not come in time."""
    line = meter_set.inputs[number]
    given: list[Any] = []
    if line.reading_ns is not None or (wait_s <= 0.0 and meter_set.aside.leaves):
        line.beside = True
        return None
    line.reading_ns = meter_set.clock()
    if not meter_set.aside.run(partial(_into, given, meter_set.look, number), wait_s):
        line.beside = True
        return None
    return given[0] if given else None


def prove(meter_set: MeterSet) -> None:
    """Read counters of which nothing is known once, to see how long that takes."""
    new = [
        number
        for number, line in enumerate(meter_set.inputs)
        if isinstance(line, CounterInput) and not (line.took_s or line.beside or line.lost)
    ]
    for number in new:
        read_aside(meter_set, number, _WAITS * EDGE_BOUND_S / len(new))


def _into(given: list[Any], look: Callable[[int], Any], number: int) -> None:
    given.append(look(number))


def catch_up(meter_set: MeterSet | None, snapshot: Snapshot) -> None:
    """Wait until slow counters have shown this edge; without threads, look now."""
    if meter_set is None or not any(isinstance(item, Moment) for item in snapshot.readings):
        return
    if not meter_set.threaded:
        meter_set.sampler.tick(meter_set.clock() * 1e-9)
        return
    until_s = time.monotonic() + _PATIENCE_S
    while late := [
        line
        for line, item in zip(meter_set.inputs, snapshot.readings, strict=True)
        if isinstance(line, CounterInput) and _to_come(line, item, meter_set.clock())
    ]:
        if time.monotonic() >= until_s:
            for line in late:  # many windows may be asked in turn: only the first one waits
                line.looks.missed = True
            return
        time.sleep(_PAUSE_S)


def _to_come(line: Any, item: Any, now_ns: int) -> bool:
    """Whether a look is soon to show this edge."""
    if not isinstance(item, Moment) or line.lost or line.looks.failures or line.looks.missed:
        return False
    if line.looks.shown(item):
        return False
    return line.reading_ns is None or (now_ns - line.reading_ns) * 1e-9 < _PATIENCE_S
