"""Blocks by where their edges lie on a counter's course, so that what edges have in common cancels. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wattwhat.energy.counter import counter_energy
from wattwhat.energy.joules import Joules
from wattwhat.records.assumptions import period_s
from wattwhat.records.channel import Channel
from wattwhat.records.sources import EDGES
from wattwhat.records.timeline_points import Place, spent

__all__ = ["Places", "placed_j", "with_places"]

# Blocks nearer to each other than this part of an update period share an edge.
_ADJOINS = 0.02
# Where a block begins and ends on the course of one channel; None where that is not known.
Places = tuple[Place, Place] | None


def with_places(
    joules: Joules, blocks: Sequence[Places], gaps_s: Sequence[float], duration_s: float, channel: Channel
) -> Joules:
    """The sum of blocks, its energy and its edges as the counter's course has them; as it was if unknown.

    Args:
        joules: the sum by readings alone.
        blocks: where the blocks begin and end.
        gaps_s: time in s between the blocks.
        duration_s: their time in s.
        channel: the counter.
    """
    if not blocks or not all(blocks):
        return joules
    value_j, edges_j = spent(_signed(blocks))[0], spent(_outer(blocks, gaps_s, period_s(channel)))[1]
    placed = counter_energy(value_j, duration_s, channel, placed=(value_j, edges_j))
    rest = [pair for pair in joules.parts if pair[0] != EDGES]
    return Joules(value_j, (*((s, u) for s, u in placed.parts if s == EDGES), *rest), joules.warnings)


def _outer(blocks: Sequence[Places], gaps_s: Sequence[float], period: float) -> list[tuple[Place, float]]:
    """The edges without those that two blocks share.

    One that was answered before the other came is told to err by other things, though both err alike.
    """
    edges = _signed(blocks)
    left = [edges[0]]
    for gap_s, end, begin in zip(gaps_s, edges[1:-1:2], edges[2::2], strict=True):
        if gap_s > _ADJOINS * period:
            left += (end, begin)
    return [*left, edges[-1]]


def placed_j(joules: Joules, block: Places) -> float:
    """The energy of one block in J likewise."""
    return spent(_signed([block]))[0] if block else joules.value_j


def _signed(blocks: Iterable[Places]) -> list[tuple[Place, float]]:
    return [(place, sign) for both in blocks if both for place, sign in zip(both, (-1.0, 1.0), strict=True)]
