"""Showing Measurements: on a terminal, in a notebook, on a page. Nothing here measures anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.report.charts import plot
    from wattwhat.report.page import write_page

__all__ = ["plot", "write_page"]

_HOMES = {"plot": "wattwhat.report.charts", "write_page": "wattwhat.report.page"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wattwhat.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
