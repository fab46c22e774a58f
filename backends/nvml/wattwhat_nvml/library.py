"""The vendor's library: the right `pynvml`, nvmlInit and nvmlShutdown in balance, handles after a fork.

Nothing here runs at import but the registration of one fork hook.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from wattwhat.errors import BackendError
from wattwhat.plugins import pass_on

__all__ = [
    "GONE",
    "NvmlUnavailable",
    "acquire",
    "ask",
    "ask_or",
    "bindings",
    "errors_of",
    "held",
    "library_problem",
    "locked",
    "release",
]

LIBRARY = "libnvidia-ml.so.1"
UNINITIALIZED = 1
NOT_SUPPORTED = 3
FUNCTION_NOT_FOUND = 13
# Codes after which every later call on the device fails too: driver not loaded, GPU is lost, reset required,
# library and driver of two versions, GPU not found.
GONE = frozenset({9, 15, 16, 18, 28})

_lock = threading.RLock()
_held: dict[int, int] = {}  # nvmlInit calls less nvmlShutdown calls made here, by process id
_due: deque[int] = deque()  # process ids of releases that could not be made yet


class NvmlUnavailable(BackendError):
    """NVML cannot serve here.

    Args:
        reason: what was found, a sentence.
        remedy: what mends it.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason, remedy=remedy)
        self.reason = reason


def library_problem() -> str | None:
    """Why the driver's library cannot be loaded, in the loader's words; None if it can.

    A fraction of a millisecond where there is none: what makes looking for NVIDIA cheap on other machines.
    """
    if sys.platform == "win32" or getattr(sys.modules.get("pynvml"), "nvmlLib", None) is not None:
        return None
    import ctypes

    try:
        ctypes.CDLL(LIBRARY)
    except OSError as err:
        return str(err)
    return None


def bindings() -> Any:
    """The module `pynvml` of nvidia-ml-py.

    Raises:
        NvmlUnavailable: it is missing, or something else of that name comes first on the path.
    """
    import importlib

    try:
        nvml = importlib.import_module("pynvml")
    except ImportError as err:
        raise NvmlUnavailable(
            f"the Python bindings of NVML cannot be imported ({err})", "run: pip install nvidia-ml-py"
        ) from err
    path = str(getattr(nvml, "__file__", "") or "")
    # nvidia-ml-py is one file; the retired distribution `pynvml` (8 to 11) was a package, which hides it.
    if hasattr(nvml, "__path__"):
        raise NvmlUnavailable(
            f"{_retired()} at {path} hides the module of nvidia-ml-py",
            "run: pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py",
        )
    if not all(hasattr(nvml, name) for name in ("NVMLError", "nvmlInit", "nvmlDeviceGetFieldValues")):
        raise NvmlUnavailable(
            f"the module pynvml at {path} is not that of nvidia-ml-py: it lacks its functions",
            "remove or rename that file, or run: pip install --force-reinstall nvidia-ml-py",
        )
    return nvml


def _retired() -> str:
    from importlib import metadata

    try:
        return f"the retired distribution pynvml {metadata.version('pynvml')}"
    except metadata.PackageNotFoundError:
        return "a package named pynvml, of no known distribution,"


def errors_of(nvml: Any) -> tuple[type[Exception], ...]:
    """What the bindings raise: NVMLError, and the mismatch error that does not derive from it."""
    mismatch = getattr(nvml, "NVMLLibraryMismatchError", None)
    return (nvml.NVMLError,) if mismatch is None else (nvml.NVMLError, mismatch)


def ask(nvml: Any, name: str, *args: Any) -> Any:
    """Call a function of the bindings by name; one that they lack fails as one that the driver lacks."""
    function: Callable[..., Any] | None = getattr(nvml, name, None)
    if function is None:
        raise nvml.NVMLError(FUNCTION_NOT_FOUND)
    try:
        return function(*args)
    except UnicodeDecodeError as err:
        # The bindings decode names as UTF-8; driver 555 under WSL gave bytes that are not.
        return err.object.decode("utf-8", "replace")


def ask_or(default: Any, nvml: Any, name: str, *args: Any) -> Any:
    """The same, with a value for every failure."""
    try:
        return ask(nvml, name, *args)
    except errors_of(nvml):
        return default


def acquire(again: bool = False) -> Any:
    """Initialise NVML once more for this process and return the bindings; `release` takes it back.

    With `again` the call makes up for an nvmlShutdown too many by somebody else, and is not counted.

    After a fork the child begins with no count of its own: NVML says nothing about a parent's handles, so
    none is used. The child never shuts down what the parent opened, for both share the driver's files.

    Raises:
        NvmlUnavailable: the bindings are missing or not the right ones.
        pynvml.NVMLError: the library refuses.
    """
    nvml = bindings()
    with _lock:
        nvml.nvmlInit()
        _held[os.getpid()] = _held.get(os.getpid(), 0) + (not again)
        _settle()
    return nvml


def release(pid: int) -> None:
    """Give back one `acquire` made by this process; nothing in any other. Never raises and never waits.

    A garbage collection may come here in the middle of a call into NVML, by us or by the program: there
    nvmlShutdown would wait for ever for the lock that the bindings hold. Then the next `acquire` does it.
    """
    _due.append(pid)
    if _lock.acquire(blocking=False):
        try:
            _settle()
        finally:
            _lock.release()


def _settle() -> None:
    """Do what `release` asked for, unless the bindings are in the middle of a call; under the lock."""
    nvml: Any = sys.modules.get("pynvml")
    busy = getattr(nvml, "libLoadLock", None)
    while _due:
        if busy is not None:
            if not busy.acquire(blocking=False):
                return
            busy.release()
        pid = _due.popleft()
        if pid != os.getpid() or not _held.get(pid):
            continue
        _held[pid] -= 1
        if nvml is None:
            continue
        try:
            nvml.nvmlShutdown()
        except Exception as err:  # somebody else has shut it down once too often: nothing is left
            pass_on(err)


def locked() -> Any:
    """The lock under which handles are opened; a fresh one in a forked child."""
    return _lock


def held() -> int:
    """How many acquires of this process are not yet released."""
    return _held.get(os.getpid(), 0)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it
    _held.clear()
    _due.clear()
    nvml: Any = sys.modules.get("pynvml")
    if hasattr(nvml, "libLoadLock"):
        nvml.libLoadLock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
