"""A cell: one model under one setting, and the key under which its row is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["AXES", "Cell"]

# The axes of a plan, in the order in which a reader meets them; `models` of the plan is `model` of a cell.
AXES = (
    "model",
    "batch_size",
    "precision",
    "runtime",
    "device",
    "image_size",
    "sequence_length",
    "threads",
    "power_limit_w",
    "pruning",
)
_KEY_DIGITS = 20


@attrs.frozen
class Cell:
    """One model under one setting.

    Args:
        model: ``source:name`` or ``module:function``.
        batch_size: samples in one call.
        precision: ``"fp32"``, ``"bf16"``, ``"fp16"``, ``"int8"`` (quantised as it runs) or
            ``"int8-static"`` (calibrated before).
        runtime: name of a runtime, with a mode behind a colon where it has modes.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` and the like.
        image_size: pixels a side, or None for the model's own.
        sequence_length: tokens of one sample, or None for the model's own.
        threads: threads of the CPU, or None for as many as the runtime takes.
        power_limit_w: power limit of the device in W, or None to leave it alone.
        pruning: part of each layer's weights that is set to zero, the smallest ones; None leaves all.
        repeat: which of the repeats, from 0.
        reference: which return of the reference cell, from 0; None for any other cell.

    Example:
        >>> cell = Cell("torchvision:resnet18", batch_size=32)
        >>> cell.settings()["runtime"], cell.key({}) == cell.key({}), cell.key({}) == cell.key({"torch": "2"})
        ('eager', True, False)
    """

    model: str
    batch_size: int = 1
    precision: str = "fp32"
    runtime: str = "eager"
    device: str = "cpu"
    image_size: int | None = None
    sequence_length: int | None = None
    threads: int | None = None
    power_limit_w: float | None = None
    pruning: float | None = None
    repeat: int = 0
    reference: int | None = None

    def settings(self) -> dict[str, Any]:
        """What is set, by name; what is not, is left out."""
        return {name: value for name in _NAMES if (value := getattr(self, name)) is not None}

    def key(self, conditions: Mapping[str, Any]) -> str:
        """The name of its row: a hash of the cell and of what its result depends on.

        Args:
            conditions: how it is measured, and versions of the software.
        """
        return hashlib.sha256((self.text() + canonical(conditions)).encode()).hexdigest()[:_KEY_DIGITS]

    def text(self) -> str:
        """The same text for the same cell, always."""
        return canonical(self.settings())

    def __str__(self) -> str:
        parts = [self.model, f"batch {self.batch_size}", self.precision, self.runtime, self.device]
        for name, unit in (("image_size", "px"), ("sequence_length", "tokens"), ("threads", "threads")):
            if getattr(self, name) is not None:
                parts.append(f"{getattr(self, name)} {unit}")
        if self.power_limit_w is not None:
            parts.append(f"{self.power_limit_w:g} W")
        if self.pruning is not None:
            parts.append(f"{100.0 * self.pruning:g} % pruned")
        if self.repeat:
            parts.append(f"repeat {self.repeat + 1}")
        if self.reference is not None:
            parts.append(f"reference {self.reference + 1}")
        return " ".join(parts)


_NAMES = tuple(field.name for field in attrs.fields(Cell))


def canonical(value: Any) -> str:
    """JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
