"""Measuring one cell in this process: build, first call, parity, latency, energy, and what is known of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from wattwhat.errors import error_text
from wattwhat.plugins import pass_on
from wattwhat.records.measurement import Measurement
from wattwhat.study.cell import Cell
from wattwhat.study.job import Job
from wattwhat.study.latency_and_memory import latencies, peak_memory, percentile, reset_peak
from wattwhat.study.models import Built, built
from wattwhat.study.parity import Parity, parity
from wattwhat.study.runtimes import prepared
from wattwhat.workloads.base import Workload, failing_as

__all__ = ["CellWorkload", "measure_cell"]


class CellWorkload(Workload):
    """The prepared call of a cell.

    Args:
        call: one batch.
        cell: whose it is.
        uuids: of the accelerators it runs on; empty for none, None where that is not known.
    """

    def __init__(self, call: Callable[[], Any], cell: Cell, uuids: tuple[str, ...] | None = ()) -> None:
        self._call, self._uuids = call, uuids
        self.label, self.items_per_call = cell.model, float(cell.batch_size)

    def run(self) -> Any:
        """One batch."""
        with failing_as(self.label):
            return self._call()

    def devices(self) -> tuple[str, ...] | None:
        """UUIDs of the accelerators that the cell runs on."""
        return self._uuids


@attrs.define
class _Known:
    """What is found out about a cell on the way to its measurement."""

    metrics: dict[str, float]
    cell: dict[str, Any]
    details: dict[str, Any]
    warnings: list[str]


def measure_cell(job: Job, locked: Callable[[tuple[str, ...] | None], Any] | None = None) -> Measurement:
    """Build a cell's model, run it once, look at its outputs and its latency, and measure it.

    Args:
        job: the cell and how to measure it.
        locked: called with the accelerators it runs on before it runs; waits until it has them to itself.

    Returns:
        The Measurement, labelled by the model, with the cell in ``details["cell"]``.

    Raises:
        WattwhatError: the cell cannot be run; the message says why.

    Example:
        >>> how = {"max_seconds": 0.2, "min_seconds": 0.1, "idle": False}
        >>> import sys, types
        >>> nets = types.SimpleNamespace(adds=lambda batch_size: lambda: sum(range(1000 * batch_size)))
        >>> sys.modules["nets_of_mine"] = nets
        >>> m = measure_cell(Job("k", Cell("nets_of_mine:adds", batch_size=4), how, "."))
        >>> m.label, m.details["cell"]["batch_size"], m.items == 4 * m.calls
        ('nets_of_mine:adds', 4, True)
    """
    cell = job.cell
    uuids = _prepare_device(cell)
    if locked is not None:
        locked(uuids)
    cooldown = _cooled(job)
    model = built(cell)
    details = {**job.details, **model.details, **cooldown, "weights": model.weights}
    known = _Known({**model.metrics, **job.metrics}, {"key": job.key, **cell.settings()}, details, [])
    _count(model, cell, known)
    reference = _reference(model, cell)
    workload, outputs = _first_call(model, cell, uuids, job, known)
    _compare(reference, outputs, known)
    del reference, outputs
    _time(workload, known)
    return _measure(workload, cell, job, known)


def _prepare_device(cell: Cell) -> tuple[str, ...] | None:
    """Threads and device made ready; gives the accelerators that the cell will run on."""
    if cell.device == "cpu":
        if cell.threads is not None:
            _set_threads(cell.threads)
        return ()
    import torch

    torch.empty(1, device=cell.device)  # fails here, in its own words, where there is no such device
    if not cell.device.startswith("cuda"):
        return None
    uuid = getattr(torch.cuda.get_device_properties(torch.device(cell.device)), "uuid", None)
    return None if uuid is None else (str(uuid).removeprefix("GPU-"),)


def _cooled(job: Job) -> dict[str, Any]:
    most_s = float(job.measure.get("cooldown_seconds", 0.0))
    if not most_s:
        return {}
    from wattwhat.study.cooldown import cool_down, rest_power_w

    return {"cooldown": attrs.asdict(cool_down(lambda: rest_power_w(job.measure.get("backends")), most_s))}


def _set_threads(threads: int) -> None:
    import importlib.util

    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(threads)


def _count(model: Built, cell: Cell, known: _Known) -> None:
    if not hasattr(model.model, "forward"):
        return
    from wattwhat.workloads.counting import count

    try:
        counts = count(model.model, model.inputs)
    except Exception as err:  # a model that cannot be run without values: its energy is known all the same
        pass_on(err)
        known.warnings.append(f"operations are not counted: {error_text(err)}")
        return
    known.metrics.update(counts.metrics())
    known.metrics["weight_bytes"] -= _saved_bytes(model.model, cell.precision)
    if cell.precision.startswith("int8"):
        known.details["weight_bytes_of"] = "the model before it is quantised"
    known.details["counting_method"] = counts.method


def _saved_bytes(model: Any, precision: str) -> float:
    """Bytes by which weights get smaller where floats of 4 bytes become ones of 2."""
    if precision not in ("bf16", "fp16"):
        return 0.0
    tensors = {id(one): one for one in (*model.parameters(), *model.buffers())}.values()
    return float(sum(one.numel() * (one.element_size() - 2) for one in tensors if one.is_floating_point()))


def _reference(model: Built, cell: Cell) -> Any:
    """Outputs of eager fp32, unpruned, on the same device; None where the cell is just that."""
    plain = (cell.runtime, cell.precision, cell.pruning) == ("eager", "fp32", None)
    if plain or not hasattr(model.model, "forward"):
        return None
    import torch

    from wattwhat.study.runtimes.base import arguments_of, mapped

    net = model.model.eval().to(cell.device)
    arguments, named = arguments_of(mapped(lambda one: one.to(cell.device), model.inputs))
    with torch.inference_mode():
        return mapped(lambda one: one.detach().to("cpu"), net(*arguments, **named))


def _first_call(
    model: Built, cell: Cell, uuids: tuple[str, ...] | None, job: Job, known: _Known
) -> tuple[CellWorkload, Any]:
    """The runtime prepared and called once: compiling is left out of the measurement, and told."""
    from wattwhat.acquisition.tracking import track

    with track("first call", backends=job.measure.get("backends")) as window, failing_as(cell.model):
        started = time.perf_counter()
        ready = prepared(model, cell)
        reset_peak(cell.device)
        outputs = ready.call()
        workload = CellWorkload(ready.call, cell, uuids)
        workload.synchronize()
        seconds = time.perf_counter() - started
    known.cell.update(ready.details)
    known.metrics["compile_s"] = seconds
    energy = window.measurement.energy_j
    if energy.known:
        known.metrics["compile_j"] = energy.value
    known.details["compile"] = {
        "what": "preparing the runtime and its first call",
        "duration_s": seconds,
        "energy_j": energy.to_dict(),
        "provenance": window.measurement.provenance,
    }
    return workload, outputs


def _compare(reference: Any, outputs: Any, known: _Known) -> None:
    if reference is None:
        return
    compared: Parity = parity(reference, outputs)
    if compared.error is None:
        known.warnings.append(
            f"the outputs could not be compared with those of eager fp32: {compared.reason}"
        )
    else:
        known.metrics["parity_error"] = compared.error


def _time(workload: CellWorkload, known: _Known) -> None:
    seconds = latencies(workload.run, workload.synchronize)
    known.metrics["latency_p50_s"] = percentile(seconds, 0.5)
    known.metrics["latency_p99_s"] = percentile(seconds, 0.99)
    known.details["latency_calls"] = len(seconds)


def _measure(workload: CellWorkload, cell: Cell, job: Job, known: _Known) -> Measurement:
    from wattwhat.measuring.measure import measure

    how = {
        name: job.measure[name] for name in ("precision", "min_seconds", "max_seconds") if name in job.measure
    }
    m = measure(
        workload,
        idle="auto" if job.measure.get("idle", True) else None,
        backends=job.measure.get("backends"),
        **how,
    )
    memory = peak_memory(cell.device)
    if memory is not None:
        known.metrics["peak_memory_bytes"], known.details["peak_memory_method"] = memory
    return attrs.evolve(
        m,
        metrics=_finite({**m.metrics, **known.metrics}),
        warnings=(*m.warnings, *known.warnings),
        details={**m.details, "phase": "inference", **known.details, "cell": known.cell},
    )


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    import math

    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
