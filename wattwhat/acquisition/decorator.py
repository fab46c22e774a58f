"""`track` as a decorator: functions, coroutines and generators, each call a window of its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.acquisition.window import Window

__all__ = ["decorate"]

F = TypeVar("F", bound=Callable[..., Any])


def decorate(function: F, template: Window) -> F:
    """The function, measured: the latest call's window is its attribute ``window``.

    Args:
        function: what to measure.
        template: a window whose settings each call's window has.

    Raises:
        ArgumentError: it is a class.
    """
    if isinstance(function, (staticmethod, classmethod)):  # the decorator stands above theirs
        return type(function)(decorate(function.__func__, template))
    label = getattr(function, "__qualname__", "function") if template.label == "window" else template.label
    if inspect.isclass(function):
        raise ArgumentError(f"{function!r} is a class", argument="function", remedy="decorate its methods")
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def measured_generator(*args: Any, **kwargs: Any) -> Any:
            with template._fresh(label) as window:
                measured_generator.window = window  # type: ignore[attr-defined]
                return (yield from function(*args, **kwargs))

        return measured_generator  # type: ignore[return-value]
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def measured_stream(*args: Any, **kwargs: Any) -> Any:
            with template._fresh(label) as window:
                measured_stream.window = window  # type: ignore[attr-defined]
                stream = function(*args, **kwargs)
                try:
                    step = stream.asend(None)
                    while True:
                        try:
                            item = await step
                        except StopAsyncIteration:
                            return
                        try:
                            step = stream.asend((yield item))
                        except BaseException as err:  # what the caller throws in is the function's affair
                            if isinstance(err, GeneratorExit):
                                raise
                            step = stream.athrow(err)
                finally:
                    await stream.aclose()

        return measured_stream  # type: ignore[return-value]
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def measured_async(*args: Any, **kwargs: Any) -> Any:
            with template._fresh(label) as window:
                measured_async.window = window  # type: ignore[attr-defined]
                return await function(*args, **kwargs)

        return measured_async  # type: ignore[return-value]

    @functools.wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        with template._fresh(label) as window:
            measured.window = window  # type: ignore[attr-defined]
            return function(*args, **kwargs)

    return measured  # type: ignore[return-value]
