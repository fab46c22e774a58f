"""What makes the numbers doubtful right now, as sentences: clocks held down, other programs, MIG."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import Any

from wattwhat.records.small_files import read_small_text
from wattwhat_nvml.library import ask, ask_or, errors_of
from wattwhat_nvml.visible import Gpu

__all__ = ["conditions_of", "held_down", "shared_with", "state_of"]

# nvmlClocksEventReason*; idle (1) and clocks set by the user (2, 0x100) are no reason to doubt.
_REASONS = {
    0x04: "the power cap is reached",
    0x08: "hardware slowdown (too hot, or too much power)",
    0x10: "it waits for a slower GPU of its sync group",
    0x20: "it is too hot (driver slowdown)",
    0x40: "it is too hot (hardware slowdown)",
    0x80: "the power supply brakes it",
}


def conditions_of(nvml: Any, gpu: Gpu, root: str = "/") -> list[str]:
    """Every doubtful condition of one GPU; a question that NVML does not answer is passed over.

    Raises:
        pynvml.NVMLError: the GPU cannot be opened at all.
    """
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    name = f"{gpu.name} ({gpu.uuid})"
    sentences = [held_down(_reasons(nvml, handle) or 0), shared_with(_pids(nvml, handle), os.getpid(), root)]
    if gpu.mig_mode:
        sentences.append(
            "is in MIG mode: its energy is that of the whole GPU, other slices and their users included"
        )
    return [f"{name} {sentence}" for sentence in sentences if sentence]


# Of each name: the question, its argument (nvmlTemperatureSensors_t, nvmlClockType_t), and units per its own.
_STATE: dict[str, tuple[str, tuple[int, ...], float]] = {
    "temperature_c": ("nvmlDeviceGetTemperature", (0,), 1.0),
    "clock_mhz": ("nvmlDeviceGetClockInfo", (1,), 1.0),
    "memory_clock_mhz": ("nvmlDeviceGetClockInfo", (2,), 1.0),
    "power_limit_w": ("nvmlDeviceGetEnforcedPowerLimit", (), 1e3),
    "default_power_limit_w": ("nvmlDeviceGetPowerManagementDefaultLimit", (), 1e3),
}


def state_of(nvml: Any, gpu: Gpu, root: str = "/") -> dict[str, Any]:
    """Settings and state of one GPU, as `Backend.device_conditions` names them.

    Raises:
        pynvml.NVMLError: the GPU cannot be opened at all.
    """
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    state: dict[str, Any] = {"name": gpu.name}
    for name, (question, arguments, units) in _STATE.items():
        value = ask_or(None, nvml, question, handle, *arguments)
        if value is not None:
            state[name] = value / units
    level = ask_or(None, nvml, "nvmlDeviceGetPerformanceState", handle)
    if level is not None and 0 <= level <= 15:  # 32 is NVML's unknown
        state["profile"] = f"P{level}"
    mask = _reasons(nvml, handle)
    if mask is not None:
        state["throttled"] = [text for bit, text in _REASONS.items() if mask & bit]
    others = [pid for pid in _pids(nvml, handle) if os.getpid() not in (pid, *(_parents(pid, root) or ()))]
    return {**state, "other_processes": len(others)}


def _reasons(nvml: Any, handle: Any) -> int | None:
    for name in ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"):
        try:
            return int(ask(nvml, name, handle))
        except errors_of(nvml):
            continue  # renamed in driver 535: an older one knows the second name only
    return None


def held_down(mask: int) -> str:
    """A sentence for a mask of clock event reasons; empty for none that matters.

    Example:
        >>> held_down(0x4 | 0x1)
        'has its clocks held down: the power cap is reached'
        >>> held_down(0x1)
        ''
    """
    reasons = [text for bit, text in _REASONS.items() if mask & bit]
    return f"has its clocks held down: {', '.join(reasons)}" if reasons else ""


def _pids(nvml: Any, handle: Any) -> list[int]:
    try:
        return [process.pid for process in ask(nvml, "nvmlDeviceGetComputeRunningProcesses", handle)]
    except errors_of(nvml):
        return []


def shared_with(pids: Collection[int], own: int, root: str = "/") -> str:
    """A sentence about programs that compute on the GPU beside this one and its children; empty for none.

    In a container the driver's list holds process ids of the host, or nothing. A single unknown id is then
    most likely this process itself, so it takes two to speak.

    Args:
        pids: who computes on the GPU.
        own: this process.
        root: where the file system begins (for tests).
    """
    parents = {pid: _parents(pid, root) for pid in pids if pid != own}
    unknown = [pid for pid, line in parents.items() if line is None]
    others = [pid for pid, line in parents.items() if line is not None and own not in line]
    if others:
        return (
            f"is shared: {_list(others)} of other programs compute on it too; their joules are in its reading"
        )
    if len(unknown) > (0 if own in pids else 1):
        who = "1 process" if len(unknown) == 1 else f"{len(unknown)} processes"
        return f"may be shared with {who} outside this container's view, whose joules are in its reading"
    return ""


def _list(pids: Iterable[int]) -> str:
    ordered = sorted(pids)
    return f"process{'es' if len(ordered) > 1 else ''} {', '.join(map(str, ordered))}"


def _parents(pid: int, root: str) -> list[int] | None:
    """The line of parents of a process, nearest first; None if it cannot be seen."""
    line: list[int] = []
    while pid > 1 and len(line) < 100:
        try:
            stat = read_small_text(os.path.join(root, f"proc/{pid}/stat"), errors="replace")
            # the name, in brackets, may hold blanks and brackets; the state and the parent follow it
            pid = int(stat.rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return line or None
        line.append(pid)
    return line
