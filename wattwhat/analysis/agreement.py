"""What several measurements say together besides joules: counts, names, provenance, environment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.validators import Provenance

__all__ = ["added", "agreed", "counting", "joint_environment", "joint_label", "joint_provenance"]


def added(counts: Sequence[Any]) -> Any:
    """The sum, or None where one of them is not known: what is missing is not 0."""
    if any(count is None for count in counts):
        return None
    return sum(counts) if all(isinstance(count, int) for count in counts) else math.fsum(counts)


def counting(given: Sequence[Measurement]) -> list[str]:
    """Sentences where only some know how many calls or items they had."""
    counts = []
    for name in ("calls", "items"):
        known = sum(getattr(one, name) is not None for one in given)
        if 0 < known < len(given):
            counts.append(
                f"{name} are known of {known} of {len(given)} measurements only, so their sum is not"
            )
    return counts


def joint_label(given: Sequence[Measurement]) -> str:
    """Their names, where these are few."""
    names = sorted({one.label for one in given})
    return " + ".join(names) if len(names) <= 3 else f"{len(given)} measurements"


def joint_provenance(channels: Sequence[ChannelEnergy]) -> Provenance:
    """How the energies of these channels were obtained."""
    kinds = {entry.provenance for entry in channels if entry.counted} or {
        entry.provenance for entry in channels
    }
    return kinds.pop() if len(kinds) == 1 else "mixed"


def agreed(mappings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all of them say alike."""
    first, *others = mappings
    return {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }


def joint_environment(given: Sequence[Measurement]) -> dict[str, Any]:
    """What their environments say alike, and the hosts where these are several."""
    common = agreed([one.environment for one in given])
    hosts = sorted({str(one.environment["host"]) for one in given if "host" in one.environment})
    return {**common, "hosts": hosts} if len(hosts) > 1 else common
