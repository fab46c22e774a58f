"""The front door of the Jetson plugin: one name, loaded on first use.

Importing this package reads no file, starts no process and never imports ``jtop``.

Example:
    >>> from wattwhat_jetson import JetsonBackend
    >>> JetsonBackend(root="/nowhere").probe().available
    False
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat_jetson._backend import JetsonBackend

__all__ = ["JetsonBackend", "__version__"]

__version__ = "0.1.0.dev0"


def __getattr__(name: str) -> Any:
    if name == "JetsonBackend":
        from wattwhat_jetson._backend import JetsonBackend

        return JetsonBackend
    raise AttributeError(f"module 'wattwhat_jetson' has no attribute {name!r}")
