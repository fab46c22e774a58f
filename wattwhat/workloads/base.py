"""What can be run again and again: any callable, a command, or (in `torch_model`) a torch model."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

from wattwhat.errors import ArgumentError, WorkloadError, error_text
from wattwhat.plugins import pass_on
from wattwhat.workloads.accelerators import await_results, synchronize

__all__ = ["CallableWorkload", "CommandWorkload", "Workload"]


class Workload:
    """Something that can be run again and again; derive from it to measure a thing of your own kind.

    Used as a context manager: entering prepares, leaving puts everything back as it was found, whatever
    happened in between.

    Attributes:
        label: its name.
        items_per_call: samples, images or tokens in one call.
        items_done: items in all calls so far, for a workload whose calls differ; None where they do not.
        phase: "training" or "inference" where that is known.
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
    phase: str | None = None
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
            raise ArgumentError(
                argument="command", expected="a list such as ['python', 'train.py']", got=command
            )
        self.command = [os.fspath(argument) for argument in command]
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
        raise WorkloadError(f"workload {label!r} failed: {error_text(err)}") from err
