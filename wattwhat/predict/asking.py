"""predict(): joules of a model on its inputs, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.predict.data_sheet import bound_j
from wattwhat.predict.devices import PRECISIONS, Device
from wattwhat.predict.here import device_for
from wattwhat.predict.own_study import OwnStudy
from wattwhat.predict.prediction import Case, Prediction, as_measurement, check_runtime
from wattwhat.predict.ways import Way, best, ways
from wattwhat.records.measurement import Measurement
from wattwhat.records.small_files import open_regular
from wattwhat.workloads.counting import Counts, count

__all__ = ["predict", "predict_case", "read_study", "study_of"]


def predict(
    model: Any,
    inputs: Any = None,
    *,
    device: Device | str | None = None,
    runtime: str = "eager",
    precision: str = "fp32",
    study: Any = None,
    label: str | None = None,
) -> Measurement:
    """Joules of one inference call of a model, before it runs, with an interval and what it rests on.

    Operations, activations and weights are counted on torch's meta device; nothing is run. Each way of
    predicting that knows the device answers; the best is given, the others stand in ``details["others"]``.
    Ways are, best first: a fit on your own study, fits on public populations (and what is installed under the
    entry-point group ``wattwhat.predictors``), the data sheet (TDP x roofline, with the spread that was
    measured above it).

    Args:
        model: a torch.nn.Module, or `wattwhat.workloads.counting.Counts` of a call that was counted before.
        inputs: as for `wattwhat.measure`; None for counts.
        device: a name (``"H100"``), a `Device`, ``"cpu"`` or ``"cuda"`` for what this machine has, or None
            for where the model lies, else this machine's CPU.
        runtime: what will run it, for instance ``"eager"``, ``"compile"`` or ``"onnxruntime"``.
        precision: of the arithmetic: fp64, fp32, tf32, fp16, bf16, fp8 or int8.
        study: your own measurements: ``results.jsonl`` of a study (or its folder), or Measurements.
        label: its name; None takes the model's class.

    Returns:
        A Measurement with provenance ``"predicted"`` of one call: ``energy_j`` in J with u;
        ``details["interval_j"]`` has the lopsided 95 % interval, ``details["bound_j"]`` the lower bound
        operations x TDP / peak (convolutions by the fastest algorithm), ``details["rests_on"]`` what was
        taken.

    Raises:
        ArgumentError: the device is unknown or lacks the precision, an input is empty, or the model cannot be
            counted from shapes alone.

    Example:
        >>> counts = Counts(flops=8_178_368_512, activations_conv=11_113_984, activations_matmul=1000,
        ...                 parameters=25_557_032, weight_bytes=102_228_128, method="by hand", items=1)
        >>> m = predict(counts, device="H100", precision="bf16", label="resnet50")
        >>> m.provenance, m.details["way"], m.details["bound_j"] < m.details["interval_j"][0]
        ('predicted', 'data-sheet', True)
    """
    if precision not in PRECISIONS:
        raise ArgumentError(argument="precision", expected=f"one of {', '.join(PRECISIONS)}", got=precision)
    sheet, assumed = device_for(device, model)
    case = Case(
        counts=_counts(model, inputs),
        device=sheet,
        runtime=check_runtime(runtime),
        precision=precision,
        label=label or ("model" if isinstance(model, Counts) else type(model).__name__),
    )
    return predict_case(case, study=study, notes=assumed)


def _counts(model: Any, inputs: Any) -> Counts:
    if not isinstance(model, Counts):
        return count(model, inputs)
    if inputs is not None:
        raise ArgumentError(
            "counts are of a call already, so they take no inputs", argument="inputs", remedy="leave them out"
        )
    return model


def predict_case(
    case: Case, *, study: Any = None, among: Iterable[Way] | None = None, notes: Iterable[str] = ()
) -> Measurement:
    """The same for a case that is put together already.

    Args:
        case: what will run, and on what.
        study: as for `predict`.
        among: the ways to ask; None takes all that are installed.
        notes: sentences for the Measurement's warnings.

    Raises:
        ArgumentError: no way has an answer.
    """
    installed, broken = ways() if among is None else (list(among), [])
    asked = [*(() if study is None else (study_of(study),)), *installed]
    chosen, others, failed = best(case, asked)
    chosen = attrs.evolve(chosen, notes=(*notes, *chosen.notes, *broken, *failed))
    return as_measurement(
        chosen,
        device=case.device,
        label=case.label,
        items=case.items,
        bound_j=_bound(case),
        details={
            "phase": "inference",
            "cell": {
                "batch_size": case.items,
                "runtime": case.runtime,
                "precision": case.precision,
                "device": case.device.name,
            },
            "others": [_brief(one, case.items) for one in others],
        },
        metrics=case.counts.metrics(),
    )


def _bound(case: Case) -> float | None:
    """The lower bound in J; None where the data sheet does not give one."""
    try:
        return bound_j(case)
    except ArgumentError:
        return None


def _brief(one: Prediction, items: int) -> dict[str, Any]:
    energy = one.energy * items
    return {"way": one.way, "energy_j": energy.median, "interval_j": [energy.low, energy.high]}


def study_of(given: Any) -> Way:
    """The way that a study makes: its ``results.jsonl``, the folder of it, or measurements.

    Raises:
        ArgumentError: there is no such file, a line in it is no Measurement, or too few say what was run.
    """
    if isinstance(given, Way):
        return given
    if isinstance(given, (str, os.PathLike)):
        return OwnStudy.fit(read_study(os.fspath(given)))
    return OwnStudy.fit(given)


def read_study(path: str) -> list[Measurement]:
    """What a study measured: its ``results.jsonl``, or the folder of it.

    Raises:
        ArgumentError: there is no such file, or a line in it is no Measurement.
    """
    import io
    import json

    if os.path.isdir(path):
        path = os.path.join(path, "results.jsonl")
    studies = []
    try:
        with io.TextIOWrapper(open_regular(path), encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    try:
                        studies.append(Measurement.from_dict(json.loads(line)))
                    except (ValueError, RecursionError) as err:
                        raise ArgumentError(f"no Measurement ({err})", path=path, line=number) from err
    except (OSError, UnicodeDecodeError) as err:
        raise ArgumentError(
            f"{path!r} cannot be read ({err})", argument="study", remedy="name results.jsonl or its folder"
        ) from err
    return studies
