"""From a finding to a meter, and the doubtful conditions of a GPU: needed once there is a GPU."""

from __future__ import annotations

import os
from typing import Any

from wattwhat.records.channel import Channel
from wattwhat.sensing.host import host_name
from wattwhat_amdsmi.devices import Device
from wattwhat_amdsmi.library import Library
from wattwhat_amdsmi.meters import AmdSmiMeter, EnergyMeter, PowerMeter
from wattwhat_amdsmi.survey import Finding

__all__ = ["GAIN_ERROR", "conditions_of", "meter_of"]

# AMD states no accuracy. Ours, and wide: a limit of +-10 %, rectangular, so 0.10 / sqrt(3).
GAIN_ERROR = 0.058


def meter_of(library: Library, found: Finding, key: str) -> AmdSmiMeter:
    """The meter of a package.

    Args:
        library: the started library.
        found: what is read of the package.
        key: PCI address of the GPU that is read.
    """
    first = found.package[0]
    call = EnergyMeter.call_name if found.quantity == "energy" else f"{PowerMeter.call_name}: {found.field}"
    channel = Channel(
        id=f"{host_name()}/amdsmi/{_id_part(first)}/gpu",
        backend="amdsmi",
        device=first.name,
        component="gpu",
        quantity=found.quantity,
        resolution=found.resolution,
        gain_error=GAIN_ERROR,
        max_power_w=first.max_power_w,
        source=call,
    )
    if found.field is None:
        return EnergyMeter(library, key, channel, found.package)
    return PowerMeter(library, key, channel, found.package, found.field)


def _id_part(device: Device) -> str:
    """AMD SMI's UUID, which every version gives through the same call; else the PCI address."""
    return f"GPU-{device.uuid}" if device.uuid else device.key


def conditions_of(library: Library, key: str, handle: Any) -> list[str]:
    """Sentences on what makes one GPU's readings doubtful now.

    Args:
        library: the started library; over one of another release nothing is asked.
        key: PCI address of the GPU.
        handle: its handle.
    """
    said: list[str] = []
    listed = library.ask_versioned("amdsmi_get_gpu_process_list", handle) or []
    others = {int(process.get("pid") or 0) for process in listed if isinstance(process, dict)} - {
        0,
        os.getpid(),
    }
    if others:
        pids = ", ".join(map(str, sorted(others)))
        said.append(f"GPU {key}: other processes use it too (pid {pids}); their energy is counted in")
    metrics = library.ask_versioned("amdsmi_get_gpu_metrics_info", handle) or {}
    throttled = metrics.get("throttle_status")
    if isinstance(throttled, int) and throttled:
        said.append(f"GPU {key}: it is being throttled (throttle status {int(throttled):#x})")
    return said
