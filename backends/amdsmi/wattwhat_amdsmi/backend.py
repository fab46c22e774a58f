"""The backend: opens AMD's library and gives one meter a GPU package."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import BackendError, error_text
from wattwhat.plugins import pass_on
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.meter import Meter
from wattwhat_amdsmi import remedies

if TYPE_CHECKING:
    from wattwhat_amdsmi.devices import Device
    from wattwhat_amdsmi.library import Library
    from wattwhat_amdsmi.meters import AmdSmiMeter
    from wattwhat_amdsmi.survey import Finding

__all__ = ["AmdSmiBackend"]


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
        self.warnings: tuple[str, ...] = ()
        self._root = root
        self._environ = environ
        self._all_devices = all_devices
        self._load = load
        self._clock = clock
        self._sleep = sleep
        self._library: Library | None = None
        self._findings: list[Finding] = []
        self._meters: list[AmdSmiMeter] = []

    def probe(self) -> Availability:
        """See `wattwhat.Backend.probe`: three looks at files where there is no AMD GPU."""
        missing = remedies.driver_missing(self._root)
        if missing is not None:  # nothing more is imported on a machine without such a GPU
            return missing
        from wattwhat_amdsmi.devices import read_devices
        from wattwhat_amdsmi.library import Unavailable

        try:
            library = self._open()
            devices, hidden_by = self._chosen(read_devices(library, self._root))
            if not devices:
                return Availability(
                    False, f"{hidden_by} hides every AMD GPU", f"unset it: {_unset(hidden_by)}"
                )
            return self._readable(library, devices)
        except Unavailable as err:
            return err.availability
        except Exception as err:
            pass_on(err)
            return Availability(
                False, f"AMD's library failed: {error_text(err)}", "see whether amd-smi list works"
            )

    def _readable(self, library: Library, devices: Sequence[Device]) -> Availability:
        from wattwhat_amdsmi.survey import look

        handles = library.handles()
        # A second die reads 0 itself; its package is read through the first die, which may be hidden.
        keys = list(handles) if any(gpu.dual_die for gpu in devices) else [gpu.key for gpu in devices]
        looks = [look(library, handles[key], self._clock) for key in keys]
        if any(seen.sample.energy_j or seen.sample.power_w for seen in looks):
            return Availability(True, f"{len(devices)} AMD GPU(s) through amdsmi {self.version}")
        return Availability(
            False,
            f"none of the {len(devices)} AMD GPU(s) shows energy or power"
            + (f"; {library.mismatch}" if library.mismatch else ""),
            "inside a virtual machine read them on the host: AMD SMI gives both on bare metal only",
        )

    def _open(self) -> Library:
        if self._library is None:
            from wattwhat_amdsmi.library import open_library

            self._library = open_library(self._root, self._load)
            self.version = self._library.version
            if self._library.mismatch:
                self.notes = (self._library.mismatch,)
        return self._library

    def _chosen(self, devices: Sequence[Device]) -> tuple[list[Device], str]:
        if self._all_devices:
            return list(devices), ""
        from wattwhat_amdsmi.visible import visible

        return visible(devices, os.environ if self._environ is None else self._environ)

    def meters(self) -> Sequence[Meter]:
        """One meter for each visible GPU package; see `wattwhat.Backend.meters`.

        The first call waits a tenth of a second to hold the counters against the power.

        Raises:
            BackendError: the library cannot serve, or no visible GPU shows energy or power.
        """
        library = self._open()
        from wattwhat_amdsmi.devices import read_devices
        from wattwhat_amdsmi.library import error_text
        from wattwhat_amdsmi.opening import meter_of
        from wattwhat_amdsmi.survey import survey

        try:
            library.handles(fresh=True)  # GPUs may have come or gone since the last opening
            devices = read_devices(library, self._root)
            known = {gpu.key for finding in self._findings for gpu in finding.package}
            if known != {gpu.key for gpu in devices}:
                self._findings = survey(library, devices, self._clock, self._sleep)
        except Exception as err:
            raise BackendError(f"AMD's library does not list its GPUs: {error_text(err)}") from err
        chosen, hidden_by = self._chosen(devices)
        keys = {device.key for device in chosen}
        findings = [finding for finding in self._findings if keys & {gpu.key for gpu in finding.package}]
        self.notes = tuple(self._all_notes(library, findings, len(self._findings), hidden_by))
        # what is wrong with a GPU that is not read is the last that its finding says
        self.warnings = tuple(finding.notes[-1] for finding in findings if finding.key is None)
        self._meters = [
            meter_of(library, finding, finding.key) for finding in findings if finding.key is not None
        ]
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
        return [*notes, *(note for finding in findings for note in finding.notes)]

    def conditions(self) -> Sequence[str]:
        """Sentences on what makes readings doubtful now: other processes on a GPU, throttling."""
        from wattwhat_amdsmi.opening import conditions_of

        return [sentence for _, sentences in self._each(conditions_of) for sentence in sentences]

    def device_conditions(self) -> dict[str, dict[str, Any]]:
        """Temperature, clocks, power limits, throttling and other processes of each GPU, by PCI address."""
        from wattwhat_amdsmi.opening import state_of

        return dict(self._each(state_of))

    def _each(self, ask: Callable[[Library, str, Any], Any]) -> Iterator[tuple[str, Any]]:
        """What a function finds of each GPU that is read, by its key."""
        library = self._library
        if library is None:
            return
        try:
            handles = library.handles()
        except Exception as err:
            pass_on(err)
            return
        for meter in self._meters:
            for key in meter.keys:
                if key in handles:
                    yield key, ask(library, key, handles[key])


def _unset(hidden_by: str) -> str:
    return "unset " + " ".join(setting.partition("=")[0] for setting in hidden_by.split(" and "))
