"""CPU time of this process and its children, living and dead, and how many cores it may use."""

from __future__ import annotations

import os
import threading
import time
import weakref
from pathlib import Path
from typing import Any

resource: Any
try:
    import resource
except ImportError:  # Windows keeps no account of children that ended
    resource = None

__all__ = ["CpuTime", "usable_cores"]

# Living children are looked for this often; between two looks those that are known are read.
_RESCAN_S = 0.1


class CpuTime:
    """Seconds of CPU time since creation, of this process and all its descendants; never goes back.

    Children that have ended and were waited for are counted by the kernel, exactly; those that live are
    read from /proc in clock ticks. Where /proc does not list children, they count once they have ended.
    In a forked child it goes on from where its parent stood at the fork.

    Args:
        root: root of the file tree, for tests.

    Example:
        >>> cpu = CpuTime()
        >>> first = cpu.seconds()
        >>> cpu.seconds() >= first
        True
    """

    def __init__(self, root: str = "/") -> None:
        self._proc = str(Path(root, "proc"))
        self._tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self._lock = threading.RLock()
        _ALIVE.add(self)
        self._children: tuple[int, ...] = ()
        self._scanned_s = -1.0
        self._offset_s = 0.0
        self._latest_s = 0.0
        self._offset_s = -self._raw()

    def seconds(self) -> float:
        """Seconds of CPU time since creation."""
        with self._lock:
            now = self._raw() + self._offset_s
            if now < self._latest_s:  # a child was never waited for: its time is gone from the kernel's books
                self._offset_s += self._latest_s - now
                now = self._latest_s
            self._latest_s = now
            return now

    def after_fork(self) -> None:
        """In a forked child: the kernel's accounts begin anew, so go on from where the parent stood."""
        # another thread may have held the lock at the fork, and would never give it back here
        self._lock = threading.RLock()
        self._children, self._scanned_s = (), -1.0
        self._offset_s = self._latest_s - self._raw()

    def _raw(self) -> float:
        return time.process_time() + _ended_children_s() + self._living_children_s()

    def _living_children_s(self) -> float:
        now = time.monotonic()
        if now - self._scanned_s > _RESCAN_S or self._scanned_s < 0.0:
            self._children, self._scanned_s = tuple(self._descendants("self")), now
        if not self._children:  # nearly always, and every edge asks
            return 0.0
        return sum(self._ticks(pid) for pid in self._children) * self._tick_s

    def _descendants(self, pid: str) -> list[int]:
        pids: list[int] = []
        try:
            tasks = os.listdir(f"{self._proc}/{pid}/task")
        except OSError:
            return pids
        for task in tasks:
            for child in _fields(f"{self._proc}/{pid}/task/{task}/children"):
                pids.append(int(child))
                pids.extend(self._descendants(child))
        return pids

    def _ticks(self, pid: int) -> int:
        """User and system ticks of a process; its own ended children too if they are not in the list."""
        try:
            with open(f"{self._proc}/{pid}/stat", encoding="ascii", errors="replace") as file:
                stat = file.read()
        except OSError:
            return 0
        fields = stat.rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15])


_ALIVE: weakref.WeakSet[CpuTime] = weakref.WeakSet()


def _before_fork() -> None:
    """Read now what the parent has spent: the child, where a window may be stopped, cannot find it out."""
    for one in list(_ALIVE):
        one.seconds()


def _after_fork() -> None:
    for one in list(_ALIVE):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def _ended_children_s() -> float:
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(usage.ru_utime + usage.ru_stime)


def _fields(path: str | Path) -> list[str]:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


def usable_cores(root: str = "/") -> float:
    """Cores that this process may use: its affinity, cut by the container's CPU quota.

    Example:
        >>> usable_cores() > 0
        True
    """
    count = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _fields(Path(root, "sys/fs/cgroup/cpu.max"))
    if len(quota) == 2 and quota[0].isdigit() and quota[1].isdigit() and int(quota[1]) > 0:
        count = min(count, int(quota[0]) / int(quota[1]))
    return max(count, 0.01)
