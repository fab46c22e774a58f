"""From what works to channels: which ids exist, what is inside what, and by which call each is read."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.records.channel import Channel, Component
from wattwhat_nvml.survey import Abilities
from wattwhat_nvml.visible import Gpu
from wattwhat_nvml.ways import COUNTER, Way

__all__ = ["GAIN_ERROR", "Plan", "plan"]

# ±5 % of the reading, seen against an external meter (arXiv 2312.02741), taken as a rectangular half-width.
GAIN_ERROR = 0.05 / math.sqrt(3)
_RESOLUTION = 1e-3  # the calls give whole mJ and whole mW
# What wattwhat-rapl calls the same module and the CPU on it, by the number of the socket.
_CPU_CHANNELS = ("rapl/module-{0}", "rapl/package-{0}", "rapl/package-{0}/core", "rapl/package-{0}/uncore")
_MIG_NOTE = "the whole GPU: MIG slices have no sensor of their own"


@attrs.frozen
class Plan:
    """A channel, the GPU through which it is read, and how."""

    channel: Channel
    gpu: Gpu
    way: Way


def plan(
    chosen: Sequence[Abilities],
    everyone: Sequence[Gpu],
    sockets: Mapping[str, int | None],
    host: str,
    scopes: Collection[str] = ("board", "memory", "module"),
    verdicts: Mapping[str, str | None] | None = None,
) -> list[Plan]:
    """The channels of the chosen GPUs.

    Args:
        chosen: what works on each of them.
        everyone: every GPU of the machine, chosen or not: a module contains those next to it too.
        sockets: CPU socket by GPU UUID, for every GPU.
        host: how the ids begin.
        scopes: which of board, memory and module to read.
        verdicts: by UUID, what `watch_counter` said: whose energy the counter of a GPU on a module counts.
    """
    plans: dict[str, Plan] = {}
    for abilities in chosen:
        # Without a verdict the counter of a GPU on a module is taken as reported: the module's.
        verdict = (verdicts or {}).get(abilities.gpu.uuid)
        of_module = abilities.module is not None and verdict != "board"
        for made in (
            _board(abilities, host, of_module),
            _memory(abilities, host),
            _module(abilities, everyone, sockets, host, of_module, verdict),
        ):
            # Two GPUs of one superchip show one module: it is read once.
            if made is not None and made.channel.component in scopes:
                plans.setdefault(made.channel.id, made)
    return list(plans.values())


def _id(host: str, gpu: Gpu, part: str) -> str:
    return f"{host}/nvml/{gpu.uuid}/{part}"


def _board(abilities: Abilities, host: str, counter_is_module: bool) -> Plan | None:
    way = COUNTER if abilities.counter and not counter_is_module else abilities.board
    if way is None:
        return None
    return _plan(
        abilities, way, _id(host, abilities.gpu, "board"), "board", abilities.limit_w, _inner(abilities, host)
    )


def _inner(abilities: Abilities, host: str) -> tuple[str, ...]:
    return (_id(host, abilities.gpu, "memory"),) if abilities.memory is not None else ()


def _memory(abilities: Abilities, host: str) -> Plan | None:
    if abilities.memory is None:
        return None
    return _plan(abilities, abilities.memory, _id(host, abilities.gpu, "memory"), "memory", None, ())


def _module(
    abilities: Abilities,
    everyone: Sequence[Gpu],
    sockets: Mapping[str, int | None],
    host: str,
    has_counter: bool,
    verdict: str | None,
) -> Plan | None:
    if abilities.module is None:
        return None
    way, source = abilities.module, abilities.module.source
    if abilities.counter and has_counter:
        how = "seen in the readings" if verdict else "as reported for Grace Hopper"
        way, source = COUNTER, f"{COUNTER.source}, scope MODULE ({how})"
    socket = sockets.get(abilities.gpu.uuid)
    if socket is None and len(everyone) == 1:
        socket = 0  # a virtual machine hides where its GPU sits; with one GPU there is no doubt
    beside = [gpu for gpu in everyone if socket is not None and sockets.get(gpu.uuid) == socket]
    inside = [_id(host, gpu, part) for gpu in (beside or [abilities.gpu]) for part in ("board", "memory")]
    channel_id = _id(host, abilities.gpu, "module")
    if socket is not None:
        channel_id = f"{host}/nvml/socket-{socket}/module"
        inside += [f"{host}/{name.format(socket)}" for name in _CPU_CHANNELS]
    return _plan(abilities, way, channel_id, "module", abilities.module_limit_w, inside, source)


def _plan(
    abilities: Abilities,
    way: Way,
    channel_id: str,
    component: Component,
    limit_w: float | None,
    inside: Sequence[str],
    source: str | None = None,
) -> Plan:
    gpu = abilities.gpu
    device = {
        "board": gpu.name,
        "memory": f"{gpu.name}, memory",
        "module": f"{gpu.name}, whole module with its CPU",
    }[component]
    source = source or way.source
    contains: Any = tuple(inside)
    channel = Channel(
        channel_id,
        "nvml",
        f"{device} (whole GPU, MIG mode)" if gpu.mig_mode else device,
        component,
        way.quantity,
        contains=contains,
        averaging_window_s=way.averaging_window_s,
        resolution=_RESOLUTION,
        gain_error=GAIN_ERROR,
        max_power_w=limit_w,
        source=f"{source}; {_MIG_NOTE}" if gpu.mig_mode else source,
    )
    return Plan(channel, gpu, way)
