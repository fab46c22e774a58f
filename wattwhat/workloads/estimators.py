"""What is run on inputs: an estimator's fit or predict, an ONNX Runtime session, a function."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.workloads.base import CallableWorkload

__all__ = ["call_with_inputs"]


def call_with_inputs(
    target: Any, inputs: Any, items_per_call: float | None = None, label: str | None = None
) -> CallableWorkload | None:
    """The workload of something that is run on inputs; None where this is nothing of the kind.

    * an estimator (scikit-learn, XGBoost, LightGBM: whatever has ``predict``): predicts for the inputs;
    * its bound method (``model.predict``, ``model.fit``): called with the inputs; ``fit`` on a fresh copy
      each time, so that the estimator is left as it was;
    * an ONNX Runtime session: run on its feeds, a dict of arrays by input name; its ``run``: with names of
      outputs and the feeds;
    * any other callable: called with the inputs.

    A tuple of inputs is several arguments.

    Args:
        target: what is run.
        inputs: what it is run on.
        items_per_call: items in one call; None takes the rows of an estimator's or session's inputs, else 1.
        label: its name; None takes the class's or the function's own.

    Raises:
        ArgumentError: the inputs do not fit what they are for.
    """
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    owner = getattr(target, "__self__", target)
    name = getattr(target, "__name__", "")
    call: Callable[[], object]
    rows: float | None = None
    phase: str | None = "inference"
    if _is_session(target):
        feeds = _feeds(target, inputs)
        call, rows = functools.partial(target.run, None, feeds), _rows(next(iter(feeds.values()), None))
    elif _is_session(owner) and name == "run" and len(arguments) > 1 and isinstance(arguments[1], Mapping):
        call, rows = functools.partial(target, *arguments), _rows(next(iter(arguments[1].values()), None))
    elif not callable(target) and callable(getattr(target, "predict", None)):
        _check_takes(target.predict, arguments, "; give the estimator's fit to measure its training")
        call, rows = functools.partial(target.predict, *arguments), _rows(arguments[0])
    elif not callable(target):
        return None
    elif name in ("fit", "partial_fit", "fit_predict", "fit_transform") and owner is not target:
        call, rows = functools.partial(_fit, owner, name, arguments), _rows(arguments[0])
        phase = "training"
    else:
        _check_takes(target, arguments)
        call = functools.partial(target, *arguments)
        if _is_estimator(owner) and owner is not target:
            rows = _rows(arguments[0])
        else:
            phase = None  # nobody says what a function does
    name_shown = label or (type(owner).__name__ if owner is not target or not name else name)
    workload = CallableWorkload(call, name_shown, rows if items_per_call is None else items_per_call)
    workload.phase = phase
    return workload


def _check_takes(function: Any, arguments: tuple[Any, ...], advice: str = "") -> None:
    """Refuse inputs that a function does not take, before anything is run."""
    import inspect

    try:
        inspect.signature(function).bind(*arguments)
    except ValueError:
        return  # of C functions: they tell nothing
    except TypeError as err:
        advice = advice or "; a torch.nn.Module, an estimator or a function of that many arguments does"
        raise ArgumentError(
            f"{getattr(function, '__qualname__', function)!s:.100} does not take them ({err}){advice}",
            argument="inputs",
        ) from None


def _is_estimator(owner: Any) -> bool:
    return any(callable(getattr(owner, name, None)) for name in ("predict", "transform"))


def _feeds(session: Any, inputs: Any) -> dict[str, Any]:
    """What an ONNX Runtime session is run on, by the names of its inputs."""
    if isinstance(inputs, Mapping):
        return dict(inputs)
    names = [one.name for one in session.get_inputs()]
    raise ArgumentError(
        argument="inputs",
        expected=f"a dict of arrays by input name, here {names}, which an ONNX Runtime session takes",
        got=type(inputs),
    )


def _is_session(target: Any) -> bool:
    return all(callable(getattr(target, name, None)) for name in ("run", "get_inputs", "get_outputs"))


def _fit(estimator: Any, name: str, arguments: tuple[Any, ...]) -> object:
    return getattr(_fresh(estimator), name)(*arguments)


def _fresh(estimator: Any) -> Any:
    """As it was before it learned anything, where it can say so; else a copy of all of it."""
    base = sys.modules.get("sklearn.base")
    if base is not None and hasattr(estimator, "get_params"):
        return base.clone(estimator)
    return copy.deepcopy(estimator)


def _rows(batch: Any) -> float | None:
    """Rows of a table, an array, a list or a DMatrix; None where it does not tell."""
    shape = getattr(batch, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    rows = getattr(batch, "num_row", None)  # xgboost.DMatrix
    if callable(rows):
        return int(rows())
    return len(batch) if isinstance(batch, (list, tuple)) else None
