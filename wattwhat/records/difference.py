"""What one measurement took more than another one: what both err by alike cancels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.budget import Budget
from wattwhat.records.channel_energy import ChannelEnergy, own_u
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import GAIN, MODEL, OFFSET, SYSTEMATIC, remaining_u

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["difference"]


def difference(one: Measurement, other: Measurement, per: str | None) -> Measurement:
    """The measurement `one` less `other`; see `Measurement.minus`."""
    factor = _factor(one, other, per)
    value_j = one.energy_j.value - factor * other.energy_j.value
    budget = _budget(one, other, factor)
    same = per is None and one.duration_s != other.duration_s
    return attrs.evolve(
        one,
        label=f"{one.label} - {other.label}",
        energy_j=Quantity(value_j, budget.u, "J"),
        duration_s=None if same or per is not None else one.duration_s,
        calls=one.calls if per == "call" or one.calls == other.calls else None,
        items=one.items if per == "item" or one.items == other.items else None,
        channels=(),
        provenance=one.provenance if one.provenance == other.provenance else "mixed",
        idle_power_w=None,
        budget=budget,
        metrics={},
        warnings=tuple(dict.fromkeys((*one.warnings, *other.warnings))),
        details={
            "minus": other.label,
            "factor": factor,
            "energies_j": [one.energy_j.value, other.energy_j.value],
        },
        timeline=None,
    )


def _factor(one: Measurement, other: Measurement, per: str | None) -> float:
    if per is None:
        return 1.0
    if per not in ("call", "item"):
        raise ArgumentError(f"per: expected 'call', 'item' or None, got {per!r}")
    mine, others = (getattr(m, f"{per}s") for m in (one, other))
    if not mine or not others:
        lacking = one.label if not mine else other.label
        raise ArgumentError(f"per: {lacking!r} does not know how many {per}s it had; leave per out")
    return float(mine) / float(others)


def _budget(one: Measurement, other: Measurement, factor: float) -> Budget:
    parts = [(source, u) for source, u in one.budget.without(*SYSTEMATIC)]
    parts += [(source, factor * u) for source, u in other.budget.without(*SYSTEMATIC)]
    # what a budget does not name
    parts += [
        ("not itemised", scale * remaining_u(m.energy_j.u, m.budget.u))
        for m, scale in ((one, 1.0), (other, factor))
    ]
    for source in SYSTEMATIC:
        parts.append((source, _shared_j(source, one, other, factor)))
    return Budget.of(parts)


def _shared_j(source: str, one: Measurement, other: Measurement, factor: float) -> float:
    """Of one source that a sensor has in all its readings: what is left of it in the difference, in J."""
    mine_j, others_j = one.budget.get(source), factor * other.budget.get(source)
    mine, others = _by_id(one), _by_id(other)
    if not mine or mine.keys() != others.keys():
        return math.hypot(mine_j, others_j)
    if source == OFFSET or len(mine) == 1:
        return abs(mine_j - others_j)
    # channel by channel, so that what one took more does not hide what another one took less
    assert source in (GAIN, MODEL)
    apart = math.fsum(abs(own_u(source, mine[id]) - factor * own_u(source, others[id])) for id in mine)
    return max(apart, abs(mine_j - others_j))


def _by_id(one: Measurement) -> dict[str, ChannelEnergy]:
    return {entry.channel.id: entry for entry in one.channels if entry.counted and entry.energy_j is not None}
