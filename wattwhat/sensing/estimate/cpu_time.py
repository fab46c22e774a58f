"""CPU time of this process and its children, living and dead, and how many cores it may use."""

from __future__ import annotations

import os
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from wattwhat.sensing.estimate.descendants import living_descendants

resource: Any
try:
    import resource
except ImportError:  # Windows keeps no account of children that ended
    resource = None

__all__ = ["CpuTime", "usable_cores"]


class CpuTime:
    """Seconds of CPU time since creation, of this process and all its descendants; never goes back.

    Children that have ended and were waited for are counted by the kernel, exactly; those that live are
    found in /proc. Where there is none (macOS, Windows), psutil finds them if it is installed
    (``wattwhat[children]``); else they count once they have ended.
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
        self.living = living_descendants(root)
        self._lock = threading.RLock()
        _ALIVE.add(self)
        self._latest_s = 0.0
        self._begin()

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
        self.living.forget()
        self._begin()

    def _begin(self) -> None:
        """Go on from the latest seconds, whatever the kernel's accounts say now."""
        self._offset_s = self._latest_s - self._raw()

    def _raw(self) -> float:
        own_s = time.process_time() + self.living.seconds()
        if resource is None:
            return own_s
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return own_s + float(ended.ru_utime + ended.ru_stime)


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


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
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
