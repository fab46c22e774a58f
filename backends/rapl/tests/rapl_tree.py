"""Made file trees and a made kernel: what the RAPL plugin's tests read instead of hardware."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

STEP_J = 61.035e-6
RANGE_UJ = 262143328850  # what the kernel prints for a 32-bit register of 2^-14 J steps
COUNT_J = 2.0**-32
SCALE = "2.3283064365386962890625e-10"
PMU_TYPE = 23
EVENTS = {"energy-cores": 1, "energy-pkg": 2, "energy-ram": 3, "energy-gpu": 4, "energy-psys": 5}
GRACE_LABELS = ("Module", "Grace", "CPU", "SysIO")


class MadeTree:
    """A directory that looks like the `/sys` and `/proc` of some machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.zones: dict[str, Path] = {}

    def write(self, path: str | Path, text: object) -> Path:
        """Write one small file, with the newline that the kernel puts at the end."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        return file

    def zone(
        self,
        key: str,
        name: str,
        energy_uj: object = 123_456_789,
        range_uj: object = RANGE_UJ,
        **files: object,
    ) -> Path:
        """Add a powercap zone as sysfs shows it: nested in the device tree, linked in the class."""
        control, *numbers = key.split(":")
        below = [":".join([control, *numbers[: i + 1]]) for i in range(len(numbers))]
        directory = self.root.joinpath("sys/devices/virtual/powercap", control, *below)
        directory.mkdir(parents=True)
        values = {
            "name": name,
            "energy_uj": energy_uj,
            "max_energy_range_uj": range_uj,
            "enabled": 1,
            **files,
        }
        for file, value in values.items():
            if value is not None:
                self.write(directory / file, value)
        links = self.root / "sys/class/powercap"
        links.mkdir(parents=True, exist_ok=True)
        (links / key).symlink_to(directory)
        self.zones[key] = directory
        return directory

    def intel(self, sockets: int = 1, parts: tuple[str, ...] = ("core", "uncore", "dram")) -> MadeTree:
        """Packages with their parts, all counters different."""
        for socket in range(sockets):
            self.zone(f"intel-rapl:{socket}", f"package-{socket}", 9_000_000_000 * (socket + 1))
            for i, part in enumerate(parts):
                self.zone(f"intel-rapl:{socket}:{i:x}", part, 1_000_000_000 * (socket + 1) + 7_000_000 * i)
        return self

    def cpuinfo(
        self, model: str = "Example CPU @ 3 GHz", vendor: str = "GenuineIntel", flags: str = "fpu"
    ) -> MadeTree:
        """One processor in `/proc/cpuinfo`."""
        lines = (f"vendor_id\t: {vendor}", f"model name\t: {model}", f"flags\t\t: {flags}")
        self.write("proc/cpuinfo", "processor\t: 0\n" + "\n".join(lines))
        return self

    def cpus(self, spots: dict[int, tuple[int, int]]) -> MadeTree:
        """Topology: CPU number to (socket, die)."""
        for cpu, (socket, die) in spots.items():
            self.write(f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", socket)
            self.write(f"sys/devices/system/cpu/cpu{cpu}/topology/die_id", die)
        return self

    def perf(
        self, events: tuple[str, ...] = ("energy-pkg",), cpumask: str = "0", paranoid: int = 0
    ) -> MadeTree:
        """The `power` PMU with some events."""
        base = "sys/bus/event_source/devices/power"
        self.write(f"{base}/type", PMU_TYPE)
        self.write(f"{base}/cpumask", cpumask)
        for name in events:
            self.write(f"{base}/events/{name}", f"event=0x{EVENTS[name]:02x}")
            self.write(f"{base}/events/{name}.scale", SCALE)
            self.write(f"{base}/events/{name}.unit", "Joules")
        self.write("proc/sys/kernel/perf_event_paranoid", paranoid)
        return self

    def grace(self, sockets: int = 1, labels: tuple[str, ...] = GRACE_LABELS) -> MadeTree:
        """The ACPI power meters of Grace sockets; the class entry's own folder holds only the name."""
        number = 0
        for socket in range(sockets):
            for label in labels:
                base = f"sys/class/hwmon/hwmon{number}"
                self.write(f"{base}/name", "power_meter")
                self.write(f"{base}/device/power1_oem_info", f"{label} Power Socket {socket}")
                self.write(f"{base}/device/power1_average", 100_000_000 + number)
                self.write(f"{base}/device/power1_average_interval", 50)
                number += 1
        return self


class MadeKernel:
    """Stands for perf_event_open and read: events live in memory files, and may be refused.

    It obeys `perf_event_paranoid` of the tree as the kernel does for a process without capabilities.
    """

    def __init__(self, tree: MadeTree) -> None:
        self.tree = tree
        self.counts: dict[tuple[int, int], int] = {}
        self.opened: list[tuple[int, int, int]] = []
        self.refusal: int | None = None
        self.read_error: dict[tuple[int, int], int] = {}
        self.share_running = 1.0
        self._owner: dict[int, tuple[int, int]] = {}

    def open_event(self, pmu: int, config: int, cpu: int) -> int:
        paranoid = int((self.tree.root / "proc/sys/kernel/perf_event_paranoid").read_text())
        number = self.refusal or (errno.EACCES if paranoid > 0 else 0)
        if number:
            raise OSError(number, os.strerror(number))
        self.opened.append((pmu, config, cpu))
        fd = os.memfd_create(f"event-{config}-{cpu}")
        self._owner[fd] = (config, cpu)
        return fd

    def read(self, fd: int, size: int) -> bytes:
        os.pread(fd, size, 0)  # a closed descriptor fails here, as the kernel's would
        key = self._owner[fd]
        number = self.read_error.get(key)
        if number:
            raise OSError(number, os.strerror(number))
        if number == 0:
            return b""  # what the kernel gives for an event in error state
        enabled = 1_000_000_000
        return struct.pack("=QQQ", self.counts.get(key, 0), enabled, int(enabled * self.share_running))

    def count(self, event: str, joules: float, cpu: int = 0) -> None:
        """Let energy flow through an event."""
        key = (EVENTS[event], cpu)
        self.counts[key] = self.counts.get(key, 0) + round(joules / COUNT_J)
