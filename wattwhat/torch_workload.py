"""A torch model on its inputs, for inference or training; everything is put back as it was found."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wattwhat.errors import ArgumentError, WorkloadError
from wattwhat.workload import Workload, failing_as

__all__ = ["TorchWorkload"]


class TorchWorkload(Workload):
    """A torch.nn.Module that is called with one batch after another.

    Inference runs in eval mode without gradients; training in train mode, by a step function
    ``step(model, batch)`` or by a pair ``(loss, optimizer)`` on batches ``(x, y)``. Leaving it puts back
    mode, gradients, random states, and after training weights, buffers and the optimizer's state.

    Args:
        model: the module.
        inputs: a tensor (``model(x)``), a tuple (``model(*xs)``), a dict (``model(**xs)``), or an iterable of
            batches, each a tensor, a dict or a sequence of which as many are passed as the model takes.
        train: None, a callable ``step(model, batch)``, or a pair ``(loss, optimizer)``.
        items_per_call: samples in one call; None takes the first dimension of the first tensor in a batch.
        label: its name; by default the class of the model.

    Raises:
        ArgumentError: inputs are missing or empty, or train is none of these.
    """

    def __init__(
        self,
        model: Any,
        inputs: Any,
        *,
        train: Any = None,
        items_per_call: float | None = None,
        label: str | None = None,
    ) -> None:
        if inputs is None:
            raise ArgumentError("inputs: a torch module needs them; pass a tensor, tuple, dict or batches")
        _check_train(train)
        self._model = model
        self._train = train
        self._batches = _batches(inputs)
        self._whole = not _is_stream(inputs)
        self._next = next(self._batches, None)
        if self._next is None:
            raise ArgumentError("inputs: there is no batch in them; expected at least one")
        self.label = label or type(model).__name__
        self.items_per_call = _first_dimension(self._next) if items_per_call is None else items_per_call
        self._parameters = _parameter_count(model)
        self._saved: _State | None = None

    def __enter__(self) -> TorchWorkload:
        self._saved = _State(self._model, self._train)
        self._model.train(self._train is not None)
        return self

    def __exit__(self, *error: object) -> None:
        saved, self._saved = self._saved, None
        if saved is not None:
            saved.restore()

    def run(self) -> object:
        """One call with the next batch.

        Raises:
            WorkloadError: the model, its loss or its optimizer failed (chained), or a generator ran dry.
        """
        batch, self._next = self._next, None
        if batch is None:
            batch = next(self._batches, None)
        if batch is None:
            raise WorkloadError(
                "inputs: the generator ran dry, but measuring repeats calls until it knows enough; pass a "
                "list of batches or a DataLoader, which can be begun again"
            )
        with failing_as(self.label):
            return self._step(batch) if self._train is not None else self._infer(batch)

    def _infer(self, batch: Any) -> Any:
        torch = sys.modules["torch"]
        # no_grad, not inference_mode: a model that caches tensors could not be trained with those later
        with torch.no_grad():
            return self._forward(batch)

    def _forward(self, batch: Any) -> Any:
        if isinstance(batch, Mapping):
            return self._model(**batch)
        if isinstance(batch, (tuple, list)):
            return self._model(*(batch if self._whole else batch[: self._parameters]))
        return self._model(batch)

    def _step(self, batch: Any) -> Any:
        if callable(self._train):
            return self._train(self._model, batch)
        loss_function, optimizer = self._train
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ArgumentError(
                "inputs: training with (loss, optimizer) needs batches (x, y); or pass a step function"
            )
        optimizer.zero_grad()
        loss = loss_function(self._model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        return loss

    def devices(self) -> tuple[str, ...] | None:
        """UUIDs of the CUDA devices that hold the model's parameters; empty for a model on the CPU."""
        torch = sys.modules["torch"]
        found = set()
        for tensor in (*self._model.parameters(), *self._model.buffers()):
            if tensor.device.type == "cpu":
                continue
            if tensor.device.type != "cuda":
                return None
            properties = torch.cuda.get_device_properties(tensor.device)
            uuid = getattr(properties, "uuid", None)
            if uuid is None:
                return None
            found.add(str(uuid).removeprefix("GPU-"))
        return tuple(sorted(found))


class _State:
    """What a model and the random generators looked like, and how to put it back."""

    def __init__(self, model: Any, train: Any) -> None:
        torch = sys.modules["torch"]
        self._model = model
        self._modes = [(module, module.training) for module in model.modules()]
        self._gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
        self._weights: dict[str, Any] | None = None
        self._optimizer: tuple[Any, Any] | None = None
        if train is not None:
            import copy

            self._weights = {name: tensor.detach().clone() for name, tensor in _tensors(model)}
            for parameter, _ in self._gradients:
                parameter.grad = None
            if isinstance(train, (tuple, list)):
                self._optimizer = train[1], copy.deepcopy(train[1].state_dict())
        self._torch_random = torch.get_rng_state()
        self._cuda_random = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        self._python_random = random.getstate()
        numpy = sys.modules.get("numpy")
        self._numpy_random = numpy.random.get_state() if numpy is not None else None

    def restore(self) -> None:
        torch = sys.modules["torch"]
        if self._weights is not None:
            with torch.no_grad():
                for name, tensor in _tensors(self._model):
                    tensor.copy_(self._weights[name])
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        if self._optimizer is not None:
            optimizer, state = self._optimizer
            optimizer.load_state_dict(state)
        for module, training in self._modes:
            module.training = training
        torch.set_rng_state(self._torch_random)
        if self._cuda_random is not None:
            torch.cuda.set_rng_state_all(self._cuda_random)
        random.setstate(self._python_random)
        if self._numpy_random is not None:
            sys.modules["numpy"].random.set_state(self._numpy_random)


def _tensors(model: Any) -> Iterator[tuple[str, Any]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _check_train(train: Any) -> None:
    if train is None or callable(train):
        return
    pair = isinstance(train, (tuple, list)) and len(train) == 2
    if not pair or not callable(train[0]) or not hasattr(train[1], "zero_grad"):
        raise ArgumentError(
            f"train: expected a function step(model, batch) or a pair (loss, optimizer), got {train!r}"
        )


def _batches(inputs: Any) -> Iterator[Any]:
    """Endless batches; a generator gives what it has and ends."""
    torch = sys.modules["torch"]
    if isinstance(inputs, (torch.Tensor, tuple, Mapping)):
        while True:
            yield inputs
    if not isinstance(inputs, Iterable):
        raise ArgumentError(f"inputs: expected a tensor, tuple, dict or batches, got {type(inputs).__name__}")
    if isinstance(inputs, Iterator):
        yield from inputs
        return
    while True:
        empty = True
        for batch in inputs:
            empty = False
            yield batch
        if empty:
            return


def _is_stream(inputs: Any) -> bool:
    """Whether inputs are batches, one after another, rather than one batch for every call."""
    torch = sys.modules["torch"]
    return not isinstance(inputs, (torch.Tensor, tuple, Mapping))


def _parameter_count(model: Any) -> int | None:
    """How many positional arguments the model's forward takes; None for any number."""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds for parameter in parameters)


def _first_dimension(batch: Any) -> int | None:
    """The first dimension of the first tensor in a batch; 1 for a scalar, None where there is no tensor."""
    torch = sys.modules["torch"]
    if isinstance(batch, torch.Tensor):
        return int(batch.shape[0]) if batch.dim() else 1
    values = (
        batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, (tuple, list)) else ()
    )
    return next((size for size in map(_first_dimension, values) if size is not None), None)
