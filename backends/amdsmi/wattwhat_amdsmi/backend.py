"""The backend: opens AMD's library and gives one meter a GPU package."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattwhat.backend import Availability, Backend
from wattwhat.channel import Channel, host_name
from wattwhat.errors import BackendError
from wattwhat.meter import Meter
from wattwhat_amdsmi.devices import Device, read_devices
from wattwhat_amdsmi.library import Library, Unavailable, open_library
from wattwhat_amdsmi.meters import AmdSmiMeter, EnergyMeter, PowerMeter
from wattwhat_amdsmi.survey import Finding, look, survey
from wattwhat_amdsmi.visible import visible

__all__ = ["GAIN_ERROR", "AmdSmiBackend"]

# AMD states no accuracy. Ours, and wide: a limit of +-10 %, rectangular, so 0.10 / sqrt(3).
GAIN_ERROR = 0.058


class AmdSmiBackend(Backend):
    """AMD GPUs through AMD SMI: the energy counter where it can be believed, else the power.

    Args:
        root: where the file system begins (for tests).
        environ: the environment in which visible GPUs are looked up; by default this process's.
        all_devices: give also the GPUs that HIP_VISIBLE_DEVICES and its like hide.
        load: gives the vendor's Python module; by default ``import amdsmi``.
        clock: monotonic time in ns, for the check of the counters.
        sleep: waits so many seconds, for the same check.

    Attributes:
        notes: sentences about what was merged, dropped or left unread; complete after `meters`.

    Example:
        >>> answer = AmdSmiBackend(root="/nowhere").probe()
        >>> answer.available, answer.reason
        (False, 'no AMD GPU driver here: neither /dev/kfd nor the kernel module amdgpu is present')
    """

    name = "amdsmi"

    def __init__(
        self,
        *,
        root: str = "/",
        environ: Mapping[str, str] | None = None,
        all_devices: bool = False,
        load: Callable[[], Any] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.version: str | None = None
        self.notes: tuple[str, ...] = ()
        self._root = root
        self._environ = environ
        self._all_devices = all_devices
        self._load = load
        self._clock = clock
        self._sleep = sleep
        self._library: Library | None = None
        self._findings: list[Finding] | None = None
        self._meters: list[AmdSmiMeter] = []

    def probe(self) -> Availability:
        """See `wattwhat.Backend.probe`: three looks at files where there is no AMD GPU."""
        try:
            library = self._open()
            devices, hidden_by = self._chosen(read_devices(library, self._root))
            if not devices:
                return Availability(
                    False, f"{hidden_by} hides every AMD GPU", f"unset it: {_unset(hidden_by)}"
                )
            return self._readable(library)
        except Unavailable as err:
            return err.availability
        except Exception as err:
            return Availability(
                False, f"AMD's library failed: {type(err).__name__}: {err}", "see whether amd-smi list works"
            )

    def _readable(self, library: Library) -> Availability:
        handles = library.handles()
        looks = [look(library, handle, self._clock) for handle in handles.values()]
        if any(seen.sample.energy_j or seen.sample.power_w for seen in looks):
            return Availability(True, f"{len(handles)} AMD GPU(s) through amdsmi {self.version}")
        return Availability(
            False,
            f"none of the {len(handles)} AMD GPU(s) shows energy or power"
            + (f"; {library.mismatch}" if library.mismatch else ""),
            "inside a virtual machine read them on the host: AMD SMI gives both on bare metal only",
        )

    def _open(self) -> Library:
        if self._library is None:
            self._library = open_library(self._root, self._load)
            self.version = self._library.version
            if self._library.mismatch:
                self.notes = (self._library.mismatch,)
        return self._library

    def _chosen(self, devices: Sequence[Device]) -> tuple[list[Device], str]:
        if self._all_devices:
            return list(devices), ""
        return visible(devices, os.environ if self._environ is None else self._environ)

    def meters(self) -> Sequence[Meter]:
        """One meter for each visible GPU package; see `wattwhat.Backend.meters`.

        The first call waits a tenth of a second to hold the counters against the power.

        Raises:
            BackendError: the library cannot serve, or no visible GPU shows energy or power.
        """
        library = self._open()
        devices = read_devices(library, self._root)
        if self._findings is None:
            self._findings = survey(library, devices, self._clock, self._sleep)
        chosen, hidden_by = self._chosen(devices)
        keys = {device.key for device in chosen}
        findings = [found for found in self._findings if keys & {gpu.key for gpu in found.package}]
        self.notes = tuple(self._all_notes(library, findings, len(self._findings), hidden_by))
        self._meters = [_meter(library, found, found.key) for found in findings if found.key is not None]
        if not self._meters:
            raise BackendError("no AMD GPU can be read: " + ("; ".join(self.notes) or "none is visible"))
        return self._meters

    def _all_notes(
        self, library: Library, findings: Sequence[Finding], packages: int, hidden_by: str
    ) -> Sequence[str]:
        notes = [library.mismatch] if library.mismatch else []
        if hidden_by and len(findings) < packages:
            notes.append(
                f"{hidden_by} leaves {len(findings)} of {packages} AMD GPU package(s) to be measured"
            )
        return [*notes, *(note for found in findings for note in found.notes)]

    def conditions(self) -> Sequence[str]:
        """Sentences on what makes readings doubtful now: other processes on a GPU, throttling."""
        library = self._library
        if library is None:
            return []
        try:
            handles = library.handles()
        except Exception:
            return []
        return [
            sentence
            for meter in self._meters
            for key in meter.keys
            if key in handles
            for sentence in _conditions(library, key, handles[key])
        ]


def _unset(hidden_by: str) -> str:
    return "unset " + " ".join(setting.partition("=")[0] for setting in hidden_by.split(" and "))


def _meter(library: Library, found: Finding, key: str) -> AmdSmiMeter:
    first = found.package[0]
    call = EnergyMeter.call_name if found.quantity == "energy" else f"{PowerMeter.call_name}: {found.field}"
    channel = Channel(
        id=f"{host_name()}/amdsmi/{_id_part(first)}/gpu",
        backend="amdsmi",
        device=first.name,
        component="gpu",
        quantity=found.quantity,
        resolution=found.resolution,
        gain_error=GAIN_ERROR,
        max_power_w=first.max_power_w,
        source=call,
    )
    if found.field is None:
        return EnergyMeter(library, key, channel, found.package)
    return PowerMeter(library, key, channel, found.package, found.field)


def _id_part(device: Device) -> str:
    """AMD SMI's UUID, which every version gives through the same call; else the PCI address."""
    return f"GPU-{device.uuid}" if device.uuid else device.key


def _conditions(library: Library, key: str, handle: Any) -> list[str]:
    said: list[str] = []
    listed = library.ask_versioned("amdsmi_get_gpu_process_list", handle) or []
    others = {int(process.get("pid") or 0) for process in listed if isinstance(process, dict)} - {
        0,
        os.getpid(),
    }
    if others:
        pids = ", ".join(map(str, sorted(others)))
        said.append(f"GPU {key}: other processes use it too (pid {pids}); their energy is counted in")
    metrics = library.ask_versioned("amdsmi_get_gpu_metrics_info", handle) or {}
    throttled = metrics.get("throttle_status")
    if isinstance(throttled, int) and throttled:
        said.append(f"GPU {key}: it is being throttled (throttle status {int(throttled):#x})")
    return said
