"""Spans of one run added up on its timeline: their union, each moment once; errors cancel or add as they do.

Measurements of other runs lie on other timelines; `wattwhat.analysis.aggregation` adds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.analysis.agreement import (
    added,
    agreed,
    counting,
    joint_environment,
    joint_label,
    joint_provenance,
)
from wattwhat.records.assumptions import power_limit_w, reach_w
from wattwhat.records.budget import Budget
from wattwhat.records.caution import code_of
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import EDGES, GAIN, MODEL, OFFSET, SYSTEMATIC, UNSEEN
from wattwhat.records.timeline_points import MOST_SPANS, Place, TimelinePoints, packed, spent
from wattwhat.records.validators import MODELLED

__all__ = ["united"]

# A sum known within this part of itself (k=2) is not too short for its sensor, whatever its members are.
_SHORT = 0.25


def united(given: Sequence[Measurement]) -> list[Measurement]:
    """The measurements, with one in place of all that lie on one timeline."""
    for members in _unions(given):
        union = _union_of(members)
        begun = [one.started_at for one in members if one.started_at is not None]
        one = Measurement(
            label=joint_label(members),
            energy_j=union.energy_j,
            duration_s=union.duration_s,
            calls=added([one.calls for one in members]),
            items=added([one.items for one in members]),
            channels=union.channels,
            provenance=joint_provenance(union.channels),
            idle_power_w=_idle_of(members),
            budget=union.budget,
            metrics=agreed([one.metrics for one in members]),
            warnings=(*union.warnings, *counting(members)),
            environment=joint_environment(members),
            started_at=min(begun, default=None),
            details={"combined": len(members), "labels": sorted({m.label for m in members})[:100]},
            timeline=union.timeline,
        )
        kept = {id(member) for member in members}
        given = [*(other for other in given if id(other) not in kept), one]
    return list(given)


@attrs.frozen(eq=False)
class _Union:
    """What some spans of one run took together.

    Args:
        energy_j: of the counted channels.
        duration_s: seconds that lie in at least one of the spans.
        channels: as the members have them, each with its energy.
        budget: of the counted channels' sum.
        timeline: where the spans lie; None where they are too many to be kept.
        warnings: of the members, less those that hold of single spans only.
    """

    energy_j: Quantity
    duration_s: float
    channels: tuple[ChannelEnergy, ...]
    budget: Budget
    timeline: TimelinePoints | None
    warnings: tuple[str, ...]


def _unions(given: Sequence[Measurement]) -> list[list[Measurement]]:
    """Which of these lie on one timeline and share no joules with any other of them.

    Args:
        given: measurements.
    """
    groups: dict[tuple[Any, ...], list[Measurement]] = {}
    for one in given:
        if one.timeline is not None and _all_placed(one):
            counted = tuple(entry.channel.id for entry in one.channels if entry.counted)
            groups.setdefault((one.timeline.run, one.timeline.channels, counted), []).append(one)
    unions = []
    for members in groups.values():
        mine = {id(one) for one in members}
        ids = _ids(members)
        if len(members) > 1 and ids.isdisjoint(_ids(one for one in given if id(one) not in mine)):
            unions.append(members)
    return unions


def _all_placed(one: Measurement) -> bool:
    placed = () if one.timeline is None else one.timeline.channels
    known = [entry.channel.id for entry in one.channels if entry.energy_j is not None]
    return known == list(placed) and len(known) == len(one.channels)


def _ids(measurements: Iterable[Measurement]) -> set[str]:
    """The channels and all that they contain, by id, and the host where a sensor may cover an estimate."""
    ids: set[str] = set()
    for one in measurements:
        for entry in one.channels:
            ids.update((entry.channel.id, *entry.channel.contains))
            ids.add(f"{entry.channel.id.split('/', 1)[0]}\n{entry.channel.component}")
    return ids


def _union_of(members: Sequence[Measurement]) -> _Union:
    """The union of spans of one timeline.

    Args:
        members: one of the groups that `unions` gives.
    """
    spans = _merged(members)
    duration_s = math.fsum(end - begin for begin, end, _ in spans) * 1e-9
    entries, parts = [], []
    alike: dict[tuple[str, str], float] = {}
    for number, entry in enumerate(members[0].channels):
        edges = [
            (places[2 * number + side], sign)
            for _, _, places in spans
            for side, sign in ((0, -1.0), (1, 1.0))
        ]
        value_j, edges_j, unseen_j = spent(edges)
        # however much moves around short spans, their power lies between 0 and the limit
        edges_j = min(edges_j, duration_s * reach_w(value_j / duration_s, power_limit_w(entry.channel)))
        systematic = _systematic(entry, value_j, duration_s)
        u_j = math.hypot(edges_j, unseen_j, *systematic.values())
        entries.append(attrs.evolve(entry, energy_j=Quantity(value_j, u_j, "J")))
        if entry.counted:
            parts += [(EDGES, edges_j), (UNSEEN, unseen_j)]
            for source, part_j in systematic.items():
                key = (source, entry.channel.backend)
                alike[key] = alike.get(key, 0.0) + part_j
    parts += [pair for one in members for pair in one.budget.without(EDGES, UNSEEN, *SYSTEMATIC)]
    budget = Budget.of([*parts, *((source, u_j) for (source, _), u_j in alike.items())])
    whole_j = math.fsum(one.energy_j.value for one in entries if one.counted and one.energy_j is not None)
    energy_j = Quantity(whole_j, budget.u, "J")
    return _Union(
        energy_j, duration_s, tuple(entries), budget, _timeline(members, spans), _warnings(members, energy_j)
    )


def _systematic(entry: ChannelEnergy, value_j: float, duration_s: float) -> dict[str, float]:
    """What a channel says of itself: gain times energy, offset times duration, in J."""
    channel = entry.channel
    gain = MODEL if entry.provenance in MODELLED else GAIN
    terms = {gain: (channel.gain_error or 0.0) * abs(value_j), OFFSET: (channel.offset_w or 0.0) * duration_s}
    return {source: u_j for source, u_j in terms.items() if u_j}


def _merged(members: Sequence[Measurement]) -> list[tuple[int, int, list[Place]]]:
    """Spans that do not overlap, in order, with their places: begin and end of each channel in turn."""
    spans = sorted(
        ((begin, end, timeline.places(number)) for timeline in _timelines(members)
         for number, (begin, end, _) in enumerate(timeline.spans)),
        key=lambda span: span[:2],
    )  # fmt: skip
    merged: list[tuple[int, int, list[Place]]] = []
    for begin, end, places in spans:
        if not merged or begin > merged[-1][1]:
            merged.append((begin, end, places))
            continue
        first, last, before = merged[-1]
        # of spans that meet at one moment the later one's reading of it is the same place
        if end >= last:
            both = [place for pair in zip(before[::2], places[1::2], strict=True) for place in pair]
            merged[-1] = (first, end, both)
    return merged


def _timelines(members: Sequence[Measurement]) -> list[TimelinePoints]:
    return [one.timeline for one in members if one.timeline is not None]


def _timeline(
    members: Sequence[Measurement], spans: Sequence[tuple[int, int, list[Place]]]
) -> TimelinePoints | None:
    if len(spans) > MOST_SPANS:
        return None
    first = _timelines(members)[0]
    kept = tuple((begin, end, packed(places)) for begin, end, places in spans)
    return TimelinePoints(first.run, first.channels, kept)


def _warnings(members: Sequence[Measurement], energy_j: Quantity) -> tuple[str, ...]:
    known = 2.0 * energy_j.u <= _SHORT * abs(energy_j.value)
    warnings: Mapping[str, None] = dict.fromkeys(
        sentence
        for one in members
        for sentence in one.warnings
        if not (known and code_of(sentence) == "short")
    )
    return tuple(warnings)


def _idle_of(members: Sequence[Measurement]) -> Quantity | None:
    """Power at rest, where all know it: the mean over their time; baselines err alike."""
    known = [(one.idle_power_w, one.duration_s or 0.0) for one in members if one.idle_power_w is not None]
    whole_s = math.fsum(length_s for _, length_s in known)
    if len(known) < len(members) or not whole_s:
        return None
    value_w = math.fsum(idle.value * length_s for idle, length_s in known) / whole_s
    return Quantity(value_w, math.fsum(idle.u * length_s for idle, length_s in known) / whole_s, "W")
