"""The hwmon reader: the ACPI power meters of NVIDIA Grace, and the energy counters of ``amd_energy``.

Grace: each meter is a hwmon device named ``power_meter`` whose files lie under ``device/``; its label tells
what it covers, and the domains are nested: Module (CPU, GPU, memory and regulators) > Grace > CPU, SysIO
(NVIDIA Grace Performance Tuning Guide, "Power and Thermals"). They show power, not energy.
``amd_energy`` (Linux 5.8 to 5.12, Documentation/hwmon/amd_energy.rst) accumulates energy in 64 bits.
"""

from __future__ import annotations

import functools
import os
import re

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter
from wattwhat_rapl.domain import Candidate, Domain, Survey, Trouble
from wattwhat_rapl.opening import MicroMeter, open_file
from wattwhat_rapl.tree import Tree

__all__ = ["grace_domain", "survey"]

_BASE = "sys/class/hwmon"
_GRACE = re.compile(r"^(Module|Grace|CPU|SysIO) Power Socket (\d+)$")
_GRACE_PARTS = {"Module": "module", "Grace": "package", "CPU": "core", "SysIO": "uncore"}
_AMD_SOCKET = re.compile(r"^Esocket(\d+)$")
_AMD_LABEL = re.compile(r"^energy(\d+)_label$")


def grace_domain(label: str) -> Domain | None:
    """The domain that the label of a Grace power meter names, or None if it is not known.

    Example:
        >>> grace_domain("Grace Power Socket 1").path, grace_domain("SysIO Power Socket 1").path
        ('package-1', 'package-1/uncore')
    """
    match = _GRACE.match(label)
    return None if match is None else Domain(_GRACE_PARTS[match[1]], int(match[2]))


def survey(tree: Tree) -> Survey:
    """Every power meter of a Grace socket, and every socket counter of amd_energy."""
    candidates: list[Candidate] = []
    notes: list[str] = []
    for name in tree.names(_BASE):
        for folder in (f"{_BASE}/{name}/device", f"{_BASE}/{name}"):
            driver = tree.text(f"{_BASE}/{name}/name") or tree.text(f"{_BASE}/{name}/device/name")
            if driver == "power_meter" and os.path.exists(tree.path(f"{folder}/power1_average")):
                _add_grace(tree, folder, candidates, notes)
                break
            if driver == "amd_energy":
                candidates += _amd_sockets(tree, folder)
    troubles = () if candidates else (Trouble("hwmon absent", tree.path(_BASE)),)
    return Survey(tuple(candidates), tuple(notes), troubles)


def _add_grace(tree: Tree, folder: str, candidates: list[Candidate], notes: list[str]) -> None:
    label = tree.text(f"{folder}/power1_oem_info") or ""
    domain = grace_domain(label)
    if domain is None:
        # A meter whose place in the nesting is unknown would be added to what already contains it.
        notes.append(f"{folder}: passed over, the power meter {label!r} is not one of Grace's four")
        return
    settings: dict[str, float] = {}
    window_ms = tree.number(f"{folder}/power1_average_interval")
    if window_ms is not None and window_ms > 0:
        settings["averaging_window_s"] = window_ms / 1e3
    path = tree.path(f"{folder}/power1_average")
    opener = functools.partial(_open, path)
    candidates.append(Candidate(domain, folder, f"hwmon {label}", opener, "power", settings))


def _amd_sockets(tree: Tree, folder: str) -> list[Candidate]:
    sockets = []
    for file in tree.names(folder):
        number = _AMD_LABEL.match(file)
        socket = _AMD_SOCKET.match(tree.text(f"{folder}/{file}") or "") if number else None
        if number and socket:
            path = tree.path(f"{folder}/energy{number[1]}_input")
            opener = functools.partial(_open, path)
            domain = Domain("package", int(socket[1]))
            sockets.append(Candidate(domain, folder, f"hwmon amd_energy {socket[0]}", opener))
    return sockets


def _open(path: str, channel: Channel) -> Meter:
    return MicroMeter(channel, open_file(path), path)
