"""One call for all channels of a device, where a backend offers that: `Backend.read_all`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattwhat.errors import MeterError
from wattwhat.sensing.meter import Meter, Reading

__all__ = ["read_together"]

# An answer is handed to the other channels of the device for so long: an edge reads them in a row.
_FRESH_NS = 2_000_000


class _Device:
    """The latest answer of a device; each channel takes its part of it once."""

    def __init__(self, read_all: Callable[[str], Mapping[str, Reading]], name: str) -> None:
        self._read_all, self._name = read_all, name
        self._lock = threading.RLock()
        self._left: dict[str, Reading] = {}
        self._came_ns, self._pid = 0, os.getpid()

    def read(self, channel_id: str) -> Reading:
        if os.getpid() != self._pid:  # the lock of a forked child may be held by nobody
            self._lock, self._left, self._pid = threading.RLock(), {}, os.getpid()
        with self._lock:
            fresh = time.monotonic_ns() - self._came_ns <= _FRESH_NS
            reading = self._left.pop(channel_id, None) if fresh else None
            if reading is None:
                self._left = {}
                left = dict(
                    self._read_all(self._name)
                )  # a signal handler that measures too may ask meanwhile
                reading = left.pop(channel_id, None)
                self._left, self._came_ns = left, time.monotonic_ns()
            if reading is None:
                raise MeterError(f"{channel_id}: the device's answer has no reading of this channel")
            return reading


class _Together(Meter):
    """A channel that is read with the others of its device; in all else it is its meter."""

    def __init__(self, meter: Meter, device: _Device) -> None:
        self.meter, self.device = meter, device
        self.channel = meter.channel
        self.provenance = getattr(meter, "provenance", "measured")
        self.device_uuids = getattr(meter, "device_uuids", ())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.meter, name)

    def read(self) -> Reading:
        return self.device.read(self.channel.id)

    def close(self) -> None:
        self.meter.close()


def read_together(backend: Any, meters: Sequence[Meter]) -> tuple[Meter, ...]:
    """The meters; those of a device with several channels ask for all of them at once, if the backend can.

    Args:
        backend: may have a `read_all`.
        meters: its open meters.
    """
    read_all = getattr(backend, "read_all", None)
    if read_all is None:
        return tuple(meters)
    names = [meter.channel.device for meter in meters]
    devices = {name: _Device(read_all, name) for name in set(names) if names.count(name) > 1}
    return tuple(
        _Together(meter, devices[name]) if name in devices else meter
        for name, meter in zip(names, meters, strict=True)
    )
