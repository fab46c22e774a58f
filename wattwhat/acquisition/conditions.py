"""The conditions of a measurement, of the host and of each device, for ``environment["conditions"]``.

Never asked inside a window: `measure` asks before and after its work, a window when its measurement is made,
and then at most once in 10 s, since asking eight GPUs takes milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wattwhat.errors import error_text
from wattwhat.plugins import pass_on
from wattwhat.sensing.conditions import host_conditions
from wattwhat.sensing.host import environment

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["conditions_now", "doubts", "environment_of", "recent_environment"]

_FRESH_S = 10.0


def conditions_now(meter_set: MeterSet) -> Mapping[str, Any]:
    """The host's conditions and those of each device, asked now.

    Args:
        meter_set: whose backends are asked; one that fails is named with its error.

    Returns:
        ``at`` (UTC, ISO 8601), ``host`` (see `host_conditions`) and ``devices``: by device what
        `Backend.device_conditions` says.
    """
    conditions: dict[str, Any] = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "host": host_conditions(),
    }
    devices: dict[str, Any] = {}
    for backend in meter_set.backends:
        ask = getattr(backend, "device_conditions", None)  # a plugin need not derive from Backend
        if ask is None:
            continue
        try:
            devices.update({str(name): dict(one) for name, one in ask().items()})
        except BaseException as err:
            pass_on(err)
            devices[type(backend).__name__] = {"error": error_text(err)}
    if devices:
        conditions["devices"] = devices
    return MappingProxyType(conditions)


def environment_of(meter_set: MeterSet, begin: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """What is known of this machine and process, with the conditions.

    Args:
        meter_set: what was measured with.
        begin: conditions from before; they are asked anew to stand beside them. None takes the latest, shared
            by all measurements of the last 10 s, as ``latest``.
    """
    base = environment(meter_set)
    if begin is not None:
        conditions = {"begin": begin, "end": conditions_now(meter_set)}
        return MappingProxyType({**base, "conditions": MappingProxyType(conditions)})
    kept, now_s = meter_set.kept_environment, time.monotonic()
    if kept is None or kept[0] is not base or not 0.0 <= now_s - kept[1] < _FRESH_S:
        latest = MappingProxyType({"latest": conditions_now(meter_set)})
        kept = base, now_s, MappingProxyType({**base, "conditions": latest})
        meter_set.kept_environment = kept
    latest_environment: Mapping[str, Any] = kept[2]
    return latest_environment


def recent_environment(meter_set: MeterSet) -> Mapping[str, Any]:
    """What `environment_of` said in the last 10 s, or says now: for who asks many times a second."""
    kept = meter_set.kept_environment
    if kept is not None and 0.0 <= time.monotonic() - kept[1] < _FRESH_S:
        recent: Mapping[str, Any] = kept[2]
        return recent
    return environment_of(meter_set)


def doubts(meter_set: MeterSet) -> tuple[str, ...]:
    """What backends find doubtful right now: throttling, other processes on a device."""
    sentences: list[str] = []
    for backend in meter_set.backends:
        ask = getattr(backend, "conditions", None)
        if ask is None:
            continue
        try:
            sentences.extend(str(sentence) for sentence in ask())
        except BaseException as err:
            pass_on(err)
            sentences.append(f"{type(backend).__name__}.conditions() failed: {error_text(err)}")
    return tuple(sentences)
