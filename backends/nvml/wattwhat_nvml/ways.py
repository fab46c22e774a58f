"""The ways in which NVML shows energy and power: one record each, the best first; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from wattwhat.plugins import pass_on
from wattwhat.records.channel import ChannelQuantity
from wattwhat_nvml.library import NOT_SUPPORTED, ask

__all__ = ["COUNTER", "GPU", "MEMORY", "MODULE", "Way", "field_mw", "gauges", "module_limit_w"]

# NVML_POWER_SCOPE_*; written out because bindings before 12.535 do not have the names.
GPU, MODULE, MEMORY = 0, 1, 2
_FIELD_AVERAGE, _FIELD_INSTANT, _FIELD_LIMIT = 185, 186, 190
_SCOPE_NAMES = {GPU: "GPU", MODULE: "MODULE", MEMORY: "MEMORY"}
# nvmlValueType_t -> member of nvmlValue_t (nvml.h)
_MEMBERS = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal", 6: "usVal"}


@attrs.frozen
class Way:
    """One call that shows energy in mJ or power in mW.

    Args:
        source: the call, and the field and its scope, as a person would look them up.
        quantity: ``"energy"`` or ``"power"``.
        field: field id of nvmlDeviceGetFieldValues, or None for a function of its own.
        scope: NVML_POWER_SCOPE_* of the field.
        averaging_window_s: where NVML's own documentation of the field states one.
    """

    source: str
    quantity: ChannelQuantity
    field: int | None = None
    scope: int = GPU
    averaging_window_s: float | None = None

    def call(self, nvml: Any) -> Callable[[Any], float]:
        """A function from a device handle to mJ or mW; it raises pynvml.NVMLError."""
        if self.field is None:
            name = self.source
            function: Callable[[Any], float] | None = getattr(nvml, name, None)
            return function if function is not None else lambda handle: float(ask(nvml, name, handle))
        request = [(self.field, self.scope)]
        return lambda handle: field_mw(nvml, handle, request)


COUNTER = Way("nvmlDeviceGetTotalEnergyConsumption", "energy")
_USAGE = Way("nvmlDeviceGetPowerUsage", "power")


def gauges(scope: int) -> tuple[Way, ...]:
    """The power readings of one scope: instant before average, a field before the old call.

    Field 185 is documented as the average over 1 s (nvml.h). PowerUsage is that average on some generations
    and the instant power on others, so its window is left unknown and found by watching.

    Example:
        >>> [way.source for way in gauges(GPU)][1:]
        ['field 185 POWER_AVERAGE, scope GPU', 'nvmlDeviceGetPowerUsage']
    """
    where = f"scope {_SCOPE_NAMES[scope]}"
    fields = (
        Way(f"field 186 POWER_INSTANT, {where}", "power", _FIELD_INSTANT, scope),
        Way(f"field 185 POWER_AVERAGE, {where}", "power", _FIELD_AVERAGE, scope, averaging_window_s=1.0),
    )
    return (*fields, _USAGE) if scope == GPU else fields


def field_mw(nvml: Any, handle: Any, request: list[tuple[int, int]]) -> float:
    """The value of one field, in mW.

    The call succeeds even where the field fails: the entry has its own return code, and its own type.
    """
    entry = nvml.nvmlDeviceGetFieldValues(handle, request)[0]
    if entry.nvmlReturn:
        raise nvml.NVMLError(entry.nvmlReturn)
    value = getattr(entry.value, _MEMBERS.get(entry.valueType, ""), None)
    if value is None:  # a type that these bindings do not know
        raise nvml.NVMLError(NOT_SUPPORTED)
    return float(value)


def module_limit_w(nvml: Any, handle: Any) -> float | None:
    """The power limit of the module that a GPU sits on, in W; None if unknown."""
    try:
        return field_mw(nvml, handle, [(_FIELD_LIMIT, MODULE)]) / 1000 or None
    except Exception as err:
        pass_on(err)
        return None
