"""How many samples or tokens a batch holds, found from the batch itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = ["Counts", "counting", "items_of", "tokens_of"]

# How items are counted: by these names, or by a function of the batch.
Counts = str | Callable[[Any], float | None]


def counting(items: Counts) -> Callable[[Any], float | None]:
    """What counts the items of a batch.

    Args:
        items: ``"samples"``, ``"tokens"``, or a function that takes the batch and returns a number or None.

    Raises:
        ArgumentError: it is none of these.
    """
    if callable(items):
        return items
    if items not in ("samples", "tokens"):
        raise ArgumentError(
            argument="items", expected="'samples', 'tokens' or a function of the batch", got=items
        )
    return items_of if items == "samples" else tokens_of


def items_of(batch: Any) -> int | None:
    """Samples in a batch: the first dimension of the first array in it, or how many texts there are.

    None where there is neither.

    Example:
        >>> import numpy as np
        >>> items_of({"input_ids": np.zeros((8, 128)), "labels": np.zeros(8)}), items_of([np.zeros((4, 3))])
        (8, 4)
        >>> items_of(["some text", "another"]), items_of("text") is None
        (2, True)
    """
    if not isinstance(batch, (list, tuple)):
        shape = getattr(batch, "shape", None)  # asked before all else that takes longer: every step does this
        if shape is not None:
            return _first(shape)
        if not isinstance(batch, Mapping):
            return None
        batch = list(batch.values())
    for one in batch:
        if isinstance(one, str):
            if all(isinstance(other, str) for other in batch):
                return len(batch)
        elif (count := items_of(one)) is not None:
            return count
    return None


def _first(shape: Any) -> int | None:
    try:
        return int(shape[0]) if len(shape) else None
    except (TypeError, ValueError):
        return None


def tokens_of(batch: Any) -> int | None:
    """Tokens in a batch: the elements of its ``input_ids``, padding too, which takes energy as well.

    Only the shape is looked at, so no device is waited for. None where there are no ``input_ids``.

    Example:
        >>> import numpy as np
        >>> tokens_of({"input_ids": np.zeros((8, 128))}), tokens_of([np.zeros((4, 3))]) is None
        (1024, True)
    """
    if not isinstance(batch, Mapping) or "input_ids" not in batch:
        return None
    count = 1
    for size in getattr(batch["input_ids"], "shape", None) or (0,):
        count *= int(size)
    return count or None
