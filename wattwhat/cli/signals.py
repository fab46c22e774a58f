"""Signals while a command runs: they are for the command to answer, and the result outlives them.

The handlers are those of the verb's own process. The command starts with its usual ones, and a program that
measures itself with `track()` or `measure()` never gets any.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Signals"]

# How long a command may take to answer a signal that it may have got, before it is told again.
_PATIENCE_S = 5.0
# These ask for an end: a command that is still there after a while has not heard, and is told.
_END = ("SIGINT", "SIGTERM", "SIGHUP")
# What these mean is the command's: a checkpoint, a line of progress. Once may be right and twice wrong.
_NEWS = ("SIGUSR1", "SIGUSR2")


class Signals:
    """Runs one command; from its start until the context is left, a signal does not end this process.

    A terminal, a queue or a container tells the whole group, wattwhat and its command; `kill` with
    wattwhat's id tells wattwhat alone. The two cannot be told apart. So a request to end is passed on only
    to a command that has not ended 5 s later, and not at all where the terminal has told it; what a queue
    sends to announce its time limit (SIGUSR1, SIGUSR2) is passed over.

    Signals that were ignored stay so, for the command inherits that too. Only the main thread may handle
    signals; elsewhere they are left as they are.

    Example:
        >>> with Signals() as signals:
        ...     signals.run([sys.executable, "-c", "raise SystemExit(3)"])
        3
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._owed: list[int] = []
        self._late: set[int] = set()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        for number, before in self._before.items():
            signal.signal(number, before)

    def run(self, command: Sequence[str]) -> int:
        """Start a command and wait for its end, whatever comes; its status as a shell gives it.

        Raises:
            OSError: it cannot be started.
        """
        if threading.current_thread() is threading.main_thread():
            for name in (*_END, *_NEWS):
                self._handle(name, self._received)
            self._handle("SIGALRM", self._remind)
        # what the shell passed on stays open in the command, as if it had been started without us
        self._process = subprocess.Popen(command, close_fds=False)
        if sys.platform != "win32" and hasattr(os, "waitid"):
            try:  # it stays the kernel's until nothing will be sent to it any more, for then its id is free
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            except ChildProcessError:  # SIGCHLD is ignored, and nobody will ever know
                pass
            self._end()
        code = self._process.wait()  # only now is its processor time booked as that of a child
        self._end()
        return code if code >= 0 else 128 - code

    def _handle(self, name: str, handler: Callable[[int, FrameType | None], object]) -> None:
        number = getattr(signal, name, None)
        # None: a handler that Python did not set and cannot give back
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            self._before[number] = signal.signal(number, handler)

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self._ended:
            self._again(number)
        elif signal.Signals(number).name in _NEWS or (number == signal.SIGINT and _on_terminal()):
            pass
        elif number not in self._owed:
            self._owed.append(number)
            self._patience(_PATIENCE_S)

    def _again(self, number: int) -> None:
        """A signal after the end: the first may be the one that made the end, come late; then it is ours."""
        if number in self._late:
            signal.signal(number, self._before[number])
            signal.raise_signal(number)
        self._late.add(number)

    def _remind(self, number: int, frame: FrameType | None) -> None:
        if self._ended:
            return
        if self._process is None:
            self._patience(_PATIENCE_S)
            return
        for owed in self._owed:
            self._process.send_signal(owed)
        self._owed.clear()

    def _end(self) -> None:
        self._ended = True
        self._patience(0.0)

    def _patience(self, duration_s: float) -> None:
        if sys.platform != "win32" and signal.SIGALRM in self._before:
            signal.setitimer(signal.ITIMER_REAL, duration_s)


def _on_terminal() -> bool:
    """Whether Ctrl-C on a terminal reaches this process, and so its command too."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
