"""Models that a function of the user's own makes: ``module:function``."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from wattwhat.errors import WorkloadError, error_text
from wattwhat.plugins import pass_on
from wattwhat.study.cell import AXES, Cell
from wattwhat.study.models.base import Built

__all__ = ["build"]


def build(name: str, cell: Cell) -> Built:
    """Call the function with those settings of the cell that it takes by name.

    It gives a torch module (which then takes ``batch x 3 x image_size x image_size`` images), a pair of a
    module and its inputs, a `Built`, or a callable without arguments, one call of which does one batch.

    Args:
        name: ``module:function``.
        cell: its settings are offered as keyword arguments: batch_size, image_size and the like.

    Raises:
        WorkloadError: the function is not there, fails, or gives something else.

    Example:
        >>> build("random:Random", Cell("random:Random"))
        Traceback (most recent call last):
        wattwhat.errors.WorkloadError: random:Random gave a Random; expected a torch module, ...
    """
    function = _function(name)
    settings = cell.settings()
    try:
        wanted = _wanted(function)
        made = function(**{key: settings[key] for key in wanted if key in settings})
    except Exception as err:
        pass_on(err)
        raise WorkloadError(f"{name} failed: {error_text(err)}") from err
    if isinstance(made, Built):
        return made
    model, inputs = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if hasattr(model, "forward"):
        if inputs is None:
            from wattwhat.study.models.images import image_batch

            inputs = image_batch(cell.batch_size, cell.image_size or 224)
        return Built(model, inputs)
    if inputs is None and callable(model):
        return Built(model)
    raise WorkloadError(
        f"{name} gave a {type(model).__name__}; expected a torch module, a module with its inputs, or a "
        "callable without arguments"
    )


def _function(name: str) -> Any:
    module, _, path = name.partition(":")
    try:
        target: Any = importlib.import_module(module)
        for part in path.split("."):
            target = getattr(target, part)
    except Exception as err:
        pass_on(err)
        raise WorkloadError(f"{name} cannot be imported: {error_text(err)}") from err
    return target


def _wanted(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins tell none
        return []
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return list(AXES[1:])
    return [one.name for one in parameters if one.kind is not one.POSITIONAL_ONLY]
