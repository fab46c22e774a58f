"""What a torch model, its optimizer and the random generators looked like, and how to put it all back."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wattwhat.errors import ArgumentError, error_text
from wattwhat.plugins import pass_on
from wattwhat.workloads.torch_optimizers import OptimizerState, optimizers_of

__all__ = ["ModelState", "RandomState"]


class RandomState:
    """The states of the random generators of torch, Python and numpy."""

    def __init__(self) -> None:
        torch = sys.modules["torch"]
        self._torch = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        self._python = random.getstate()
        numpy = sys.modules.get("numpy")
        self._numpy = numpy.random.get_state() if numpy is not None else None

    def restore(self) -> None:
        """Put them back."""
        torch = sys.modules["torch"]
        torch.set_rng_state(self._torch)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)


class ModelState:
    """Modes, gradients and buffers of a model; for training also weights and what the optimizer holds.

    Everything is kept before anything is changed. For training, gradients are then taken off. Of a step
    function, the torch optimizers that it can be seen to hold are kept; whatever else it changes is its own.

    Args:
        model: the module.
        train: None, a step function, or a pair (loss, optimizer).

    Attributes:
        doubts: sentences about what could not be kept or put back; each is given as a Python warning too.

    Raises:
        ArgumentError: something cannot be kept, for instance a parameter that is not initialised yet.
    """

    def __init__(self, model: Any, train: Any) -> None:
        pair = train if isinstance(train, (tuple, list)) else (None, None)
        torch = sys.modules["torch"]
        loss = pair[0] if isinstance(pair[0], torch.nn.Module) else None
        self._modules = [module for root in (model, loss) if root is not None for module in root.modules()]
        self._random = RandomState()
        self.doubts: list[str] = []
        try:
            # a frozen TorchScript module has no mode
            self._modes = [(one, one.training) for one in self._modules if hasattr(one, "training")]
            optimizers = [] if train is None else [pair[1]] if pair[1] is not None else optimizers_of(train)
            parameters = {id(p): p for p in _parameters(model, loss, optimizers)}.values()
            self._gradients = [(parameter, parameter.grad) for parameter in parameters]
            self._buffers = [(module, _buffers(module), _clones(module)) for module in self._modules]
            self._weights = [] if train is None else [(p, p.detach().clone()) for p in parameters]
            self._optimizers = list(self._states(optimizers, asked=pair[1] is not None))
        except Exception as err:
            raise ArgumentError(
                f"the model's state cannot be kept, to be put back afterwards ({error_text(err)})",
                argument="train",
                remedy="run the model once, or measure a copy of it",
            ) from err
        if train is not None:
            for parameter, _ in self._gradients:
                parameter.grad = None

    def restore(self) -> None:
        """Put everything back; what cannot be is said in a warning, and keeps nothing else from it."""
        steps: list[tuple[str, Callable[[], None]]] = [
            ("random states", self._random.restore),
            ("modes", self._restore_modes),
            ("gradients", self._restore_gradients),
            ("weights", self._restore_weights),
            ("buffers", self._restore_buffers),
        ]
        steps += [("the optimizer's state", optimizer.restore) for optimizer in self._optimizers]
        own: BaseException | None = None  # raised by a handler of the program, for when all is back
        for what, step in steps:
            try:
                step()
            except Exception as err:
                try:
                    pass_on(err)
                except BaseException as programs:
                    own = programs
                self._doubt(f"{what} could not be put back: {error_text(err)}")
        if own is not None:
            raise own

    def _states(self, optimizers: Sequence[Any], asked: bool) -> Iterator[OptimizerState]:
        """Of each optimizer what it keeps; one that was only found may be passed over, which is said."""
        for optimizer in optimizers:
            try:
                yield OptimizerState(optimizer)
            except Exception as err:
                if asked:
                    raise
                self._doubt(
                    f"train: the step function uses an optimizer ({type(optimizer).__name__}) whose state "
                    f"cannot be kept, so it is not put back afterwards: {error_text(err)}"
                )

    def _doubt(self, sentence: str) -> None:
        self.doubts.append(sentence)
        warnings.warn(sentence, stacklevel=3)

    def _restore_modes(self) -> None:
        for module, training in self._modes:
            module.training = training

    def _restore_gradients(self) -> None:
        for parameter, gradient in self._gradients:
            parameter.grad = gradient

    def _restore_weights(self) -> None:
        with sys.modules["torch"].no_grad():
            for parameter, weight in self._weights:
                parameter.copy_(weight)

    def _restore_buffers(self) -> None:
        for module, buffers, clones in self._buffers:
            now = _buffers(module)
            for name in set(now) - set(buffers):
                _put(module, name, _ABSENT)
            for name, buffer in buffers.items():
                kept = buffer if _filled(buffer, clones[name]) else clones[name]
                if now.get(name, _ABSENT) is not kept:
                    _put(module, name, kept)


def _parameters(model: Any, loss: Any, optimizers: Sequence[Any]) -> Iterator[Any]:
    """Every parameter that a step may change: the model's, the loss's, and whatever else is optimised."""
    yield from model.parameters()
    if loss is not None:
        yield from loss.parameters()
    for optimizer in optimizers:
        for group in getattr(optimizer, "param_groups", ()):
            yield from group["params"]


def _buffers(module: Any) -> dict[str, Any]:
    # not dict(module._buffers): a TorchScript module's table has items, but cannot be iterated
    return dict(module._buffers.items())


def _clones(module: Any) -> dict[str, Any]:
    return {
        name: None if buffer is None else buffer.detach().clone() for name, buffer in _buffers(module).items()
    }


_ABSENT: Any = object()


def _put(module: Any, name: str, buffer: Any) -> None:
    """Put a buffer into its place, or take it off where it was absent."""
    if isinstance(module, sys.modules["torch"].jit.ScriptModule):
        setattr(module, name, None if buffer is _ABSENT else buffer)  # its table is only a view
    elif buffer is _ABSENT:
        del module._buffers[name]
    else:
        module._buffers[name] = buffer


def _filled(buffer: Any, clone: Any) -> bool:
    """Write the kept values into the buffer itself; False where it does not let itself be written."""
    if buffer is None:
        return True
    try:
        with sys.modules["torch"].no_grad():
            buffer.copy_(clone)
    except RuntimeError:  # an expanded view, or a tensor made in inference mode
        return False
    return True
