"""The perf reader: energy events of the kernel's ``power`` PMU, counted in 64 bits, so nothing wraps.

The kernel side is arch/x86/events/rapl.c: the PMU lists one CPU a package (AMD) or a die (Intel) in its
``cpumask``, and an event opened there counts for that package or die.
"""

from __future__ import annotations

import errno
import functools
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import attrs

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_rapl import powercap
from wattwhat_rapl.domain import Candidate, Domain, Survey, Trouble
from wattwhat_rapl.opening import DescriptorMeter, Refused
from wattwhat_rapl.perf_syscall import EVENT_READ_BYTES, Kernel
from wattwhat_rapl.tree import Tree

__all__ = ["Event", "PerfMeter", "find_events", "parse_cpus", "survey"]

_PMU = "sys/bus/event_source/devices/power"
_PARTS = {
    "energy-pkg": "package",
    "energy-cores": "core",
    "energy-gpu": "uncore",
    "energy-ram": "dram",
    "energy-psys": "psys",
}
_CONFIG = re.compile(r"^event=(0x[0-9a-fA-F]+|\d+)$")
_now = time.monotonic_ns
_new = tuple.__new__
_unpack = struct.Struct("=QQQ").unpack


@attrs.frozen
class Event:
    """One event of the PMU on one CPU.

    Args:
        name: the event's name, for instance ``energy-pkg``.
        pmu: the PMU's number.
        config: the event's number.
        cpu: the CPU that it is opened on.
        scale_j: joules a count.
        domain: what it covers.
    """

    name: str
    pmu: int
    config: int
    cpu: int
    scale_j: float
    domain: Domain

    def __str__(self) -> str:
        return f"power/{self.name}/ on CPU {self.cpu}"


class PerfMeter(DescriptorMeter):
    """Reads one event; the value is what was counted since the event was opened."""

    __slots__ = ("_read", "_scale_j")

    def __init__(self, channel: Channel, fd: int, event: Event, kernel: Any) -> None:
        super().__init__(channel, fd, f"perf event {event}")
        self._scale_j = event.scale_j
        self._read = kernel.read

    def read(self) -> Reading:
        """Read the event once, in J."""
        try:
            t_ns = _now()
            count, enabled, running = _unpack(self._read(self._fd, EVENT_READ_BYTES))
            if running == enabled:
                return _new(Reading, (t_ns, count * self._scale_j))
        except (OSError, struct.error) as err:
            raise self._failure(err) from err
        return self._part_time(t_ns, count, enabled, running)

    def raw_reader(self) -> Callable[[], bytes] | None:
        """One read of the event, whose numbers are understood later."""
        return functools.partial(self._read, self._fd, EVENT_READ_BYTES)

    def understood(self, raw: bytes, t_ns: int) -> Reading:
        """The reading in J that these numbers are."""
        try:
            count, enabled, running = _unpack(raw)
        except struct.error as err:
            raise self._failure(err) from err
        return self._part_time(t_ns, count, enabled, running)

    def _part_time(self, t_ns: int, count: int, enabled: int, running: int) -> Reading:
        # Energy events are never multiplexed; a small difference remains when a CPU goes offline and its
        # events move to another.
        if running < 0.99 * enabled:
            raise MeterError(
                f"{self._subject}: counted only {running / enabled:.0%} of the time; this reading is left out"
            )
        return Reading(t_ns, count * self._scale_j)

    def _failure(self, err: Exception) -> MeterError:
        if isinstance(err, struct.error) and self._fd >= 0:
            # The kernel gives end of file for an event in error state, and it never leaves that state.
            return MeterLostError(f"{self._subject}: the kernel gave up this event; its CPU went offline")
        return super()._failure(err)

    def _exists(self) -> bool:
        return True


def survey(tree: Tree, kernel: object | None = None) -> Survey:
    """Every energy event of the PMU, each on the CPUs that it is to be opened on."""
    events, notes = find_events(tree)
    if not events:
        return Survey((), tuple(notes), (Trouble("perf absent", tree.path(f"{_PMU}/events/energy-pkg")),))
    zones = {zone.domain: zone for zone in reversed(powercap.find_zones(tree)[0])}
    opener = functools.partial(_open, kernel or Kernel(tree.machine))
    candidates = [_candidate(event, zones.get(event.domain), opener) for event in events]
    return Survey(tuple(candidates), tuple(notes))


def find_events(tree: Tree) -> tuple[list[Event], list[str]]:
    """The events that the PMU offers, packages first; and notes on those that are not understood."""
    pmu = tree.number(f"{_PMU}/type")
    places = _places(tree, parse_cpus(tree.text(f"{_PMU}/cpumask") or ""))
    events: list[Event] = []
    notes: list[str] = []
    for name, part in _PARTS.items():
        config_text = tree.text(f"{_PMU}/events/{name}")
        if config_text is None or pmu is None:
            continue
        config = _CONFIG.match(config_text)
        scale_j = _scale_j(tree, name)
        if config is None or scale_j is None:
            notes.append(f"perf event power/{name}/: passed over, its number or its scale is not understood")
        elif part == "psys" and len({domain.socket for domain in places.values()}) > 1:
            # Which sockets a platform counter covers shows only in powercap's zone names.
            notes.append("perf event power/energy-psys/: left to powercap on a machine with several sockets")
        else:
            events += [
                Event(name, pmu, int(config[1], 0), cpu, scale_j, _domain(part, place))
                for cpu, place in places.items()
            ]
    return events, notes


def parse_cpus(text: str) -> list[int]:
    """The CPUs of a kernel list such as ``0-1,24``; what is not a number is passed over.

    Example:
        >>> parse_cpus("0-1,24")
        [0, 1, 24]
    """
    cpus: list[int] = []
    for item in text.split(","):
        first, dash, last = item.strip().partition("-")
        if first.isdecimal() and (last.isdecimal() or not dash):
            cpus.extend(range(int(first), int(last or first) + 1))
    return cpus


def _places(tree: Tree, cpus: list[int]) -> dict[int, Domain]:
    """The package or die that each CPU of the mask stands for.

    A socket is split into dies only where the mask names several of them. AMD's counter is the whole
    socket's whichever die it is read from, so there the first CPU of each socket is enough.
    """
    spots = {cpu: (tree.socket_of(cpu) or 0, tree.die_of(cpu)) for cpu in cpus}
    sockets = [socket for socket, _ in set(spots.values())]
    places: dict[int, Domain] = {}
    for cpu, (socket, die) in spots.items():
        split = sockets.count(socket) > 1 and not tree.is_amd
        domain = Domain("package", socket, die if split else None)
        if domain not in places.values():
            places[cpu] = domain
    return places


def _domain(part: str, place: Domain) -> Domain:
    return Domain("psys") if part == "psys" else attrs.evolve(place, part=part)


def _scale_j(tree: Tree, name: str) -> float | None:
    """Joules a count, from the event's ``.scale``; None if that or the unit is not as expected."""
    try:
        scale = float(tree.text(f"{_PMU}/events/{name}.scale") or "")
    except ValueError:
        return None
    unit = tree.text(f"{_PMU}/events/{name}.unit") or "Joules"
    return scale if unit == "Joules" and 0.0 < scale < 1.0 else None


def _candidate(event: Event, zone: powercap.Zone | None, opener: Any) -> Candidate:
    settings = {"update_period_s": 0.001}
    # The count is finer than the register below it, whose step shows in powercap's range, which anyone
    # may read.
    known = powercap.settings(zone) if zone is not None else {}
    settings.update({name: known[name] for name in ("resolution", "max_power_w") if name in known})
    source = f"perf_event {event}"
    return Candidate(event.domain, str(event), source, functools.partial(opener, event), settings=settings)


def _open(kernel: Any, event: Event, channel: Channel) -> Meter:
    try:
        fd = kernel.open_event(event.pmu, event.config, event.cpu)
    except OSError as err:
        kind = "perf refused" if err.errno in (errno.EACCES, errno.EPERM) else "perf failing"
        raise Refused(Trouble(kind, str(event), err.strerror or str(err))) from err
    return PerfMeter(channel, fd, event, kernel)
