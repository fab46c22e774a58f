"""AMD GPUs as meters: the door of the plugin, which brings in nothing until it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat_amdsmi.backend import AmdSmiBackend

__all__ = ["AmdSmiBackend"]


def __getattr__(name: str) -> Any:
    if name == "AmdSmiBackend":
        from wattwhat_amdsmi.backend import AmdSmiBackend

        return AmdSmiBackend
    raise AttributeError(f"module 'wattwhat_amdsmi' has no attribute {name!r}")
