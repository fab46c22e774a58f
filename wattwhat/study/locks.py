"""Locks on what a measurement must have to itself, by physical identity; the kernel drops them with us."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from types import TracebackType

from wattwhat.errors import ArgumentError
from wattwhat.records.channel import Channel
from wattwhat.records.file_lock import take_lock

__all__ = ["ENV_LOCKS", "Lock", "Locks", "lock_folder", "lock_names"]

ENV_LOCKS = "WATTWHAT_LOCKS"
_ACCELERATOR = re.compile(
    r"GPU-[0-9a-fA-F-]+|MIG-[0-9a-fA-F-]+|[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.\d"
)


def lock_folder() -> str:
    """Where locks live: the folder that WATTWHAT_LOCKS names, else /run/lock, else the temporary folder.

    Never the home folder, which several hosts may share.

    Raises:
        ArgumentError: the folder that is named is not there.
    """
    named = os.environ.get(ENV_LOCKS)
    if named:
        if not os.path.isdir(named):
            raise ArgumentError(
                f"there is no folder {named!r}", argument=ENV_LOCKS, remedy="make it, or name another one"
            )
        return named
    usable = os.path.isdir("/run/lock") and os.access("/run/lock", os.W_OK)
    return "/run/lock" if usable else tempfile.gettempdir()


def lock_names(channels: Iterable[Channel]) -> list[str]:
    """Names of the locks for these channels, in the order in which they are to be taken.

    An accelerator is a thing of its own; whatever else is measured (packages, memory, a rail, the wall) is
    drawn on by every process of the host, so all of that is one lock.

    Args:
        channels: those that count in a measurement.

    Example:
        >>> gpu = Channel("h/nvml/GPU-12ab/board", "nvml", "a GPU", "board", "power")
        >>> cpu = Channel("h/rapl/package-0", "rapl", "a CPU", "cpu", "energy")
        >>> lock_names([gpu, cpu])
        ['wattwhat-h-0-host', 'wattwhat-h-GPU-12ab']
    """
    names = set()
    for channel in channels:
        host = channel.id.partition("/")[0]
        match = _ACCELERATOR.search(channel.id)
        what = "0-host" if match is None else match[0]  # the host's comes first, in everybody's order
        names.add(re.sub(r"[^\w.-]", "_", f"wattwhat-{host}-{what}"))
    return sorted(names, key=lambda name: (not name.endswith("-0-host"), name))


class Lock:
    """One lock: a file that is held open and locked, and removed when it is given back.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, *, wait: bool = True) -> bool:
        """Take it; False where another has it and we do not wait.

        Raises:
            OSError: the file cannot be made.
        """
        while True:
            descriptor = _opened(self.path)
            try:
                if take_lock(descriptor, wait=wait) is False:
                    os.close(descriptor)
                    return False
            except BaseException:
                os.close(descriptor)
                raise
            if _is_still(self.path, descriptor):
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # who had it before us has removed the file: it guards nothing any more

    def give_back(self) -> None:
        """Let others have it."""
        if self._descriptor is None:
            return
        try:
            os.unlink(self.path)
        except OSError:  # another user's file, in a folder where only its owner removes
            pass
        os.close(self._descriptor)
        self._descriptor = None


class Locks:
    """Several locks, taken in their order and given back together.

    Args:
        names: of the locks.
        folder: where they live; None for `lock_folder`.
        waiting: called once, with the name, where one has to be waited for.

    Example:
        >>> import tempfile
        >>> with Locks(["a"], tempfile.mkdtemp()) as held:
        ...     len(held.names)
        1
    """

    def __init__(
        self, names: Iterable[str], folder: str | None = None, waiting: Callable[[str], object] | None = None
    ) -> None:
        self.names = list(names)
        folder = lock_folder() if folder is None else folder
        self._locks = [Lock(os.path.join(folder, f"{name}.lock")) for name in self.names]
        self._waiting = waiting

    def __enter__(self) -> Locks:
        try:
            for name, lock in zip(self.names, self._locks, strict=True):
                if not lock.take(wait=False):
                    if self._waiting is not None:
                        self._waiting(name)
                    lock.take()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lock in reversed(self._locks):
            lock.give_back()


def _opened(path: str) -> int:
    """A descriptor of the file, made where it is not there; it may be another user's."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        pass
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError as err:
        if err.errno == errno.EACCES and os.path.exists(path):  # made by another just now
            return os.open(path, os.O_RDONLY)
        raise


def _is_still(path: str, descriptor: int) -> bool:
    try:
        there, ours = os.stat(path), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
