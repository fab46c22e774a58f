"""NVIDIA GPUs for wattwhat: the plugin's front door, which imports neither pynvml nor anything heavy.

Example:
    >>> from wattwhat_nvml import NvmlBackend
    >>> bool(NvmlBackend().probe()) in (True, False)
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat_nvml.backend import NvmlBackend

__all__ = ["NvmlBackend"]


def __getattr__(name: str) -> Any:
    if name == "NvmlBackend":
        from wattwhat_nvml.backend import NvmlBackend

        globals()[name] = NvmlBackend
        return NvmlBackend
    raise AttributeError(f"module 'wattwhat_nvml' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
