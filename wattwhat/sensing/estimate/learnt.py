"""Watts of this machine's cores as its own measurements told them: kept in a file, read for the estimate."""

from __future__ import annotations

import math
import os
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.plugins import pass_on
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.user_paths import power_path

__all__ = ["LearntPower", "read_learnt", "write_learnt"]

_SCHEMA = 1


def _watts(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not (number and 0.0 <= value < 1e6):
        raise ArgumentError(argument=attribute.name, expected="a number >= 0", got=value)


@attrs.frozen(kw_only=True)
class LearntPower:
    """Power of one core of one machine.

    Args:
        host: name of the machine.
        cpu: its CPU in words.
        watts_per_core: of a busy core in W, what it draws at rest included.
        idle_watts_per_core: of a core at rest in W.
        u: relative standard uncertainty.
        source: what they were learnt from.

    Raises:
        ArgumentError: a figure is negative or no number.
    """

    host: str
    cpu: str
    watts_per_core: float = attrs.field(validator=_watts)
    idle_watts_per_core: float = attrs.field(validator=_watts)
    u: float = attrs.field(validator=_watts)
    source: str


def read_learnt(host: str, cpu: str | None, path: str | None = None) -> LearntPower | None:
    """What was learnt of this machine; None where nothing was kept. Never raises.

    Args:
        host: name of the machine.
        cpu: its CPU; what was learnt with another one is not taken.
        path: the file; None takes `wattwhat.sensing.user_paths.power_path`.

    Example:
        >>> read_learnt("lab1", "a CPU", "no/such/file.json") is None
        True
    """
    file = power_path() if path is None else path
    try:
        if not file or not os.path.exists(file):
            return None
        import json

        data = json.loads(read_small_text(file))
        learnt = LearntPower(**data["power"]) if data["schema"] == _SCHEMA else None
    except Exception as err:  # whatever is in that file, no run may end by it: as without it
        pass_on(err)
        return None
    return learnt if learnt is not None and (learnt.host, learnt.cpu) == (host, cpu) else None


def write_learnt(learnt: LearntPower, path: str | None = None) -> str:
    """Keep what was learnt, in the place of what was there.

    Args:
        learnt: of this machine.
        path: the file; None takes `wattwhat.sensing.user_paths.power_path`. Its folder is made if need be.

    Returns:
        The file.

    Raises:
        ArgumentError: WATTWHAT_PROFILES is set to nothing, so there is no place.
        OSError: it cannot be written.
    """
    from wattwhat.records.atomic_write import write_atomically
    from wattwhat.records.escaping import json_text

    file = power_path() if path is None else path
    if not file:
        raise ArgumentError("WATTWHAT_PROFILES is set to nothing, so there is no place to keep it: unset it")
    os.makedirs(os.path.dirname(os.path.realpath(file)), exist_ok=True)
    write_atomically(file, json_text({"schema": _SCHEMA, "power": attrs.asdict(learnt)}, indent=1) + "\n")
    return file
