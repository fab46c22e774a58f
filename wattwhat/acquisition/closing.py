"""The open meter sets of this process: what becomes of them at a fork and when the interpreter exits."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wattwhat.acquisition.inputs import Input
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.acquisition.sampler import Sampler

__all__ = ["close_when_forgotten", "enrol", "enrolled"]

# How long the exit waits for a sampler that is in the middle of a reading.
_EXIT_WAIT_S = 1.0

_meter_sets: weakref.WeakSet[MeterSet] = weakref.WeakSet()
_waits_for_exit = False


def enrol(meter_set: MeterSet) -> None:
    """Look after a meter set that was just opened; held weakly, so that a forgotten one can go."""
    global _waits_for_exit
    _meter_sets.add(meter_set)
    if not _waits_for_exit:
        _waits_for_exit = True
        # Handlers run latest first: what a program registers once it measures still finds its meters open,
        # and what it registered before opens new ones.
        atexit.register(_at_exit)


def enrolled() -> list[MeterSet]:
    """The meter sets that are there, open or closed."""
    return list(_meter_sets)


def close_when_forgotten(meter_set: MeterSet) -> None:
    """Close the meters of a meter set once nothing holds it any more."""
    finalizer = weakref.finalize(meter_set, _let_go, meter_set.pid, meter_set.sampler, meter_set.inputs)
    finalizer.atexit = False  # of the exit, `_at_exit` takes care


def _let_go(pid: int, sampler: Sampler, sensors: Sequence[Input]) -> None:
    sampler.leave()
    if pid == os.getpid():
        for sensor in sensors:
            sensor.close()


def _at_exit() -> None:
    """Close what this process opened, unless a window is open over it: its end is still to be read.

    A forked child that ends like its parent comes here too. The meters that it inherited are the parent's,
    who may be in the middle of a window.
    """
    for meter_set in enrolled():
        if meter_set.pid == os.getpid() and not meter_set.in_use and not meter_set.closed:
            meter_set.close(_EXIT_WAIT_S)


def _after_fork() -> None:
    for meter_set in enrolled():
        meter_set.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
