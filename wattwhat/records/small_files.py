"""Reading small files that others wrote: bounded in size, regular files only, no waiting for a pipe.

Settings, profiles, references, what git and the kernel say: a file in that place may be a pipe that nobody
feeds, a device without an end, or larger than the memory. Whoever reads one comes through here.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

__all__ = ["open_regular", "read_small", "read_small_text"]

# What the kernel and settings hold in one file is a few kB; /proc/cpuinfo of 512 processors is 0.8 MB.
_MOST_BYTES = 4_000_000
# A terminal must not become the process's own, a child must not inherit it, a pipe is not waited for.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file to read its bytes; a device is not even opened, for some act on that.

    The null device is read as the empty file that it stands for.

    Args:
        path: the file; links are followed.

    Raises:
        OSError: it is not there, cannot be read, or is a folder, a pipe, a device or a socket.

    Example:
        >>> with open_regular(os.devnull) as file:
        ...     file.read()
        b''
    """
    _check_regular(os.stat(path), path)
    file = os.open(path, _FLAGS)
    try:
        _check_regular(os.fstat(file), path)  # once more: it may have been replaced in between
        return open(file, "rb")
    except BaseException:
        os.close(file)
        raise


def _check_regular(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(status.st_mode) and not _is_null(status):
        number, reason = errno.EINVAL, "is no regular file"
        if stat.S_ISDIR(status.st_mode):
            number, reason = errno.EISDIR, "is a folder"
        raise OSError(number, reason, os.fspath(path))


def _is_null(status: os.stat_result) -> bool:
    """Whether it is the null device: how one names no file, and safe to read."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev


def read_small(path: str | os.PathLike[str], most_bytes: int = _MOST_BYTES) -> bytes:
    """The bytes of a regular file of at most that size.

    Args:
        path: the file; links are followed.
        most_bytes: a larger one is refused, and no more than this is held in memory.

    Raises:
        OSError: as `open_regular`, or it is larger.
    """
    with open_regular(path) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"is larger than {most_bytes} bytes", os.fspath(path))
    return data


def read_small_text(
    path: str | os.PathLike[str],
    most_bytes: int = _MOST_BYTES,
    *,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> str:
    """The text of a regular file of at most that size.

    Args:
        path: the file; links are followed.
        most_bytes: a larger one is refused.
        encoding: of the text.
        errors: what to do with bytes that are no text, as `bytes.decode` has it.

    Raises:
        OSError: as `read_small`.
        UnicodeDecodeError: it is no text in that encoding.

    Example:
        >>> read_small_text("/no/such/file")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'
    """
    return read_small(path, most_bytes).decode(encoding, errors)
