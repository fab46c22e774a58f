"""What torch optimizers keep, how to put it back, and which ones a step function of the user's holds."""

from __future__ import annotations

import copy
import functools
import sys
import types
from collections.abc import Iterator
from typing import Any

__all__ = ["OptimizerState", "held_by", "needs_closure", "optimizers_of"]

# How far a step function is searched: itself, what it names, what that holds, and once more.
_DEPTH = 4
# A container longer than this holds data, and so does whatever the search has not come to after so many.
_MOST_PARTS, _MOST_SEEN = 64, 10_000


class OptimizerState:
    """What an optimizer keeps, put back into the very objects it keeps it in.

    Args:
        optimizer: a torch optimizer.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._state = {parameter: copy.deepcopy(state) for parameter, state in optimizer.state.items()}
        self._groups = [
            {key: copy.deepcopy(value) for key, value in group.items() if key != "params"}
            for group in optimizer.param_groups
        ]

    def restore(self) -> None:
        """Put it back."""
        self._optimizer.state.clear()
        self._optimizer.state.update(self._state)
        for group, kept in zip(self._optimizer.param_groups, self._groups, strict=False):
            for key in set(group) - set(kept) - {"params"}:
                del group[key]
            group.update(kept)


def needs_closure(optimizer: Any) -> bool:
    """Whether its step cannot be called without a closure that works out the loss anew, as that of LBFGS.

    Raises:
        TypeError: it needs other arguments too.
    """
    import inspect

    try:
        parameters = inspect.signature(optimizer.step).parameters.values()
    except ValueError:  # built in: it does not say
        return False
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in kinds]
    if needed not in ([], ["closure"]):
        raise TypeError(f"its step needs {', '.join(needed)}")
    return bool(needed)


def optimizers_of(step: Any) -> list[Any]:
    """The torch optimizers that a step function can be seen to hold; nothing of the user's is run.

    Args:
        step: any callable.
    """
    return held_by(step, sys.modules["torch"].optim.Optimizer)


def held_by(step: Any, wanted: type | tuple[type, ...]) -> list[Any]:
    """What a function can be seen to hold of some types; nothing of the user's is run.

    Looked for in the function's closure and defaults, the globals that it names, the arguments of a
    `functools.partial`, the attributes of the object it belongs to, and in what these hold in turn.

    Args:
        step: any callable.
        wanted: types; what is found is not searched any further.
    """
    optimizers: list[Any] = []
    seen = {id(step)}
    level: list[Any] = [step]
    for _ in range(_DEPTH):
        inner: list[Any] = []
        for part in (part for thing in level for part in _parts(thing)):
            if id(part) in seen or len(seen) > _MOST_SEEN:
                continue
            seen.add(id(part))
            # the type, as isinstance asks the object itself, and a proxy may answer with an error
            (optimizers if issubclass(type(part), wanted) else inner).append(part)
        level = inner
    return optimizers


def _parts(thing: Any) -> Iterator[Any]:
    """What a thing holds, read from its own tables only: no property, no __getattr__ is asked."""
    if isinstance(thing, types.FunctionType):
        yield from _named(thing)
    elif type(thing) is types.MethodType:
        yield thing.__func__
        yield thing.__self__
    elif type(thing) is functools.partial:
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif type(thing) in (list, tuple, set, dict):
        values = thing.values() if type(thing) is dict else thing
        yield from list(values) if len(values) <= _MOST_PARTS else ()
    elif not issubclass(type(thing), (type, types.ModuleType, sys.modules["torch"].Tensor)):
        try:
            held = object.__getattribute__(thing, "__dict__")
        except AttributeError:
            return
        yield from list(held.values()) if type(held) is dict else ()


def _named(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    scope = function.__globals__
    yield from (scope[name] for name in function.__code__.co_names if name in scope)
