"""From the readings around blocks to their energies, and where their edges lie on the counters' timelines."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import attrs

from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.history import BEGIN, END, WITHIN, places
from wattwhat.acquisition.inputs import Input, is_reading
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.energy.joules import HELD_S, Joules
from wattwhat.measuring.block_places import Places
from wattwhat.measuring.blocks import Block, add_up, items_of
from wattwhat.records.assumptions import period_s
from wattwhat.records.sources import UNSEEN

__all__ = ["LoadState", "Span", "settled_block"]

Span = tuple[Snapshot, Snapshot, int, "float | None"]

_LABEL = "measure()"


class LoadState:
    """The time in which the load runs without a break, on the timelines that all windows share.

    Edges of blocks are moments within it: the ticks that all of them saw tell how old a counter's value was.

    Args:
        meter_set: the open meters.
        sensors: those that concern the workload.
    """

    def __init__(self, meter_set: MeterSet, sensors: Sequence[Input]) -> None:
        self._meter_set = meter_set
        self.open = False
        self.ticks_s = max((period_s(one.channel) for one in sensors if _ticks(one)), default=0.0)

    def begin(self) -> None:
        """The load runs from now on, if it does not yet."""
        if self.open:
            return
        self._meter_set.history.note(self._meter_set.glance(), _LABEL, BEGIN)
        self.open = True

    def within(self, snapshot: Snapshot) -> None:
        """An edge of a block, while it runs."""
        if self.open:
            self._meter_set.history.note(snapshot, _LABEL, WITHIN)

    def settle(self) -> None:
        """Give the edges so far their places."""
        if self.open:
            self._meter_set.history.settle()

    def end(self) -> None:
        """It no longer runs, however that came."""
        if self.open:
            self._meter_set.history.note(self._meter_set.glance(), _LABEL, END)
            self.open = False


def settled_block(
    meter_set: MeterSet,
    parts: Sequence[Span],
    only: Collection[str],
    aligned: bool,
    ended_ns: int | None,
) -> Block:
    """A block, once everything shows its end; of several parts, a round.

    Args:
        meter_set: the open meters.
        parts: its readings and calls.
        only: ids of the channels to look at.
        aligned: whether there is rest before and after each part.
        ended_ns: when the block before it ended, where it adjoins one.
    """
    blocks = [_part(meter_set, part, only, aligned) for part in parts]
    if len(blocks) == 1:
        if ended_ns is None:
            return blocks[0]
        return attrs.evolve(blocks[0], gap_s=(parts[0][0].t_ns - ended_ns) * 1e-9)
    calls = sum(block.calls for block in blocks)
    entries = [(sensor, _without_unseen(joules), notes) for sensor, joules, notes in add_up(blocks)]
    seconds = math.fsum(block.duration_s for block in blocks)
    return Block(entries, calls, seconds, items_of(blocks), parts=tuple(blocks))


def _part(meter_set: MeterSet, part: Span, only: Collection[str], aligned: bool) -> Block:
    begin, end, calls, items = part
    # by its readings alone: how blocks scatter by their edges, their spread knows
    alone = (begin._replace(points=None), end._replace(points=None))
    own = account(meter_set, *alone, None, only, aligned=aligned)
    seconds = (end.t_ns - begin.t_ns) * 1e-9
    found = [
        _places(sensor, number, begin, end)
        for number, sensor in enumerate(meter_set.inputs)
        if sensor.channel.id in only
    ]
    return Block(own, calls, seconds, items, places=tuple(found))


def _places(sensor: Input, number: int, begin: Snapshot, end: Snapshot) -> Places:
    """Where a counter stood; None where readings held the program for a while, unknown to a course."""
    first, last = begin.readings[number], end.readings[number]
    if not (_ticks(sensor) and is_reading(first) and is_reading(last)):
        return None
    held_s = (last[0] - first[0] - end.t_ns + begin.t_ns) * 1e-9
    return None if held_s > HELD_S else places(number, begin, end)


def _ticks(sensor: Input) -> bool:
    return sensor.channel.is_counter and sensor.provenance == "measured" and not sensor.beside


def _without_unseen(joules: Joules | None) -> Joules | None:
    """A round without its part for unseen time: even phases show it, and the spread of rounds tells."""
    if joules is None:
        return None
    return attrs.evolve(joules, parts=tuple(pair for pair in joules.parts if pair[0] != UNSEEN))
