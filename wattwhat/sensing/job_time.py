"""Processor time of a Slurm job and of all its node, read where the kernel keeps the accounts of both.

A job's time is that of its control group; where Slurm makes none, that of this process and its children,
times the tasks that the job has on this node.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.estimate.cpu_time import CpuTime
from wattwhat.sensing.launch import tasks_on_node

__all__ = ["JobTime", "Times"]

# Where control groups of both versions are mounted, the account there, and its units a second.
_PLACES = (("", "cpu.stat", 1e6), ("unified", "cpu.stat", 1e6), ("{}", "cpuacct.usage", 1e9))
# An answer serves so long: the channels of a node are read one after the other.
_FRESH_S = 0.005


class Times(NamedTuple):
    """Seconds of processor time since some moment.

    Attributes:
        job_s: of the job.
        node_s: of everything that ran on the node.
    """

    job_s: float
    node_s: float


class JobTime:
    """Reads both accounts; made once a process.

    Args:
        job_id: of the job.
        environ: the environment; None takes that of this process.
        root: root of the file tree, for tests.
        clock: seconds, for tests.

    Attributes:
        by: where the job's time comes from: ``"its control group"`` or ``"its processes"``.
    """

    def __init__(
        self,
        job_id: str,
        environ: Mapping[str, str] | None = None,
        root: str = "/",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._clock = Path(root), clock
        self._job = _job_account(self._root, job_id)
        self._tasks = tasks_on_node(environ) or 1
        self._tree = None if self._job is not None else CpuTime()
        self.by = "its processes" if self._job is None else "its control group"
        self._tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self._lock, self._pid = threading.RLock(), os.getpid()
        self._latest: Times | None = None
        self._read_s = float("-inf")

    def now(self) -> Times | None:
        """Both accounts, at most a few milliseconds old; None where the kernel does not tell."""
        if os.getpid() != self._pid:  # the lock of a forked child may be held by nobody
            self._lock, self._pid = threading.RLock(), os.getpid()
        with self._lock:
            if self._clock() - self._read_s > _FRESH_S:
                now_s = self._clock()
                self._latest = self._read()
                self._read_s = now_s
            return self._latest

    def _read(self) -> Times | None:
        try:
            node_s = _busy_s(read_small_text(self._root / "proc/stat"), self._tick_s)
            if self._job is None:
                return Times(self._tasks * self._tree.seconds(), node_s) if self._tree else None
            path, per_s = self._job
            return Times(_first_number(read_small_text(path)) / per_s, node_s)
        except (OSError, ValueError, IndexError):
            return None


def _busy_s(text: str, tick_s: float) -> float:
    """Seconds in which a CPU of the node worked, from the first line of /proc/stat (proc(5)).

    Fields: user (guests are in it), nice, system, idle, iowait, irq, softirq.
    """
    name, *ticks = text.partition("\n")[0].split()
    if name != "cpu":
        raise ValueError(name)
    return sum(int(ticks[field]) for field in (0, 1, 2, 5, 6)) * tick_s


def _first_number(text: str) -> int:
    """``usage_usec 5`` of the second version, ``5`` of the first."""
    return int(text.split("\n", 1)[0].split()[-1])


def _job_account(root: Path, job_id: str) -> tuple[Path, float] | None:
    """The file with the job's processor time and its units a second; None where it has no group."""
    try:
        lines = read_small_text(root / "proc/self/cgroup").splitlines()
    except OSError:
        return None
    for line in lines:
        controllers, _, group = line.partition(":")[2].partition(":")
        above, found, _ = f"{group}/".partition(f"/job_{job_id}/")
        for place, file, per_s in _PLACES if found else ():
            if controllers == "" or "cpuacct" in controllers.split(","):
                path = (
                    root / f"sys/fs/cgroup/{place.format(controllers)}" / f"{above}{found}".strip("/") / file
                )
                if os.access(path, os.R_OK):
                    return path, per_s
    return None
