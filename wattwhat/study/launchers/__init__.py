"""Where the cells of a study run: one launcher a file; queues, placement and retries are the engines' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = ["checked"]


def checked(name: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with defaults for those that are not given.

    Args:
        name: of the launcher.
        options: what the plan says, besides the results ``folder``.
        known: defaults; an option has the type of its default, any type where that is None.

    Raises:
        ArgumentError: an option is not known, or of another type.

    Example:
        >>> checked("slurm", {"folder": "out", "tasks": 4}, {"tasks": 16, "partition": None})
        {'tasks': 4, 'partition': None}
    """
    values = dict(known)
    for key, value in options.items():
        if key == "folder":
            continue
        if key not in known:
            has = f"known are {', '.join(known)}" if known else "it takes no options"
            raise ArgumentError("is not known", argument=f"[{name}] {key}", remedy=has)
        default = known[key]
        if default is not None and (type(value) is not type(default) or (value == 0 and default > 0)):
            raise ArgumentError(argument=f"[{name}] {key}", expected=f"something like {default!r}", got=value)
        values[key] = value
    return values
