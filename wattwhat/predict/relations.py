"""Published relations from operations, hours and data sheets to joules, as they stand in their sources."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = [
    "green_algorithms_kwh",
    "llmcarbon_mwh",
    "operations_j",
    "roofline_s",
    "training_flops",
    "zschache_wh",
]


def _positive(**given: Any) -> None:
    for name, value in given.items():
        if isinstance(value, (str, bytes)) or not 0.0 < float(value) < math.inf:
            raise ArgumentError(argument=name, expected="a finite number above 0", got=value)


def _not_negative(**given: Any) -> None:
    for name, value in given.items():
        if isinstance(value, (str, bytes)) or not 0.0 <= float(value) < math.inf:
            raise ArgumentError(argument=name, expected="a finite number of at least 0", got=value)


def operations_j(flops: float, tdp_w: float, peak_flops: float) -> float:
    """Operations x TDP / peak, in J: what they would take at full speed and full power (arXiv 2109.05472).

    A lower bound: no device runs at its peak.

    Args:
        flops: operations.
        tdp_w: thermal design power in W.
        peak_flops: operations/s.

    Example:
        >>> operations_j(1.0, 300.0, 309.7e12) * 1e13   # RTX A6000 (Fernandez and others, ACL 2025)
        9.68...
    """
    _not_negative(flops=flops)
    _positive(tdp_w=tdp_w, peak_flops=peak_flops)
    return flops * tdp_w / peak_flops


def roofline_s(flops: float, bytes_moved: float, peak_flops: float, bandwidth_bytes_s: float) -> float:
    """Least time in s: of arithmetic or of memory traffic, whichever takes longer (Williams and others 2009).

    Args:
        flops: operations.
        bytes_moved: bytes between memory and chip.
        peak_flops: operations/s.
        bandwidth_bytes_s: byte/s.

    Example:
        >>> roofline_s(1e9, 4e6, 1e12, 1e9)
        0.004
    """
    _not_negative(flops=flops, bytes_moved=bytes_moved)
    _positive(peak_flops=peak_flops, bandwidth_bytes_s=bandwidth_bytes_s)
    return max(flops / peak_flops, bytes_moved / bandwidth_bytes_s)


def training_flops(parameters: float, tokens: float) -> float:
    """6 P D: operations of training on D tokens, forward (2 P D) and backward (Kaplan and others 2020).

    Args:
        parameters: active parameters of the model.
        tokens: tokens (or items whose forward pass takes 2 P operations) that it is trained on.

    Example:
        >>> training_flops(175e9, 300e9)   # GPT-3
        3.15e+23
    """
    _positive(parameters=parameters, tokens=tokens)
    return 6.0 * parameters * tokens


def llmcarbon_mwh(
    flops: float, devices: float, peak_flops: float, efficiency: float, device_w: float, pue: float = 1.0
) -> float:
    """Energy of a training in MWh: days on n devices x their power x PUE (LLMCarbon, arXiv 2309.14393).

    Args:
        flops: operations of the training, for instance of `training_flops`.
        devices: how many.
        peak_flops: of one, in FLOP/s.
        efficiency: share of the peak that is reached, in (0, 1].
        device_w: mean power of one device and its share of the system, in W.
        pue: power usage effectiveness of the data centre, at least 1.

    Example:
        >>> round(llmcarbon_mwh(3.14e23, 10_000, 125e12, 0.197, 330, 1.1))   # GPT-3; 1,287 MWh are published
        1286
    """
    _positive(flops=flops, devices=devices, peak_flops=peak_flops, device_w=device_w)
    if not 0.0 < efficiency <= 1.0:
        raise ArgumentError(argument="efficiency", expected="a share of the peak in (0, 1]", got=efficiency)
    _at_least_one(pue=pue)
    hours = flops / (devices * peak_flops * efficiency) / 3600.0
    return device_w * devices * hours * pue / 1e6


def green_algorithms_kwh(
    hours: float,
    *,
    cores: float = 0.0,
    core_w: float = 0.0,
    gpus: float = 0.0,
    gpu_w: float = 0.0,
    memory_gb: float = 0.0,
    usage: float = 1.0,
    pue: float = 1.0,
    runs: float = 1.0,
) -> float:
    """Energy in kWh by Green Algorithms: hours x (cores, GPUs, 0.3725 W a GB) x PUE (Lannelongue 2021).

    Args:
        hours: run time in h.
        cores: CPU cores.
        core_w: TDP of one core in W.
        gpus: GPUs.
        gpu_w: TDP of one GPU in W.
        memory_gb: memory in GB.
        usage: share of the time that cores and GPUs are busy, from 0 to 1.
        pue: power usage effectiveness, at least 1.
        runs: how often it is run (their pragmatic scaling factor).

    Example:
        >>> round(green_algorithms_kwh(1, gpus=1, gpu_w=70, pue=1.56), 4)
        0.1092
        >>> round(green_algorithms_kwh(10, cores=12, core_w=15.8, memory_gb=64, pue=1.67), 6)
        3.564448
    """
    _not_negative(
        hours=hours, cores=cores, core_w=core_w, gpus=gpus, gpu_w=gpu_w, memory_gb=memory_gb, runs=runs
    )
    if not 0.0 <= usage <= 1.0:
        raise ArgumentError(argument="usage", expected="a share from 0 to 1", got=usage)
    _at_least_one(pue=pue)
    power_w = (cores * core_w + gpus * gpu_w) * usage + memory_gb * 0.3725
    return hours * power_w * pue * runs / 1000.0


def zschache_wh(seconds: float, gpus: int, gpu: str) -> float:
    """Energy in Wh of inference by its run time: (a + c GPUs) s (Zschache and Hartwig 2025).

    Args:
        seconds: run time in s.
        gpus: GPUs that are used.
        gpu: one of H100, V100, A30, the ones they measured.

    Example:
        >>> round(zschache_wh(3600, 1, "H100"), 1)
        673.2
    """
    _not_negative(seconds=seconds)
    _positive(gpus=gpus)
    if gpu not in _ZSCHACHE:
        raise ArgumentError(argument="gpu", expected=f"one of {', '.join(_ZSCHACHE)}", got=gpu)
    a, c = _ZSCHACHE[gpu]
    return (a + c * gpus) * seconds


_ZSCHACHE = {"H100": (0.097, 0.090), "V100": (0.061, 0.036), "A30": (0.079, 0.054)}


def _at_least_one(*, pue: float) -> None:
    if not 1.0 <= pue < math.inf:
        raise ArgumentError(
            "a data centre takes at least what its machines take, so at least 1",
            argument="pue",
            remedy=f"got {pue!r}",
        )
