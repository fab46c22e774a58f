"""Waiting for accelerators at the edges of a window, where torch is in use; torch is never imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.guard import pass_on

if TYPE_CHECKING:
    from wattwhat.rig import Rig

__all__ = ["accelerator_in_use", "check_sync", "synchronize", "unseen_gpu"]

# Channels of these components show what a GPU draws, alone or with the rest.
_SHOW_GPU = frozenset({"gpu", "board", "module", "host", "wall"})
_UNSEEN_GPU = (
    "a GPU is in use that no backend measures: its energy is missing from this number; "
    "run 'wattwhat doctor' to see why",
)


def check_sync(sync: Any) -> None:
    """Refuse anything but "auto", True and False.

    Raises:
        ArgumentError: naming the argument.
    """
    if sync not in ("auto", True, False):
        raise ArgumentError(f"sync: expected 'auto', True or False, got {sync!r}")
    if sync is True and "torch" not in sys.modules:
        raise ArgumentError(
            "sync: True needs torch to be imported; leave it at 'auto', or import torch first"
        )


def accelerator_in_use() -> bool:
    """Whether an already imported torch has started CUDA (or ROCm, by the same name) in this process."""
    torch = sys.modules.get("torch")
    try:
        return torch is not None and bool(torch.cuda.is_initialized())
    except Exception as err:  # torch half imported, or built without CUDA
        pass_on(err)
        return False


def synchronize() -> None:
    """Wait for the work queued on every device that torch uses in this process.

    A device is in use if it is the current one or memory is allocated on it. Nothing is done while a CUDA
    graph is captured (waiting would spoil it), and an error of the device is left to surface in the user's
    own next call.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for name in ("cuda", "xpu"):
        backend = getattr(torch, name, None)
        if backend is None:
            continue
        try:
            if backend.is_initialized():
                _synchronize(backend)
        except Exception as err:  # see above: a failed kernel is the user's to meet, in the user's own call
            pass_on(err)
    mps = getattr(torch, "mps", None)
    try:
        if mps is not None and torch.backends.mps.is_available() and mps.current_allocated_memory():
            mps.synchronize()
    except Exception as err:
        pass_on(err)


def _synchronize(backend: Any) -> None:
    capturing = getattr(backend, "is_current_stream_capturing", None)
    if capturing is not None and capturing():
        return
    current = backend.current_device()
    for index in range(backend.device_count()):
        if index == current or backend.memory_allocated(index):
            backend.synchronize(index)


def unseen_gpu(rig: Rig, in_use: bool) -> tuple[str, ...]:
    """A warning where a GPU is in use and no channel of the rig shows it.

    Args:
        rig: the open meters.
        in_use: whether the workload or this process uses a GPU.
    """
    if not in_use or any(line.channel.component in _SHOW_GPU for line in rig.lines):
        return ()
    return _UNSEEN_GPU
