"""Locks on open files and folders: nothing is left behind, and the end of a process gives them back."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator

__all__ = ["folder_locked", "take_lock"]

# Many programs that end at once take turns, and each writes through to its disk before it lets the next one.
_WAIT_S = 60.0
_here = threading.Lock()


def take_lock(file: int, *, wait: bool = False) -> bool | None:
    """Whether this open file, by its number, is ours alone now; None where there are no such locks.

    The lock ends with the file, and binds only those who ask for one. Windows and some network file
    systems have none.

    Args:
        file: the number of the open file.
        wait: wait until whoever has it gives it back.
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextlib.contextmanager
def folder_locked(
    folder: str | os.PathLike[str],
    wait_s: float = _WAIT_S,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[None]:
    """Keep other threads and programs from changing a file of this folder in place meanwhile.

    The folder itself is locked, so no lock file lies about.

    Args:
        folder: where the file lies that is read, changed and written back.
        wait_s: how long to wait for others, in s.
        clock: seconds that only grow.
        sleep: waits so many seconds.

    Raises:
        OSError: there is no such folder, or somebody held it all that time.

    Example:
        >>> import tempfile
        >>> with folder_locked(tempfile.mkdtemp()):
        ...     pass
    """
    ends_s = clock() + wait_s
    if not _here.acquire(timeout=wait_s):
        raise _busy(folder)
    try:
        try:
            handle = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except PermissionError:  # Windows opens no folders; a folder one may enter but not list
            yield
            return
        try:
            while take_lock(handle) is False:
                if clock() >= ends_s:
                    raise _busy(folder)
                sleep(0.01)
            yield
        finally:
            os.close(handle)
    finally:
        _here.release()


def _busy(folder: str | os.PathLike[str]) -> OSError:
    return OSError(errno.EBUSY, "another program is writing here; try again when it is done", str(folder))
