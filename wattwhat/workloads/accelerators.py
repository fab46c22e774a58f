"""Waiting for accelerators at the edges of a window; a library is waited for where the program imported it.

torch, jax, cupy, tensorflow and mlx return before the work is done. None of them is ever imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError, error_text
from wattwhat.plugins import pass_on
from wattwhat.records.caution import Caution

if TYPE_CHECKING:
    pass

__all__ = [
    "IMPORTED",
    "accelerator_in_use",
    "await_results",
    "check_sync",
    "leave_compiling",
    "synchronize",
    "unwaited",
    "wait",
]


def check_sync(sync: Any) -> None:
    """Refuse anything but "auto", True, False and a callable.

    Raises:
        ArgumentError: naming the argument.
    """
    if callable(sync):
        return
    if not isinstance(sync, (bool, str)) or sync not in ("auto", True, False):
        raise ArgumentError(
            argument="sync", expected="'auto', True, False or a function that waits", got=sync
        )
    if sync is True and not any(name in sys.modules for name in _WAITERS):
        raise ArgumentError(
            f"True needs one of {', '.join(_WAITERS)} to be imported",
            argument="sync",
            remedy="leave it at 'auto', or import it first",
        )


def leave_compiling(what: str) -> None:
    """Where torch is compiling this very code: end the graph here, or say that nothing is measured.

    A window reads meters when the program runs; a graph that is traced once holds none of that. Without
    ``fullgraph=True`` the graph is cut and the window works; with it, torch's error ends in this sentence.

    Args:
        what: name of the window, for the sentence.
    """
    torch: Any = sys.modules.get("torch")
    compiling = getattr(getattr(torch, "compiler", None), "is_compiling", None)  # not in torch 2.0
    if compiling is None or not compiling():
        return
    advice = f"put track({what!r}) around the call of the compiled model, not inside it"
    if torch.compiler.is_dynamo_compiling():
        torch._dynamo.graph_break(msg=f"wattwhat measures nothing inside a compiled graph: {advice}")
    else:
        import warnings

        warnings.warn(f"an exported program measures nothing: {advice}", stacklevel=3)


def wait(sync: str | bool | Callable[[], object]) -> None:
    """Wait at an edge of a window as its `sync` says; a function of the program's is called as it is."""
    if callable(sync):
        sync()
    elif sync:
        synchronize()


def accelerator_in_use() -> bool:
    """Whether an already imported torch has started CUDA (or ROCm, by the same name) in this process."""
    torch = sys.modules.get("torch")
    try:
        return torch is not None and bool(torch.cuda.is_initialized())
    except Exception as err:  # torch half imported, or built without CUDA
        pass_on(err)
        return False


def synchronize() -> None:
    """Wait for the work that imported libraries have queued on any device of this process.

    For torch a device is in use if it is the current one or memory is allocated on it; for jax, whatever
    its living arrays still wait for. Nothing is done while a CUDA graph is captured (waiting would spoil
    it), and an error of the device is left to surface in the user's own next call.
    """
    for name, waiter in _WAITERS.items():
        library = sys.modules.get(name)
        if library is None:
            continue
        try:
            waiter(library)
        except Exception as err:  # half imported, or a failed kernel, which the user's own next call meets
            pass_on(err)
            _FAILED[name] = error_text(err)
        else:
            if _FAILED:  # this is done at every edge
                _FAILED.pop(name, None)


def await_results(results: Any) -> None:
    """Wait for what a call returned: jax works on after it returned, mlx has not begun.

    An array that nobody holds any more cannot be waited for at the edge of a window.

    Args:
        results: an array, or tuples, lists and dicts of them; anything else is left alone.
    """
    for name, finish in (("jax", "block_until_ready"), ("mlx.core", "eval")):
        library = sys.modules.get(name)
        if library is not None and results is not None:
            try:
                getattr(library, finish)(results)
            except Exception as err:  # not arrays, or failed work, which the program's own call meets
                pass_on(err)


def unwaited(sync: Any) -> tuple[str, ...]:
    """A warning for each library that works asynchronously, is in use and was not waited for."""
    if callable(sync) or (sync and not _FAILED):
        return ()
    if sync:
        names = {name: why for name, why in _FAILED.items() if name in sys.modules}
    else:
        jax = sys.modules.get("jax")
        names = {"jax": "sync=False"} if jax is not None and getattr(jax, "live_arrays", list)() else {}
    return tuple(
        Caution(
            "unwaited",
            f"{name} works on after its calls return and was not waited for ({why}): "
            "work queued at an edge of the window is on its wrong side; pass sync= a function that waits",
        )
        for name, why in names.items()
    )


def _wait_torch(torch: Any) -> None:
    for name in ("cuda", "xpu"):
        backend = getattr(torch, name, None)
        if backend is not None and backend.is_initialized():
            _synchronize(backend)
    mps = getattr(torch, "mps", None) if sys.platform == "darwin" else None
    if mps is not None and torch.backends.mps.is_available() and mps.current_allocated_memory():
        mps.synchronize()


def _wait_jax(jax: Any) -> None:
    for array in jax.live_arrays():
        if not array.is_deleted():
            array.block_until_ready()


def _wait_cupy(cupy: Any) -> None:
    if cupy.get_default_memory_pool().total_bytes():  # else nothing of this process is on the device
        cupy.cuda.runtime.deviceSynchronize()


def _wait_tensorflow(tensorflow: Any) -> None:
    context = sys.modules.get("tensorflow.python.eager.context")
    # asking for the devices of a program that has not started any would start them
    if context is not None and getattr(context.context(), "_initialized", False):
        tensorflow.test.experimental.sync_devices()


def _wait_mlx(mlx: Any) -> None:
    mlx.synchronize()


_WAITERS: dict[str, Callable[[Any], None]] = {
    "torch": _wait_torch,
    "jax": _wait_jax,
    "cupy": _wait_cupy,
    "tensorflow": _wait_tensorflow,
    "mlx.core": _wait_mlx,
}
# Libraries whose last waiting failed, and how.
_FAILED: dict[str, str] = {}


def _synchronize(backend: Any) -> None:
    capturing = getattr(backend, "is_current_stream_capturing", None)
    if capturing is not None and capturing():
        return
    current = backend.current_device()
    for index in range(backend.device_count()):
        if index == current or backend.memory_allocated(index):
            backend.synchronize(index)


class _Imported:
    """What was imported when an edge of a window looked last, so that the next ones need not look again.

    Attributes:
        count: how many modules there were, if none of them has work to be waited for; else -1.
        compiling: tells whether torch is compiling this very code; None where torch is not imported.
    """

    __slots__ = ("compiling", "count")

    def __init__(self) -> None:
        self.count = -1
        self.compiling: Any = None

    def look(self) -> None:
        """Look again: there are other modules than before."""
        count, torch = len(sys.modules), sys.modules.get("torch")
        self.compiling = getattr(getattr(torch, "compiler", None), "is_compiling", None)
        others = any(sys.modules.get(name) is not None for name in _WAITERS if name != "torch")
        self.count = -1 if others or (torch is not None and _may_queue(torch)) else count


def _may_queue(torch: Any) -> bool:
    """Whether this torch can ever have work on a device that a program has to wait for."""
    if sys.platform == "darwin" or not hasattr(torch, "compiler"):  # MPS; or it is still being imported
        return True
    for name in ("cuda", "xpu"):
        backend = getattr(torch, name, None)
        compiled = getattr(backend, "_is_compiled", None)
        if backend is not None and (compiled is None or compiled()):
            return True
    return False


IMPORTED = _Imported()
