"""Output parity: how far a runtime's outputs are from those of eager fp32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

__all__ = ["Parity", "flat_arrays", "parity"]


@attrs.frozen
class Parity:
    """How far outputs are from those of the reference.

    Args:
        error: greatest absolute difference over the greatest absolute value of the reference; None where they
            cannot be compared.
        reason: why not, or empty.
    """

    error: float | None
    reason: str = ""


def parity(reference: Any, outputs: Any) -> Parity:
    """Compare two outputs, array by array.

    Args:
        reference: outputs of eager fp32: arrays, tensors, or containers of them.
        outputs: those of the runtime.

    Example:
        >>> parity([1.0, 2.0], [1.0, 2.5]).error
        0.25
        >>> parity([1.0], [1.0, 2.0]).reason
        'the shapes differ: (1,) and (2,)'
    """
    import numpy as np

    ours, theirs = list(flat_arrays(reference)), list(flat_arrays(outputs))
    if not ours or len(ours) != len(theirs):
        return Parity(None, f"{len(ours)} outputs and {len(theirs)}")
    errors = []
    for one, other in zip(ours, theirs, strict=True):
        if one.shape != other.shape:
            return Parity(None, f"the shapes differ: {one.shape} and {other.shape}")
        if not np.isfinite(other).all():
            return Parity(None, "some outputs are infinite or no number")
        scale = float(np.abs(one).max(initial=0.0))
        difference = float(np.abs(one - other).max(initial=0.0))
        errors.append(difference / scale if scale else difference)
    return Parity(max(errors))


def flat_arrays(value: Any) -> Iterator[Any]:
    """Every array of floats in containers of tensors, arrays and numbers, in their order."""
    import numpy as np

    if value is None or isinstance(value, (str, bytes)):
        return
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)) and not all(isinstance(one, (int, float)) for one in value):
        for one in value:
            yield from flat_arrays(one)
        return
    if hasattr(value, "detach"):
        value = value.detach().to("cpu").double().numpy()
    try:
        yield np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return
