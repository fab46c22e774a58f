"""Which models there are: names are checked, patterns and files of names expanded, without building any."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from wattwhat.errors import WattwhatError
from wattwhat.records.small_files import read_small_text
from wattwhat.study.registry import MODELS, loaded, registered
from wattwhat.study.toml_source import TomlSource

__all__ = ["check_model", "expanded"]


def expanded(
    source: TomlSource, values: Sequence[Any], *, table: str = "", key: str = "models", occurrence: int = 0
) -> list[Any]:
    """Models with patterns (``torchvision:resnet*``) and files of names (``@names.txt``) written out.

    Args:
        source: the plan's file; files of names are looked for beside it.
        values: what the plan names.
        table: where they stand, for errors.
        key: their key.
        occurrence: which of several such tables.

    Raises:
        ArgumentError: a pattern matches nothing, or a file cannot be read.
    """
    names: list[Any] = []
    for value in values:
        try:
            names += _expanded(value, os.path.dirname(os.path.abspath(source.path)))
        except (WattwhatError, OSError) as err:
            source.refuse(f"{key}: {value!r}: {err}", table, key, value, occurrence)
    return names


def _expanded(value: Any, folder: str) -> list[Any]:
    if not isinstance(value, str):
        return [value]
    if value.startswith("@"):
        lines = read_small_text(os.path.join(folder, value[1:])).splitlines()
        names = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        if not names:
            raise WattwhatError("names no model; write one a line")
        return [one for name in names for one in _expanded(name, folder)]
    prefix, _, pattern = value.partition(":")
    if not any(sign in pattern for sign in "*?["):
        return [value]
    if prefix not in registered(MODELS):
        raise WattwhatError(f"patterns need a source of models; known are {', '.join(registered(MODELS))}")
    names = fnmatch.filter(loaded(MODELS, prefix).names(), pattern)
    if not names:
        raise WattwhatError(f"no model of {prefix} is called like that")
    return [f"{prefix}:{name}" for name in sorted(names)]


def check_model(value: str, folder: str) -> str:
    """What was expected instead of a model; empty where it is one, as far as can be told without building it.

    Args:
        value: ``source:name`` or ``module:function``.
        folder: where modules are looked for first.
    """
    prefix, colon, name = value.partition(":")
    sources = registered(MODELS)
    if not colon or not name:
        return f"module:function, or a name behind one of {', '.join(f'{one}:' for one in sources)}"
    if prefix in sources:
        check = getattr(loaded(MODELS, prefix), "check", None)
        return str(check(name)) if check is not None else ""
    if not all(part.isidentifier() for part in (*prefix.split("."), *name.split("."))):
        return "module:function, as in import"
    return _module_lacks(prefix, name.split(".")[0], folder)


@lru_cache(maxsize=4096)
def _module_lacks(module: str, name: str, folder: str) -> str:
    path = _file_of(module, folder)
    if path is None:
        near = ", ".join(f"{one}:" for one in registered(MODELS))
        return f"a module beside the plan or among the installed ones, or a name behind {near}"
    if not path.endswith(".py"):
        return ""
    names = _top_names(path)
    return "" if names is None or name in names else f"a function that {os.path.basename(path)} has"


def _file_of(module: str, folder: str) -> str | None:
    """The file of a module without importing it: beside the plan, or where Python finds it."""
    parts = module.split(".")
    for base in (folder, os.getcwd()):
        for end in (f"{parts[-1]}.py", os.path.join(parts[-1], "__init__.py")):
            path = os.path.join(base, *parts[:-1], end)
            if os.path.isfile(path):
                return path
    if module in sys.builtin_module_names:
        return module
    try:
        spec = importlib.util.find_spec(parts[0])
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    return spec.origin if len(parts) == 1 and spec.origin else module


def _top_names(path: str) -> set[str] | None:
    """The names that a module's text defines at its top; None where only importing it would tell."""
    try:
        tree = ast.parse(read_small_text(path))
    except (OSError, SyntaxError, ValueError):
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(one.asname or one.name).split(".")[0] for one in node.names}
    return None if names & {"*", "__getattr__"} else names
