"""The plugin's backend: looks for NVIDIA GPUs, says why there are none, opens the meters of those in use."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from wattwhat.errors import ArgumentError, BackendError, error_text
from wattwhat.plugins import pass_on
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter
from wattwhat_nvml import library
from wattwhat_nvml.absence import why_no_library, why_refused

__all__ = ["NvmlBackend"]

_SCOPES = ("board", "memory", "module")
# By UUID, whose energy the counter of a GPU on a module counts: asking takes half a second, so it is kept.
_verdicts: dict[str, str | None] = {}


class NvmlBackend(Backend):
    """NVIDIA GPUs, read through NVML.

    Args:
        devices: NVML indices, UUIDs (or their beginnings), PCI addresses or MIG UUIDs; ``"all"``; None for
            those that CUDA_VISIBLE_DEVICES leaves visible, or that a torch which already runs CUDA uses.
        scopes: which of ``"board"``, ``"memory"`` and ``"module"`` to read.
        root: where the file system begins (for tests).
        environ: environment to read instead of the process's own (for tests).

    Attributes:
        version: version of the NVML library and of the driver, once probed.
        notes: sentences about what was left out or is uncertain, after `probe` or `meters`.

    Raises:
        ArgumentError: an unknown scope.

    Example:
        >>> answer = NvmlBackend().probe()
        >>> answer.available or answer.reason != ""
        True
    """

    name = "nvml"

    def __init__(
        self,
        devices: int | str | Sequence[int | str] | None = None,
        *,
        scopes: Collection[str] = _SCOPES,
        root: str = "/",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        unknown = [scope for scope in scopes if scope not in _SCOPES]
        if unknown:
            raise ArgumentError(argument="scopes", expected=f"one of {', '.join(_SCOPES)}", got=unknown[0])
        self.version: str | None = None
        self.notes: tuple[str, ...] = ()
        self._devices = devices
        self._scopes = tuple(scopes)
        self._root = str(root)
        self._environ = environ
        self._pid = 0

    def probe(self) -> Availability:
        """Look whether there is a GPU to read; without NVIDIA: one failed dlopen, a look at a few files."""
        try:
            plans = self._plans(watch=False)
        except library.NvmlUnavailable as err:
            if os.path.exists(os.path.join(self._root, "dev/nvidiactl")):
                self.notes = (f"an NVIDIA GPU is there and not measured: {err.reason}",)
            return Availability(False, err.reason, err.remedy)
        except Exception as err:  # a probe never raises
            pass_on(err)
            return Availability(False, f"NVML failed: {error_text(err)}", "run: nvidia-smi")
        names = {plan.gpu.uuid: plan.gpu.name for plan in plans}
        return Availability(True, f"{len(names)} GPU(s) readable: {', '.join(sorted(set(names.values())))}")

    def meters(self) -> Sequence[Meter]:
        """Open a meter for every channel of the GPUs in use.

        Raises:
            BackendError: nothing can be read; the message says why.
        """
        from wattwhat_nvml.meter import NvmlMeter

        opened: list[Meter] = []
        failed: list[str] = []
        try:
            for plan in self._plans(watch=True):
                try:
                    opened.append(NvmlMeter(plan))
                except library.errors_of(self._nvml()) as err:  # one GPU is lost, the others are measured
                    failed.append(f"{plan.gpu.name} ({plan.gpu.uuid}) cannot be opened: {err}")
        except BaseException as err:
            for meter in opened:
                meter.close()
            if isinstance(err, Exception) and not isinstance(err, (BackendError, ArgumentError)):
                pass_on(err)
                raise BackendError(f"NVML failed: {error_text(err)}; run: nvidia-smi") from err
            raise
        self.notes = tuple(dict.fromkeys((*self.notes, *failed)))
        if not opened:
            raise BackendError(f"{'; '.join(self.notes)}; run: nvidia-smi")
        return opened

    @property
    def warnings(self) -> tuple[str, ...]:  # type: ignore[override]
        """All notes: each is about a GPU that is not measured, or not as well as it could be."""
        return self.notes

    def conditions(self) -> Sequence[str]:
        """Sentences about what makes readings doubtful now: clocks held down, other programs, MIG."""
        from wattwhat_nvml.conditions import conditions_of

        sentences: list[str] = []
        for gpu, of_gpu in self._each(conditions_of):
            sentences += (
                [f"{gpu.name} ({gpu.uuid}) does not answer: {of_gpu}"] if isinstance(of_gpu, str) else of_gpu
            )
        return sentences

    def device_conditions(self) -> dict[str, dict[str, Any]]:
        """Temperature, clocks, power limits, throttling and other programs of each GPU, by UUID."""
        from wattwhat_nvml.conditions import state_of

        return {
            gpu.uuid: {"name": gpu.name, "error": state} if isinstance(state, str) else state
            for gpu, state in self._each(state_of)
        }

    def _each(self, ask: Callable[[Any, Any, str], Any]) -> Iterator[tuple[Any, Any]]:
        """What a function finds of each chosen GPU, or the text of the error of one that does not answer."""
        try:
            nvml = self._nvml()
            gpus = self._choose(nvml)[0]
        except (library.NvmlUnavailable, ArgumentError):
            return  # probe() says so
        for gpu in gpus:
            try:
                yield gpu, ask(nvml, gpu, self._root)
            except library.errors_of(nvml) as err:
                yield gpu, str(err)

    def _nvml(self) -> Any:
        """The bindings, initialised once for this backend and process.

        Kept until the backend is thrown away: where no other program holds the GPU, the last nvmlShutdown
        makes the driver forget its state, and the next nvmlInit takes seconds.
        """
        problem = library.library_problem()
        if problem is not None:
            raise library.NvmlUnavailable(*why_no_library(problem, self._root))
        nvml = library.bindings()
        if self._pid != os.getpid():
            try:
                library.acquire()
            except library.errors_of(nvml) as err:
                raise self._refused(err) from err
            self._pid = os.getpid()
            weakref.finalize(self, library.release, self._pid).atexit = False
            self.version = _version(nvml)
        return nvml

    def _refused(self, err: Exception) -> library.NvmlUnavailable:
        return library.NvmlUnavailable(*why_refused(getattr(err, "value", 0), str(err), self._root))

    def _choose(self, nvml: Any) -> tuple[Sequence[Any], Sequence[Any], list[str]]:
        """The GPUs in use, every GPU, and notes."""
        from wattwhat_nvml import visible
        from wattwhat_nvml.survey import list_gpus

        try:
            everyone, notes = list_gpus(nvml)
        except library.errors_of(nvml) as err:
            raise self._refused(err) from err
        if self._devices is None:
            environ = os.environ if self._environ is None else self._environ
            running = visible.cuda_uuids()
            selection = (visible.in_use(everyone, running) if running else None) or visible.visible(
                everyone, *visible.settings(environ, len(everyone))
            )
        elif self._devices == "all":
            selection = visible.Selection(tuple(everyone))
        else:
            wanted = [self._devices] if isinstance(self._devices, (str, int)) else self._devices
            selection = visible.pick(everyone, wanted)
        return selection.gpus, everyone, [*notes, *selection.notes]

    def _plans(self, watch: bool) -> list[Any]:
        nvml = self._nvml()  # first: where there is none, the rest is not even imported
        from wattwhat_nvml.channels import plan
        from wattwhat_nvml.survey import socket_of, watch_counter

        chosen, everyone, notes = self._choose(nvml)
        self.notes = tuple(notes)
        if not chosen:
            raise _nothing_chosen(bool(everyone), notes)
        surveyed = _survey(nvml, chosen, notes)
        for ability in surveyed:
            if watch and ability.module is not None and ability.gpu.uuid not in _verdicts:
                _verdicts[ability.gpu.uuid] = watch_counter(nvml, ability)
        sockets = {gpu.uuid: socket_of(gpu.pci_bus_id, self._root) for gpu in everyone}
        plans = plan(surveyed, everyone, sockets, host_name(), self._scopes, _verdicts)
        read = {made.gpu.uuid for made in plans}
        notes += [
            f"{gpu.name} ({gpu.uuid}) shows neither energy nor power"
            for gpu in chosen
            if gpu.uuid not in read
        ]
        self.notes = tuple(dict.fromkeys(notes))
        if not plans:
            raise library.NvmlUnavailable(
                "; ".join(self.notes) or "no GPU shows energy or power",
                "virtual GPUs and some consumer and embedded GPUs have no power sensor that NVML may read",
            )
        return plans


def _survey(nvml: Any, gpus: Sequence[Any], notes: list[str]) -> list[Any]:
    """What works on each GPU; what does not goes into the notes."""
    from wattwhat_nvml.survey import abilities

    surveyed = []
    for gpu in gpus:
        try:
            surveyed.append(abilities(nvml, gpu))
            notes += surveyed[-1].problems
        except Exception as err:  # whatever ails one GPU, the others are measured
            pass_on(err)
            notes.append(f"{gpu.name} ({gpu.uuid}) cannot be read: {err}")
    return surveyed


def _nothing_chosen(any_gpu: bool, notes: Sequence[str]) -> library.NvmlUnavailable:
    if any_gpu:
        return library.NvmlUnavailable(
            "; ".join(notes) or "no GPU is chosen",
            "unset CUDA_VISIBLE_DEVICES or correct it, or name GPUs: NvmlBackend(devices='all')",
        )
    return library.NvmlUnavailable(
        "; ".join(notes) or "the NVIDIA driver runs, but shows no GPU to this process",
        "in a container, start it with --gpus all; under Slurm, ask for a GPU with --gres=gpu:1",
    )


def _version(nvml: Any) -> str | None:
    library_version = library.ask_or(None, nvml, "nvmlSystemGetNVMLVersion")
    driver = library.ask_or(None, nvml, "nvmlSystemGetDriverVersion")
    return f"{library_version}, driver {driver}" if library_version and driver else library_version
