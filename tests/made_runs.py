"""Measurements made for tests of what is done with them: comparing, combining, exporting."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from wattwhat import Channel, Measurement, Quantity
from wattwhat.energy.joules import Joules, sensor_parts
from wattwhat.energy.totals import total
from wattwhat.records.channel_energy import ChannelEnergy

START = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)


def channel(name: str = "h/x/gpu-0", component: str = "gpu", **fields: Any) -> Channel:
    return Channel(
        name, fields.pop("backend", "x"), fields.pop("device", "a GPU"), component, "energy", **fields
    )


def reading(
    what: Channel, joules: float | None, *, random_j: float = 0.0, seconds: float = 10.0, **fields: Any
) -> tuple[ChannelEnergy, Joules | None]:
    """One channel's entry, and the parts of its uncertainty."""
    provenance = fields.get("provenance", "measured")
    if joules is None:
        return ChannelEnergy(what, None, provenance, False), None
    parts = (("resolution", random_j), *sensor_parts(joules, seconds, what, provenance))
    known = Joules(joules, parts)
    return ChannelEnergy(what, known.quantity, provenance, fields.get("counted", True)), known


def run(
    *readings: tuple[ChannelEnergy, Joules | None], label: str = "run", begin_s: float = 0.0, **fields: Any
) -> Measurement:
    """A measurement of these readings; its sum and budget are worked out as the core does."""
    energy, budget = total(
        (entry.channel, joules) for entry, joules in readings if entry.counted and joules is not None
    )
    kinds = {entry.provenance for entry, _ in readings if entry.counted}
    fields.setdefault("duration_s", 10.0)
    fields.setdefault("started_at", START + timedelta(seconds=begin_s))
    fields.setdefault("provenance", kinds.pop() if len(kinds) == 1 else "mixed")
    return Measurement(
        label=label,
        energy_j=Quantity(energy.value, budget.u if energy.known else float("inf"), "J"),
        channels=tuple(entry for entry, _ in readings),
        budget=budget,
        **fields,
    )


def simple(joules: float = 100.0, u: float = 1.0, label: str = "run", **fields: Any) -> Measurement:
    """A run of one GPU whose whole uncertainty is random, the spread of its blocks in it."""
    fields = {"calls": 10, "items": 100, "details": {"blocks": 10}, **fields}
    what = fields.pop("channel", channel())
    return run(reading(what, joules, random_j=u), label=label, **fields)
