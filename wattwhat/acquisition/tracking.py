"""track(): a span of code measured with with, as a decorator, or by start() and stop()."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, overload

from wattwhat.acquisition.items import check_items
from wattwhat.acquisition.window import F, Window
from wattwhat.errors import ArgumentError

__all__ = ["track"]


@overload
def track(label: F, /) -> F: ...


@overload
def track(
    label: str = ...,
    *,
    backends: Sequence[Any] | None = ...,
    sync: str | bool | Callable[[], object] = ...,
    items: float | None = ...,
    on_end: Callable[[Window], object] | None = ...,
    save: str | os.PathLike[str] | None = ...,
    every_s: float | None = ...,
) -> Window: ...


def track(
    label: Any = "window",
    *,
    backends: Sequence[Any] | None = None,
    sync: str | bool | Callable[[], object] = "auto",
    items: float | None = None,
    on_end: Callable[[Window], object] | None = None,
    save: str | os.PathLike[str] | None = None,
    every_s: float | None = None,
) -> Any:
    """Measure the energy of a span of code: with ``with``, as a decorator, or by start() and stop().

    Args:
        label: name of the span; as a bare decorator (``@track``) the function's own name.
        backends: names of backends to use; None takes every available one, and the estimate only for
            components that no sensor covers.
        sync: ``"auto"`` waits at both edges for what an already imported torch, jax, cupy, tensorflow or
            mlx has queued, False does not; True is the same as "auto" but is refused where none of them is
            imported; a function is called at both edges and waits by itself.
        items: samples, images or tokens in the span, where they are known before; `Window.add_items` counts
            them as they come.
        on_end: called with the window each time it stops, for instance a list's ``append``.
        save: a file to keep what it took so far in, a line (JSON) every ``every_s`` seconds and at the end:
            the joules of a job that is killed are those of the latest line. `wattwhat.logs.read` gives one
            measurement a run.
        every_s: seconds between two lines; 30 by default.

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
        raise ArgumentError(argument="label", expected="a name", got=label)
    if on_end is not None and not callable(on_end):
        raise ArgumentError(argument="on_end", expected="a function that takes the window", got=on_end)
    if items is not None:
        check_items(items)
    if save is not None or every_s is not None:
        from wattwhat.acquisition.journal import EVERY_S, check_journal

        check_journal(save, every_s)
        every_s = EVERY_S if every_s is None else every_s
    kept = None if save is None else (save, float(every_s or 0.0))
    return Window(label, backends=backends, sync=sync, on_end=on_end, items=items, save=kept)
