"""One device that two backends measure under two ids: found by host, component and device, counted once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, device_uuids_of

__all__ = ["look_alikes"]

# Whoever measures these on a host measures all of them: one channel here and one there are the same thing,
# whatever two makers call it. Of accelerators a host may have two makes, each with a backend of its own.
_ONE_OF_A_KIND = frozenset({"cpu", "dram", "host"})


def look_alikes(serving: Sequence[tuple[str, Sequence[Meter]]]) -> list[tuple[Meter, str]]:
    """Meters of later backends that show what one of an earlier backend shows, each with a sentence.

    Two channels look alike if they are of one host and component, and of one device by its name, or the only
    ones of their component in both backends; not if their accelerators have different UUIDs, or one contains
    the other.

    Args:
        serving: names of backends with the meters that are to be used.
    """
    doubles: list[tuple[Meter, str]] = []
    earlier: list[tuple[str, Meter, bool]] = []
    for name, meters in serving:
        taken: set[int] = set()
        for meter in meters:
            alone = _alone(meter, meters)
            for other_name, other, other_alone in earlier:
                if id(other) not in taken and _alike(meter, other, alone and other_alone):
                    taken.add(id(other))
                    doubles.append((meter, _warning(meter.channel, name, other.channel, other_name)))
                    break
        doubled = {id(meter) for meter, _ in doubles}
        earlier += [(name, meter, _alone(meter, meters)) for meter in meters if id(meter) not in doubled]
    return doubles


def _alone(meter: Meter, meters: Sequence[Meter]) -> bool:
    key = _key(meter.channel)
    return sum(_key(one.channel) == key for one in meters) == 1


def _alike(meter: Meter, other: Meter, alone: bool) -> bool:
    mine, its = meter.channel, other.channel
    if _key(mine) != _key(its) or mine.id in its.contains or its.id in mine.contains:
        return False
    uuids, others = device_uuids_of(meter), device_uuids_of(other)
    if uuids and others:
        return bool(uuids & others)
    return _plain(mine.device) == _plain(its.device) or (alone and mine.component in _ONE_OF_A_KIND)


def _key(channel: Channel) -> tuple[str, str]:
    return channel.id.split("/", 1)[0], channel.component


def _plain(device: str) -> str:
    return re.sub(r"[\W_]+", "", device.casefold()) or device


def _warning(channel: Channel, name: str, kept: Channel, kept_name: str) -> str:
    return (
        f"{channel.id} (backend {name}) looks like {kept.id} (backend {kept_name}), the same "
        f"{channel.component} of one host, and is counted once, by {kept_name}; backends=[{name!r}] measures "
        f"it by {name}"
    )
