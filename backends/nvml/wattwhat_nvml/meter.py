"""One channel of one GPU, read again and again: the hot path, so it stays thin.

Safe to use from several threads, and in a child after a fork: the handle belongs to a process id, and is
opened again where that is another one.
"""

from __future__ import annotations

import os
from time import monotonic_ns
from typing import Any

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_nvml import library
from wattwhat_nvml.channels import Plan

__all__ = ["NvmlMeter"]

_CLOSED = -1  # no process has this id


class NvmlMeter(Meter):
    """Reads one channel through NVML.

    Args:
        plan: the channel, its GPU and the call.

    Attributes:
        channel: what is measured.
        device_uuid: ``GPU-...`` of the GPU.
        pci_bus_id: its PCI address.

    Raises:
        MeterError: the GPU cannot be opened.
    """

    def __init__(self, plan: Plan) -> None:
        self.channel = plan.channel
        self.device_uuid = plan.gpu.uuid
        self.device_uuids = (plan.gpu.uuid,)
        self.pci_bus_id = plan.gpu.pci_bus_id
        self._way = plan.way
        self._pid = 0
        self._handle: Any = None
        self._open()

    def read(self) -> Reading:
        """Read once: joules since the driver was loaded (counter), or watts (gauge).

        Raises:
            MeterError: this reading failed, or the meter is closed.
            MeterLostError: the GPU or its driver is gone.
        """
        if os.getpid() != self._pid:
            self._open()
        try:
            before_ns = monotonic_ns()
            milli = self._call(self._handle)
            after_ns = monotonic_ns()
        except self._errors as err:
            return self._recover(err)
        # The middle of the call: it may take a millisecond when the driver is busy.
        return Reading((before_ns + after_ns) >> 1, milli / 1000)

    def close(self) -> None:
        """Give the GPU back; more than once is fine."""
        lock = library.locked()
        # a garbage collection may close it in the middle of a call into NVML, for which another thread waits
        free = lock.acquire(blocking=False)
        try:
            pid, self._pid = self._pid, _CLOSED
            library.release(pid)
        finally:
            if free:
                lock.release()

    def _open(self) -> None:
        with library.locked():
            self._refuse_if_closed()
            if self._pid != os.getpid():  # else another thread was faster
                self._acquire()

    def _refuse_if_closed(self) -> None:
        if self._pid == _CLOSED:
            raise MeterError(f"{self.channel.id}: this meter is closed; ask the backend for a new one")

    def _acquire(self, again: bool = False) -> None:
        try:
            nvml = library.acquire(again)
        except library.NvmlUnavailable as err:
            raise MeterError(f"{self.channel.id}: {err}") from err
        except Exception as err:
            raise _translated(self.channel.id, err) from err
        self._errors = library.errors_of(nvml)
        self._call = self._way.call(nvml)
        try:
            self._handle = nvml.nvmlDeviceGetHandleByUUID(self.device_uuid)
        except self._errors as err:
            if not again:
                library.release(os.getpid())
            raise _translated(self.channel.id, err) from err
        self._pid = os.getpid()

    def _recover(self, err: Exception) -> Reading:
        """After a failed reading: again if somebody else in this process shut NVML down, else the reason."""
        if getattr(err, "value", None) != library.UNINITIALIZED:
            raise _translated(self.channel.id, err) from err
        with library.locked():
            self._refuse_if_closed()
            self._acquire(again=True)
        try:
            milli = self._call(self._handle)
        except self._errors as again:
            raise _translated(self.channel.id, again) from again
        return Reading(monotonic_ns(), milli / 1000)


def _translated(channel_id: str, err: Exception) -> MeterError:
    """The core's error for one of NVML, which must not travel on: it can be neither hashed nor compared."""
    code = getattr(err, "value", None)
    if code in library.GONE:
        return MeterLostError(
            f"{channel_id}: the GPU is gone for this process: {err} (NVML error {code}); "
            "see the kernel log (dmesg, lines with Xid or NVRM), and start the program again once it is back"
        )
    return MeterError(f"{channel_id}: NVML did not answer: {err} (NVML error {code})")
