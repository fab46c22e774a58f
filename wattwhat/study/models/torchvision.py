"""Models of torchvision with random weights; accuracies are those that its own metadata tell."""

from __future__ import annotations

from typing import Any

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError, library
from wattwhat.study.models.base import Built, installed
from wattwhat.study.models.images import image_batch

__all__ = ["build", "check", "names"]


def _models() -> Any:
    return library("torchvision.models", "torchvision:")


def names() -> list[str]:
    """Every classification model of torchvision."""
    models = _models()
    return list(models.list_models(module=models))


def check(name: str) -> str:
    """What was expected instead of a name; whether it exists is told where torchvision is installed."""
    if not name.isidentifier():
        return "a model of torchvision such as resnet18"
    if not installed("torchvision"):
        return ""
    try:
        known = _models().list_models()
    except NotPossibleError:
        return ""  # the cells tell why
    return "" if name in known else "a model that this torchvision has (torchvision.models.list_models())"


def build(name: str, cell: Cell) -> Built:
    """The model with random weights, which draw nearly the energy of trained ones, and random images."""
    models = _models()
    metrics, details, size = _known(models, name)
    if cell.image_size not in (None, size):
        metrics, details = {}, {}  # the accuracy was told at another size
    size = cell.image_size or size
    model = models.get_model(name, weights=None)
    if getattr(model, "image_size", size) != size:  # a vision transformer is made for images of one size
        model = models.get_model(name, weights=None, image_size=size)
    return Built(model.eval(), image_batch(cell.batch_size, size), "random", metrics, details)


def _known(models: Any, name: str) -> tuple[dict[str, float], dict[str, Any], int]:
    """Accuracy, its source, and the image size of the default weights."""
    weights = getattr(models.get_model_weights(name), "DEFAULT", None)
    if weights is None:
        return {}, {}, 224
    crop = getattr(weights.transforms(), "crop_size", [224])
    size = crop[0] if isinstance(crop, (list, tuple)) else int(crop)
    accuracy = weights.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
    if accuracy is None:
        return {}, {}, size
    version = library("torchvision", "torchvision:").__version__
    source = f"torchvision {version}, {type(weights).__name__}.{weights.name}, ImageNet-1K acc@1"
    return {"accuracy": accuracy / 100.0}, {"accuracy_source": source}, size
