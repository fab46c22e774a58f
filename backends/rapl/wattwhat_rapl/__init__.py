"""The RAPL plugin of wattwhat: energy of CPU packages, their parts, DRAM and the platform on Linux.

Nothing is read, opened or imported from a vendor before `RaplBackend` is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat_rapl.backend import RaplBackend

__all__ = ["RaplBackend"]


def __getattr__(name: str) -> Any:
    if name == "RaplBackend":
        from wattwhat_rapl.backend import RaplBackend

        return RaplBackend
    raise AttributeError(f"module 'wattwhat_rapl' has no attribute {name!r}")
