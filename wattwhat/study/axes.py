"""The axes of a plan: which values each may have, and sentences for those it may not."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from wattwhat.study.model_names import check_model, expanded
from wattwhat.study.registry import RUNTIMES, registered
from wattwhat.study.toml_source import TomlSource

__all__ = ["AXIS_CHECKS", "PRECISIONS", "axis_of", "rule_of"]

PRECISIONS = ("fp32", "bf16", "fp16", "int8", "int8-static")
_DEVICE = re.compile(r"(?:cpu|cuda|mps|xpu)(?::\d+)?")


def _whole(value: Any, folder: str) -> tuple[Any, str]:
    fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value, "" if fits else "a whole number above 0"


def _watts(value: Any, folder: str) -> tuple[Any, str]:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf
    return (float(value), "") if fits else (value, "watts above 0")


def _part(value: Any, folder: str) -> tuple[Any, str]:
    fits = isinstance(value, float) and 0.0 < value < 1.0
    return value, "" if fits else "a part of the weights between 0 and 1"


def _precision(value: Any, folder: str) -> tuple[Any, str]:
    return value, "" if value in PRECISIONS else f"one of {', '.join(PRECISIONS)}"


def _device(value: Any, folder: str) -> tuple[Any, str]:
    fits = isinstance(value, str) and _DEVICE.fullmatch(value)
    return value, "" if fits else "a device such as cpu, cuda or cuda:1"


def _runtime(value: Any, folder: str) -> tuple[Any, str]:
    names = sorted(registered(RUNTIMES))
    fits = isinstance(value, str) and value.partition(":")[0] in names
    return value, "" if fits else f"one of {', '.join(names)}"


def _model(value: Any, folder: str) -> tuple[Any, str]:
    if not isinstance(value, str) or not value:
        return value, "a model such as torchvision:resnet18 or module:function"
    return value, check_model(value, folder)


# name -> gives the value as it is kept, and what was expected instead (empty where it fits)
AXIS_CHECKS: Mapping[str, Callable[[Any, str], tuple[Any, str]]] = {
    "model": _model,
    "batch_size": _whole,
    "precision": _precision,
    "runtime": _runtime,
    "device": _device,
    "image_size": _whole,
    "sequence_length": _whole,
    "threads": _whole,
    "power_limit_w": _watts,
    "pruning": _part,
}


def axis_of(
    source: TomlSource,
    name: str,
    given: Any,
    *,
    table: str = "",
    key: str | None = None,
    occurrence: int = 0,
) -> tuple[Any, ...]:
    """The values of an axis.

    Args:
        source: the plan's file.
        name: of the axis.
        given: a value or a list of values.
        table: the table it stands in, for errors.
        key: its name in the file, where that is another one.
        occurrence: which of several tables of that name.

    Raises:
        ArgumentError: a value makes no sense, stands there twice, or there is none.
    """
    key = key or name
    values = given if isinstance(given, list) else [given]
    if not values:
        source.refuse(
            f"{key} is empty; give at least one value, or leave it out", table, key, None, occurrence
        )
    if name == "model":
        values = expanded(source, values, table=table, key=key, occurrence=occurrence)
    folder = os.path.dirname(os.path.abspath(source.path))
    checked = []
    for value in values:
        kept, expected = AXIS_CHECKS[name](value, folder)
        if expected:
            source.refuse(
                f"{key}: {value!r} is not known; expected {expected}", table, key, value, occurrence
            )
        if kept in checked:
            source.refuse(f"{key}: {value!r} stands there twice; remove one", table, key, value, occurrence)
        checked.append(kept)
    return tuple(checked)


def rule_of(
    source: TomlSource,
    table: str,
    given: Mapping[str, Any],
    number: int,
    *,
    key: str | None = None,
    single: bool = False,
) -> dict[str, tuple[Any, ...]]:
    """A rule to include or exclude cells, or the reference: values of some axes.

    Args:
        source: the plan's file.
        table: the table's name.
        given: its content.
        number: which of several such tables.
        key: the key of the table that the rule stands behind, if it is not the table itself.
        single: whether each axis may have one value only.

    Raises:
        ArgumentError: an axis is not known, or a value makes no sense.
    """
    if not given:
        source.refuse(f"[[{table}]] is empty; name at least one axis", table, key, None, number)
    rule = {}
    for name, value in given.items():
        axis = "model" if name == "models" else name
        where = key or name
        if axis not in AXIS_CHECKS:
            message = f"{name} is no axis; known are {', '.join(AXIS_CHECKS)}"
            source.refuse(message, table, where, None, number)
        if single and isinstance(value, list):
            source.refuse(f"{where}: {name}: expected one value, got a list", table, where, None, number)
        if table == "exclude" and axis == "model":  # a pattern of cells that are there, not a model to build
            patterns = value if isinstance(value, list) else [value]
            if not patterns or not all(isinstance(one, str) and one for one in patterns):
                source.refuse(f"{name}: expected models, got {value!r}", table, where, None, number)
            rule[axis] = tuple(patterns)
            continue
        rule[axis] = axis_of(source, axis, value, table=table, key=where, occurrence=number)
    return rule
