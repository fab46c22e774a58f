"""Measurements that programs keep by the hundred thousand: what many have in common is kept once.

Of a folded one the rest is numbers, of which its channels, budget, warnings and place on the timeline are
made again when one of them is first asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from wattwhat.records.channel import Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.copies import late_copier
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.timeline_points import TimelinePoints

__all__ = ["LATER", "folded"]

# Fields that are made later; the others are given at once, or empty.
LATER = (
    "channels", "provenance", "idle_power_w", "_budget", "warnings", "environment", "started_at", "details",
    "timeline",
)  # fmt: skip

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)
_TIMES = struct.Struct("=qqq")
# Shapes that are looked for again; a program has as many as it has labels, warnings and looks at conditions.
_MOST_SHAPES = 256


class _Shape(NamedTuple):
    """What many measurements have in common; of each channel also whether it has an energy."""

    channels: tuple[tuple[Channel, Any, bool, bool], ...]
    provenance: Any
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    environment: Mapping[str, Any]
    details: Mapping[str, Any]
    run: str | None
    ids: tuple[str, ...]


_shapes: dict[Any, _Shape] = {}


def folded(one: Measurement) -> Measurement:
    """An equal measurement that takes about half of the memory while nobody asks for more than its joules.

    Args:
        one: a measurement; what is more than that of a single window is given back as it is.

    Example:
        >>> channel = Channel("h/x/0", "x", "a GPU", "gpu", "energy")
        >>> energy = Quantity(8.0, 0.5, "J")
        >>> m = Measurement(label="a", energy_j=energy, channels=(ChannelEnergy(channel, energy),),
        ...                 started_at=datetime.now(timezone.utc))
        >>> folded(m) == m
        True
    """
    timeline, started = one.timeline, one.started_at
    plain = one.calls is None and one.idle_power_w is None and not (one.metrics or one.details)
    if not plain or started is None or (timeline is not None and len(timeline.spans) != 1):
        return one
    begin_ns, end_ns, places = (0, 0, b"") if timeline is None else timeline.spans[0]
    energies: list[float] = []
    for entry in one.channels:
        if entry.energy_j is not None:
            energies += (entry.energy_j.value, entry.energy_j.u)
    figures = (*energies, *one._budget[1:])
    data = _TIMES.pack((started - _EPOCH) // _MICROSECOND, begin_ns, end_ns)
    data += struct.pack(f"={len(figures)}d", *figures) + places
    return _late()(one.label, one.energy_j, one.duration_s, one.items, (_shape_of(one), data))


def _shape_of(one: Measurement) -> _Shape:
    """One object for all that are alike; they share the very same channels and environment."""
    channels = tuple(
        [
            (entry.channel, entry.provenance, entry.counted, entry.energy_j is not None)
            for entry in one.channels
        ]
    )
    run, ids = (None, ()) if one.timeline is None else (one.timeline.run, one.timeline.channels)
    sources = one._budget[0] if one._budget else ()
    shared = (one.provenance, sources, one.warnings)
    same = tuple([(id(channel), *rest) for channel, *rest in channels])
    key = (same, shared, id(one.environment), id(one.details), run, ids)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
        shape = _shapes[key] = _Shape(channels, *shared, one.environment, one.details, run, ids)
    return shape


@lru_cache(maxsize=1)
def _late() -> Callable[..., Measurement]:
    like = Measurement(label="", energy_j=Quantity(0.0, 0.0, "J"))
    return late_copier(like, ["label", "energy_j", "duration_s", "items"], LATER, _unfolded)


def _unfolded(shape: _Shape, data: bytes) -> tuple[Any, ...]:
    """The fields of `LATER`, in their order."""
    known = sum(entry[-1] for entry in shape.channels)
    number = 2 * known + len(shape.sources)
    started_us, begin_ns, end_ns = _TIMES.unpack_from(data)
    figures = struct.unpack_from(f"={number}d", data, _TIMES.size)
    pairs = iter(zip(figures[: 2 * known : 2], figures[1 : 2 * known : 2], strict=True))
    channels = tuple(
        ChannelEnergy(channel, Quantity(*next(pairs), "J") if has else None, provenance, counted)
        for channel, provenance, counted, has in shape.channels
    )
    timeline = None
    if shape.run is not None:
        places = data[_TIMES.size + 8 * number :]
        timeline = TimelinePoints(shape.run, shape.ids, ((begin_ns, end_ns, places),))
    budget = (shape.sources, *figures[2 * known :]) if shape.sources else ()
    started = _EPOCH + started_us * _MICROSECOND
    return (
        channels, shape.provenance, None, budget, shape.warnings, shape.environment, started, shape.details,
        timeline,
    )  # fmt: skip
