"""What a runtime is: a function that makes a call of a model; and what all of them do alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError

__all__ = [
    "Prepared",
    "Runtime",
    "arguments_of",
    "check_module",
    "converted",
    "mapped",
    "mode_of",
    "pruned",
]


@attrs.frozen
class Prepared:
    """A model that is ready to be called.

    Args:
        call: runs one batch and gives its outputs; compiling may happen in its first call.
        details: how it was made, for the row, for instance ``{"quantisation": "dynamic, Linear"}``.
    """

    call: Callable[[], Any]
    details: Mapping[str, Any] = attrs.field(factory=dict)


class Runtime(Protocol):
    """What an entry point of the group ``wattwhat.runtimes`` names."""

    def __call__(self, model: Any, inputs: Any, cell: Cell) -> Prepared | Callable[[], Any]:
        """A call of the model; ``cell.runtime`` may carry a mode behind a colon."""
        ...


def check_module(model: Any, cell: Cell) -> None:
    """Refuse what is no torch module.

    Raises:
        NotPossibleError: it is a callable of another kind.
    """
    if not hasattr(model, "forward"):
        raise NotPossibleError(f"{cell.model} is no torch module: it runs eager, in fp32, as it is")


def mode_of(cell: Cell, known: tuple[str, ...]) -> str:
    """The mode behind the colon of a runtime, empty for none.

    Raises:
        NotPossibleError: the runtime has no such mode.

    Example:
        >>> mode_of(Cell("m:f", runtime="compile:max-autotune"), ("max-autotune",))
        'max-autotune'
    """
    name, _, mode = cell.runtime.partition(":")
    if mode and mode not in known:
        has = f"its modes are {', '.join(known)}" if known else "it has no modes"
        raise NotPossibleError(f"{name} has no mode {mode!r}; {has}")
    return mode


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Containers of tensors with a function applied to each tensor.

    Example:
        >>> mapped(lambda x: x, {"a": (1, 2)})
        {'a': (1, 2)}
    """
    if isinstance(value, Mapping):
        return {key: mapped(function, one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        made = [mapped(function, one) for one in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return function(value) if hasattr(value, "detach") else value


def arguments_of(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Inputs as positional and keyword arguments.

    Example:
        >>> arguments_of({"x": 1}), arguments_of([1, 2]), arguments_of(3)
        (((), {'x': 1}), ((1, 2), {}), ((3,), {}))
    """
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (tuple(inputs), {}) if isinstance(inputs, (tuple, list)) else ((inputs,), {})


def pruned(model: Any, cell: Cell) -> dict[str, Any]:
    """Set the smallest weights of each linear and convolutional layer to zero, in place, and say so.

    The zeros are multiplied like any other weight: kernels for dense weights save nothing by them.

    Raises:
        NotPossibleError: the model is no torch module, or has no such layer.
    """
    check_module(model, cell)
    import torch
    from torch.nn.utils import prune

    kinds = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
    layers = [part for part in model.modules() if isinstance(part, kinds)]
    if not layers:
        raise NotPossibleError("pruning takes linear and convolutional layers, and this model has none")
    for layer in layers:
        prune.l1_unstructured(layer, "weight", amount=cell.pruning)  # type: ignore[no-untyped-call]
        prune.remove(layer, "weight")  # type: ignore[no-untyped-call]
    return {"pruned": f"the smallest weights of each of {len(layers)} layers, as zeros in dense kernels"}


def converted(model: Any, inputs: Any, cell: Cell) -> tuple[Any, Any, dict[str, Any]]:
    """A torch model and its inputs on the cell's device, in its precision, and how that was done.

    int8 is torch's dynamic quantisation of linear layers: int8 weights, activations quantised as they come.

    Raises:
        NotPossibleError: torch does not do that, or the model has no linear layer.
    """
    check_module(model, cell)
    import warnings

    import torch

    if cell.precision == "int8-static":
        raise NotPossibleError('static quantisation is ONNX Runtime\'s here: runtime = "onnxruntime"')
    model, inputs = model.eval(), mapped(lambda tensor: tensor.to(cell.device), inputs)
    if cell.precision == "int8":
        if cell.device != "cpu":
            raise NotPossibleError("int8 of torch (dynamic quantisation) runs on the CPU only")
        if not any(isinstance(part, torch.nn.Linear) for part in model.modules()):
            raise NotPossibleError("int8 of torch quantises linear layers, and this model has none")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it will move to torchao
            quantize: Any = torch.ao.quantization.quantize_dynamic
            model = quantize(model, {torch.nn.Linear}, dtype=torch.qint8)
        return model, inputs, {"quantisation": "dynamic, of linear layers, by torch.ao"}
    model = model.to(cell.device)
    dtype = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[cell.precision]
    if dtype is not None:
        model = model.to(dtype)
        inputs = mapped(lambda one: one.to(dtype) if one.is_floating_point() else one, inputs)
    return model, inputs, {}
