"""The kernel's file tree and what it says about this machine; reads small text files, writes nothing."""

from __future__ import annotations

import os
import sys

from wattwhat.records.small_files import read_small_text

__all__ = ["Tree"]


class Tree:
    """A file tree that holds ``sys`` and ``proc``: the machine's own, a view of it, or a made one.

    Args:
        root: the directory that stands for ``/``.
        platform: what to take for `sys.platform`.
        machine: what to take for the machine type (``x86_64``, ``aarch64``); None asks the kernel.
    """

    def __init__(self, root: str = "/", platform: str = sys.platform, machine: str | None = None) -> None:
        self.root = os.path.abspath(root)
        self.platform = platform
        self.machine = machine or (os.uname().machine if hasattr(os, "uname") else "unknown")

    def path(self, relative: str) -> str:
        """Where a file of the tree lies, for instance ``path("sys/class/powercap")``."""
        return os.path.join(self.root, relative)

    def text(self, relative: str) -> str | None:
        """The stripped text of a file, or None if it cannot be read for whatever reason."""
        try:
            return read_small_text(self.path(relative), errors="replace").strip()
        except OSError:
            return None

    def number(self, relative: str) -> int | None:
        """The whole number in a file, or None if it cannot be read or holds anything else."""
        text = self.text(relative)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def names(self, relative: str) -> list[str]:
        """Sorted names in a directory; empty if there is none or it may not be listed."""
        try:
            return sorted(os.listdir(self.path(relative)))
        except OSError:
            return []

    @property
    def is_linux(self) -> bool:
        """Whether this is Linux, or a made tree, which stands for one."""
        return self.platform.startswith("linux") or self.root != "/"

    @property
    def in_container(self) -> bool:
        """Whether the process seems to run in a container (Docker, Podman, Kubernetes, LXC)."""
        if any(os.path.exists(self.path(mark)) for mark in (".dockerenv", "run/.containerenv")):
            return True
        groups = self.text("proc/1/cgroup") or ""
        if any(word in groups for word in ("docker", "kubepods", "containerd", "libpod", "lxc")):
            return True
        # With cgroup v2 the groups are hidden as well; what is left is the mask itself.
        return " /sys/devices/virtual/powercap " in (self.text("proc/self/mounts") or "")

    @property
    def is_virtual(self) -> bool:
        """Whether the CPU says that a hypervisor runs below this kernel."""
        return "hypervisor" in self._cpuinfo("flags").split()

    @property
    def cpu_model(self) -> str:
        """The CPU's name as the kernel prints it, or ``"CPU"``."""
        return self._cpuinfo("model name") or "CPU"

    @property
    def is_amd(self) -> bool:
        """Whether the CPU is AMD's or Hygon's, whose counters come from a model of the chip."""
        return self._cpuinfo("vendor_id") in ("AuthenticAMD", "HygonGenuine")

    @property
    def perf_paranoid(self) -> int | None:
        """The kernel's ``perf_event_paranoid``; None where it cannot be read."""
        return self.number("proc/sys/kernel/perf_event_paranoid")

    def socket_of(self, cpu: int) -> int | None:
        """The number of the socket that a CPU sits in."""
        return self.number(f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id")

    def die_of(self, cpu: int) -> int | None:
        """The number of the die that a CPU sits on, within its socket."""
        return self.number(f"sys/devices/system/cpu/cpu{cpu}/topology/die_id")

    def _cpuinfo(self, key: str) -> str:
        """The first value of a key in cpuinfo, or an empty text."""
        try:
            lines = read_small_text(self.path("proc/cpuinfo"), errors="replace").splitlines()
        except OSError:
            return ""
        pairs = (line.partition(":") for line in lines)
        return next((value.strip() for name, colon, value in pairs if colon and name.strip() == key), "")
