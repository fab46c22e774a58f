"""Repeated blocks of calls: their sum, their spread (type A), and how far apart the two are known."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.acquisition.evaluation import Account
from wattwhat.energy.counter import gain_u_j
from wattwhat.energy.joules import Joules
from wattwhat.energy.totals import total
from wattwhat.measuring.spread import Spread, spread_of_sum
from wattwhat.measuring.steady_state import rising_blocks
from wattwhat.records.assumptions import SPREAD, period_s
from wattwhat.records.budget import Budget
from wattwhat.records.caution import Caution, code_of
from wattwhat.records.coverage import _Z95
from wattwhat.records.sources import EDGES, HELD, LOST, REPEATS, RESOLUTION, SYSTEMATIC, UNSEEN

__all__ = [
    "Block",
    "add_up",
    "block_j",
    "items_of",
    "parts_of",
    "power_rise",
    "repeats_u_j",
    "seen_j",
    "shrinkable_half_width",
    "with_repeats",
]

# Fewer rounds than this come out alike by chance, and their parts are taken for the repeats: that is too wide
# where a load in step with the sensor shows itself at each phase differently. Where rounds differ by more,
# they are believed as far as parts with a memory would make that likely.
_FEW_ROUNDS = 5
_FIGURE = re.compile(r"\d[\d.e+-]*")


@attrs.frozen(weakref_slot=False)
class Block:
    """Some calls measured together.

    Args:
        entries: what `wattwhat.acquisition.evaluation.account` gave, channel by channel.
        calls: number of calls.
        duration_s: their time in s.
        items: items in them, where the workload counts them itself.
        gap_s: time in s between the end of the block before and the begin of this one; infinite where none
            came before.
        parts: what it was added up from, in the order of time, where it is a round.
    """

    entries: Account
    calls: int
    duration_s: float
    items: float | None = None
    gap_s: float = math.inf
    parts: tuple[Block, ...] = ()


def add_up(blocks: Sequence[Block]) -> Account:
    """The blocks' energies added channel by channel.

    Gain, offset and model errors are the same in every block and add linearly, as does the step of a gauge,
    which rounds a steady power the same way every time, and what readings that take a while hold. What a
    sensor shows late at an edge of adjoining blocks is missing in one and shown in the other, so that only
    the outer edges are left. Everything else is independent from block to block. Blocks in which one was
    lost are filled with its mean power elsewhere, and half of what was filled in is its uncertainty.

    Args:
        blocks: blocks of one meter set, at least one.

    Returns:
        One entry a channel, as `wattwhat.acquisition.evaluation.account` gives them.
    """
    columns = zip(*(block.entries for block in blocks), strict=True)
    added: Account = []
    for column in columns:
        sensor = column[0][0]
        notes = _once_each([sentence for _, _, sentences in column for sentence in sentences])
        known = [(joules, block) for (_, joules, _), block in zip(column, blocks, strict=True) if joules]
        if not known:
            added.append((sensor, None, notes))
            continue
        joules = _sum(sensor, known, adjoining=len(known) == len(blocks))
        seen_s = sum(block.duration_s for _, block in known)
        all_s = sum(block.duration_s for block in blocks)
        if len(known) < len(blocks) and seen_s > 0.0:
            filled_j = joules.value_j * (all_s / seen_s - 1.0)
            joules = Joules(joules.value_j + filled_j, (*joules.parts, (LOST, 0.5 * abs(filled_j))))
            notes += (
                f"{sensor.channel.id}: {all_s - seen_s:.3g} s of {all_s:.3g} s lost, filled with its mean",
            )
        added.append((sensor, joules, notes))
    return added


def _once_each(sentences: Sequence[str]) -> tuple[str, ...]:
    """Sentences without those that differ from an earlier one by their figures only; that says how many."""
    alike: dict[str, list[str]] = {}
    for sentence in sentences:
        alike.setdefault(_FIGURE.sub("0", sentence), []).append(sentence)
    kept = []
    for group in alike.values():
        first, code = group[0], code_of(group[0])
        if len(set(group)) > 1:
            first = f"{first}; and alike {len(group) - 1} times more"
        kept.append(first if code is None else Caution(code, first))
    return tuple(kept)


def _sum(sensor: Any, known: Sequence[tuple[Joules, Block]], adjoining: bool) -> Joules:
    linear: dict[str, float] = {}
    square: dict[str, float] = {}
    gauge = not sensor.channel.is_counter
    for joules, _ in known:
        for source, u in joules.parts:
            if source in SYSTEMATIC or source == HELD or (gauge and source == RESOLUTION):
                linear[source] = linear.get(source, 0.0) + u
            elif source != EDGES:
                square[source] = square.get(source, 0.0) + u * u
    edges = [dict(joules.parts).get(EDGES, 0.0) for joules, _ in known]
    if any(edges):
        apart = [_apart(sensor, block) if adjoining else 1.0 for _, block in known[1:]]
        square[EDGES] = _edges_j2(edges, apart)
    pairs = [*linear.items(), *((source, math.sqrt(value)) for source, value in square.items())]
    return Joules(math.fsum(joules.value_j for joules, _ in known), tuple(pairs))


def _apart(sensor: Any, block: Block) -> float:
    """How independent a block's first edge is of the one before it: 0 adjoining, 1 a period or more away."""
    return min(1.0, block.gap_s / period_s(sensor.channel))


def _edges_j2(edges: Sequence[float], apart: Sequence[float]) -> float:
    """Variance in J2 of the sum from its edges: each block's is half at its begin and half at its end."""
    inner = math.fsum(
        (one * one + other * other) / 2.0 * far
        for one, other, far in zip(edges, edges[1:], apart, strict=False)
    )
    return (edges[0] ** 2 + edges[-1] ** 2) / 2.0 + inner


def items_of(blocks: Sequence[Block]) -> float | None:
    """Items in all blocks, or None where they were not counted in each."""
    counts = [block.items for block in blocks if block.items is not None]
    return sum(counts) if blocks and len(counts) == len(blocks) else None


def repeats_u_j(blocks: Sequence[Block], counted: set[str], budget: Budget, sure: bool = False) -> float:
    """Type A: the uncertainty in J of the sum that the spread of energy per call tells, beyond what is
    known to differ from block to block anyway.

    The spread of the blocks holds edges that they do not share, resolution and unseen time as well; what the
    budget has for those is taken off, so that together they make what the spread shows, or what the readings
    allow, whichever is more. Where neighbours resemble each other, fewer blocks count
    (`wattwhat.measuring.spread.spread_of_sum`).

    Args:
        blocks: at least two, or a round of parts; else 0 is returned and the caller has to say so.
        counted: ids of the channels that are added.
        budget: budget of the sum so far.
        sure: as `wattwhat.measuring.spread.Spread.sure_u`, to decide on.
    """
    if len(parts_of(blocks)) < 2:
        return 0.0
    spread, shared = _spread(blocks, counted)
    spread_u = spread.sure_u if sure else spread.u
    sources = (RESOLUTION, UNSEEN) if shared else (EDGES, RESOLUTION, UNSEEN)
    known_j = math.hypot(*(budget.get(source) for source in sources))
    return math.sqrt(max(spread_u**2 - known_j**2, 0.0))


def _spread(blocks: Sequence[Block], counted: set[str]) -> tuple[Spread, bool]:
    """The spread of energy per call, for the sum over all calls, and whether neighbours share their edges."""
    parts = parts_of(blocks)
    if len(blocks) < min(_FEW_ROUNDS, len(parts)):
        found, rounds = (spread_of_sum(_per_call(some, counted)) for some in (parts, blocks))
        return attrs.evolve(found, u=max(found.u, min(rounds.u, found.sure_u))), False
    edges = [
        (_edge_j(sensor, joules, block), _apart(sensor, block))
        for block in blocks[1:]
        for sensor, joules, _ in block.entries
        if joules is not None and sensor.channel.id in counted
    ]
    shared = bool(edges) and all(far < 0.5 for _, far in edges)
    # a block's part for its edges is that of both of them
    shared_j = math.sqrt(math.fsum(u * u for u, _ in edges) / (2.0 * (len(blocks) - 1))) if shared else 0.0
    spread = spread_of_sum(_per_call(blocks, counted), shared_j)
    if len(parts) > len(blocks):
        # a few rounds do not show that neighbours resemble each other; their parts do
        among = spread_of_sum(_per_call(parts, counted))
        if among.independent < 0.5 * len(parts):
            spread = Spread(
                max(spread.u, among.u),
                max(spread.sure_u, among.sure_u),
                min(spread.independent, among.independent),
            )
    return spread, shared


def _edge_j(sensor: Any, joules: Joules, block: Block) -> float:
    """What a block may have of its neighbours by its two edges in J, as a standard deviation.

    Where a counter's course tells the edges better than its readings, blocks that keep step with it may still
    be wrong by its tick all in turns.
    """
    known_j = dict(joules.parts).get(EDGES, 0.0)
    if not (known_j and sensor.channel.is_counter and block.duration_s > 0.0):
        return known_j
    mean_w = abs(joules.value_j) / block.duration_s
    return max(known_j, gain_u_j(period_s(sensor.channel), mean_w, SPREAD * mean_w))


def _per_call(blocks: Sequence[Block], counted: set[str]) -> list[float]:
    """Energies in J as if all blocks had the same number of calls: what each has more than its calls make.

    The energy of a call is a ratio of two sums (Cochran 1977, chapter 6); the mean of the blocks' ratios is
    another one where blocks of slow calls have fewer of them.
    """
    energies_j, calls = [_counted_j(block, counted) for block in blocks], [block.calls for block in blocks]
    call_j, mean = math.fsum(energies_j) / sum(calls), sum(calls) / len(calls)
    return [energy_j + call_j * (mean - count) for energy_j, count in zip(energies_j, calls, strict=True)]


def _counted_j(block: Block, counted: set[str]) -> float:
    return math.fsum(
        joules.value_j
        for sensor, joules, _ in block.entries
        if joules is not None and sensor.channel.id in counted
    )


def shrinkable_half_width(blocks: Sequence[Block], counted: set[str], sure: bool = False) -> float:
    """Relative half-width of the 95 % interval of energy per call, of what repeats can shrink.

    Args:
        blocks: measured so far.
        counted: ids of the channels that are added.
        sure: with the spread as `wattwhat.measuring.spread.Spread.sure_u`, to decide on.

    Returns:
        Half-width over value; infinite for fewer than two blocks or no energy.
    """
    if len(blocks) < 2:
        return math.inf
    entries = [
        (sensor, joules) for sensor, joules, _ in add_up(blocks) if joules and sensor.channel.id in counted
    ]
    energy, budget = total((sensor.channel, joules) for sensor, joules in entries)
    repeats_j = repeats_u_j(blocks, counted, budget, sure)
    # the step of a gauge rounds a steady power the same way every time, and readings hold each block alike
    steps = [dict(j.parts).get(RESOLUTION, 0.0) for sensor, j in entries if not sensor.channel.is_counter]
    lasting_j = math.hypot(budget.get(HELD), *steps)
    shrinkable_j = math.sqrt(max(budget.shrinkable_u**2 - lasting_j**2, 0.0))
    value = abs(energy.value)
    return _Z95 * math.hypot(shrinkable_j, repeats_j) / value if value > 0.0 else math.inf


def with_repeats(budget: Budget, repeats_j: float) -> Budget:
    """The budget with the type A part added."""
    return Budget.of([*budget, (REPEATS, repeats_j)])


def block_j(block: Block, counted: set[str]) -> float | None:
    """The energy in J of the counted channels that were seen; None if none was."""
    values = [j.value_j for sensor, j, _ in block.entries if j is not None and sensor.channel.id in counted]
    return math.fsum(values) if values else None


def seen_j(blocks: Sequence[Block], counted: set[str]) -> tuple[list[float], list[float]]:
    """Energies and durations of the blocks; none at all where a channel was lost in some of them."""
    entries = [j for block in blocks for sensor, j, _ in block.entries if sensor.channel.id in counted]
    if any(j is None or any(source == LOST for source, _ in j.parts) for j in entries):
        return [], []
    return [block_j(block, counted) or 0.0 for block in blocks], [block.duration_s for block in blocks]


def parts_of(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, and in place of each round its parts."""
    return [part for block in blocks for part in block.parts or (block,)]


def power_rise(blocks: Sequence[Block], counted: set[str]) -> int:
    """How many of the first blocks were measured before the power had risen."""
    return rising_blocks(*seen_j(blocks, counted))
