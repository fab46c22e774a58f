"""What happened between two snapshots of a meter set, channel by channel."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from wattwhat.acquisition.channel_warnings import looks_away_warnings
from wattwhat.acquisition.inputs import Input
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.snapshot import Snapshot

if TYPE_CHECKING:
    from wattwhat.energy.joules import Joules

__all__ = ["Account", "account"]

# (the open meter, its energy or None, warnings about it)
Account = list[tuple[Input, "Joules | None", tuple[str, ...]]]


def account(
    meter_set: MeterSet,
    begin: Snapshot,
    end: Snapshot,
    context: Snapshot | None = None,
    only: Collection[str] | None = None,
    *,
    aligned: bool = False,
    label: str | None = None,
) -> Account:
    """Energy of each channel between two snapshots.

    Args:
        meter_set: the meter set both were taken of.
        begin: earlier snapshot.
        end: later snapshot.
        context: a snapshot from before ``begin``, which tells the power around a short span.
        only: ids of the channels to look at; None looks at all.
        aligned: whether there is rest before and after the window, as around the blocks of measure()
            over a sensor that looks away part of the time.
        label: of the window, for its warnings.
    """
    entries: Account = []
    for snapshot in (begin, end, context):
        if snapshot is not None:
            snapshot.understand(meter_set.inputs)
    for number, sensor in enumerate(meter_set.inputs):
        if only is not None and sensor.channel.id not in only:
            continue
        around = None if context is None else context.at(number)
        joules, warnings = sensor.energy(begin.at(number), end.at(number), around, aligned, label)
        if joules is not None and not aligned:
            warnings += looks_away_warnings(sensor)
        entries.append((sensor, joules, warnings))
    return entries
