"""From the readings around blocks to their energies, and where their edges lie on the counters' timelines."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import attrs

from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.history import BEGIN, END, WITHIN
from wattwhat.acquisition.inputs import Input
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.energy.joules import Joules
from wattwhat.measuring.blocks import Block, add_up, items_of
from wattwhat.records.assumptions import SPREAD, period_s
from wattwhat.records.sources import EDGES, HELD, UNSEEN

__all__ = ["LoadState", "Span", "settled_block"]

Span = tuple[Snapshot, Snapshot, int, "float | None"]
# One channel of an account: the open meter, its energy or None, warnings about it.
Entry = tuple[Input, "Joules | None", "tuple[str, ...]"]

# So many spreads, so that nothing at all being drawn between the blocks is inside the interval as well.
_DOWN_TO_NOTHING = 1.2

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
    before: Snapshot | None,
) -> Block:
    """A block, once everything shows its end; of several parts, a round.

    Args:
        meter_set: the open meters.
        parts: its readings and calls.
        only: ids of the channels to look at.
        aligned: whether there is rest before and after each part.
        before: the end of the block before it, where it adjoins one.
    """
    blocks = [_part(meter_set, part, only, aligned, before) for part in parts]
    if len(blocks) == 1:
        return blocks[0]
    calls = sum(block.calls for block in blocks)
    entries = [(sensor, _without_unseen(joules), notes) for sensor, joules, notes in add_up(blocks)]
    seconds = math.fsum(block.duration_s for block in blocks)
    return Block(entries, calls, seconds, items_of(blocks), parts=tuple(blocks))


def _part(
    meter_set: MeterSet, part: Span, only: Collection[str], aligned: bool, before: Snapshot | None
) -> Block:
    begin, end, calls, items = part
    seconds = (end.t_ns - begin.t_ns) * 1e-9
    entries = account(
        meter_set, begin._replace(points=None), end._replace(points=None), None, only, aligned=aligned
    )
    # the end of one block is the begin of the next: what was told of it once is taken for both
    edge = begin if before is None or not before.points else before
    if edge.points and end.points and end.t_ns > edge.t_ns:
        calls_share = seconds / ((end.t_ns - edge.t_ns) * 1e-9)
        on_course = account(meter_set, edge, end, None, only, aligned=aligned)
        entries = [_better(*both, calls_share) for both in zip(entries, on_course, strict=True)]
    gap_s = math.inf if before is None else (begin.t_ns - before.t_ns) * 1e-9
    return Block(entries, calls, seconds, items, gap_s)


def _better(own: Entry, placed: Entry, share: float) -> Entry:
    """A block's energy by its two readings, or by where it lies on the counter's course, if that tells more.

    The course knows nothing of the time between blocks: it has the load's power there. So anything down to
    nothing is allowed for, on the same side at each block.

    Args:
        own: what the readings tell.
        placed: what the course tells of the block and of the time before it.
        share: of that time, the block's.
    """
    sensor, joules, notes = placed
    if own[1] is None or joules is None or not _ticks(sensor):
        return own
    known, parts = dict(own[1].parts), dict(joules.parts)
    between_j = _DOWN_TO_NOTHING * SPREAD * (1.0 - share) * abs(joules.value_j)
    unknown_j = math.hypot(parts.get(EDGES, 0.0), between_j)
    if HELD in parts or unknown_j >= math.hypot(known.get(EDGES, 0.0), known.get(HELD, 0.0)):
        return own
    with_gap = joules.parts if not between_j else (*joules.parts, (HELD, between_j))
    return sensor, Joules(share * joules.value_j, with_gap, joules.warnings), notes


def _ticks(sensor: Input) -> bool:
    return sensor.channel.is_counter and sensor.provenance == "measured" and not sensor.beside


def _without_unseen(joules: Joules | None) -> Joules | None:
    """A round without its part for unseen time: even phases show it, and the spread of rounds tells."""
    if joules is None:
        return None
    return attrs.evolve(joules, parts=tuple(pair for pair in joules.parts if pair[0] != UNSEEN))
