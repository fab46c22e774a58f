"""Which channels concern a workload: those that were asked for, those of its devices, else all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.errors import ArgumentError
from wattwhat.sensing.meter import device_uuids_of
from wattwhat.workloads.base import Workload

__all__ = ["Concerned", "check_devices", "concerned"]

_MOST_NAMED = 8


@attrs.frozen
class Concerned:
    """The channels that count for a workload.

    Args:
        only: their ids; None for all.
        warnings: sentences about what was taken and what was left out.
        details: the same for the Measurement's details; empty where no choice was made.
    """

    only: frozenset[str] | None = None
    warnings: tuple[str, ...] = ()
    details: dict[str, Any] = attrs.field(factory=dict)


def check_devices(devices: Any) -> tuple[str, ...] | None:
    """The names that were given, as a tuple.

    Raises:
        ArgumentError: they are no list of names.

    Example:
        >>> check_devices(["NVIDIA H100"]), check_devices(None)
        (('NVIDIA H100',), None)
    """
    if devices is None:
        return None
    if isinstance(devices, str) or not isinstance(devices, Iterable):
        raise ArgumentError(argument="devices", expected="a list of names such as ['GPU 0']", got=devices)
    names = tuple(devices)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ArgumentError(
            argument="devices", expected="names of devices or ids of channels", got=list(names)
        )
    return names


def concerned(workload: Workload, meter_set: MeterSet, devices: Sequence[str] | None = None) -> Concerned:
    """The channels of a meter set that concern a workload.

    Args:
        workload: what is measured; asked for the accelerators that it runs on.
        meter_set: the open meters.
        devices: names of devices, their UUIDs or ids of channels that count; None asks the workload.

    Raises:
        ArgumentError: a name is that of no channel, or no channel measures where the workload runs.
    """
    if devices is not None:
        return _asked_for(meter_set, devices)
    known = workload.devices()
    accelerators = [sensor.channel.id for sensor in meter_set.inputs if device_uuids_of(sensor.meter)]
    if not accelerators:
        return Concerned()
    if known is None:
        note = (
            f"on which devices {workload.label!r} runs is not known, so all are counted, with "
            f"{_some(accelerators)}; devices=[...] names those that are to count"
        )
        return Concerned(warnings=(note,))
    kept = [
        sensor.channel.id
        for sensor in meter_set.inputs
        if not device_uuids_of(sensor.meter) or device_uuids_of(sensor.meter) & set(known)
    ]
    if not kept:
        raise ArgumentError(
            f"they measure {_some(accelerators)} only, and {workload.label!r} runs elsewhere",
            argument="backends",
            remedy="leave backends out",
        )
    left_out = [channel_id for channel_id in accelerators if channel_id not in kept]
    if not left_out:
        return Concerned(frozenset(kept))
    where = "the accelerators its tensors are on" if known else "the CPU"
    note = f"{workload.label!r} runs on {where}: left out {_some(left_out)}; devices=[...] counts others"
    return Concerned(frozenset(kept), (note,), _details(kept, left_out))


def _asked_for(meter_set: MeterSet, devices: Sequence[str]) -> Concerned:
    kept: set[str] = set()
    for name in devices:
        ids = {sensor.channel.id for sensor in meter_set.inputs if _is_called(sensor, name)}
        if not ids:
            known = dict.fromkeys(sensor.channel.device for sensor in meter_set.inputs)
            raise ArgumentError(
                f"{name!r} is none of those measured here: {_some(list(known))}", argument="devices"
            )
        kept |= ids
    ordered = [sensor.channel.id for sensor in meter_set.inputs if sensor.channel.id in kept]
    left_out = [sensor.channel.id for sensor in meter_set.inputs if sensor.channel.id not in kept]
    return Concerned(frozenset(kept), (), _details(ordered, left_out))


def _is_called(sensor: Any, name: str) -> bool:
    channel = sensor.channel
    return name in (channel.id, channel.device) or name.removeprefix("GPU-") in device_uuids_of(sensor.meter)


def _details(counted: list[str], left_out: list[str]) -> dict[str, Any]:
    return {"devices": {"counted": counted, "left_out": left_out}}


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
