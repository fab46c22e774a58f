"""From what measure() was given to a Workload: a callable, a torch model, a command."""

from __future__ import annotations

import os
import sys
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.workloads.base import CallableWorkload, CommandWorkload, Workload

__all__ = ["make_workload"]


def make_workload(
    target: Any,
    inputs: Any = None,
    *,
    train: Any = None,
    items_per_call: float | None = None,
    label: str | None = None,
) -> Workload:
    """The workload for what `wattwhat.measure` was given.

    Args:
        target: a torch module, an estimator with its inputs, an ONNX Runtime session with its feeds, a
            callable (without arguments, or with inputs), a command as a list of words, or a Workload.
        inputs: what it is run on; a tuple is several arguments.
        train: how to train a torch module; None for inference.
        items_per_call: items in one call.
        label: name of the workload.

    Raises:
        ArgumentError: the target is none of these, or arguments do not fit it.
    """
    if isinstance(target, Workload):
        return _as_it_is(target, inputs, train, items_per_call)
    module = getattr(getattr(sys.modules.get("torch"), "nn", None), "Module", None)
    if module is not None and isinstance(target, module):
        from wattwhat.workloads.torch_model import TorchWorkload

        return TorchWorkload(target, inputs, train=train, items_per_call=items_per_call, label=label)
    if train is not None:
        raise ArgumentError(
            "only a torch.nn.Module takes it",
            argument="train",
            remedy=f"for {type(target).__name__} pass what trains it, such as model.fit with "
            "inputs=(X, y), or a callable without arguments",
        )
    if inputs is not None:
        from wattwhat.workloads.estimators import call_with_inputs

        if callable(target):
            _check_called(target)
        workload = call_with_inputs(target, inputs, items_per_call, label)
        if workload is not None:
            return workload
    if callable(target):
        _check_called(target)
        return CallableWorkload(target, label, items_per_call)
    if (
        isinstance(target, (list, tuple))
        and target
        and all(isinstance(part, (str, os.PathLike)) for part in target)
    ):
        return CommandWorkload([os.fspath(part) for part in target], label, items_per_call)
    raise ArgumentError(
        argument="target",
        expected="a torch.nn.Module or an estimator with inputs, a callable, a command as a list of words or "
        "a Workload",
        got=type(target),
    )


def _as_it_is(workload: Workload, inputs: Any, train: Any, items_per_call: Any) -> Workload:
    given = {"inputs": inputs, "train": train, "items_per_call": items_per_call}
    for name, value in given.items():
        if value is not None:
            raise ArgumentError("a Workload brings its own", argument=name, remedy="set it there")
    items = workload.items_per_call
    if items is not None and not items > 0:
        raise ArgumentError(
            f"the Workload {workload.label!r} says {items!r}, expected a number > 0",
            argument="items_per_call",
        )
    return workload


def _check_called(function: Any) -> None:
    """Refuse what would only be created, not run: calling a coroutine function runs nothing."""
    import inspect

    called = function if inspect.isfunction(function) else getattr(function, "__call__", function)  # noqa: B004
    for kind, test in (
        ("a coroutine function", inspect.iscoroutinefunction),
        ("a generator function", inspect.isgeneratorfunction),
        ("an async generator function", inspect.isasyncgenfunction),
    ):
        if test(function) or test(called):
            raise ArgumentError(
                f"{kind} runs nothing when it is called",
                argument="target",
                remedy="pass a function that runs it to its end",
            )
