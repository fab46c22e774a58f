"""A torch model on its inputs, for inference or training; everything is put back as it was found."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wattwhat.errors import ArgumentError, WorkloadError
from wattwhat.workloads.base import Workload, failing_as
from wattwhat.workloads.torch_optimizers import needs_closure
from wattwhat.workloads.torch_state import ModelState, RandomState

__all__ = ["TorchWorkload"]


class TorchWorkload(Workload):
    """A torch.nn.Module that is called with one batch after another.

    Inference runs in eval mode without gradients; training in train mode, by a step function
    ``step(model, batch)`` or by a pair ``(loss, optimizer)`` on batches ``(x, y)``; an optimizer that needs a
    closure (LBFGS) gets one. Leaving it puts back mode, gradients, random states, and after training weights,
    buffers and the optimizer's state; of a step function, the state of the torch optimizers that its closure,
    its object and the globals it names hold, and nothing else that it changes.

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
            raise ArgumentError(
                "a torch module needs them", argument="inputs", remedy="pass a tensor, tuple, dict or batches"
            )
        self._closure = _check_train(train)
        self._model = model
        self._train = train
        self._batches = _batches(inputs)
        self._whole = not _is_stream(inputs)
        chance = RandomState()  # a DataLoader draws a seed when it begins
        try:
            self._next = next(self._batches, None)
        finally:
            chance.restore()
        if self._next is None:
            raise ArgumentError(
                "there is no batch in them", argument="inputs", remedy="expected at least one"
            )
        if isinstance(train, (tuple, list)) and not _is_pair(self._next):
            raise ArgumentError(_NO_PAIR)
        self.label = label or type(model).__name__
        self.items_per_call = _first_dimension(self._next) if items_per_call is None else items_per_call
        self._items_per_call = items_per_call
        self.items_done: float | None = 0 if self.items_per_call is not None else None
        self._parameters = _parameter_count(model)
        self.phase = "inference" if train is None else "training"
        self._saved: ModelState | None = None

    def __enter__(self) -> TorchWorkload:
        self._saved = ModelState(self._model, self._train)
        training = getattr(self._model, "training", None)  # None for a frozen TorchScript module
        try:
            if self._train is None and training is not None:
                self._model.eval()
            elif training is False:  # a model in training may hold parts that are frozen on purpose
                self._model.train()
        except NotImplementedError:  # what torch.export made has the one mode it was exported in
            pass
        return self

    def __exit__(self, *error: object) -> None:
        saved, self._saved, self._next = self._saved, None, None
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()
        if saved is not None:
            saved.restore()
            self.warnings = tuple(saved.doubts)

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
        if self.items_done is not None:
            self.items_done += self._items_per_call or _first_dimension(batch) or 0
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
        if not _is_pair(batch):
            raise ArgumentError(_NO_PAIR)

        def backward() -> Any:
            optimizer.zero_grad()
            loss = loss_function(self._model(batch[0]), batch[1])
            loss.backward()
            return loss

        if self._closure:
            return optimizer.step(backward)
        loss = backward()
        optimizer.step()
        return loss

    def devices(self) -> tuple[str, ...] | None:
        """UUIDs of the CUDA devices that hold the model's tensors or its inputs; empty for the CPU.

        None where that cannot be told: no tensors at all, a model that moves its parts about while it runs,
        or an accelerator whose UUID torch does not know.
        """
        from wattwhat.workloads.torch_devices import devices_of

        return devices_of(self._model, self._next)


_NO_PAIR = "inputs: training with (loss, optimizer) needs batches (x, y); or pass a step function"


def _is_pair(batch: Any) -> bool:
    return isinstance(batch, (tuple, list)) and len(batch) == 2


def _check_train(train: Any) -> bool:
    """Whether it is a pair whose optimizer needs a closure.

    Raises:
        ArgumentError: it is nothing that can be trained with.
    """
    if train is None or callable(train):
        return False
    pair = isinstance(train, (tuple, list)) and len(train) == 2
    if not pair or not callable(train[0]) or not hasattr(train[1], "zero_grad"):
        raise ArgumentError(
            argument="train", expected="a function step(model, batch) or a pair (loss, optimizer)", got=train
        )
    try:
        return needs_closure(train[1])
    except (AttributeError, TypeError) as err:
        raise ArgumentError(
            f"the optimizer {type(train[1]).__name__} does not fit a pair ({err})",
            argument="train",
            remedy="pass a function step(model, batch) that calls it",
        ) from err


def _batches(inputs: Any) -> Iterator[Any]:
    """Endless batches; a generator gives what it has and ends."""
    torch = sys.modules["torch"]
    if isinstance(inputs, (torch.Tensor, tuple, Mapping)):
        while True:
            yield inputs
    if not isinstance(inputs, Iterable):
        raise ArgumentError(argument="inputs", expected="a tensor, tuple, dict or batches", got=type(inputs))
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
    """How many positional arguments the model's forward needs, at least one; None for any number."""
    try:
        parameters = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = sum(p.kind in kinds and p.default is p.empty for p in parameters)
    if needed == 0 and any(p.kind is p.VAR_POSITIONAL for p in parameters):
        wrapped = getattr(model, "module", None)  # DataParallel and its like pass everything on
        return _parameter_count(wrapped) if hasattr(wrapped, "forward") else None
    return max(needed, 1)


def _first_dimension(batch: Any) -> int | None:
    """The first dimension of the first tensor in a batch; 1 for a scalar, None where there is no tensor."""
    torch = sys.modules["torch"]
    if isinstance(batch, torch.Tensor):
        return int(batch.shape[0]) if batch.dim() else 1
    values = (
        batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, (tuple, list)) else ()
    )
    return next((size for size in map(_first_dimension, values) if size is not None), None)
