"""From the energies of channels over a window to its Measurement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from wattwhat.acquisition.channel_warnings import joined
from wattwhat.acquisition.evaluation import Account
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.energy.totals import left_out, total, total_j
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.containment import counted_ids
from wattwhat.records.copies import copier, late_copier
from wattwhat.records.folding import LATER
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.validators import Provenance
from wattwhat.sensing.launch import shared_warnings

__all__ = ["measurement_of", "so_far_of"]


def measurement_of(
    meter_set: MeterSet,
    entries: Account,
    *,
    label: str,
    duration_s: float,
    started_ns: int | None,
    environment: Mapping[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
    **fields: Any,
) -> Measurement:
    """The Measurement for these entries.

    Args:
        meter_set: where they come from; its warnings are carried along.
        entries: what `account` found.
        label: name of what was measured.
        duration_s: length of the span in s.
        started_ns: wall-clock time of its beginning in ns since 1970, or None.
        environment: description of the machine.
        warnings: further sentences.
        **fields: further fields of the Measurement.
    """
    counted = _counted(meter_set, entries)
    channels = tuple(
        ChannelEnergy(
            sensor.channel,
            None if joules is None else joules.quantity,
            sensor.provenance,
            sensor.channel.id in counted,
        )
        for sensor, joules, _ in entries
    )
    energy, budget = total(
        (sensor.channel, joules) for sensor, joules, _ in entries if joules and sensor.channel.id in counted
    )
    fields.setdefault("provenance", _provenance(channels))
    baseline = meter_set.baseline
    if baseline is not None and "idle_power_w" not in fields and baseline[0] == counted:
        fields["idle_power_w"] = baseline[1]
        warnings += baseline[2]
    of_channels = [notes for _, _, notes in entries]
    return Measurement(
        label=label,
        energy_j=energy,
        duration_s=duration_s,
        channels=channels,
        budget=budget,
        warnings=joined(
            meter_set.warnings, shared_warnings(channels), warnings, *of_channels, left_out(channels)
        ),
        environment=environment,
        started_at=None if started_ns is None else datetime.fromtimestamp(started_ns * 1e-9, timezone.utc),
        **fields,
    )


def so_far_of(
    meter_set: MeterSet,
    entries: Account,
    *,
    label: str,
    duration_s: float,
    items: float | None,
    **fields: Any,
) -> Measurement:
    """As `measurement_of`, for who asks again and again in the middle of work: the energy is added up now,
    and everything else is made when it is first asked for.
    """
    counted = _counted(meter_set, entries)
    value_j, u_j = total_j(
        [(sensor.channel, joules) for sensor, joules, _ in entries if joules and sensor.channel.id in counted]
    )
    joules, measurement = _later()
    fields.update(label=label, duration_s=duration_s, items=items)
    made: Measurement = measurement(
        label, joules(value_j, u_j), duration_s, items, (meter_set, entries, fields)
    )
    return made


@lru_cache(maxsize=1)
def _later() -> tuple[Callable[..., Quantity], Callable[..., Measurement]]:
    like = Measurement(label="", energy_j=Quantity(0.0, 0.0, "J"))
    now = ["label", "energy_j", "duration_s", "items"]
    return copier(like.energy_j, "value", "u"), late_copier(like, now, LATER, _rest)


def _rest(meter_set: MeterSet, entries: Account, fields: dict[str, Any]) -> tuple[Any, ...]:
    made = measurement_of(meter_set, entries, **fields)
    return tuple([getattr(made, name) for name in LATER])


def _counted(meter_set: MeterSet, entries: Account) -> set[str]:
    """Ids to add: where a channel was lost, those inside it stand in as far as they go."""
    lost = {sensor.channel.id for sensor, joules, _ in entries if joules is None}
    if not lost and len(entries) == len(meter_set.inputs):
        return {sensor.channel.id for sensor, _, _ in entries if sensor.counted}
    everywhere = counted_ids(sensor.channel for sensor, _, _ in entries)
    if not lost:
        return everywhere
    rest = counted_ids(sensor.channel for sensor, _, _ in entries if sensor.channel.id not in lost)
    return rest | (lost & everywhere)


def _provenance(channels: tuple[ChannelEnergy, ...]) -> Provenance:
    kinds = {channel.provenance for channel in channels if channel.counted and channel.energy_j is not None}
    kinds = kinds or {channel.provenance for channel in channels} or {"measured"}
    return kinds.pop() if len(kinds) == 1 else "mixed"
