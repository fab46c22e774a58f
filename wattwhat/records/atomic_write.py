"""Writing a file whole or not at all, without harm to what lies beside it or to who owns it."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from pathlib import Path

from wattwhat.records.file_lock import take_lock

__all__ = ["GrowingFile", "write_atomically"]

_ENDING = ".wattwhat-tmp"
_NAME = 40  # letters of the target's name: with the rest below the 255 bytes that a name may have
_NOT_OPEN = -1
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
for _name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
    _NEW |= getattr(os, _name, 0)


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file through a temporary neighbour and a rename, so that no half of it is ever seen.

    The neighbour is a new file that nobody could have planted there; it is on the disk before it takes the
    name. A file that is replaced hands its mode, owner and group on. What a killed program left behind of
    an earlier try is removed. Several threads and programs may write one path: the last one stays, whole.

    Args:
        path: the file; of a link the file behind it, unless somebody else planted that link in a folder
            that all may write. A pipe or a device is written to, never replaced.
        content: all of it; text is written as UTF-8.

    Raises:
        OSError: it cannot be written, for instance because its folder is not there, or because it belongs
            to somebody else and would become ours.
        UnicodeEncodeError: the text has no UTF-8.
    """
    target = _behind(Path(path))
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as err:
        if err.errno is None:
            raise
        raise OSError(err.errno, err.strerror, str(path)) from err  # not the temporary file's name, or none


class GrowingFile(io.TextIOBase):
    r"""A file of lines that is written while it goes on; it takes its name with the first whole line.

    What stood under that name stays until then, and a line that cannot be written whole (a full disk) is
    cut off again.

    Args:
        path: as `write_atomically` has it.

    Raises:
        OSError: as `write_atomically`.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp(), "looks.jsonl")
        >>> with GrowingFile(place) as file:
        ...     _ = file.write("1\n")
        ...     file.flush()
        ...     place.read_text()
        '1\n'
    """

    encoding = "utf-8"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # First: Python closes a file that could not be opened too, and 3.13 prints what close() raises then.
        self._file = _NOT_OPEN
        self._waiting, self._whole = "", 0
        self._temporary: Path | None = None
        self._target = _behind(Path(path))
        if self._target.exists() and not self._target.is_file():
            self._file = os.open(self._target, os.O_WRONLY)
            return
        _remove_left_over(self._target)
        self._file, self._temporary = _temporary(self._target)

    def write(self, text: str) -> int:
        """Keep a text until `flush`."""
        self._waiting += text
        return len(text)

    def flush(self) -> None:
        """Write what was kept.

        Raises:
            OSError: it cannot be written; the file ends with the line before.
        """
        data, self._waiting = self._waiting.encode(self.encoding), ""
        if not data or self.closed:
            return
        try:
            if os.write(self._file, data) < len(data):
                raise OSError(errno.ENOSPC, "there is no room for another line", str(self._target))
            if self._temporary is not None:
                _take_name(self._file, self._temporary, self._target)
                self._temporary = None
            self._whole += len(data)
        except OSError:
            if stat.S_ISREG(os.fstat(self._file).st_mode):
                os.ftruncate(self._file, self._whole)
                os.lseek(self._file, self._whole, os.SEEK_SET)
            raise

    def close(self) -> None:
        """End it; what never got a line leaves nothing behind."""
        if not self.closed:
            try:
                super().close()
            finally:
                if self._file != _NOT_OPEN:
                    os.close(self._file)
                if self._temporary is not None:
                    self._temporary.unlink(missing_ok=True)


def _take_name(file: int, temporary: Path, target: Path) -> None:
    """Give a whole temporary file the name of the target."""
    _hand_on(target, file)
    os.fsync(file)
    os.replace(temporary, target)


def _replace(target: Path, data: bytes) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no folder to write it into; make it first")
    _remove_left_over(target)
    file, temporary = _temporary(target)
    try:
        with open(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            _take_name(stream.fileno(), temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _behind(path: Path) -> Path:
    """The file behind links; refuses one that another user planted where all may write (as Linux does)."""
    if path.is_symlink() and hasattr(os, "geteuid"):
        link, folder = path.lstat(), path.absolute().parent.stat()
        shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
        if shared and link.st_uid not in (os.geteuid(), folder.st_uid):
            raise PermissionError(errno.EPERM, "is a link that somebody else put there", str(path))
        with contextlib.suppress(FileNotFoundError):
            path.stat()  # of links in a circle: before 3.13, resolve() has a RuntimeError for them
    return path.resolve()


def _temporary(target: Path) -> tuple[int, Path]:
    """A new file beside the target, open and locked as long as its writer lives."""
    import secrets

    while True:
        temporary = target.with_name(f".{target.name[:_NAME]}.{secrets.token_hex(8)}{_ENDING}")
        # what replaces a file is nobody else's to read until it has that file's mode
        file = os.open(temporary, _NEW, 0o600 if target.exists() else 0o666)
        if take_lock(file) is not False and os.fstat(file).st_nlink:
            return file, temporary
        os.close(file)  # somebody took it for a left-over one before it was locked


def _hand_on(target: Path, file: int) -> None:
    """Mode, owner and group of what is to be replaced."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(old.st_mode)
    if not hasattr(os, "fchown"):
        return
    new = os.fstat(file)
    if old.st_uid != new.st_uid:
        try:
            os.fchown(file, old.st_uid, -1)
        except PermissionError as err:
            reason = "belongs to somebody else and would become yours; write to another file"
            raise PermissionError(errno.EPERM, reason, str(target)) from err
    if old.st_gid != new.st_gid:
        try:
            os.fchown(file, -1, old.st_gid)
        except PermissionError:
            mode &= ~(stat.S_IRWXG | stat.S_ISGID)  # what its group might do is not for ours
    os.fchmod(file, mode)


def _remove_left_over(target: Path) -> None:
    """Temporary files of this target whose writer was killed: nobody holds their lock any more."""
    if not hasattr(os, "geteuid"):
        return
    begin = f".{target.name[:_NAME]}."
    for name in os.listdir(target.parent) if os.access(target.parent, os.R_OK) else ():
        if not (name.startswith(begin) and name.endswith(_ENDING)):
            continue
        place = target.with_name(name)
        try:
            status = place.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
                continue
            file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if take_lock(file):  # for sure: without locks it may be somebody's who lives
                    place.unlink()
            finally:
                os.close(file)
        except OSError:  # gone meanwhile, or not ours to remove
            continue


def _sync_folder(folder: Path) -> None:
    """The new name too is on the disk, where folders can be synchronised."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
