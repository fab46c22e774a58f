"""The two meters of an AMD GPU: its energy counter, and its power where the counter cannot be used."""

from __future__ import annotations

import os
import time
from typing import Any

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_amdsmi import remedies
from wattwhat_amdsmi.devices import Device
from wattwhat_amdsmi.library import Library, calls, error_code, error_text
from wattwhat_amdsmi.values import energy_j, power_w

__all__ = ["AmdSmiMeter", "EnergyMeter", "PowerMeter"]

# AMD SMI status codes (amdsmi_status_t).
_INVALID, _NO_PERMISSION, _NOT_FOUND, _NOT_INITIALISED, _NO_DRIVER = 1, 10, 31, 32, 34
# What a handle answers that another user of the library made stale by amdsmi_shut_down().
_STALE = frozenset({_INVALID, _NOT_FOUND, _NOT_INITIALISED})
_GONE = frozenset({_NOT_FOUND, _NO_DRIVER})


class AmdSmiMeter(Meter):
    """What both meters share: the handle, kept right across forks and restarts of the library.

    Args:
        library: the started library.
        key: PCI address of the GPU that is read.
        channel: what is measured.
        package: the logical GPUs whose energy the channel holds, the one that is read among them.

    Attributes:
        device_uuid: the GPU's UUID as HIP has it, where known.
        pci_bus_id: PCI address of the GPU that is read.
        device_uuids: every name of every GPU inside the channel.
        pci_bus_ids: PCI addresses of every GPU inside the channel.
        keys: the same, told apart where several GPUs share an address.
    """

    call_name = ""

    def __init__(self, library: Library, key: str, channel: Channel, package: tuple[Device, ...]) -> None:
        self.channel = channel
        read = next((device for device in package if device.key == key), package[0])
        self.device_uuid = read.hip_uuid or (f"GPU-{read.serial}" if read.serial else read.uuid)
        self.pci_bus_id = key.partition("#")[0]
        self.device_uuids = tuple(dict.fromkeys(name for device in package for name in device.names))
        self.keys = tuple(device.key for device in package)
        self.pci_bus_ids = tuple(device.key.partition("#")[0] for device in package)
        self._library = library
        self._key = key
        self._closed = False
        self._handle: Any = None
        self._attach(fresh=False)

    def _attach(self, fresh: bool) -> None:
        """Look the handle up again; MeterLostError where the GPU is not listed any more."""
        try:
            handles = self._library.handles(fresh)
        except Exception as err:
            raise MeterError(f"{self.channel.id}: AMD's library did not start: {error_text(err)}") from err
        if self._key not in handles:
            raise MeterLostError(f"{self.channel.id}: the GPU at {self._key} is not listed any more")
        self._handle = handles[self._key]
        self._call = getattr(self._library.module, self.call_name)
        self._pid = os.getpid()

    def read(self) -> Reading:
        """Read the GPU once; see `Meter.read`."""
        if self._pid != os.getpid():
            self._attach(fresh=True)
        with calls.lock:
            try:
                answer = self._call(self._handle)
                t_ns = time.monotonic_ns()
            except Exception as err:
                answer, t_ns = self._again(err)
        value = self._value(answer)
        if value is None or self._closed:
            raise self._refusal(answer)
        return Reading(t_ns, value)

    def _again(self, err: Exception) -> tuple[Any, int]:
        """A second try with a fresh handle, where the first answer means a stale one."""
        if error_code(err) not in _STALE:
            raise self._error(err) from err
        self._attach(fresh=True)
        try:
            return self._call(self._handle), time.monotonic_ns()
        except Exception as second:
            raise self._error(second) from second

    def _error(self, err: Exception) -> MeterError:
        code, text = error_code(err), f"{self.channel.id}: {self.call_name} failed: {error_text(err)}"
        if code in _GONE:
            return MeterLostError(f"{text}; the GPU is gone, see dmesg")
        if code == _NO_PERMISSION:
            return MeterError(f"{text}; {remedies.GROUPS}")
        return MeterError(text)

    def _value(self, answer: Any) -> float | None:
        raise NotImplementedError

    def _refusal(self, answer: Any) -> MeterError:
        if self._closed:
            return MeterError(f"{self.channel.id}: the meter is closed; open the backend's meters() again")
        return MeterError(f"{self.channel.id}: {self.call_name} returned no number that can be: {answer!r}")

    def close(self) -> None:
        """Stop reading; the library stays up for its other users."""
        self._closed = True


class EnergyMeter(AmdSmiMeter):
    """The energy counter of a GPU package, in J."""

    call_name = "amdsmi_get_energy_count"

    def _value(self, answer: Any) -> float | None:
        return energy_j(answer)


class PowerMeter(AmdSmiMeter):
    """The socket power of a GPU package, in W: one field, the same at every reading."""

    call_name = "amdsmi_get_power_info"

    def __init__(
        self, library: Library, key: str, channel: Channel, package: tuple[Device, ...], field: str
    ) -> None:
        self._field = field
        super().__init__(library, key, channel, package)

    def _value(self, answer: Any) -> float | None:
        watts = power_w(answer, self._field)
        return None if watts is None else watts[1]
