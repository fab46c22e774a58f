"""Where the models of a study come from: one source a file, and functions of the user's own."""

from __future__ import annotations

from wattwhat.study.cell import Cell
from wattwhat.study.models.base import Built, ModelSource
from wattwhat.study.registry import MODELS, loaded, registered

__all__ = ["Built", "ModelSource", "built"]


def built(cell: Cell) -> Built:
    """The model of a cell, from its source or from a function of the user's.

    Args:
        cell: what to build; modules are looked for where Python does.

    Raises:
        WorkloadError: it cannot be built; the message says why.
        BackendError: its source cannot be loaded.

    Example:
        >>> built(Cell("json:dumps")).weights
        Traceback (most recent call last):
        wattwhat.errors.WorkloadError: json:dumps failed: TypeError: ...
    """
    prefix, _, name = cell.model.partition(":")
    if prefix in registered(MODELS):
        model = loaded(MODELS, prefix).build(name, cell)
        return model if isinstance(model, Built) else Built(*model)
    from wattwhat.study.models.function import build

    return build(cell.model, cell)
