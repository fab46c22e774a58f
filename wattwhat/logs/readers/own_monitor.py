"""What `wattwhat monitor --json` wrote: looks whose joules count from the beginning; the last holds all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.channel import COMPONENTS, Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity

__all__ = ["OwnMonitor"]

_KEYS = {"t_s", "power_w", "energy_j", "u_energy_j", "channels"}


class OwnMonitor:
    """One Measurement a run; a look whose time goes back begins another. Provenance stays what it was."""

    name = "wattwhat-monitor"

    def sniff(self, head: Head) -> int:
        """The keys of a look."""
        return 95 if isinstance(head.json, dict) and head.json.keys() >= _KEYS else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """The last look of each run."""
        last: tuple[int, Mapping[str, Any]] | None = None
        for line, look in values(source):
            if not (isinstance(look, dict) and look.keys() >= _KEYS and _seconds(look) is not None):
                source.problem(line, "expected a look as wattwhat monitor --json writes it")
                continue
            if last is not None and (_seconds(look) or 0.0) < (_seconds(last[1]) or 0.0):
                yield from _run(source, *last)
            last = (line, look)
        if last is not None:
            yield from _run(source, *last)


def _run(source: Source, line: int, look: Mapping[str, Any]) -> Iterator[Measurement]:
    try:
        yield _measurement(source, line, look)
    except (ArgumentError, KeyError, TypeError, ValueError, AttributeError) as err:
        source.problem(line, f"expected a look as wattwhat monitor --json writes it, but {err}")


def _measurement(source: Source, line: int, look: Mapping[str, Any]) -> Measurement:
    channels = tuple(map(_channel, look["channels"]))
    kinds = {entry.provenance for entry in channels if entry.counted}
    u_j = math.inf if look["u_energy_j"] is None else look["u_energy_j"]
    known = look["energy_j"] is not None
    return Measurement(
        label=source.stem,
        energy_j=Quantity(look["energy_j"], u_j, "J") if known else Quantity(math.nan, math.inf, "J"),
        duration_s=look["t_s"],
        channels=channels,
        provenance=kinds.pop() if len(kinds) == 1 else "mixed",
        warnings=tuple(look.get("warnings") or ()),
        details={"format": OwnMonitor.name, "file": source.name, "line": line},
    )


def _channel(entry: Mapping[str, Any]) -> ChannelEnergy:
    component, _, device = entry["name"].partition(" ")
    backend = entry["id"].split("/")[1]
    channel = Channel(
        entry["id"],
        backend,
        device or component,
        component if component in COMPONENTS else "host",
        "energy",
        source=OwnMonitor.name,
    )
    # what a look does not say, how well the channel's own joules are known, is not known here either
    energy = None if entry["energy_j"] is None else Quantity(entry["energy_j"], math.inf, "J")
    return ChannelEnergy(channel, energy, entry["provenance"], entry["counted"])


def _seconds(look: Mapping[str, Any]) -> float | None:
    t_s = look["t_s"]
    return t_s if isinstance(t_s, (int, float)) and not isinstance(t_s, bool) and t_s >= 0.0 else None
