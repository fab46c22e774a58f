"""What a source of models gives: the model, inputs for it, and what is known of both."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from wattwhat.study.cell import Cell

__all__ = ["Built", "ModelSource", "installed"]


@attrs.frozen
class Built:
    """A model that is ready to run, in fp32 and on the CPU.

    Args:
        model: a torch.nn.Module, or a callable without arguments.
        inputs: what it is called with: a tensor, a tuple or a mapping of tensors; None for a callable.
        weights: ``"random"``, ``"pretrained"`` or ``"unknown"``.
        metrics: what is known of it, for instance ``{"accuracy": 0.76}``.
        details: where that is from, for instance ``{"accuracy_source": "torchvision's weights"}``.
    """

    model: Any
    inputs: Any = None
    weights: str = "unknown"
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    details: Mapping[str, Any] = attrs.field(factory=dict)


class ModelSource(Protocol):
    """What an entry point of the group ``wattwhat.models`` names: an object with these functions."""

    def names(self) -> list[str]:
        """Every model that it knows, for patterns."""
        ...

    def check(self, name: str) -> str:
        """What was expected instead of this name; empty where it may be a model. Builds nothing."""
        ...

    def build(self, name: str, cell: Cell) -> Built:
        """The model of that name, with inputs as the cell wants them."""
        ...


def installed(library: str) -> bool:
    """Whether a library can be imported, without doing so.

    Example:
        >>> installed("json"), installed("no_such_library")
        (True, False)
    """
    return importlib.util.find_spec(library) is not None
