"""Operations, activations and weights of one call of a torch model, counted without running it."""

from __future__ import annotations

import copy
import logging
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, WattwhatError, error_text
from wattwhat.workloads.torch_model import TorchWorkload
from wattwhat.workloads.torch_state import RandomState

__all__ = ["METHOD", "Counts", "count"]

METHOD = "torch.utils.flop_counter on the meta device, 2 FLOPs a multiply-accumulate"

_CONVOLUTIONS = ("convolution", "_convolution", "cudnn_convolution", "mkldnn_convolution")
_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "_scaled_mm", "mv", "addmv", "dot")


def _counted(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    least = 1 if attribute.name == "items" else 0
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value < math.inf
    if not number and not (value is None and attribute.default is None):
        raise ArgumentError(argument=attribute.name, expected=f"a number of at least {least}", got=value)


@attrs.frozen(kw_only=True)
class Counts:
    """What one call of a model takes, whatever it runs on.

    Args:
        flops: floating-point operations of convolutions and matrix products, 2 for a multiply-accumulate.
        activations_conv: elements that convolutions give out (Radosavovic and others 2020, section 3).
        activations_matmul: elements that matrix products give out, those of attention among them.
        parameters: elements of the model's parameters, shared ones once.
        weight_bytes: bytes of parameters and buffers, shared ones once.
        method: how it was counted.
        items: samples in the call (first dimension of its first tensor), or None where there is none.
        flops_conv: those of the operations that convolutions take; None where nobody told them apart.
        operators: operators that an eager call dispatches, views aside; None where nobody counted them.

    Raises:
        ArgumentError: a number is below 0, or items are below 1.

    Example:
        >>> Counts(flops=200, activations_conv=0, activations_matmul=40, parameters=9, weight_bytes=36,
        ...        method="by hand", items=4).metrics()["flops"]
        50.0
    """

    flops: int = attrs.field(validator=_counted)
    activations_conv: int = attrs.field(validator=_counted)
    activations_matmul: int = attrs.field(validator=_counted)
    parameters: int = attrs.field(validator=_counted)
    weight_bytes: int = attrs.field(validator=_counted)
    method: str
    items: int | None = attrs.field(default=None, validator=_counted)
    flops_conv: int | None = attrs.field(default=None, validator=_counted)
    operators: int | None = attrs.field(default=None, validator=_counted)

    @property
    def activations(self) -> int:
        """Elements that convolutions and matrix products give out."""
        return self.activations_conv + self.activations_matmul

    def metrics(self) -> dict[str, float]:
        """By name, for `Measurement.metrics`: of one item where items are known, else of the call.

        Parameters and weight bytes are the model's, whatever the batch.
        """
        items = self.items or 1
        each = {name: getattr(self, name) / items for name in _OF_A_CALL}
        return {**each, "parameters": float(self.parameters), "weight_bytes": float(self.weight_bytes)}


_OF_A_CALL = ("flops", "activations_conv", "activations_matmul")


def count(model: Any, inputs: Any) -> Counts:
    """Operations, activations and weights of one inference call of a torch model on its inputs.

    The model is copied onto torch's meta device, where tensors have shapes and no memory, and the copy is
    called once: the model, its mode and the random generators stay as they are, and no weight is copied.
    Forward hooks are not called, parametrisations are.

    Args:
        model: a torch.nn.Module, on any device.
        inputs: as for `wattwhat.measure`: a tensor, tuple, dict, or batches, of which the first counts.

    Raises:
        ArgumentError: the model needs values to run (their shapes are not enough), cannot be copied, or an
            input has no elements.

    Example:
        >>> import sys
        >>> torch = sys.modules.get("torch")  # a model to count has brought it
        >>> torch is None or count(torch.nn.Linear(10, 5), torch.zeros(4, 10)).flops == 2 * 4 * 10 * 5
        True
    """
    torch = _torch(model)
    if isinstance(inputs, Iterator):
        raise ArgumentError(
            "counting would use up a generator",
            argument="inputs",
            remedy="pass a tensor, tuple, dict or a list",
        )
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    workload = TorchWorkload(model, inputs)
    _check_sizes(torch, workload._next)
    chance = RandomState()
    try:
        twin = _on_meta(torch, model)
        batch = _moved(torch, workload._next, lambda one: torch.empty_like(one, device="meta"))
        flops, flops_conv, outputs = _called(torch, twin, batch, whole=workload._whole)
    finally:
        chance.restore()
    parameters, held = _unique(model.parameters()), _unique(model.buffers())
    return Counts(
        flops=flops,
        activations_conv=outputs.convolutions,
        activations_matmul=outputs.products,
        parameters=sum(one.numel() for one in parameters),
        weight_bytes=sum(one.numel() * one.element_size() for one in (*parameters, *held)),
        method=METHOD,
        items=None if workload.items_per_call is None else int(workload.items_per_call),
        flops_conv=flops_conv,
        operators=outputs.operators,
    )


def _torch(model: Any) -> Any:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise ArgumentError(
            argument="model", expected="a torch.nn.Module, whose operations can be counted", got=type(model)
        )
    if isinstance(model, torch.jit.ScriptModule):
        raise ArgumentError(
            f"TorchScript ({model.original_name}) has no operations to count",
            argument="model",
            remedy="count the eager model that it was made from",
        )
    return torch


def _tensors(torch: Any, value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from (tensor for one in value.values() for tensor in _tensors(torch, one))
    elif isinstance(value, (list, tuple)):
        yield from (tensor for one in value for tensor in _tensors(torch, one))


def _check_sizes(torch: Any, batch: Any) -> None:
    for tensor in _tensors(torch, batch):
        if not tensor.numel():
            raise ArgumentError(
                f"a tensor of shape {'x'.join(map(str, tensor.shape))} holds nothing",
                argument="inputs",
                remedy="every size must be at least 1",
            )


def _unique(tensors: Any) -> list[Any]:
    return list({id(one): one for one in tensors}.values())


def _moved(torch: Any, value: Any, move: Callable[[Any], Any]) -> Any:
    """The same with every tensor moved."""
    if isinstance(value, torch.Tensor):
        return move(value)
    if isinstance(value, Mapping):
        return {key: _moved(torch, one, move) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_moved(torch, one, move) for one in value)
    return value


def _on_meta(torch: Any, model: Any) -> Any:
    """A copy of the model in eval mode whose tensors have shapes only; the weights are never copied."""
    base: Any = torch.overrides.TorchFunctionMode

    class Shapes(base):  # type: ignore[misc]
        def __torch_function__(
            self, function: Any, types: Any, arguments: Any = (), named: Any = None
        ) -> Any:
            if function is not torch.Tensor.__deepcopy__:
                return function(*arguments, **(named or {}))
            tensor, known = arguments
            return known.setdefault(id(tensor), torch.empty_like(tensor, device="meta", requires_grad=False))

    try:
        known = {
            id(one): torch.nn.Parameter(torch.empty_like(one, device="meta"), requires_grad=False)
            for one in model.parameters()
        }
        with Shapes():
            twin = copy.deepcopy(model, known)
        for module in twin.modules():
            module._forward_hooks.clear()
        return twin.eval()
    except Exception as err:
        raise ArgumentError(
            f"{type(model).__name__} cannot be copied onto torch's meta device to be counted "
            f"({error_text(err)})",
            argument="model",
            remedy="count an eager model, or give Counts(...) of your own",
        ) from err


def _called(torch: Any, twin: Any, batch: Any, whole: bool) -> tuple[int, int, Any]:
    """FLOPs of one call, those of convolutions, and the mode that has seen what was given out."""
    from torch._subclasses import FakeTensorMode

    try:
        try:
            return _counted_call(torch, twin, batch, whole)
        except WattwhatError:
            # three times slower, but code that looks at values may ask whether it is run for shapes only
            with _quiet("torch._subclasses.fake_tensor"), FakeTensorMode(allow_non_fake_inputs=True) as fake:
                return _counted_call(torch, twin, _moved(torch, batch, fake.from_tensor), whole)
    except WattwhatError as err:
        cause = err.__cause__ or err
        raise ArgumentError(
            f"{type(twin).__name__} cannot run on shapes alone ({error_text(cause)}): its operations "
            "depend on values, or on an operator that torch knows no shapes for",
            argument="model",
            remedy="give Counts(...) of your own",
        ) from err


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Without what a logger tells meanwhile: torch logs an error that is told by our own as well."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _counted_call(torch: Any, twin: Any, batch: Any, whole: bool) -> tuple[int, int, Any]:
    from torch.utils.flop_counter import FlopCounterMode

    workload, outputs = TorchWorkload(twin, batch if whole else [batch]), _outputs(torch)
    with torch.device("meta"), outputs, FlopCounterMode(display=False) as counter:
        workload.run()
    by_operator = counter.get_flop_counts().get("Global", {})
    convolutions = sum(count for name, count in by_operator.items() if "convolution" in str(name))
    return int(counter.get_total_flops()), int(convolutions), outputs


def _outputs(torch: Any) -> Any:
    """A mode that adds up what convolutions and matrix products give out."""
    from torch.utils._python_dispatch import TorchDispatchMode

    base: Any = TorchDispatchMode

    class Outputs(base):  # type: ignore[misc]
        convolutions = 0
        products = 0
        operators = 0

        def __torch_dispatch__(
            self, function: Callable[..., Any], types: Any, arguments: Any = (), named: Any = None
        ) -> Any:
            out = function(*arguments, **(named or {}))
            name = str(getattr(function, "overloadpacket", function)).rpartition(".")[2]
            first = out[0] if isinstance(out, (tuple, list)) and out else out
            if isinstance(first, torch.Tensor):
                self.operators += not getattr(function, "is_view", False)
                if name in _CONVOLUTIONS:
                    self.convolutions += first.numel()
                elif name in _PRODUCTS or "attention" in name:
                    self.products += first.numel()
            return out

    return Outputs()
