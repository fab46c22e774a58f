"""What the chosen readings of several measurements add up to: energy, budget and channels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from wattwhat.analysis.contributions import independent_u_j, shares_of
from wattwhat.analysis.overlap import Seen, covered_s, densest
from wattwhat.records.budget import Budget
from wattwhat.records.channel import Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import EDGES, GAIN, LOST, MODEL, OFFSET, SYSTEMATIC
from wattwhat.records.validators import MODELLED

__all__ = ["merged_channels", "predicted_in", "summed"]

NOT_ITEMISED = "not itemised"
# Windows of fewer update periods lean on what is known of the power around them, and err alike by it.
_SHORT = 2.0
# Update period in s of a sensor for which nobody stated one.
_UNSTATED_S = 0.1
# Clocks and sums of blocks agree to about this; less is not worth a sentence.
_WORTH_SAYING_S = 0.01


def summed(
    given: Sequence[Measurement],
    seen: Sequence[Seen],
    chosen: Sequence[Seen],
    relatives: Mapping[str, frozenset[str]],
) -> tuple[Quantity, Budget, list[str]]:
    """The sum of the chosen readings in J, its budget, and sentences about what was not added.

    Args:
        given: the measurements.
        seen: all their readings.
        chosen: those that are added.
        relatives: for each key, the keys that share joules with it.
    """
    if not chosen:
        return Quantity(math.nan, math.inf, "J"), Budget(), ["no channel has an energy that is known"]
    parts: list[tuple[str, float]] = []
    alike: dict[tuple[str, str], float] = {}
    by_owner: dict[int, list[Seen]] = {}
    for one in chosen:
        by_owner.setdefault(one.owner, []).append(one)
    for owner, ones in sorted(by_owner.items()):
        for source, u_j in _random(given[owner], ones):
            if source == EDGES and _short(ones):
                alike[source, ""] = alike.get((source, ""), 0.0) + u_j
            else:
                parts.append((source, u_j))
        for source, backend, u_j in _systematic(given[owner], ones):
            alike[source, backend] = alike.get((source, backend), 0.0) + u_j
    missing, notes = _missing(seen, chosen, relatives)
    budget = Budget.of([*parts, *((source, u_j) for (source, _), u_j in alike.items()), (LOST, missing)])
    return Quantity(math.fsum(one.value_j for one in chosen), budget.u, "J"), budget, notes


def _short(ones: Iterable[Seen]) -> bool:
    """Whether a window was too short for its sensor: what it takes its power for is then alike in all."""
    return any(
        one.entry.provenance == "measured"
        and one.span.length_s < _SHORT * (one.entry.channel.update_period_s or _UNSTATED_S)
        for one in ones
    )


def predicted_in(parts: Iterable[tuple[str, float]]) -> list[str]:
    """A sentence where some of a sum was predicted and some was not; else none.

    Args:
        parts: provenance and joules of each summand.

    Example:
        >>> predicted_in([("measured", 40.0), ("predicted", 2.0)])
        ['2 J of the sum are predicted: nothing was run for them, and no sensor has seen them']
        >>> predicted_in([("predicted", 1.0), ("predicted", 2.0)])
        []
    """
    joules: dict[bool, list[float]] = {True: [], False: []}
    for provenance, value_j in parts:
        joules[provenance == "predicted"].append(value_j)
    if not (joules[True] and joules[False]):
        return []
    total = math.fsum(joules[True])
    return [f"{total:.4g} J of the sum are predicted: nothing was run for them, and no sensor has seen them"]


def _random(measurement: Measurement, ones: Sequence[Seen]) -> list[tuple[str, float]]:
    """The part of a measurement's budget that is its own, in proportion to the energy that is used of it."""
    counted_j = [entry.energy_j.value for entry in measurement.channels if entry.counted and entry.energy_j]
    whole_j, used_j = math.fsum(counted_j), math.fsum(one.value_j for one in ones)
    share = abs(used_j / whole_j) if whole_j and len(ones) != len(counted_j) else 1.0
    u_j = independent_u_j(measurement) * share
    budget = measurement.budget.without(*SYSTEMATIC)
    if not (budget and math.isfinite(u_j) and 0.0 < budget.u < math.inf):
        return [(NOT_ITEMISED, u_j)]
    return [(source, part * u_j / budget.u) for source, part in budget]


def _systematic(measurement: Measurement, ones: Iterable[Seen]) -> list[tuple[str, str, float]]:
    """Gain, model and offset of the readings that are used: (source, backend, u in J)."""
    shares: dict[Channel | None, list[tuple[str, float]]] = {}
    for share in shares_of(measurement):
        shares.setdefault(share.channel, []).append((share.source, share.u_j))
    terms = [(source, "", u_j) for source, u_j in shares.get(None, ())]
    for one in ones:
        channel = one.entry.channel
        stated = shares.get(channel, ()) if one.entry.counted else _stated(one)
        terms += [(source, channel.backend, u_j) for source, u_j in stated]
    return terms


def _stated(one: Seen) -> list[tuple[str, float]]:
    """What a channel that its own measurement did not count says of itself."""
    gain, offset = _gain_j(one.entry), (one.entry.channel.offset_w or 0.0) * one.span.length_s
    name = MODEL if one.entry.provenance in MODELLED else GAIN
    return [(source, u_j) for source, u_j in ((name, gain), (OFFSET, offset)) if u_j]


def _gain_j(entry: ChannelEnergy) -> float:
    value = 0.0 if entry.energy_j is None else entry.energy_j.value
    return (entry.channel.gain_error or 0.0) * abs(value)


def _missing(
    seen: Sequence[Seen], chosen: Sequence[Seen], relatives: Mapping[str, frozenset[str]]
) -> tuple[float, list[str]]:
    """What overlapping spans leave out, in J, with sentences; at the mean power of those left out."""
    taken = set(map(id, chosen))
    kept: dict[str, list[Seen]] = {}
    dropped: dict[str, list[Seen]] = {}
    for one in seen:
        if id(one) in taken:
            kept.setdefault(one.key, []).append(one)
        elif one.entry.counted:
            dropped.setdefault(one.key, []).append(one)
    squares, notes = [], list(_processes(kept))
    for key, ones in sorted(dropped.items()):
        covering = [one.span for relative in sorted(relatives[key]) for one in kept.get(relative, ())]
        seen_s, all_s = covered_s(covering), covered_s([*covering, *(one.span for one in ones)])
        length_s = math.fsum(one.span.length_s for one in ones)
        missing_s = max(all_s - seen_s, 0.0)
        if length_s:
            squares.append(missing_s * math.fsum(one.value_j for one in ones) / length_s)
        notes.append(_sentence(ones[0].entry.channel.id, len(ones), key in kept, seen_s, missing_s))
    return math.hypot(*squares), notes


def _sentence(channel_id: str, count: int, same: bool, seen_s: float, missing_s: float) -> str:
    why = "the same channel was counted" if same else "a channel that shares its joules was counted"
    sentence = f"{channel_id}: left out of {count} measurement(s), as {why} at that time ({seen_s:.4g} s)"
    if missing_s > _WORTH_SAYING_S:
        sentence += f"; {missing_s:.3g} s that only they cover are missing from the sum"
    return sentence


def _processes(kept: Mapping[str, Sequence[Seen]]) -> Iterable[str]:
    """A sentence for each estimate that several processes made."""
    counts: dict[str, int] = {}
    for ones in kept.values():
        if ones[0].entry.provenance == "estimated":
            counts[ones[0].entry.channel.id] = counts.get(ones[0].entry.channel.id, 0) + 1
    for channel_id, count in sorted(counts.items()):
        if count > 1:
            yield (
                f"{channel_id}: estimates of {count} processes were added; each holds the power at rest of "
                "all cores that it may use, so the rest of cores they share is in the sum more than once"
            )


def merged_channels(
    given: Sequence[Measurement], seen: Sequence[Seen], chosen: Sequence[Seen]
) -> tuple[ChannelEnergy, ...]:
    """The channels of the sum: counted ones, then what lies inside them, then what was lost everywhere."""
    taken = set(map(id, chosen))
    by_key: dict[str, list[Seen]] = {}
    for one in seen:
        by_key.setdefault(one.key, []).append(one)
    counted, inside = [], []
    for _, ones in sorted(by_key.items()):
        added = [one for one in ones if id(one) in taken]
        if added:
            counted.append(_merged(added, True))
        else:
            inside.append(_merged(densest(ones), False))
    known = {one.entry.channel.id for one in seen}
    lost = {
        entry.channel.id: attrs.evolve(entry, counted=False)
        for measurement in given
        for entry in measurement.channels
        if entry.channel.id not in known and not (entry.energy_j is not None and entry.energy_j.known)
    }
    return (*counted, *inside, *(entry for _, entry in sorted(lost.items())))


def _merged(ones: Sequence[Seen], counted: bool) -> ChannelEnergy:
    if len(ones) == 1:
        return attrs.evolve(ones[0].entry, counted=counted)
    longest = max(ones, key=lambda one: one.span.length_s).entry
    gains, offsets, rests = [], [], []
    for one in ones:
        gain, offset = _gain_j(one.entry), (one.entry.channel.offset_w or 0.0) * one.span.length_s
        gains.append(gain)
        offsets.append(offset)
        rests.append(math.sqrt(max(one.u_j**2 - gain**2 - offset**2, 0.0)))
    u_j = math.hypot(math.fsum(gains), math.fsum(offsets), *rests)
    return ChannelEnergy(
        longest.channel,
        Quantity(math.fsum(one.value_j for one in ones), u_j, "J"),
        longest.provenance,
        counted,
    )
