"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file through a temporary neighbour and a rename, so that no half of it is ever seen.

    Raises:
        OSError: it cannot be written, for instance because its folder is not there.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():  # a pipe or a device is written to, never replaced
        target.write_text(text, encoding="utf-8")
        return
    if not target.parent.is_dir():  # else the error would name the temporary file
        raise FileNotFoundError(errno.ENOENT, "there is no folder to write it into; make it first", str(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
