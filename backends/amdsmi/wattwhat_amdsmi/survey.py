"""What can be read of each GPU package: every GPU is looked at twice, a moment apart, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from wattwhat.records.channel import ChannelQuantity
from wattwhat_amdsmi.checks import Sample, doubt, reads_nothing
from wattwhat_amdsmi.devices import Device, packages
from wattwhat_amdsmi.library import Library
from wattwhat_amdsmi.values import energy_j, power_w, resolution_j

__all__ = ["Finding", "Look", "look", "survey"]

# Long against the millisecond or so in which the firmware counts on, short for somebody who waits.
FIRST_WAIT_S = 0.1
# Granted to a counter in doubt only: a slow one (100 ms) has ticked several times by then.
LONGER_WAIT_S = 0.4


@attrs.frozen
class Look:
    """One look at one GPU.

    Args:
        sample: its energy and power.
        resolution_j: the energy of one count, in J.
        field: the field of the power info that holds its power.
    """

    sample: Sample
    resolution_j: float | None = None
    field: str | None = None


@attrs.frozen
class Finding:
    """What is read of one package, and what there is to say about it.

    Args:
        package: its logical GPUs.
        key: PCI address of the one that is read; None where nothing can be.
        quantity: ``"energy"`` or ``"power"``.
        resolution: smallest step, in J or W.
        field: the power field, for a gauge.
        notes: sentences about what was merged, dropped or not checked.
    """

    package: tuple[Device, ...]
    key: str | None = None
    quantity: ChannelQuantity = "energy"
    resolution: float | None = None
    field: str | None = None
    notes: tuple[str, ...] = ()


def look(library: Library, handle: Any, clock: Callable[[], int]) -> Look:
    """Read a GPU's counter and power; what fails or cannot be is None."""
    counted = library.ask("amdsmi_get_energy_count", handle) or {}
    t_ns = clock()
    shown = power_w(library.ask_versioned("amdsmi_get_power_info", handle) or {})
    sample = Sample(t_ns, energy_j(counted), shown[1] if shown else None)
    return Look(sample, resolution_j(counted), shown[0] if shown else None)


def survey(
    library: Library, devices: Sequence[Device], clock: Callable[[], int], sleep: Callable[[float], None]
) -> list[Finding]:
    """Decide what to read of each package: the counter if it can be believed, else the power, else nothing.

    Waits `FIRST_WAIT_S` once for all GPUs, and `LONGER_WAIT_S` more only where a counter is in doubt.

    Args:
        library: the started library.
        devices: the logical GPUs.
        clock: monotonic time in ns.
        sleep: waits so many seconds.
    """
    handles = library.handles()

    def look_at(keys: Iterable[str]) -> dict[str, Look]:
        return {key: look(library, handles[key], clock) for key in keys}

    before = look_at(device.key for device in devices)
    counting = [key for key, seen in before.items() if seen.sample.energy_j is not None]
    doubts = {key: doubt(seen.sample, seen.sample) for key, seen in before.items()}
    for wait_s in (FIRST_WAIT_S, LONGER_WAIT_S):
        if counting:
            sleep(wait_s)
        after = look_at(counting)
        doubts.update({key: doubt(before[key].sample, after[key].sample) for key in counting})
        counting = [key for key in counting if doubts[key] is not None and after[key].sample.energy_j]
    return _with_second_dies([_judge(package, before, doubts) for package in packages(devices)], before)


def _judge(package: tuple[Device, ...], looks: dict[str, Look], doubts: dict[str, str | None]) -> Finding:
    """The finding for one package, from what its members showed."""
    notes: list[str] = []
    if len(package) > 1:
        notes.append(
            f"the package at {package[0].key} shows up as {len(package)} GPUs (its partitions): counted once"
        )
    for device in package:
        if doubts[device.key] is None:
            seen = looks[device.key]
            if seen.sample.power_w is None:
                notes.append(
                    f"GPU {device.key}: no power to hold its energy counter against; taken unchecked"
                )
            return Finding(package, device.key, "energy", seen.resolution_j, None, tuple(notes))
    why = doubts[package[0].key]
    for device in package:
        field = looks[device.key].field
        if field is not None:
            notes.append(f"GPU {device.key}: {doubts[device.key]}, so its power is read instead")
            return Finding(package, device.key, "power", 1.0, field, tuple(notes))
    notes.append(f"GPU {package[0].key}: {why}, and it shows no power; not measured")
    return Finding(package, None, notes=tuple(notes))


def _with_second_dies(findings: Sequence[Finding], looks: dict[str, Look]) -> list[Finding]:
    """Give the dies that read 0 to the package before them, whose counter holds both.

    The kernel fills power and energy in on the first die of an MI250 only (commit 076f55a45e9e).
    """
    merged: list[Finding] = []
    for finding in findings:
        die = finding.package[0]
        silent = all(reads_nothing(looks[device.key].sample) for device in finding.package)
        first = merged[-1] if merged else None
        takes_it = first is not None and first.key is not None and first.package[-1].dual_die
        if first is None or not (silent and die.dual_die and takes_it and len(first.package) == 1):
            merged.append(finding)
            continue
        note = (
            f"GPU {die.key} is the second die of the package at {first.key}, which counts both: counted once"
        )
        merged[-1] = attrs.evolve(first, package=first.package + finding.package, notes=(*first.notes, note))
    return merged
