"""What can be run again and again: any callable, a command, or (in `torch_workload`) a torch model."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

from wattwhat.errors import ArgumentError, WorkloadError
from wattwhat.guard import pass_on
from wattwhat.workloads.accelerators import await_results, synchronize

__all__ = ["CallableWorkload", "CommandWorkload", "Workload", "make_workload"]


class Workload:
    """Something that can be run again and again; derive from it to measure a thing of your own kind.

    Used as a context manager: entering prepares, leaving puts everything back as it was found, whatever
    happened in between.

    Attributes:
        label: its name.
        items_per_call: samples, images or tokens in one call.
        items_done: items in all calls so far, for a workload whose calls differ; None where they do not.
        warnings: sentences for the Measurement, asked for once the workload has been left.

    Example:
        >>> class Sort(Workload):
        ...     label, items_per_call = "sort", 1000
        ...     def run(self):
        ...         sorted(range(1000, 0, -1))
        >>> with Sort() as workload:
        ...     workload.run()
    """

    label: str = "workload"
    items_per_call: float | None = 1
    items_done: float | None = None
    warnings: tuple[str, ...] = ()

    def __enter__(self) -> Workload:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def run(self) -> object:
        """One call.

        Raises:
            WorkloadError: the measured program failed; its own error is chained.
        """
        raise NotImplementedError

    def synchronize(self) -> None:
        """Wait until the work of earlier calls is done."""
        synchronize()

    def devices(self) -> tuple[str, ...] | None:
        """UUIDs of the accelerators it runs on; empty for none, None where that is not known."""
        return None


class CallableWorkload(Workload):
    """Any callable without arguments.

    Args:
        function: what to call.
        label: its name; by default the function's own.
        items_per_call: items in one call.
    """

    def __init__(
        self, function: Callable[[], object], label: str | None = None, items_per_call: float | None = None
    ) -> None:
        self._function = function
        self.label = label or str(getattr(function, "__qualname__", type(function).__name__))
        self.items_per_call = 1 if items_per_call is None else items_per_call

    def run(self) -> object:
        """Call it once."""
        with failing_as(self.label):
            results = self._function()
        await_results(results)
        return results

    def devices(self) -> tuple[str, ...] | None:
        """UUIDs of the accelerators that its torch modules and tensors are on; None where it shows none."""
        if "torch" not in sys.modules:
            return None
        from wattwhat.workloads.torch_devices import devices_of_function

        return devices_of_function(self._function)


class CommandWorkload(Workload):
    """A program that is started anew for every call; its output goes where this process's goes.

    Args:
        command: the program and its arguments.
        label: its name; by default the program's.
        items_per_call: items in one call.

    Example:
        >>> import sys
        >>> with CommandWorkload([sys.executable, "-c", "pass"]) as workload:
        ...     workload.run()
        0
    """

    def __init__(
        self, command: Sequence[str], label: str | None = None, items_per_call: float | None = None
    ) -> None:
        if not command or isinstance(command, (str, bytes)):
            raise ArgumentError(f"command: expected a list such as ['python', 'train.py'], got {command!r}")
        self.command = [os.fspath(word) for word in command]
        self.label = label or os.path.basename(self.command[0])
        self.items_per_call = 1 if items_per_call is None else items_per_call

    def run(self) -> object:
        """Run it to its end.

        Raises:
            WorkloadError: it cannot be started, or ends with anything but 0.
        """
        import subprocess

        try:
            code = subprocess.run(self.command, check=False).returncode
        except OSError as err:
            raise WorkloadError(f"command {self.command[0]!r} cannot be started: {err}") from err
        if code:
            raise WorkloadError(
                f"command {self.label!r} ended with {code}; measure() needs one that ends with 0"
            )
        return code


@contextmanager
def failing_as(label: str) -> Any:
    """Turn the workload's own error into a WorkloadError that chains it."""
    try:
        yield
    except WorkloadError:
        raise
    except Exception as err:
        pass_on(err)
        raise WorkloadError(f"workload {label!r} failed: {type(err).__name__}: {err}") from err


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
        target: a torch module, a callable without arguments, a command as a list of words, or a Workload.
        inputs: inputs of a torch module; None for anything else.
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
    if inputs is not None or train is not None:
        name = "inputs" if inputs is not None else "train"
        raise ArgumentError(
            f"{name}: only a torch.nn.Module takes it; for {type(target).__name__} pass a callable without "
            f"arguments, for instance functools.partial(fn, x)"
        )
    if callable(target):
        _check_called(target)
        return CallableWorkload(target, label, items_per_call)
    if (
        isinstance(target, (list, tuple))
        and target
        and all(isinstance(word, (str, os.PathLike)) for word in target)
    ):
        return CommandWorkload([os.fspath(word) for word in target], label, items_per_call)
    raise ArgumentError(
        f"target: expected a torch.nn.Module with inputs, a callable without arguments, a command as a list "
        f"of words or a Workload, got {type(target).__name__}"
    )


def _as_it_is(workload: Workload, inputs: Any, train: Any, items_per_call: Any) -> Workload:
    given = {"inputs": inputs, "train": train, "items_per_call": items_per_call}
    for name, value in given.items():
        if value is not None:
            raise ArgumentError(f"{name}: a Workload brings its own; set it there")
    items = workload.items_per_call
    if items is not None and not items > 0:
        raise ArgumentError(
            f"items_per_call: the Workload {workload.label!r} says {items!r}, expected a number > 0"
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
                f"target: {kind} runs nothing when it is called; pass a function that runs it to its end"
            )
