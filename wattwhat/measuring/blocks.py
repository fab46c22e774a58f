"""Repeated blocks of calls: their sum, their spread (type A), and how far apart the two are known."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import attrs

from wattwhat.acquisition.evaluation import Account
from wattwhat.energy.joules import Joules
from wattwhat.energy.totals import total
from wattwhat.measuring.steady_state import rising_blocks
from wattwhat.records.budget import Budget
from wattwhat.records.coverage import _Z95, student_factor
from wattwhat.records.sources import EDGES, LOST, REPEATS, RESOLUTION, SYSTEMATIC, UNSEEN

__all__ = [
    "Block",
    "add_up",
    "block_j",
    "items_of",
    "power_rise",
    "repeats_u_j",
    "seen_j",
    "shrinkable_half_width",
    "with_repeats",
]

_RANDOM = (EDGES, RESOLUTION, UNSEEN)
_FIGURE = re.compile(r"\d[\d.e+-]*")


@attrs.frozen(weakref_slot=False)
class Block:
    """Some calls measured together.

    Args:
        entries: what `wattwhat.acquisition.evaluation.account` found, line by line.
        calls: number of calls.
        duration_s: their time in s.
        items: items in them, where the workload counts them itself.
    """

    entries: Account
    calls: int
    duration_s: float
    items: float | None = None


def add_up(blocks: Sequence[Block]) -> Account:
    """The blocks' energies added line by line.

    Gain, offset and model errors are the same in every block and add linearly; edges, resolution and
    unseen time are independent from block to block. Blocks in which a line was lost are filled with its
    mean power elsewhere, and half of what was filled in is its uncertainty.

    Args:
        blocks: blocks of one meter set, at least one.

    Returns:
        One entry a line, as `wattwhat.acquisition.evaluation.account` gives them.
    """
    columns = zip(*(block.entries for block in blocks), strict=True)
    added: Account = []
    for column in columns:
        line = column[0][0]
        words = _told_once([sentence for _, _, sentences in column for sentence in sentences])
        known = [
            (joules, block.duration_s) for (_, joules, _), block in zip(column, blocks, strict=True) if joules
        ]
        if not known:
            added.append((line, None, words))
            continue
        joules = _sum([joules for joules, _ in known])
        seen_s, all_s = sum(seconds for _, seconds in known), sum(block.duration_s for block in blocks)
        if len(known) < len(blocks) and seen_s > 0.0:
            filled_j = joules.value_j * (all_s / seen_s - 1.0)
            joules = Joules(joules.value_j + filled_j, (*joules.parts, (LOST, 0.5 * abs(filled_j))))
            words += (
                f"{line.channel.id}: {all_s - seen_s:.3g} s of {all_s:.3g} s lost, filled with its mean",
            )
        added.append((line, joules, words))
    return added


def _told_once(sentences: Sequence[str]) -> tuple[str, ...]:
    """Sentences without those that differ from an earlier one by their figures only; that says how many."""
    alike: dict[str, list[str]] = {}
    for sentence in sentences:
        alike.setdefault(_FIGURE.sub("0", sentence), []).append(sentence)
    return tuple(
        group[0] if len(set(group)) == 1 else f"{group[0]}; and alike {len(group) - 1} times more"
        for group in alike.values()
    )


def _sum(parts: Sequence[Joules]) -> Joules:
    linear: dict[str, float] = {}
    square: dict[str, float] = {}
    for joules in parts:
        for source, u in joules.parts:
            if source in SYSTEMATIC:
                linear[source] = linear.get(source, 0.0) + u
            else:
                square[source] = square.get(source, 0.0) + u * u
    pairs = [*linear.items(), *((source, math.sqrt(value)) for source, value in square.items())]
    return Joules(math.fsum(joules.value_j for joules in parts), tuple(pairs))


def items_of(blocks: Sequence[Block]) -> float | None:
    """Items in all blocks, or None where they were not counted in each."""
    counts = [block.items for block in blocks if block.items is not None]
    return sum(counts) if blocks and len(counts) == len(blocks) else None


def repeats_u_j(blocks: Sequence[Block], counted: set[str], budget: Budget) -> float:
    """Type A: the uncertainty in J of the sum that the spread of energy per call tells, beyond what is
    known to differ from block to block anyway.

    The spread of the blocks holds edges, resolution and unseen time as well; what the budget has for
    those is taken off, so that together they make what the spread shows, or what the readings allow,
    whichever is more.

    Args:
        blocks: at least two, else 0 is returned and the caller has to say so.
        counted: ids of the channels that are added.
        budget: budget of the sum so far.
    """
    if len(blocks) < 2:
        return 0.0
    per_call = [_counted_j(block, counted) / block.calls for block in blocks]
    calls = sum(block.calls for block in blocks)
    mean = math.fsum(x * block.calls for x, block in zip(per_call, blocks, strict=True)) / calls
    variance = math.fsum((x - mean) ** 2 for x in per_call) / (len(per_call) - 1)
    spread_j = math.sqrt(variance / len(per_call)) * student_factor(len(per_call)) * calls
    known_j = math.hypot(*(budget.get(source) for source in _RANDOM))
    return math.sqrt(max(spread_j**2 - known_j**2, 0.0))


def _counted_j(block: Block, counted: set[str]) -> float:
    return math.fsum(
        joules.value_j
        for line, joules, _ in block.entries
        if joules is not None and line.channel.id in counted
    )


def shrinkable_half_width(blocks: Sequence[Block], counted: set[str]) -> float:
    """Relative half-width of the 95 % interval of energy per call, of what repeats can shrink.

    Args:
        blocks: measured so far.
        counted: ids of the channels that are added.

    Returns:
        Half-width over value; infinite for fewer than two blocks or no energy.
    """
    if len(blocks) < 2:
        return math.inf
    energy, budget = total(
        (line.channel, joules) for line, joules, _ in add_up(blocks) if joules and line.channel.id in counted
    )
    repeats_j = repeats_u_j(blocks, counted, budget)
    value = abs(energy.value)
    return _Z95 * math.hypot(budget.shrinkable_u, repeats_j) / value if value > 0.0 else math.inf


def with_repeats(budget: Budget, repeats_j: float) -> Budget:
    """The budget with the type A part added."""
    return Budget.of([*budget, (REPEATS, repeats_j)])


def block_j(block: Block, counted: set[str]) -> float | None:
    """The energy in J of the counted channels that were seen; None if none was."""
    values = [j.value_j for line, j, _ in block.entries if j is not None and line.channel.id in counted]
    return math.fsum(values) if values else None


def seen_j(blocks: Sequence[Block], counted: set[str]) -> tuple[list[float], list[float]]:
    """Energies and durations of the blocks; none at all where a channel was lost in some of them."""
    entries = [j for block in blocks for line, j, _ in block.entries if line.channel.id in counted]
    if any(j is None or any(source == LOST for source, _ in j.parts) for j in entries):
        return [], []
    return [block_j(block, counted) or 0.0 for block in blocks], [block.duration_s for block in blocks]


def power_rise(blocks: Sequence[Block], counted: set[str]) -> int:
    """How many of the first blocks were measured before the power had risen."""
    return rising_blocks(*seen_j(blocks, counted))
