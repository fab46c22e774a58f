"""The device that a model would run on here: the GPU that holds it, else this machine's CPU."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from wattwhat.errors import ArgumentError, error_text
from wattwhat.plugins import pass_on
from wattwhat.predict.devices import Device, as_device, device
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.estimate.backend import watts_per_core
from wattwhat.sensing.host import cpu_model

__all__ = ["device_for"]


def device_for(given: Device | str | None, model: Any = None) -> tuple[Device, tuple[str, ...]]:
    """The device to predict for, and sentences about what was assumed of it.

    Args:
        given: a Device, a name, ``"cpu"`` or ``"cuda"`` for what is here, or None for where the model lies.
        model: the torch model, or None.

    Raises:
        ArgumentError: the name is not in the catalogue, or there is no such GPU here.
    """
    where = str(given) if type(given).__name__ == "device" else given  # a torch.device
    if isinstance(where, str) and where.partition(":")[0] == "cuda":
        return device(_gpu_here(where)), ()
    if where is not None and where != "cpu":
        return as_device(where), ()
    gpu = _gpu_of(model) if where is None else None
    if gpu is not None:
        return device(gpu), ()
    name = cpu_model() or "unknown CPU"
    try:
        return device(name), ()
    except ArgumentError:
        return _some_cpu(name)


def _gpu_of(model: Any) -> str | None:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return None
    for parameter in model.parameters():
        if parameter.device.type == "cuda":
            return str(torch.cuda.get_device_name(parameter.device))
    return None


def _gpu_here(where: str) -> str:
    """The name of a GPU of this machine."""
    import importlib

    try:
        torch: Any = importlib.import_module("torch")
        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(where))
        why = "torch finds no GPU"
    except Exception as err:
        pass_on(err)
        why = error_text(err)
    raise ArgumentError(
        f"{where!r} is not here ({why})",
        argument="device",
        remedy="name what it will be, for instance 'H100'",
    )


def _some_cpu(name: str) -> tuple[Device, tuple[str, ...]]:
    """A CPU that the catalogue lacks, from its cores, its clock and its vector units."""
    cores = os.cpu_count() or 1
    text = _cpuinfo()
    clock = re.search(r"@ ([\d.]+)GHz", name) or re.search(r"cpu MHz\s*:\s*([\d.]+)", text)
    ghz = 3.0 if clock is None else float(clock[1]) / (1.0 if "GHz" in clock[0] else 1e3)
    wide = 64 if "avx512f" in text else 32 if "avx2" in text else 16
    watts, source = watts_per_core(name)
    made = Device(
        name=name,
        kind="cpu",
        tdp_w=watts * cores,
        peak_flops={"fp64": cores * ghz * wide / 2 * 1e9, "fp32": cores * ghz * wide * 1e9},
        bandwidth_bytes_s=cores * 5e9,
        source=f"{cores} cores x {ghz:.3g} GHz x {wide} FLOP a cycle; {watts:.3g} W a core ({source})",
    )
    return made, (
        f"{name} is not in the catalogue: peak, power and 5 GB/s a core of memory bandwidth are assumed from "
        "cores, clock and vector units; name a device, or add yours to a file that WATTWHAT_DEVICES names",
    )


def _cpuinfo() -> str:
    try:
        return read_small_text("/proc/cpuinfo", errors="replace")[:20_000]
    except OSError:
        return ""
