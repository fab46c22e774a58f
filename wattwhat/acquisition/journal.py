"""The journal of a window: what it took so far, in a file that outlives a killed job.

Each line is a whole Measurement from the window's begin until then, so the latest line of a run is the run.
A thread of its own writes it: a disk holds the program for a moment at most, and only at a window's end.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.plugins import OwnThread, pass_on
from wattwhat.records.file_lock import take_lock
from wattwhat.sensing.launch import rank_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EVERY_S", "Journal", "check_journal"]

EVERY_S = 30.0
_FIRST_S = 1.0  # the first line is written after this long at most
# How long a window's end waits for its last line, so that it can be read then, and the program's end, in s.
_SOON_S, _LAST_S = 0.05, 5.0


def check_journal(save: Any, every_s: Any) -> None:
    """Refuse what names no file, and times that are none.

    Raises:
        ArgumentError: naming the argument.
    """
    if save is None:
        if every_s is not None:
            raise ArgumentError(
                "says how often save= is written", argument="every_s", remedy="give save=PATH too"
            )
        return
    if not isinstance(save, (str, os.PathLike)) or not os.fspath(save):
        raise ArgumentError(argument="save", expected="the path of a file to append to", got=save)
    if os.path.isdir(save):
        raise ArgumentError(
            f"{os.fspath(save)!r} is a folder", argument="save", remedy="name a file in it, such as run.jsonl"
        )
    if os.path.exists(save):
        _check_ours(os.fspath(save))
    _check_writable(os.path.abspath(save))
    number = EVERY_S if every_s is None else every_s
    if isinstance(number, (str, bool)) or not 0.0 < number < math.inf:
        raise ArgumentError(argument="every_s", expected="seconds above 0", got=every_s)


def _check_writable(save: str) -> None:
    """Refuse a file, or the nearest folder above one that is not there yet, that may not be written."""
    place = save
    while not os.path.exists(place):
        place = os.path.dirname(place)
    if not os.access(place, os.W_OK) or (place != save and not os.path.isdir(place)):
        raise ArgumentError(
            f"{place!r} cannot be written", argument="save", remedy=f"choose another place for {save!r}"
        )


def _check_ours(save: str) -> None:
    """Refuse to append to what is no file of measurements."""
    from wattwhat.records.small_files import open_regular

    try:
        with open_regular(save) as file:
            begin = file.read(200).lstrip(b"\n")
    except OSError as err:
        raise ArgumentError(
            f"{save!r} {err.strerror}", argument="save", remedy="name a file such as run.jsonl"
        ) from err
    if begin and not begin.startswith(b'{"schema": '[: len(begin)]):
        raise ArgumentError(
            f"{save!r} holds something else than measurements, and nothing is added to it",
            argument="save",
            remedy="name another file, such as run.jsonl",
        )


class Journal:
    """Appends what a window took so far to a file, every so often and at its end.

    Two programs never write one file: the second one to come gets a file of its own beside it, named after
    its host and process, and its measurements say so. A line that could not be written (a full disk) is
    tried again with the next one.

    Args:
        path: the file; made where it is absent, appended to where it is not.
        every_s: seconds between two lines.
        so_far: gives the measurement until now; called in the journal's thread.
        wait: waits that many seconds or until the event is set; for tests.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every_s: float,
        so_far: Callable[[], Measurement],
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self.run = uuid.uuid4().hex
        self._every_s, self._so_far, self._wait = every_s, so_far, wait
        self._file = _opened(os.path.abspath(path))
        self._lines, self._alone = 0, False
        self._ended = threading.Event()
        self._thread = OwnThread(self._write_on, "wattwhat journal")
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter is ending, or the system allows no more threads
            self._alone = True

    @property
    def path(self) -> str:
        """The file that is written."""
        return self._file.path

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong with it so far."""
        return self._file.warnings

    @property
    def details(self) -> dict[str, Any]:
        """What tells that a measurement is of this run."""
        return {"journal": {"run": self.run, "line": self._lines}}

    def end(self) -> None:
        """The window has stopped: this waits a moment for the last line, and the program's exit a while.

        Without a thread it is the only line, and is written here.
        """
        import atexit

        if self._alone:
            self._write()
            self._file.leave()
            return
        atexit.register(self._thread.join, _LAST_S)
        self._ended.set()
        self._thread.join(_SOON_S)
        if not self._thread.is_alive():
            atexit.unregister(self._thread.join)

    def join(self) -> None:
        """Wait for the last line."""
        if not self._alone:
            self._thread.join(_LAST_S)

    def _write_on(self) -> None:
        home = os.getpid()
        try:
            # a first line soon: a job that dies young has joules too
            wait_s = min(self._every_s, _FIRST_S)
            while not self._ended.is_set():
                self._wait(self._ended, wait_s)
                wait_s = self._every_s
                if os.getpid() != home:
                    return
                self._write()
        finally:
            self._file.leave()

    def _write(self) -> None:
        import attrs

        try:
            measurement = self._so_far()
            details = {**measurement.details, **self.details}
            warnings = dict.fromkeys((*measurement.warnings, *self.warnings))
            self._file.append(attrs.evolve(measurement, details=details, warnings=warnings).to_json())
        except Exception as err:  # nothing of ours ends or disturbs the program
            pass_on(err)
            import logging

            from wattwhat.records.escaping import one_line

            logging.getLogger("wattwhat").warning("journal: %s: %s", type(err).__name__, one_line(str(err)))
        else:
            self._lines += 1


class _File:
    """An open journal that all windows of this process that name it share.

    Whatever ails the place, the program goes on: what could not be opened, or was removed since, is opened
    again for the next line, which holds everything that the lines before it held.
    """

    def __init__(self, path: str) -> None:
        self.path, self.users, self._named = path, 1, path
        self.warnings: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._file: Any = None
        self._torn = False
        with contextlib.suppress(OSError):  # the first line tries again, and tells
            self._open()

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self._file = _unbuffered(self.path)
        locked = take_lock(self._file.fileno())
        # without locks nobody knows who else writes: ranks keep to files of their own
        if locked is False or (locked is None and rank_of() is not None):
            self._file.close()
            self.path = _apart(self._named)
            self._file = _unbuffered(self.path)
            take_lock(self._file.fileno())
            others = "is" if locked is False else "may be"
            self._tell(
                f"{self._named} {others} written by another program, so this one is kept in {self.path}"
            )
        # a program that was killed in the middle of a line, or a disk that was full
        size = self._file.seek(0, os.SEEK_END)
        self._torn = bool(size) and self._file.seek(size - 1) >= 0 and self._file.read(1) != b"\n"

    def append(self, line: str) -> None:
        """Write one line whole; where that fails, say so in the next one."""
        with self._lock:
            try:
                if self._file is None or self._is_gone():
                    self.close()
                    self._open()
                data = (b"\n" if self._torn else b"") + line.encode() + b"\n"
                self._torn = True
                if self._file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, "there was no room for all of it")
                self._torn = False
                os.fsync(self._file.fileno())
            except OSError as err:
                self._tell(f"{self.path}: a line could not be written ({err.strerror or err})")

    def _tell(self, warning: str) -> None:
        self.warnings = tuple(dict.fromkeys((*self.warnings, warning)))

    def _is_gone(self) -> bool:
        """Whether what is open no longer stands under its name: removed, moved, or its folder was."""
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return True

    def close(self) -> None:
        """Give the file and its lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def leave(self) -> None:
        """One window less; the last one closes the file, which gives its lock back."""
        with _opening:
            self.users -= 1
            if not self.users:
                _files.pop(self._named, None)
                self.close()


def _unbuffered(path: str) -> Any:
    return open(path, "ab+", buffering=0)


def _apart(path: str) -> str:
    """A file of this process beside one that another program writes."""
    import platform

    stem, ending = os.path.splitext(path)
    return f"{stem}-{platform.node() or 'host'}-{os.getpid()}{ending}"


_opening = threading.RLock()
_files: dict[str, _File] = {}


def _opened(path: str) -> _File:
    with _opening:
        file = _files.get(path)
        if file is None:
            file = _files[path] = _File(path)
        else:
            file.users += 1
    return file


def _after_fork() -> None:
    global _opening
    _opening = threading.RLock()
    _files.clear()  # the parent's: a child that writes one opens it anew, and finds it locked


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
