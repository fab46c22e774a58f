"""Opening and reading small kernel files on kept descriptors: the hot path and its errors."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from functools import partial

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_rapl.domain import Trouble

__all__ = ["DescriptorMeter", "MicroMeter", "Refused", "open_file"]

# Looked up once: read() is called twice a window, and a window should cost about ten microseconds.
_now = time.monotonic_ns
_pread = os.pread
_new = tuple.__new__

_GONE = frozenset({errno.EBADF, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOENT})
_REFUSALS = {errno.EACCES: "unreadable", errno.EPERM: "unreadable", errno.ENOENT: "missing"}


class Refused(Exception):
    """A candidate could not be opened; `trouble` says why, and a remedy is chosen by it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"{trouble.subject}: {trouble.detail}")
        self.trouble = trouble


class DescriptorMeter(Meter):
    """A meter over one kept descriptor; what is common to files and events.

    Args:
        channel: what is measured.
        fd: an open descriptor, which this meter closes.
        subject: the file or event, for messages.
    """

    __slots__ = ("_fd", "_subject", "channel")

    def __init__(self, channel: Channel, fd: int, subject: str) -> None:
        self.channel = channel
        self._fd = fd
        self._subject = subject

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:  # somebody else closed it: then there is nothing left to give back
                pass

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self.close()

    def _failure(self, err: Exception) -> MeterError:
        """The error to raise for a failed reading: transient, or the device is gone for good."""
        if self._fd < 0:
            return MeterLostError(f"{self._subject}: this meter is closed; open the backend's meters again")
        reason = getattr(err, "strerror", None) or f"expected a number: {err}"
        if (isinstance(err, OSError) and err.errno in _GONE) or not self._exists():
            why = "the driver was unloaded or the CPU taken offline"
            return MeterLostError(f"{self._subject}: gone ({reason}); {why}")
        return MeterError(f"{self._subject}: reading failed ({reason}); this reading is left out")

    def _exists(self) -> bool:
        return os.path.exists(self._subject)


class MicroMeter(DescriptorMeter):
    """Reads a file that holds microjoules or microwatts as text, by one `os.pread` without seeking.

    A descriptor read at a position has no state: threads and forked children may share it.
    """

    __slots__ = ()

    def read(self) -> Reading:
        """Read the file once, in J or W."""
        try:
            return _new(Reading, (_now(), int(_pread(self._fd, 32, 0)) / 1e6))
        except (OSError, ValueError) as err:
            raise self._failure(err) from err

    def raw_reader(self) -> Callable[[], bytes] | None:
        """One `os.pread`, whose text is understood later."""
        return partial(_pread, self._fd, 32, 0)

    def understood(self, raw: bytes, t_ns: int) -> Reading:
        """The reading in J or W that this text is."""
        try:
            return _new(Reading, (t_ns, int(raw) / 1e6))
        except ValueError as err:
            raise self._failure(err) from err


def open_file(path: str) -> int:
    """Open a counter's file and read it once, so that a refusal shows now and not in the first window.

    Raises:
        Refused: it cannot be opened, or gives an error or no number.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as err:
        kind = _REFUSALS.get(err.errno or 0, "failing")
        raise Refused(Trouble(kind, path, err.strerror or str(err))) from err
    try:
        int(os.pread(fd, 32, 0))
    except (OSError, ValueError) as err:
        os.close(fd)
        raise Refused(Trouble("failing", path, getattr(err, "strerror", None) or str(err))) from err
    return fd
