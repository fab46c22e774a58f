"""Whether a GPU is in use that no meter shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.caution import Caution

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["unseen_gpu"]

# Channels of these components show what a GPU draws, alone or with the rest.
_SHOW_GPU = frozenset({"gpu", "board", "module", "host", "wall"})


_UNSEEN_GPU = (
    Caution(
        "unseen-device",
        "a GPU is in use that no backend measures: its energy is missing from this number; "
        "run 'wattwhat doctor' to see why",
    ),
)


def unseen_gpu(meter_set: MeterSet, in_use: bool) -> tuple[str, ...]:
    """A warning where a GPU is in use and no channel of the meter set shows it.

    Args:
        meter_set: the open meters.
        in_use: whether the workload or this process uses a GPU.
    """
    if not in_use or any(sensor.channel.component in _SHOW_GPU for sensor in meter_set.inputs):
        return ()
    return _UNSEEN_GPU
