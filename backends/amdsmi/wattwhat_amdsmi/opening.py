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
from wattwhat_amdsmi.values import cap_w

__all__ = ["GAIN_ERROR", "conditions_of", "meter_of", "state_of"]

# AMD states no accuracy. Ours, and wide: a limit of +-10 %, rectangular, so 0.10 / sqrt(3).
GAIN_ERROR = 0.058


def meter_of(library: Library, finding: Finding, key: str) -> AmdSmiMeter:
    """The meter of a package.

    Args:
        library: the started library.
        finding: what is read of the package.
        key: PCI address of the GPU that is read.
    """
    first = finding.package[0]
    call = (
        EnergyMeter.call_name if finding.quantity == "energy" else f"{PowerMeter.call_name}: {finding.field}"
    )
    channel = Channel(
        id=f"{host_name()}/amdsmi/{_id_part(first)}/gpu",
        backend="amdsmi",
        device=first.name,
        component="gpu",
        quantity=finding.quantity,
        resolution=finding.resolution,
        gain_error=GAIN_ERROR,
        max_power_w=first.max_power_w,
        source=call,
    )
    if finding.field is None:
        return EnergyMeter(library, key, channel, finding.package)
    return PowerMeter(library, key, channel, finding.package, finding.field)


def _id_part(device: Device) -> str:
    """AMD SMI's UUID, which every version gives through the same call; else the PCI address."""
    return f"GPU-{device.uuid}" if device.uuid else device.key


def _others(library: Library, handle: Any) -> set[int]:
    """Processes on the GPU beside this one."""
    listed = library.ask_versioned("amdsmi_get_gpu_process_list", handle) or []
    return {int(process.get("pid") or 0) for process in listed if isinstance(process, dict)} - {
        0,
        os.getpid(),
    }


# Of each name: the field of AMD SMI's metrics, in its own unit (degrees Celsius, MHz).
_STATE = {
    "temperature_c": "temperature_hotspot",
    "clock_mhz": "current_gfxclk",
    "memory_clock_mhz": "current_uclk",
}
_NOT_THERE = (0xFFFF, 0xFFFFFFFF)  # what AMD SMI writes into fields that a GPU does not fill


def state_of(library: Library, key: str, handle: Any) -> dict[str, Any]:
    """Settings and state of one GPU, as `Backend.device_conditions` names them.

    Args:
        library: the started library; over one of another release nothing is asked.
        key: PCI address of the GPU.
        handle: its handle.
    """
    metrics = library.ask_versioned("amdsmi_get_gpu_metrics_info", handle) or {}
    state: dict[str, Any] = {
        name: float(metrics[field])
        for name, field in _STATE.items()
        if isinstance(metrics.get(field), (int, float)) and metrics[field] not in _NOT_THERE
    }
    cap = library.ask_versioned("amdsmi_get_power_cap_info", handle) or {}
    for name, field in (("power_limit_w", "power_cap"), ("default_power_limit_w", "default_power_cap")):
        watts = cap_w({"power_cap": cap.get(field)})
        if watts is not None:
            state[name] = watts
    status = metrics.get("throttle_status")
    if isinstance(status, int) and status not in _NOT_THERE:
        state["throttled"] = [f"throttle status {status:#x}"] if status else []
    return {**state, "other_processes": len(_others(library, handle))}


def conditions_of(library: Library, key: str, handle: Any) -> list[str]:
    """Sentences on what makes one GPU's readings doubtful now.

    Args:
        library: the started library; over one of another release nothing is asked.
        key: PCI address of the GPU.
        handle: its handle.
    """
    sentences: list[str] = []
    others = _others(library, handle)
    if others:
        pids = ", ".join(map(str, sorted(others)))
        sentences.append(f"GPU {key}: other processes use it too (pid {pids}); their energy is counted in")
    metrics = library.ask_versioned("amdsmi_get_gpu_metrics_info", handle) or {}
    throttled = metrics.get("throttle_status")
    if isinstance(throttled, int) and throttled:
        sentences.append(f"GPU {key}: it is being throttled (throttle status {int(throttled):#x})")
    return sentences
