"""CPU time of the processes below this one that live, read often and at little cost."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.sensing.estimate.psutil_descendants import PsutilDescendants

__all__ = ["Descendants", "living_descendants"]

# They are looked for this often; between two looks those that are known are read. A look goes over all
# threads of this process: where these are many, it is made as seldom as it takes this part of the time.
_RESCAN_S, _MOST_OF_TIME = 0.1, 0.001
_CHUNK = 16384
# Of waitid(2): children of every thread and with every exit signal.
_WALL = 0x40000000


def living_descendants(root: str = "/") -> Descendants | PsutilDescendants:
    """Who knows the CPU time of living descendants here: /proc, else psutil where it is installed.

    Args:
        root: root of the file tree, for tests.
    """
    if not os.path.isdir(f"{root}/proc/self/task"):
        from wattwhat.sensing.estimate.psutil_descendants import PsutilDescendants

        try:
            return PsutilDescendants()
        except (ImportError, NotImplementedError):  # not installed, or not made for this system
            pass
    return Descendants(root)


class Descendants:
    """Seconds of CPU time that living descendants have spent, and their own children that have ended.

    A child's clock takes a fraction of a microsecond to read, its file below /proc twenty: a loader of data
    has a dozen children, and every edge of a window or phase asks. What is below the children is read from
    /proc, in whole ticks, for that is how the accounts are kept that it moves into when it has ended.

    Args:
        root: root of the file tree, for tests; below another one no clock is asked.
    """

    def __init__(self, root: str = "/") -> None:
        self._proc = str(Path(root, "proc"))
        self._tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self._own = root == "/"
        self._clocks = self._own and _clock_s(os.getpid()) is not None
        self.forget()

    def forget(self) -> None:
        """Know nothing any more: in a forked child they are another process's."""
        # children without any of their own: their clocks, and seconds of what they have waited for
        self._alone: list[tuple[int, float]] = []
        self._parents: list[int] = []
        self._deeper: list[int] = []
        self._look_at_s = -math.inf

    def seconds(self) -> float:
        """Seconds of CPU time of all of them, none of which has been waited for by this process."""
        now_s = time.monotonic()
        if now_s > self._look_at_s:
            begun_s = time.thread_time()
            self._look()
            self._look_at_s = now_s + max(_RESCAN_S, (time.thread_time() - begun_s) / _MOST_OF_TIME)
        spent_s = 0.0
        for clock, ended_s in self._alone:
            try:
                spent_s += time.clock_gettime(clock) + ended_s
            except OSError:  # it was waited for: the kernel counts it as ended
                continue
        if self._parents:
            spent_s += sum(self._parent_s(pid) for pid in self._parents)
            spent_s += sum(sum(self._ticks_s(pid)) for pid in self._deeper)
        return spent_s

    def _parent_s(self, pid: int) -> float:
        own_s, ended_s = self._ticks_s(pid)
        clock_s = _clock_s(pid) if self._clocks else None
        return (own_s if clock_s is None else clock_s) + ended_s

    def _look(self) -> None:
        self.forget()
        if self._own and _childless():
            return
        for child in self._children_of("self"):
            below = self._below(child)
            if below or not self._clocks:
                self._parents.append(child)
                self._deeper += below
            else:
                self._alone.append((_clock(child), self._ticks_s(child)[1]))

    def _below(self, pid: int) -> list[int]:
        children = self._children_of(str(pid))
        return [one for child in children for one in (child, *self._below(child))]

    def _children_of(self, pid: str) -> list[int]:
        try:
            tasks = os.listdir(f"{self._proc}/{pid}/task")
        except OSError:
            return []
        files = (f"{self._proc}/{pid}/task/{task}/children" for task in tasks)
        return [int(child) for file in files for child in _content(file).split()]

    def _ticks_s(self, pid: int) -> tuple[float, float]:
        """User and system seconds in whole ticks: of a process, and of its children that have ended."""
        ticks = [
            int(field) for field in _content(f"{self._proc}/{pid}/stat").rpartition(b")")[2].split()[11:15]
        ]
        return sum(ticks[:2]) * self._tick_s, sum(ticks[2:]) * self._tick_s


def _clock(pid: int) -> int:
    """The number of the clock of a process's CPU time, as the kernel makes it (posix-timers.h)."""
    return ~pid << 3 | 2


def _clock_s(pid: int) -> float | None:
    """CPU time in s of a process by its own clock; None without one."""
    try:
        return time.clock_gettime(_clock(pid))
    except (AttributeError, OSError, OverflowError):
        return None


def _childless() -> bool:
    """Whether the kernel says that no child of this process lives; nothing is waited for by asking."""
    waitid: Any = getattr(os, "waitid", None)
    if waitid is None:
        return False
    try:
        waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | _WALL)
    except ChildProcessError:
        return True
    except OSError:  # a kernel that does not know one of these flags
        return False
    return False


def _content(path: str) -> bytes:
    """A small file of the kernel's, empty where it cannot be read; `open` takes several times as long."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return b""
    try:
        return b"".join(iter(lambda: os.read(file, _CHUNK), b""))
    except OSError:  # it has ended in between
        return b""
    finally:
        os.close(file)
