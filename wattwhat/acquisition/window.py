"""Windows over meters in running code: nested, overlapping, from any thread, thousands a second.

Starting and stopping only reads the meters; what the readings mean is worked out when it is asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from wattwhat.acquisition.meter_set import MeterSet, Snapshot, unseen_gpu
from wattwhat.acquisition.shared import check_estimate, shared_meter_set
from wattwhat.errors import ArgumentError, WindowError
from wattwhat.workloads.accelerators import accelerator_in_use, check_sync, leave_compiling, unwaited, wait

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Window", "track"]

F = TypeVar("F", bound=Callable[..., Any])


class Window:
    """A span of running code whose energy is measured; made by `track`.

    It may be started again after it has stopped; its measurement is then that of the latest span.
    """

    __slots__ = (
        "__weakref__",
        "_backends",
        "_begin",
        "_context",
        "_end",
        "_measurement",
        "_meter_set",
        "_on_end",
        "_started_ns",
        "_sync",
        "label",
    )

    def __init__(
        self,
        label: str = "window",
        *,
        backends: Sequence[Any] | None = None,
        sync: str | bool | Callable[[], object] = "auto",
        on_end: Callable[[Window], object] | None = None,
        meter_set: MeterSet | None = None,
    ) -> None:
        check_sync(sync)
        self.label = label
        self._backends = backends
        self._sync = sync
        self._on_end = on_end
        self._meter_set = meter_set
        self._begin: Snapshot | None = None
        self._end: Snapshot | None = None
        self._context: Snapshot | None = None
        self._measurement: Measurement | None = None
        self._started_ns = 0

    def start(self) -> Window:
        """Open the window; the meters are read last, so that opening is not part of it.

        Raises:
            WindowError: it is open already.
            BackendError: a backend that was asked for cannot serve, or a setting of the estimate is needed
                and cannot be understood.
        """
        if self._begin is not None and self._end is None:
            raise WindowError(f"window {self.label!r} is open already; stop it first, or make another one")
        if "torch" in sys.modules:
            leave_compiling(self.label)
        meter_set = self._meter_set
        if meter_set is None or meter_set.closed:
            meter_set = self._meter_set = self._open()
        self._end = self._measurement = None
        self._context = meter_set.context
        if self._sync:
            wait(self._sync)
        meter_set.windows.add(self)
        self._started_ns = time.time_ns()
        self._begin = meter_set.begin()
        return self

    def stop(self) -> Window:
        """Close the window; the meters are read first.

        Raises:
            WindowError: it is not open.
        """
        begin, meter_set = self._begin, self._meter_set
        if begin is None or self._end is not None or meter_set is None:
            raise WindowError(f"window {self.label!r} is not open; start it first")
        if self._sync:
            wait(self._sync)
        self._end = meter_set.end(begin)
        meter_set.windows.discard(self)
        if self._on_end is not None:
            self._on_end(self)
        return self

    @property
    def measurement(self) -> Measurement:
        """What the window took, once it has stopped; worked out on first use and then kept.

        Raises:
            WindowError: it has not stopped yet.
        """
        if self._measurement is None:
            if self._end is None:
                raise WindowError(
                    f"window {self.label!r} has not stopped; so_far() tells what it took until now"
                )
            self._measurement = self._account(self._end)
            self._context = None
        return self._measurement

    def so_far(self) -> Measurement:
        """What an open window has taken until now; it goes on.

        Raises:
            WindowError: it was never started.
        """
        if self._end is not None:
            return self.measurement
        if self._begin is None or self._meter_set is None:
            raise WindowError(f"window {self.label!r} is not open; start it first")
        if self._sync:
            wait(self._sync)
        return self._account(self._meter_set.glance(self._begin))

    def _account(self, end: Snapshot) -> Measurement:
        from wattwhat.acquisition.evaluation import account
        from wattwhat.acquisition.outcome import measurement_of
        from wattwhat.sensing.host import environment

        meter_set, begin = self._meter_set, self._begin
        assert meter_set is not None
        assert begin is not None
        return measurement_of(
            meter_set,
            account(meter_set, begin, end, self._context),
            label=self.label,
            duration_s=(end.t_ns - begin.t_ns) * 1e-9,
            started_ns=self._started_ns,
            environment=environment(meter_set),
            warnings=(*unseen_gpu(meter_set, accelerator_in_use()), *unwaited(self._sync)),
        )

    def __enter__(self) -> Window:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begin is None or self._end is not None:
            return  # stopped inside the block
        try:
            self.stop()
        except Exception as err:
            from wattwhat.plugins import pass_on

            pass_on(err)
            if kind is None:
                raise  # else the user's own exception is what matters

    def __call__(self, function: F) -> F:
        """Use as a decorator: every call is a window of its own; the latest is ``function.window``."""
        from wattwhat.acquisition.decorator import decorate

        return decorate(function, self)

    def _open(self) -> MeterSet:
        meter_set = shared_meter_set(self._backends)
        check_estimate(meter_set, self._backends)
        return meter_set

    def _fresh(self, label: str) -> Window:
        if self._meter_set is None or self._meter_set.closed:
            self._meter_set = self._open()
        return Window(
            label, backends=self._backends, sync=self._sync, on_end=self._on_end, meter_set=self._meter_set
        )

    def __reduce__(self) -> Any:
        """As pickle and copy see it: what it measured if it has stopped, else a window not started.

        Meters stay in their process. A function under ``@track`` is sent to workers by ray, joblib and
        submitit, and a model that holds a window is copied by training code.
        """
        measured = self.measurement if self._end is not None else None
        backends = None if self._backends is None else [_sendable(one) for one in self._backends]
        return _restored, (self.label, backends, self._sync, self._on_end, measured)

    def __repr__(self) -> str:
        if self._begin is None:
            return f"<Window {self.label!r}: not started>"
        return f"<Window {self.label!r}: open>" if self._end is None else f"<Window {self.label!r}: stopped>"


def _sendable(backend: Any) -> Any:
    """A backend as it can leave the process: itself, or its name where it holds what cannot be pickled."""
    import pickle

    try:
        pickle.dumps(backend)
    except Exception as err:
        from wattwhat.plugins import pass_on

        pass_on(err)
        return str(getattr(backend, "name", type(backend).__name__))
    return backend


def _restored(label: str, backends: Any, sync: Any, on_end: Any, measured: Measurement | None) -> Window:
    window = Window(label, backends=backends, sync=sync if sync is not True else "auto", on_end=on_end)
    if measured is not None:
        window._begin = window._end = Snapshot(0, [], ())
        window._measurement = measured
    return window


@overload
def track(label: F, /) -> F: ...
@overload
def track(
    label: str = ...,
    *,
    backends: Sequence[Any] | None = ...,
    sync: str | bool | Callable[[], object] = ...,
    on_end: Callable[[Window], object] | None = ...,
) -> Window: ...
def track(
    label: Any = "window",
    *,
    backends: Sequence[Any] | None = None,
    sync: str | bool | Callable[[], object] = "auto",
    on_end: Callable[[Window], object] | None = None,
) -> Any:
    """Measure the energy of a span of code: with ``with``, as a decorator, or by start() and stop().

    Args:
        label: name of the span; as a bare decorator (``@track``) the function's own name.
        backends: names of backends to use; None takes every available one, and the estimate only for
            components that no sensor covers.
        sync: ``"auto"`` waits at both edges for what an already imported torch, jax, cupy, tensorflow or
            mlx has queued, False does not; True is the same as "auto" but is refused where none of them is
            imported; a function is called at both edges and waits by itself.
        on_end: called with the window each time it stops, for instance a list's ``append``.

    Returns:
        A `Window`; its ``measurement`` is there after the end, ``so_far()`` before it.

    Raises:
        ArgumentError: an argument is outside what is allowed.
        BackendError: (on start) a backend that was asked for cannot serve.

    Example:
        >>> import wattwhat
        >>> with wattwhat.track("epoch") as epoch:
        ...     with wattwhat.track("step") as step:
        ...         squares = [n * n for n in range(10_000)]
        >>> epoch.measurement.duration_s >= step.measurement.duration_s
        True
        >>> @wattwhat.track
        ... def train():
        ...     return sum(range(10_000))
        >>> train()
        49995000
        >>> train.window.measurement.label
        'train'
    """
    if callable(label):
        return Window()(label)
    if not isinstance(label, str):
        raise ArgumentError(f"label: expected a name, got {label!r}")
    if on_end is not None and not callable(on_end):
        raise ArgumentError(f"on_end: expected a function that takes the window, got {on_end!r}")
    return Window(label, backends=backends, sync=sync, on_end=on_end)
