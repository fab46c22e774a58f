"""What each GPU can tell: found by calling, once, when the backend opens; nothing is guessed from a name."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Any

import attrs

from wattwhat.plugins import pass_on
from wattwhat.records.small_files import read_small
from wattwhat_nvml.library import FUNCTION_NOT_FOUND, NOT_SUPPORTED, ask, ask_or, errors_of
from wattwhat_nvml.visible import Gpu
from wattwhat_nvml.ways import COUNTER, GPU, MEMORY, MODULE, Way, gauges, module_limit_w

__all__ = ["Abilities", "abilities", "counter_scope", "list_gpus", "socket_of", "watch_counter"]

_QUIET = (NOT_SUPPORTED, FUNCTION_NOT_FOUND)  # this card or driver has no such reading: nothing to report


@attrs.frozen
class Abilities:
    """The ways that work on one GPU.

    Args:
        gpu: the GPU.
        counter: the energy counter answers.
        board: the best power reading of the board, or None.
        memory: the best power reading of its memory, or None.
        module: the best power reading of the module that it shares with a CPU, or None.
        limit_w: enforced power limit in W, or None.
        module_limit_w: power limit of the module in W, or None.
        problems: sentences about readings that should work and do not.
    """

    gpu: Gpu
    counter: bool = False
    board: Way | None = None
    memory: Way | None = None
    module: Way | None = None
    limit_w: float | None = None
    module_limit_w: float | None = None
    problems: tuple[str, ...] = ()


def list_gpus(nvml: Any) -> tuple[list[Gpu], list[str]]:
    """Every GPU that NVML can open, and a sentence for each that it cannot."""
    gpus, problems = [], []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            gpus.append(_describe(nvml, index))
        except Exception as err:  # whatever ails one GPU, the others are measured
            pass_on(err)
            problems.append(f"GPU {index} of NVML's list cannot be opened: {err}")
    return gpus, problems


def _describe(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    bus_id = nvml.nvmlDeviceGetPciInfo(handle).busId
    mig = ask_or([0, 0], nvml, "nvmlDeviceGetMigMode", handle)[0] == 1
    return Gpu(
        index,
        ask(nvml, "nvmlDeviceGetUUID", handle),
        bus_id.decode() if isinstance(bus_id, bytes) else bus_id,
        ask_or("NVIDIA GPU", nvml, "nvmlDeviceGetName", handle),
        mig,
        _mig_uuids(nvml, handle) if mig else (),
    )


def _mig_uuids(nvml: Any, handle: Any) -> tuple[str, ...]:
    uuids = []
    for k in range(ask_or(0, nvml, "nvmlDeviceGetMaxMigDeviceCount", handle)):
        mig = ask_or(None, nvml, "nvmlDeviceGetMigDeviceHandleByIndex", handle, k)
        uuid = ask_or(None, nvml, "nvmlDeviceGetUUID", mig) if mig is not None else None
        if uuid:
            uuids.append(uuid)
    return tuple(uuids)


def abilities(nvml: Any, gpu: Gpu) -> Abilities:
    """Try every way on one GPU."""
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    problems: list[str] = []

    def works(way: Way) -> float | None:
        try:
            return way.call(nvml)(handle)
        except errors_of(nvml) as err:
            if getattr(err, "value", FUNCTION_NOT_FOUND) not in _QUIET:
                problems.append(f"{gpu.name} ({gpu.uuid}): {way.source} fails: {err}")
            return None

    counted = works(COUNTER)
    board, board_mw = _first(gauges(GPU), works)
    # It counts from the loading of the driver on, so a card that draws power has counted something.
    counter = counted is not None and not (counted == 0 and board is not None)
    if counted == 0 and board is not None:
        problems.append(
            f"{gpu.name} ({gpu.uuid}): its energy counter stands at 0 while it draws {board_mw or 0:.0f} mW, "
            "so its power is integrated instead"
        )
    memory, memory_mw = _first(gauges(MEMORY), works)
    # Drivers that do not know scopes pass over them and show the whole board again.
    if memory is not None and board_mw is not None and memory_mw is not None and memory_mw >= board_mw:
        problems.append(
            f"{gpu.name} ({gpu.uuid}): its memory power is not below its board power, so it is not used"
        )
        memory = None
    # C2C alone says little: a GB10 has it, and no module reading. Older bindings (12.535) cannot ask.
    c2c = getattr(ask_or(None, nvml, "nvmlDeviceGetC2cModeInfoV", handle), "isC2cEnabled", None)
    module, module_mw = _first(gauges(MODULE), works) if c2c is None or c2c else (None, None)
    if module_mw is not None and board_mw is not None and module_mw <= 1.02 * board_mw:
        module = None  # the same sensor again: a driver that passes over scopes
    limit_mw = ask_or(None, nvml, "nvmlDeviceGetEnforcedPowerLimit", handle)
    return Abilities(
        gpu,
        counter,
        board,
        memory,
        module,
        limit_mw / 1000 if limit_mw else None,
        module_limit_w(nvml, handle) if module else None,
        tuple(problems),
    )


def _first(ways: tuple[Way, ...], works: Callable[[Way], float | None]) -> tuple[Way | None, float | None]:
    """The first way that answers with more than 0 W: 0 means that nothing is read, for a card draws power."""
    for way in ways:
        mw = works(way)
        if mw is not None and mw > 0:
            return way, mw
    return None, None


def socket_of(pci_bus_id: str, root: str = "/") -> int | None:
    """Number of the CPU socket next to a GPU: its NUMA node; None where the kernel does not tell.

    Example:
        >>> socket_of("00000009:01:00.0", root="/nonexistent") is None
        True
    """
    domain, _, rest = pci_bus_id.partition(":")
    path = os.path.join(root, "sys/bus/pci/devices", f"{domain[-4:]}:{rest}".lower(), "numa_node")
    try:
        node = int(read_small(path))
    except (OSError, ValueError):
        return None
    return node if node >= 0 else None


def counter_scope(rate_w: float, board_w: float, module_w: float) -> str | None:
    """Whether a counter that grows by this much counts the board or the whole module; None if unclear.

    On Grace Hopper the counter is reported to be the module's (ml-energy/zeus, pull request 172); no document
    of NVIDIA says so, nor for what came after it, so the readings decide where they differ enough.

    Args:
        rate_w: growth of the counter, in W.
        board_w: power of the GPU board over the same time, in W.
        module_w: power of the module, in W.

    Example:
        >>> [counter_scope(rate_w, 200.0, 300.0) for rate_w in (310.0, 190.0, 0.0)]
        ['module', 'board', None]
    """
    if min(rate_w, board_w, module_w) <= 0 or module_w < 1.25 * board_w:
        return None
    to_board, to_module = abs(math.log(rate_w / board_w)), abs(math.log(rate_w / module_w))
    if abs(to_board - to_module) < 0.1 or min(to_board, to_module) > math.log(1.5):
        return None
    return "board" if to_board < to_module else "module"


def watch_counter(nvml: Any, abilities: Abilities, sleep: Callable[[float], None] = time.sleep) -> str | None:
    """Look at the counter of a GPU on a module twice, half a second apart: whose energy is it?

    Two readings and no more: a counter that is read often is reported to fall short.
    """
    if abilities.board is None or abilities.module is None or not abilities.counter:
        return None
    board, module, counter = (way.call(nvml) for way in (abilities.board, abilities.module, COUNTER))
    try:
        handle = ask(nvml, "nvmlDeviceGetHandleByUUID", abilities.gpu.uuid)
        start, t0 = counter(handle), time.monotonic_ns()
        before = board(handle), module(handle)
        sleep(0.5)
        after = board(handle), module(handle)
        end, t1 = counter(handle), time.monotonic_ns()
    except errors_of(nvml):
        return None
    rate_w = (end - start) / max(t1 - t0, 1) * 1e6
    return counter_scope(rate_w, (before[0] + after[0]) / 2e3, (before[1] + after[1]) / 2e3)
