"""Studies: many models and settings measured one by one, resumable, on one machine or a cluster.

Example:
    >>> from wattwhat import study
    >>> "read_plan" in dir(study)
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.study.cell import Cell
    from wattwhat.study.expansion import cells_of
    from wattwhat.study.plan import Plan, read_plan

_HOMES = {
    "Cell": "wattwhat.study.cell",
    "Plan": "wattwhat.study.plan",
    "cells_of": "wattwhat.study.expansion",
    "read_plan": "wattwhat.study.plan",
}

__all__ = ["Cell", "Plan", "cells_of", "read_plan"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wattwhat.study' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
