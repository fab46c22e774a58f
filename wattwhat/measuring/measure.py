"""measure(): warm-up, idle baseline, then blocks of calls until the asked precision or the time limit.

The module is not called ``measure``: importing it would put the module where the function
``wattwhat.measure`` belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wattwhat.acquisition.shared import check_estimate, shared_meter_set
from wattwhat.errors import ArgumentError
from wattwhat.measuring.devices import check_devices
from wattwhat.measuring.plan import Plan, is_number
from wattwhat.measuring.session import Progress, run_plan
from wattwhat.records.measurement import Measurement
from wattwhat.records.metrics import check_metrics
from wattwhat.workloads.choose import make_workload

__all__ = ["measure"]


def measure(
    target: Any,
    inputs: Any = None,
    *,
    items_per_call: float | None = None,
    precision: float = 0.05,
    min_seconds: float = 1.0,
    max_seconds: float = 60.0,
    warmup: str | int = "auto",
    idle: str | float | None = "auto",
    min_calls: int = 1,
    backends: Sequence[Any] | None = None,
    devices: Sequence[str] | None = None,
    train: Any = None,
    metrics: Mapping[str, float] | None = None,
    label: str | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """How many joules a workload takes: run it until its energy per call is known well enough.

    Args:
        target: a torch.nn.Module, an estimator (scikit-learn, XGBoost, LightGBM: it predicts) or its bound
            ``fit``, an ONNX Runtime session, a callable, a command as a list of words, or a Workload.
        inputs: for a module: a tensor, tuple, dict, or iterable of batches; for a session: its feeds; for an
            estimator or a callable: its argument, or a tuple of several.
        items_per_call: samples in one call; None takes the batch dimension of torch inputs, the rows of
            an estimator's or session's, else 1.
        precision: asked relative half-width of the 95 % interval of the energy per call, between 0 and 1,
            counting what repeats can shrink; the sensor's own gain and offset come on top, in the budget.
        min_seconds: least time to measure in s, warm-up and idle baseline not included.
        max_seconds: most time to measure in s; a single call that takes longer is not cut short.
        warmup: ``"auto"`` until calls are steady, or the number of calls.
        idle: ``"auto"`` measures the power at rest with the workload loaded; seconds to do so for; or None.
        min_calls: least number of calls to measure, as far as max_seconds goes: what happens in one call of a
            hundred only is in no interval of ten calls.
        backends: names of backends (or Backend objects) to use; None takes every available one, and the
            estimate only for components that no sensor covers.
        devices: names of devices, their UUIDs or ids of channels: these count and nothing else. None takes
            those that the workload is known to use (where its torch modules and tensors are), else all; the
            warnings and ``details["devices"]`` say which.
        train: for a module: a function ``step(model, batch)`` or a pair ``(loss, optimizer)``; None for
            inference. Weights, buffers and the optimizer's state are put back afterwards; of a step function,
            the torch optimizers in its closure, its object and the globals it names. Whatever else a step
            function changes (a scheduler, a counter, another model) stays changed: give it copies.
        metrics: what is known of the workload, for instance ``{"accuracy": 0.91}``, kept in the result.
        label: its name.
        progress: called now and then with the seconds passed and what is being done.

    Returns:
        The Measurement over all measured blocks; ``details["stopped"]`` says why measuring stopped, and of a
        torch model ``details["phase"]`` whether it is of training or inference.

    Raises:
        ArgumentError: an argument is outside what is allowed; nothing has been run then.
        BackendError: a backend that was asked for cannot serve, or the estimate is needed and one of its
            settings cannot be understood; nothing has been run then.
        WorkloadError: the workload failed; its own error is chained, and everything is put back.

    Example:
        >>> import wattwhat
        >>> m = wattwhat.measure(lambda: sum(range(2000)), max_seconds=0.2, min_seconds=0.1, idle=None)
        >>> m.calls > 0, m.energy_per_call_j.unit
        (True, 'J')
    """
    plan = Plan(precision, min_seconds, max_seconds, warmup, idle, min_calls)
    if items_per_call is not None and not (is_number(items_per_call) and items_per_call > 0):
        raise ArgumentError(argument="items_per_call", expected="a number > 0", got=items_per_call)
    if label is not None and not isinstance(label, str):
        raise ArgumentError(argument="label", expected="a name", got=label)
    if progress is not None and not callable(progress):
        raise ArgumentError(argument="progress", expected="a function of seconds and words", got=progress)
    names = check_devices(devices)
    known = check_metrics(metrics or {})
    meter_set = shared_meter_set(backends)  # before the first batch is taken from a generator of the user's
    check_estimate(meter_set, backends)
    items = None if items_per_call is None else float(items_per_call)
    workload = make_workload(target, inputs, train=train, items_per_call=items, label=label)
    result = run_plan(workload, plan, meter_set, devices=names, progress=progress)
    details = result.details if workload.phase is None else {**result.details, "phase": workload.phase}
    return attrs.evolve(result, metrics=known, label=label or workload.label, details=details)
