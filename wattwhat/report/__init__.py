"""Showing Measurements: on a terminal, in a notebook, on a page. Nothing here measures anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

if TYPE_CHECKING:
    from wattwhat.report.charts import plot
    from wattwhat.report.page import write_page

__all__ = ["plot", "write_page"]

_HOMES = {"plot": "wattwhat.report.charts", "write_page": "wattwhat.report.page"}

__getattr__, __dir__ = lazy(__name__, _HOMES)
