"""Models of timm with random weights; accuracies come from a table that the plan names."""

from __future__ import annotations

from typing import Any

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError, library
from wattwhat.study.models.base import Built, installed
from wattwhat.study.models.images import image_batch

__all__ = ["build", "check", "names"]


def _timm() -> Any:
    return library("timm", "timm:")


def names() -> list[str]:
    """Every architecture of timm."""
    return list(_timm().list_models())


def check(name: str) -> str:
    """What was expected instead of a name; whether it exists is told where timm is installed."""
    if not installed("timm"):
        return ""
    try:
        return "" if _timm().is_model(name) else "a model that this timm has (timm.list_models())"
    except NotPossibleError:
        return ""  # the cells tell why


def build(name: str, cell: Cell) -> Built:
    """The model with random weights, and random images of its own size unless the cell says another."""
    model = _timm().create_model(name, pretrained=False).eval()
    channels, size, _ = model.pretrained_cfg.get("input_size", (3, 224, 224))
    return Built(model, image_batch(cell.batch_size, cell.image_size or size, channels), "random")
