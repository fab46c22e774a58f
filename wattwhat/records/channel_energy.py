"""The energy of one channel over the span of a Measurement."""

from __future__ import annotations

from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records import validators as fields
from wattwhat.records.channel import Channel
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import MODEL, OFFSET

__all__ = ["ChannelEnergy", "own_u"]


def own_u(source: str, entry: ChannelEnergy) -> float:
    """What the channel itself says of this source, in J, or in W where every span is the same (offset).

    Args:
        source: "sensor gain", "model" or "sensor offset".
        entry: the channel and its energy.
    """
    channel, energy = entry.channel, entry.energy_j
    if source == OFFSET:
        return channel.offset_w or 0.0
    if energy is None or (entry.provenance in fields.MODELLED) != (source == MODEL):
        return 0.0
    return (channel.gain_error or 0.0) * abs(energy.value)


def _a_channel(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Channel):
        raise ArgumentError(argument="channel", expected="a wattwhat.Channel", got=value)


@attrs.frozen(weakref_slot=False)
class ChannelEnergy:
    """The joules of one channel.

    Args:
        channel: what was read.
        energy_j: the energy, or None if it was lost (a warning of the Measurement says why).
        provenance: ``"measured"``, ``"estimated"``, ``"predicted"`` or ``"imported"``.
        counted: False where another counted channel contains this one, so that it is not added.
    """

    channel: Channel = attrs.field(validator=_a_channel)
    energy_j: Quantity | None = attrs.field(default=None, validator=fields.joules_or_lost)
    provenance: fields.Provenance = attrs.field(default="measured", validator=fields.known_provenance)
    counted: bool = attrs.field(default=True, validator=fields.true_or_false)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        energy = None if self.energy_j is None else self.energy_j.to_dict()
        return {
            "channel": self.channel.to_dict(),
            "energy_j": energy,
            "provenance": self.provenance,
            "counted": self.counted,
        }

    @classmethod
    def from_dict(cls, data: Any) -> ChannelEnergy:
        """The inverse of `to_dict`."""
        energy = data.get("energy_j")
        return cls(
            Channel.from_dict(data["channel"]),
            None if energy is None else Quantity.from_dict(energy),
            data["provenance"],
            data["counted"],
        )
