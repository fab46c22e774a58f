"""The room of the child process: a program that prints one line a sample, read without a thread.

The child is shared by all meters of a backend and ends with the last of them. Nothing here blocks longer
than it takes to get a line that is known to be fresh.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    import subprocess

__all__ = ["LineChild", "LineMeter"]

# So many lines without any power, and there will be none: no need to wait for the time to run out.
_MUTE_LINES = 30
# A machine that stood still, or slept, goes on all at once: the child's next line is due, and comes.
_GOES_ON_S = 0.05
_F_GETPIPE_SZ = 1032  # linux/fcntl.h; the fcntl module has the name from Python 3.10 on, on Linux only


class LineChild:
    """A program whose every line tells the power of all rails.

    Args:
        argv: the program and its arguments.
        parse: turns a line into watts by rail; None for a line that tells something else. It may raise
            MeterLostError for a line that says why there will be no more.
        interval_s: seconds between two lines.
        start_s: seconds that the first line may take.
        name: what to call the program in messages.
    """

    def __init__(
        self,
        argv: list[str],
        parse: Callable[[str], dict[str, float] | None],
        interval_s: float,
        start_s: float,
        name: str,
    ) -> None:
        self.name = name
        self.interval_s = interval_s
        self._argv, self._parse, self._start_s = argv, parse, start_s
        self._users = 0
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._fd = -1
        self._buffer = b""
        self._values: dict[str, float] = {}
        self._seen_s = 0.0
        self._lines = 0
        self._mute = 0
        self._fresh_at = 0  # the first line that is not old
        self._silent_at = -1  # the line after which silence was noticed
        self._last_output = ""
        self._lost = ""
        self._proc: subprocess.Popen[bytes] | None = None
        self._stop: Any = None

    def acquire(self) -> None:
        """One more meter lives on this child."""
        self._users += 1

    def release(self) -> None:
        """One meter less; the last one ends the child."""
        self._users -= 1
        if self._users <= 0:
            self.stop()

    def stop(self) -> None:
        """End the child, if it runs and is ours; the next `latest` starts another one."""
        if self._stop is not None:
            self._stop()
        self._reset()

    def latest(self) -> dict[str, float]:
        """Watts by rail of the newest line; starts the child if it does not run.

        Raises:
            MeterError: no line came for several intervals.
            MeterLostError: the child ended, or said that there will be no more.
        """
        if os.getpid() != self._pid:  # in a forked process: the pipe's lines are for the parent
            self.stop()
        with self._lock:
            if self._lost:
                raise MeterLostError(self._lost)
            if self._proc is None:
                self._start()
                self._await(self._lines + 1, self._start_s)
            elif self._drain() > self._capacity * 3 // 4:
                # Nobody read for so long that the child waited for room in the pipe: what it was about
                # to print, and all before it, is old. The line after that one is fresh.
                self._fresh_at = self._lines + 2
            if self._lines < self._fresh_at:
                self._await(self._fresh_at, 3.0 * self.interval_s + 1.0)
            if self._silent_s() > self._longest_s and self._silent_at != self._lines:
                self._silent_at = self._lines
                self._poll(_GOES_ON_S)
            if (silent_s := self._silent_s()) > self._longest_s:
                raise MeterError(
                    f"{self.name} printed nothing for {silent_s:.3g} s, expected a line every "
                    f"{self.interval_s:g} s; is the machine overloaded, or the program stopped?"
                )
            return self._values

    def _start(self) -> None:
        import subprocess

        try:
            # Its own session: Ctrl-C is for the program that measures. SIGPIPE keeps its default there, so
            # the child dies of its next line once we are gone, however we went.
            proc = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as err:
            raise MeterLostError(f"{self._argv[0]} cannot be started: {err.strerror}") from err
        assert proc.stdout is not None
        self._proc, self._fd = proc, proc.stdout.fileno()
        os.set_blocking(self._fd, False)
        self._capacity = _pipe_size(self._fd)
        self._stop = weakref.finalize(self, _end, proc, os.getpid())

    @property
    def _longest_s(self) -> float:
        return 4.0 * self.interval_s + 0.5

    def _silent_s(self) -> float:
        return time.monotonic() - self._seen_s

    def _poll(self, seconds: float) -> None:
        """Take what comes first, if anything comes within so many seconds."""
        import select

        poller = select.poll()
        poller.register(self._fd, select.POLLIN)
        poller.poll(seconds * 1000.0 + 1.0)
        self._drain()

    def _await(self, lines: int, patience_s: float) -> None:
        """Read until so many lines have come in all, or patience ends."""
        deadline = time.monotonic() + patience_s
        while self._lines < lines:
            left_s = deadline - time.monotonic()
            if left_s <= 0.0 or self._mute >= _MUTE_LINES:
                output = f"; it said: {self._last_output}" if self._last_output else ""
                raise MeterError(f"{self.name} runs, but tells no power{output}")
            self._poll(left_s)

    def _drain(self) -> int:
        """Take what is in the pipe; how many bytes that was."""
        taken = 0
        while True:
            try:
                piece = os.read(self._fd, 65536)
            except BlockingIOError:
                return taken
            except OSError as err:
                raise MeterLostError(f"{self.name}: reading its output failed: {err.strerror}") from err
            if not piece:
                self._ended()
            taken += len(piece)
            *lines, self._buffer = (self._buffer + piece).split(b"\n")
            for line in lines:
                self._take(line.decode("utf-8", "replace"))

    def _take(self, line: str) -> None:
        try:
            values = self._parse(line)
        except MeterLostError as err:
            self._lost = str(err)
            raise
        if values is None:
            self._last_output, self._mute = line.strip()[:200] or self._last_output, self._mute + 1
            return
        self._values, self._seen_s = values, time.monotonic()
        self._lines, self._mute = self._lines + 1, 0

    def _ended(self) -> None:
        proc, status = self._proc, None
        if proc is not None:
            try:
                status = proc.wait(timeout=1.0)
            except Exception:  # it closed its output and lives on: as good as gone
                pass
        output = f"; its last words: {self._last_output}" if self._last_output else ""
        self._lost = f"{self.name} ended (status {status}){output}; open the backend again to restart it"
        raise MeterLostError(self._lost)


def _pipe_size(fd: int) -> int:
    try:
        import fcntl

        return int(fcntl.fcntl(fd, _F_GETPIPE_SZ))
    except (ImportError, OSError):
        return 65536


def _end(proc: subprocess.Popen[bytes], pid: int) -> None:
    """Terminate and reap a child; in a forked process only let go of it."""
    if proc.stdout is not None:
        proc.stdout.close()
    if os.getpid() != pid:
        proc.returncode = 0  # not this process's child: subprocess must not warn about it here
        return
    try:
        proc.terminate()
        proc.wait(timeout=1.0)
    except Exception:
        proc.kill()
        proc.wait()


class LineMeter(Meter):
    """A gauge of one rail among those that a child prints.

    Args:
        channel: what is measured.
        child: the program, shared with the meters of the other rails.
        label: what the program calls the rail.
    """

    def __init__(self, channel: Channel, child: LineChild, label: str) -> None:
        self.channel = channel
        self._child: LineChild | None = child
        self._label = label
        child.acquire()

    def read(self) -> Reading:
        """The power of the newest line, in W, with the time now: like any gauge, it holds its last value."""
        child = self._child
        if child is None:
            raise MeterLostError(f"{self.channel.id}: this meter is closed; open the backend again")
        try:
            values = child.latest()
        except MeterLostError as err:
            raise MeterLostError(f"{self.channel.id}: {err}") from err
        except MeterError as err:
            raise MeterError(f"{self.channel.id}: {err}") from err
        try:
            return Reading(time.monotonic_ns(), values[self._label])
        except KeyError as err:
            raise MeterError(f"{self.channel.id}: {child.name} no longer tells {self._label}") from err

    def close(self) -> None:
        """Let go of the child; may be called again."""
        child, self._child = self._child, None
        if child is not None:
            child.release()
