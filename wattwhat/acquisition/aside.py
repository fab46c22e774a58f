"""Calls that may hang are made aside: waited for a stated time, and then left to a thread of their own.

A call into foreign code cannot be ended from outside. A thread that is stuck in one is given up until the
call returns; the next call gets another thread. Where threads are not wanted, calls are made in place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from wattwhat.plugins import OwnThread, pass_on

__all__ = ["Aside", "InPlace", "Threads"]

# A thread that is free ends at once, unless the machine has no time for it.
_END_S = 0.2

Job = Callable[[], None]


class Aside(Protocol):
    """Where calls are made that may take long."""

    @property
    def leaves(self) -> bool:
        """Whether a call that is not waited for goes on by itself."""

    def run(self, job: Job, wait_s: float) -> bool:
        """Make a call and wait for it; whether it has returned within so many seconds."""

    def rest(self) -> None:
        """Nothing is to be called for now."""


class InPlace:
    """Calls are made at once, however long they take: for made time, and where no thread is allowed."""

    leaves = False

    def run(self, job: Job, wait_s: float) -> bool:
        """Make the call."""
        job()
        return True

    def rest(self) -> None:
        """There is nothing to be done."""


class Threads:
    """Daemon threads, as many as calls are under way; those that are free are used again.

    Example:
        >>> threads, done = Threads(), threading.Event()
        >>> threads.run(done.set, 5.0), done.is_set()
        (True, True)
        >>> hangs = threading.Event()
        >>> threads.run(lambda: hangs.wait() and None, 0.001)
        False
        >>> hangs.set()
        >>> threads.rest()
    """

    leaves = True

    def __init__(self) -> None:
        self._free: list[_Worker] = []
        self._rests = 0  # whoever was called before the latest rest ends when it comes back
        self._lock = threading.RLock()

    def run(self, job: Job, wait_s: float) -> bool:
        """Make a call in a thread; where no more can be started, in this one."""
        with self._lock:
            worker, rests = self._free.pop() if self._free else None, self._rests
        if worker is None:
            worker = _Worker(self)
            try:
                worker.start()
            except RuntimeError:  # the interpreter is shutting down, or the system allows no more threads
                job()
                return True
        done = worker.give(job, rests)
        # acquire() takes no timeout beyond some, and less than none means for ever
        return done.acquire(timeout=max(wait_s, 0.0))

    def rest(self) -> None:
        """Let the free threads end."""
        with self._lock:
            free, self._free = self._free, []
            self._rests += 1
        for worker in free:
            worker.give(None, 0)
            worker.join(_END_S)

    def _again(self, worker: _Worker, rests: int) -> bool:
        with self._lock:
            if rests == self._rests:
                self._free.append(worker)
            return rests == self._rests


class _Worker(OwnThread):
    def __init__(self, threads: Threads) -> None:
        super().__init__(self._jobs, "wattwhat-reader")
        self._threads = threads
        self._given = threading.Semaphore(0)
        self._job: Job | None = None
        self._rests = 0
        self._done = threading.Lock()

    def give(self, job: Job | None, rests: int) -> threading.Lock:
        """What to call next, None to end; gives a lock that is free once it has returned."""
        self._done = done = threading.Lock()
        done.acquire()
        self._job, self._rests = job, rests
        self._given.release()
        return done

    def _jobs(self) -> None:
        while True:
            self._given.acquire()
            job, done, rests = self._job, self._done, self._rests
            self._job = None
            if job is None:
                return
            try:
                job()
            except BaseException as err:  # jobs keep what went wrong themselves; nothing may end this thread
                pass_on(err)
            del job  # a thread that waits must keep no meter alive
            stays = self._threads._again(self, rests)
            done.release()
            if not stays:
                return
