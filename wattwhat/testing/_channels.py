"""Promises about channels as data: whose they are, what they claim, what is inside them."""

from __future__ import annotations

from wattwhat.records.channel import Channel
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter, provenance_of
from wattwhat.testing._outcomes import NotApplicable, Promise, many, require
from wattwhat.testing._subject import Subject, read

__all__ = ["PROMISES"]

# A sensor whose gain is not known within half of it measures nothing; a percentage was meant.
_LARGEST_GAIN_ERROR = 0.5


def channels_are_valid(subject: Subject) -> str:
    """Every meter carries one Channel of this backend, and says whether it measures or estimates."""
    with subject.opened() as (backend, meters):
        for meter in meters:
            channel = meter.channel
            _require_backend(channel, backend.name)
            _require_provenance(meter)
            require(
                channel.is_counter or channel.wrap_j is None,
                f"{channel.id}: a power gauge cannot wrap, but wrap_j is {channel.wrap_j}",
            )
            require(
                channel.gain_error is None or channel.gain_error <= _LARGEST_GAIN_ERROR,
                f"{channel.id}: gain_error is {channel.gain_error}, a standard uncertainty of "
                f"{100.0 * (channel.gain_error or 0.0):g} %; expected a fraction such as 0.05 for 5 %, "
                "or None where it is not known",
            )
            for _ in range(3):
                read(meter)
                require(
                    meter.channel == channel,
                    f"{channel.id}: the channel was replaced while the meter was read: {meter.channel!r}; "
                    "expected the same for as long as the meter is open",
                )
    return f"{many(len(meters), 'channel')} looked at"


def _require_backend(channel: Channel, name: str) -> None:
    require(
        not name or channel.backend == name,
        f"{channel.id}: channel.backend is {channel.backend!r}, but the backend's name is {name!r}",
    )


def _require_provenance(meter: Meter) -> None:
    provenance = provenance_of(meter)
    require(
        provenance in ("measured", "estimated"),
        f"{meter.channel.id}: provenance is {provenance!r}; expected 'measured' or 'estimated'",
    )
    uuids = getattr(meter, "device_uuids", ())
    require(
        isinstance(uuids, (tuple, list)) and all(isinstance(uuid, str) for uuid in uuids),
        f"{meter.channel.id}: device_uuids is {uuids!r}; expected a tuple of texts, or () for none",
    )


def containment_is_plausible(subject: Subject) -> str:
    """`contains` names channels that exist, on this host, never itself, never in a ring."""
    with subject.opened() as (_, meters):
        inside = {meter.channel.id: meter.channel.contains for meter in meters}
        own = {f"{host_name()}/{meter.channel.backend}/" for meter in meters}
    for channel_id, contained in inside.items():
        for other in contained:
            require(
                other in inside or other.startswith(f"{host_name()}/"),
                f"{channel_id} contains {other!r}, which is neither a channel here nor an id of this host",
            )
            require(
                other in inside or not any(map(other.startswith, own)),
                f"{channel_id} contains {other!r}, which this backend does not give; expected the id of one "
                "of its channels, or of another backend's",
            )
        require(channel_id not in _below(channel_id, inside), f"{channel_id} contains itself")
    named = sum(len(contained) for contained in inside.values())
    if not named:
        raise NotApplicable("no channel contains another")
    return f"{many(named, 'contained id')}, of this host and in no ring"


def _below(channel_id: str, inside: dict[str, tuple[str, ...]]) -> set[str]:
    ids: set[str] = set()
    todo = list(inside.get(channel_id, ()))
    while todo:
        other = todo.pop()
        if other not in ids:
            ids.add(other)
            todo.extend(inside.get(other, ()))
    return ids


PROMISES = (
    Promise("channels are valid", channels_are_valid, owns="channel"),
    Promise("contained channels are plausible", containment_is_plausible),
)
