"""Runtimes that torch itself brings: eager, compile, export; and TensorRT through torch-tensorrt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError, library
from wattwhat.study.runtimes.base import (
    Prepared,
    arguments_of,
    converted,
    mode_of,
)

__all__ = ["compiled", "eager", "exported", "tensorrt"]

_COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def _inference(function: Any, inputs: Any) -> Callable[[], Any]:
    import torch

    arguments, named = arguments_of(inputs)

    def call() -> Any:
        with torch.inference_mode():
            return function(*arguments, **named)

    return call


def eager(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """The model as it is; a callable that is no torch module is called as it is."""
    mode_of(cell, ())
    if not hasattr(model, "forward") and cell.precision == "fp32":
        return Prepared(model)
    model, inputs, details = converted(model, inputs, cell)
    return Prepared(_inference(model, inputs), details)


def compiled(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """torch.compile, with a mode of its behind the colon (``compile:max-autotune``)."""
    mode = mode_of(cell, _COMPILE_MODES)
    model, inputs, details = converted(model, inputs, cell)
    import torch

    function = torch.compile(model, mode=mode or None)
    return Prepared(_inference(function, inputs), details)


def exported(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """torch.export: one graph, run by torch without the model's own Python."""
    mode_of(cell, ())
    model, inputs, details = converted(model, inputs, cell)
    import torch

    arguments, named = arguments_of(inputs)
    program = torch.export.export(model, arguments, named)
    return Prepared(_inference(program.module(), inputs), details)


def tensorrt(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """TensorRT through torch-tensorrt's backend of torch.compile; needs an NVIDIA GPU."""
    import torch

    mode_of(cell, ())
    library("torch_tensorrt", "tensorrt")
    if not cell.device.startswith("cuda"):
        raise NotPossibleError(f"tensorrt runs on NVIDIA GPUs, not on {cell.device}; set device = 'cuda'")
    model, inputs, details = converted(model, inputs, cell)
    return Prepared(_inference(torch.compile(model, backend="tensorrt"), inputs), details)
