"""What measurements say together: comparing, adding up, sharing out, carbon, the regression check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

if TYPE_CHECKING:
    from wattwhat.analysis.attribution import attribute

__all__ = ["attribute"]

_HOMES = {"attribute": "wattwhat.analysis.attribution"}

__getattr__, __dir__ = lazy(__name__, _HOMES)
