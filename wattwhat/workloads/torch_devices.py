"""On which accelerators torch models and functions run, as far as their tensors tell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wattwhat.workloads.accelerators import accelerator_in_use
from wattwhat.workloads.torch_optimizers import held_by

__all__ = ["devices_of", "devices_of_function"]


def devices_of(model: Any, *others: Any) -> tuple[str, ...] | None:
    """UUIDs of the CUDA devices that hold a model's tensors or what it is given; empty for the CPU.

    A model without parameters (quantised to int8, a frozen TorchScript module) runs where its inputs are.

    Args:
        model: a torch module.
        others: its inputs: tensors, or containers of them.

    Returns:
        None where that cannot be told: there are no tensors at all, parts of the model are moved about while
        it runs, or torch does not know an accelerator's UUID.
    """
    if _moves_about(model):
        return None
    own = _own(model)
    uuids = _uuids([*own, *(tensor for one in others for tensor in _tensors_in(one))])
    # what keeps its tensors where they cannot be seen may keep them on the accelerator that is in use
    return None if uuids == () and not own and accelerator_in_use() else uuids


def devices_of_function(function: Any) -> tuple[str, ...] | None:
    """The same of a function, by the modules and tensors that it can be seen to hold.

    ``lambda: net(x)`` runs where ``net`` and ``x`` are. What a function that holds tensors of the CPU only
    does with an accelerator cannot be seen, so where this process uses one, the answer is None.

    Args:
        function: any callable; nothing of the user's is run.
    """
    torch = sys.modules.get("torch")
    module = getattr(getattr(torch, "nn", None), "Module", None)
    if module is None:
        return None
    held = held_by(function, (module, sys.modules["torch"].Tensor))
    models = [one for one in held if issubclass(type(one), module)]
    if any(_moves_about(model) for model in models):
        return None
    tensors = [tensor for one in held for tensor in (_own(one) if issubclass(type(one), module) else [one])]
    uuids = _uuids(tensors)
    return None if uuids == () and accelerator_in_use() else uuids


def _own(model: Any) -> list[Any]:
    return [*model.parameters(), *model.buffers()]


def _moves_about(model: Any) -> bool:
    """Whether accelerate's hooks load its parts onto a device only while they run."""
    return any(hasattr(module, "_hf_hook") for module in model.modules())


def _uuids(tensors: Iterable[Any]) -> tuple[str, ...] | None:
    torch = sys.modules["torch"]
    uuids, seen = set(), False
    for tensor in tensors:
        seen = True
        if tensor.device.type == "cpu":
            continue
        if tensor.device.type != "cuda":
            return None
        uuid = getattr(torch.cuda.get_device_properties(tensor.device), "uuid", None)
        if uuid is None:
            return None
        uuids.add(str(uuid).removeprefix("GPU-"))
    return tuple(sorted(uuids)) if seen else None


def _tensors_in(batch: Any) -> Iterator[Any]:
    if isinstance(batch, sys.modules["torch"].Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        yield from (tensor for value in batch.values() for tensor in _tensors_in(value))
    elif isinstance(batch, (tuple, list)):
        yield from (tensor for value in batch for tensor in _tensors_in(value))
