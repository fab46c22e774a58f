"""The powercap reader: finds RAPL zones in sysfs and tells real counters from second sights of the same one.

The kernel side is drivers/powercap/powercap_sys.c (files, modes) and intel_rapl_common.c (names, units).
AMD's counters appear under the same ``intel-rapl`` names.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator

import attrs

from wattwhat.records.channel import Channel
from wattwhat.records.small_files import read_small
from wattwhat.sensing.meter import Meter
from wattwhat_rapl.domain import Candidate, Domain, Survey, Trouble, parse_name
from wattwhat_rapl.opening import MicroMeter, open_file
from wattwhat_rapl.tree import Tree

__all__ = ["Zone", "find_zones", "package_limits", "settings", "survey"]

# Child ids are printed in hex ("%s:%x" in powercap_sys.c), so the eleventh is intel-rapl:a.
_ZONE = re.compile(r"^(intel-rapl[a-z-]*)((?::[0-9a-f]+)+)$")
_BASES = ("sys/class/powercap", "sys/devices/virtual/powercap")
_MIRROR_TOLERANCE_J = 1.0


@attrs.frozen
class Zone:
    """One powercap zone.

    Args:
        key: its directory's name, for instance ``intel-rapl:0:1``.
        directory: the directory, absolute.
        domain: what it covers.
        range_uj: ``max_energy_range_uj``; None if missing, unreadable or not a positive number.
        limit_w: the greatest power limit that its constraints name, in W; None if there is none.
    """

    key: str
    directory: str
    domain: Domain
    range_uj: int | None = None
    limit_w: float | None = None

    @property
    def control(self) -> str:
        """The interface that the kernel reads the counter by: ``intel-rapl`` (MSR) or ``intel-rapl-mmio``."""
        return self.key.partition(":")[0]

    @property
    def energy_file(self) -> str:
        """The file of the counter, in microjoules."""
        return os.path.join(self.directory, "energy_uj")


def survey(tree: Tree) -> Survey:
    """Every zone that may be read, one candidate a domain first, with notes on what was passed over."""
    zones, notes = find_zones(tree)
    unread = tuple(notes)
    if not zones:
        absent = (Trouble("powercap absent", tree.path(_BASES[0])),)
        return Survey((), unread, absent, unread=unread)
    for sift in (_drop_mirrors, _drop_dead_platforms):
        zones, dropped = sift(zones)
        notes += dropped
    notes += [
        f"{zone.key}: max_energy_range_uj cannot be read, so a wrap of its counter shows as a reset"
        for zone in zones
        if zone.range_uj is None
    ]
    return Survey(tuple(map(_candidate, zones)), tuple(notes), unread=unread)


def _bases(tree: Tree) -> tuple[str, ...]:
    """Where zones lie; a made tree may be the folder of the zones itself."""
    if tree.root != "/" and any(name.startswith("intel-rapl") for name in tree.names("")):
        return ("", *_BASES)
    return _BASES


def find_zones(tree: Tree) -> tuple[list[Zone], list[str]]:
    """Every zone whose name is understood, MSR before MMIO, parents before children; notes on the rest."""
    paths = {key: path for base in _bases(tree) for key, path in _walk(tree.path(base), 3)}
    domains: dict[str, Domain] = {}
    zones: list[Zone] = []
    notes: list[str] = []
    for key in sorted(paths, key=_order):
        directory = paths[key]
        name = tree.text(os.path.join(directory, "name"))
        domain = parse_name(name or "", domains.get(key.rpartition(":")[0]))
        if domain is None:
            notes.append(f"{key}: passed over, {name!r} is not a domain that is known here")
            continue
        domains[key] = domain
        zones.append(Zone(key, directory, domain, _range_uj(tree, directory), _limit_w(tree, directory)))
    return zones, notes


def _walk(directory: str, depth: int) -> Iterator[tuple[str, str]]:
    """Zone directories below one, whether linked side by side (sysfs class) or nested (the device tree)."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for name in names:
        if not name.startswith("intel-rapl"):
            continue
        path = os.path.join(directory, name)
        if _ZONE.match(name) and os.path.isdir(path):
            yield name, path
        if depth:
            yield from _walk(path, depth - 1)


def _order(key: str) -> tuple[bool, str, int, tuple[int, ...]]:
    control, *numbers = key.split(":")
    return control != "intel-rapl", control, len(numbers), tuple(int(number, 16) for number in numbers)


def _range_uj(tree: Tree, directory: str) -> int | None:
    value = tree.number(os.path.join(directory, "max_energy_range_uj"))
    return value if value is not None and value > 0 else None


def _limit_w(tree: Tree, directory: str) -> float | None:
    """The greatest of the zone's power limits: short peaks go beyond the long-term one."""
    files = re.compile(r"^constraint_\d+_(?:max_power|power_limit)_uw$")
    values = [
        tree.number(os.path.join(directory, name)) or 0 for name in tree.names(directory) if files.match(name)
    ]
    return max(values) / 1e6 if values and max(values) > 0 else None


def package_limits(tree: Tree) -> dict[str, dict[str, float]]:
    """The sustained power limit of each package (constraint 0 of its zone, the long-term one), in W."""
    limits: dict[str, dict[str, float]] = {}
    for zone in find_zones(tree)[0]:
        microwatts = tree.number(os.path.join(zone.directory, "constraint_0_power_limit_uw"))
        if zone.domain.part == "package" and microwatts:
            limits.setdefault(zone.domain.path, {"power_limit_w": microwatts / 1e6})
    return limits


def settings(zone: Zone) -> dict[str, float]:
    """What a zone's files tell about its channel: period, range, step and greatest power."""
    known = {"update_period_s": 0.001}
    if zone.range_uj is not None:
        # The counter is a 32-bit register times its unit, and the file's own step is 1 uJ.
        known["wrap_j"] = (zone.range_uj + 1) / 1e6
        known["resolution"] = max(zone.range_uj / 2**32, 1.0) / 1e6
    if zone.limit_w is not None:
        known["max_power_w"] = zone.limit_w
    return known


def _candidate(zone: Zone) -> Candidate:
    source = f"powercap {zone.key}/energy_uj"
    return Candidate(zone.domain, zone.key, source, functools.partial(_open, zone), settings=settings(zone))


def _open(zone: Zone, channel: Channel) -> Meter:
    return MicroMeter(channel, open_file(zone.energy_file), zone.energy_file)


def _energy_j(zone: Zone) -> float | None:
    try:
        return int(read_small(zone.energy_file)) / 1e6
    except (OSError, ValueError):
        return None


def _drop_mirrors(zones: list[Zone]) -> tuple[list[Zone], list[str]]:
    """Keep one of several dies that show the counter of their whole socket, as some AMD chips do.

    Independent 32-bit counters agree to 1 J about once in 100,000 times; both at 0 is no evidence.
    Seen by others as twice the true power: mlco2/codecarbon issues 788, 1274, 1379.
    """
    replaced: dict[Domain, Domain | None] = {}
    notes: list[str] = []
    for socket, dies in _dies(zones).items():
        groups = _agreeing(dies)
        for first, *mirrors in groups:
            if not mirrors:
                continue
            whole = Domain("package", socket) if len(groups) == 1 else first.domain
            replaced[first.domain] = whole
            replaced.update((mirror.domain, None) for mirror in mirrors)
            notes.append(
                f"{', '.join(zone.key for zone in mirrors)}: the same counter as {first.key} "
                f"(socket {socket}), shown once a die; counted once as {whole.path}"
            )
    return [kept for zone in zones for kept in _renamed(zone, replaced)], notes


def _dies(zones: list[Zone]) -> dict[int | None, list[Zone]]:
    """The zones of each socket's dies, by the interface that comes first there and once a die.

    A second zone of the same die is no mirror of another die: it is dropped where domains are opened.
    """
    sockets: dict[int | None, dict[Domain, Zone]] = {}
    for zone in zones:
        if zone.domain.part == "package" and zone.domain.die is not None:
            dies = sockets.setdefault(zone.domain.socket, {})
            if all(zone.control == first.control for first in dies.values()):
                dies.setdefault(zone.domain, zone)
    return {socket: list(dies.values()) for socket, dies in sockets.items()}


def _agreeing(dies: list[Zone]) -> list[list[Zone]]:
    """Groups of zones whose counters agree; a zone that cannot be read, or reads 0, is a group of its own."""
    groups: list[tuple[float | None, list[Zone]]] = []
    for zone in dies if len(dies) > 1 else []:
        energy_j = _energy_j(zone)
        for first_j, members in groups:
            if first_j and energy_j and abs(first_j - energy_j) <= min(_MIRROR_TOLERANCE_J, 0.01 * first_j):
                members.append(zone)
                break
        else:
            groups.append((energy_j, [zone]))
    return [members for _, members in groups]


def _renamed(zone: Zone, replaced: dict[Domain, Domain | None]) -> list[Zone]:
    package = Domain("package", zone.domain.socket, zone.domain.die)
    if zone.domain.part == "psys" or package not in replaced:
        return [zone]
    target = replaced[package]
    return [] if target is None else [attrs.evolve(zone, domain=attrs.evolve(zone.domain, die=target.die))]


def _drop_dead_platforms(zones: list[Zone]) -> tuple[list[Zone], list[str]]:
    """Leave out a platform counter that stands at 0 while packages have counted: it is not wired up.

    It would contain every package, and the machine's energy would come out as nothing.
    """
    platforms = [zone for zone in zones if zone.domain.part == "psys"]
    if not platforms or not any(_energy_j(zone) for zone in zones if zone.domain.part == "package"):
        return zones, []
    dead = [zone for zone in platforms if _energy_j(zone) == 0.0]
    notes = [f"{zone.key}: psys stands at 0, this board does not feed it; left out" for zone in dead]
    return [zone for zone in zones if zone not in dead], notes
