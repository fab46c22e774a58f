"""What measurements say together: comparing, adding up, sharing out, carbon, the regression check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.analysis.attribution import attribute

__all__ = ["attribute"]


def __getattr__(name: str) -> Any:
    if name == "attribute":
        from wattwhat.analysis.attribution import attribute

        return attribute
    raise AttributeError(f"module 'wattwhat.analysis' has no attribute {name!r}")
