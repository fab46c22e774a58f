"""Models of transformers from a configuration file, with random weights: nothing is downloaded."""

from __future__ import annotations

import os

from wattwhat.errors import WorkloadError, error_text
from wattwhat.study.cell import Cell
from wattwhat.study.impossible import library
from wattwhat.study.models.base import Built
from wattwhat.study.models.images import image_batch, token_batch

__all__ = ["build", "check", "names"]

_TOKENS = 128


def names() -> list[str]:
    """No name: configurations are files of the user's."""
    return []


def check(name: str) -> str:
    """What was expected instead of a name: a configuration file, or a model type with its defaults."""
    if name.endswith(".json"):
        return ""  # beside the plan; the cells tell if it is not there
    return "" if name.replace("-", "_").isidentifier() else "a config.json, or a model type such as bert"


def build(name: str, cell: Cell) -> Built:
    """The bare model of a configuration, and random tokens (or images, where it takes those)."""
    transformers = library("transformers", "transformers:")
    try:
        if name.endswith(".json"):
            config = transformers.AutoConfig.from_pretrained(os.path.abspath(name), local_files_only=True)
        else:
            config = transformers.AutoConfig.for_model(name)
        model = transformers.AutoModel.from_config(config).eval()
    except (ValueError, OSError, KeyError) as err:
        near = "" if name.endswith(".json") else _alike(name)
        raise WorkloadError(f"transformers:{name} cannot be built ({near or error_text(err)})") from err
    if model.main_input_name == "pixel_values":
        size = cell.image_size or config.image_size
        return Built(model, {"pixel_values": image_batch(cell.batch_size, size)}, "random")
    tokens = token_batch(cell.batch_size, cell.sequence_length or _TOKENS, config.vocab_size)
    return Built(model, {"input_ids": tokens}, "random")


def _alike(name: str) -> str:
    """What to say of a model type that transformers does not know; empty where it knows it."""
    import difflib

    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    if name in CONFIG_MAPPING_NAMES:
        return ""
    near = difflib.get_close_matches(name, list(CONFIG_MAPPING_NAMES), 3)
    hint = f"did you mean {', '.join(near)}?" if near else "name a type such as bert, or a config.json"
    return f"transformers knows no model type {name!r}; {hint}"
