"""What a meter measures, as plain data: one energy channel of one device."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import attrs

from wattwhat.errors import ArgumentError

__all__ = [
    "COMPONENTS",
    "UNKNOWN_HOST",
    "Channel",
    "ChannelQuantity",
    "Component",
    "names_host",
    "with_enclosed",
]

# Where the host would stand in the id of a channel of a log that names none.
UNKNOWN_HOST = "unknown-host"

Component = Literal[
    "gpu", "memory", "cpu", "core", "uncore", "dram", "soc", "module", "rail", "board", "host", "wall"
]
ChannelQuantity = Literal["energy", "power"]
COMPONENTS: tuple[Component, ...] = get_args(Component)


def _one_of(*allowed: str) -> Any:
    def check(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in allowed:
            raise ArgumentError(argument=attribute.name, expected=f"one of {', '.join(allowed)}", got=value)

    return check


def _text(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise ArgumentError(argument=attribute.name, expected="a non-empty text", got=value)


def _number(value: Any) -> Any:
    """A converter: a plain number from any kind of number, so that JSON takes it; all else is handed on."""
    if value is None or type(value) in (int, float) or isinstance(value, bool):
        return value
    return float(value) if isinstance(value, numbers.Real) else value


def _is_finite(value: object) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False


def _positive(instance: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not (_is_finite(value) and value > 0):
        raise ArgumentError(argument=attribute.name, expected="a positive number or None", got=value)


def _not_negative(instance: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not (_is_finite(value) and value >= 0):
        raise ArgumentError(argument=attribute.name, expected="a number >= 0 or None", got=value)


def _ids(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):  # its letters would be taken for ids that no channel has
        raise ArgumentError(
            argument="contains", expected="a tuple of ids", got=value, remedy=f"write ({value!r},)"
        )
    if not isinstance(value, Iterable):
        raise ArgumentError(
            argument="contains", expected="a tuple of ids", got=value, remedy="write () for none"
        )
    ids = tuple(value)
    for one in ids:
        if not isinstance(one, str):
            raise ArgumentError(argument="contains", expected="ids, which are texts", got=one)
    return ids


def _others(instance: Channel, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    if instance.id in value:
        raise ArgumentError(
            f"{instance.id!r} cannot contain itself", argument="contains", remedy="leave its own id out"
        )


def _text_or_none(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise ArgumentError(argument=attribute.name, expected="a text or None", got=value)


@attrs.frozen
class Channel:
    """One energy channel of one device: what is read, how often it changes, how well it is known.

    Args:
        id: names the physical thing across processes and hosts, for instance ``host/rapl/package-0``.
        backend: name of the backend that reads it.
        device: the device in words, for instance ``"NVIDIA H100 80GB HBM3"``.
        component: one of `COMPONENTS`.
        quantity: ``"energy"`` (a counter, joules) or ``"power"`` (a gauge, watts).
        contains: ids of channels whose energy is inside this one.
        update_period_s: seconds between two new values; None if unknown.
        averaging_window_s: seconds of power that one value holds, the mean over it; None if unknown. Shorter
            than the update period, the sensor looks away part of the time.
        resolution: smallest step of the value, in J (counter) or W (gauge).
        wrap_j: range of a counter after which it begins again at 0; None if it never does.
        gain_error: standard uncertainty of the gain, as a fraction of the energy.
        offset_w: standard uncertainty of a constant offset, in W.
        max_power_w: the most that the device can draw, in W.
        source: the file, call or field that is read.
        delay_s: seconds from the end of the averaging window until the value can be read; None if unknown.
        rise_s: time constant in s with which the value follows the power; None if unknown.

    Raises:
        ArgumentError: a field is outside what is allowed; the message names it.

    Example:
        >>> package = Channel("lab1/rapl/package-0", "rapl", "package 0", "cpu", "energy",
        ...                   contains=("lab1/rapl/core-0",), update_period_s=0.001, wrap_j=262143.3)
        >>> package.is_counter
        True
    """

    id: str = attrs.field(validator=_text)
    backend: str = attrs.field(validator=_text)
    device: str = attrs.field(validator=_text)
    component: Component = attrs.field(validator=_one_of(*COMPONENTS))
    quantity: ChannelQuantity = attrs.field(validator=_one_of(*get_args(ChannelQuantity)))
    contains: tuple[str, ...] = attrs.field(default=(), converter=_ids, validator=_others)
    update_period_s: float | None = attrs.field(default=None, converter=_number, validator=_positive)
    averaging_window_s: float | None = attrs.field(default=None, converter=_number, validator=_positive)
    resolution: float | None = attrs.field(default=None, converter=_number, validator=_not_negative)
    wrap_j: float | None = attrs.field(default=None, converter=_number, validator=_positive)
    gain_error: float | None = attrs.field(default=None, converter=_number, validator=_not_negative)
    offset_w: float | None = attrs.field(default=None, converter=_number, validator=_not_negative)
    max_power_w: float | None = attrs.field(default=None, converter=_number, validator=_positive)
    source: str | None = attrs.field(default=None, validator=_text_or_none)
    delay_s: float | None = attrs.field(default=None, converter=_number, validator=_not_negative)
    rise_s: float | None = attrs.field(default=None, converter=_number, validator=_not_negative)

    @property
    def is_counter(self) -> bool:
        """Whether the value counts energy (J) rather than showing power (W)."""
        return self.quantity == "energy"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        data = attrs.asdict(self)
        data["contains"] = list(self.contains)
        return data

    @classmethod
    def from_dict(cls, data: Any) -> Channel:
        """The inverse of `to_dict`; fields of later versions are passed over."""
        names = {field.name for field in attrs.fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


def with_enclosed(by_key: Mapping[str, Channel]) -> dict[str, Channel]:
    """The channels, those of component ``"wall"`` and ``"host"`` with the ids of all that is in their host.

    A wall contains hosts; what says that it contains a host's channel itself is not in that. A host's channel
    that names some of what it contains knows its own backend's channels: a platform counter of one socket
    holds that one only. Of logs that name no host, only a wall is known to be of the same one.

    Args:
        by_key: channels by whatever names them.
    """
    full = dict(by_key)
    for key, outer in by_key.items():
        if outer.component not in ("wall", "host") or not (outer.component == "wall" or names_host(outer.id)):
            continue
        host = outer.id.split("/")[0]
        peers = ("wall",) if outer.component == "wall" else ("wall", "host")
        inside = [
            other.id
            for other in by_key.values()
            if other.component not in peers
            and other.id.split("/")[0] == host
            and other.id != outer.id
            and outer.id not in other.contains
            and not (outer.component == "host" and outer.contains and other.backend == outer.backend)
        ]
        full[key] = attrs.evolve(outer, contains=tuple(dict.fromkeys((*outer.contains, *inside))))
    return full


def names_host(channel_id: str) -> bool:
    """Whether an id names one thing in the world; alike ids of logs without a host need not be one sensor.

    Example:
        >>> names_host("lab1/rapl/package-0"), names_host("unknown-host/zeus/GPU 0")
        (True, False)
    """
    return not channel_id.startswith(f"{UNKNOWN_HOST}/")
