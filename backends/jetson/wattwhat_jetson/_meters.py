"""The room of the sysfs meters: keeps files open and reads them, one system call a number. The hot path."""

from __future__ import annotations

import errno
import os
from time import monotonic_ns

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_jetson._tree import may_read

__all__ = ["PowerMeter", "ProductMeter"]

_GONE = (errno.ENODEV, errno.ENXIO, errno.EBADF)
_pread = os.pread


class _FileMeter(Meter):
    """What both kinds share: files, and the sentences for when they fail."""

    __slots__ = ("_fds", "_paths", "_scale", "channel")

    def __init__(self, channel: Channel, paths: tuple[str, ...], scale: float) -> None:
        self.channel = channel
        self._paths = paths
        self._scale = scale
        self._fds: tuple[int, ...] = ()
        opened: list[int] = []
        try:
            for path in paths:
                opened.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as err:
            for fd in opened:
                os.close(fd)
            raise self._trouble(err) from err
        self._fds = tuple(opened)

    def close(self) -> None:
        """Close the files; may be called again."""
        fds, self._fds = self._fds, ()
        for fd in fds:
            try:
                os.close(fd)
            except OSError:
                pass

    def __del__(self) -> None:
        self.close()

    def _trouble(self, err: Exception) -> MeterError:
        """The error to raise for what went wrong; only called when something did."""
        if isinstance(err, IndexError):
            return MeterLostError(f"{self.channel.id}: this meter is closed; open the backend again")
        for path in self._paths:
            if not os.path.exists(path):
                return MeterLostError(
                    f"{self.channel.id}: {path} is gone; its driver was unbound or removed, "
                    "open the backend again after it is back"
                )
            if not may_read(path):
                return MeterError(f"{self.channel.id}: {path} may not be read; see: wattwhat doctor")
        if isinstance(err, OSError):
            kind = MeterLostError if err.errno in _GONE else MeterError
            return kind(f"{self.channel.id}: reading {' and '.join(self._paths)} failed: {err.strerror}")
        return MeterError(f"{self.channel.id}: {' or '.join(self._paths)} holds no number: {err}")


class PowerMeter(_FileMeter):
    """A gauge of one file that holds a power.

    Args:
        channel: what is measured.
        paths: the one file.
        scale: what its number is multiplied with to give W.

    Raises:
        MeterError: the file cannot be opened.
    """

    __slots__ = ()

    def read(self) -> Reading:
        """The power now, in W."""
        try:
            text = _pread(self._fds[0], 32, 0)
            return Reading(monotonic_ns(), int(text) * self._scale)
        except (OSError, ValueError, IndexError) as err:
            raise self._trouble(err) from err


class ProductMeter(_FileMeter):
    """A gauge of two files, a voltage and a current, whose product is the power.

    The two registers are read one after the other (two transfers on the I2C bus); the time stamp is
    taken between them.

    Args:
        channel: what is measured.
        paths: the two files.
        scale: what the product of the numbers is multiplied with to give W.

    Raises:
        MeterError: a file cannot be opened.
    """

    __slots__ = ()

    def read(self) -> Reading:
        """The power now, in W; slightly negative where the monitor's offset is larger than the current."""
        try:
            volts, amps = self._fds
        except ValueError as err:
            raise self._trouble(IndexError()) from err
        try:
            millivolt = _pread(volts, 32, 0)
            t_ns = monotonic_ns()
            return Reading(t_ns, int(millivolt) * int(_pread(amps, 32, 0)) * self._scale)
        except (OSError, ValueError) as err:
            raise self._trouble(err) from err
