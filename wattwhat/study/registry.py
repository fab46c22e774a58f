"""What a study finds by entry point: sources of models, runtimes, launchers; listed once a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.plugins import Plugin, find_plugins, load

__all__ = ["LAUNCHERS", "MODELS", "RUNTIMES", "loaded", "registered"]

LAUNCHERS, MODELS, RUNTIMES = "wattwhat.launchers", "wattwhat.models", "wattwhat.runtimes"


@lru_cache(maxsize=8)
def registered(group: str) -> Mapping[str, Plugin]:
    """The entry points of a group by name; a plan of a thousand models asks a thousand times.

    Example:
        >>> sorted(registered(LAUNCHERS))
        ['local', 'ray', 'slurm']
    """
    return find_plugins(group)


def loaded(group: str, name: str) -> Any:
    """What an entry point names.

    Raises:
        ArgumentError: there is none of that name.
        BackendError: it cannot be loaded; its own error is chained.
    """
    known = registered(group)
    if name not in known:
        kind = group.rpartition(".")[2].removesuffix("s")
        raise ArgumentError(argument=kind, expected=f"one of {', '.join(known) or 'none'}", got=name)
    return load(known[name])
