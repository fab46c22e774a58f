"""AMD's library in this process: found, imported in silence, started, and called one thread at a time."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wattwhat.errors import BackendError
from wattwhat.plugins import pass_on
from wattwhat.sensing.backend import Availability
from wattwhat_amdsmi import remedies
from wattwhat_amdsmi.values import version_text
from wattwhat_amdsmi.versions import (
    LIBRARY_FILE,
    loaded_path,
    mismatch,
    prefix_of,
    rocm_release,
    wrapper_version,
)

__all__ = ["Library", "Unavailable", "calls", "error_code", "error_text", "open_library"]


class _Calls:
    """The lock around every vendor call: the library is not thread-safe before ROCm 7.2 (zeus PR #256)."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        # A child forked while another thread was inside a call would inherit the lock held, for ever.
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.RLock()


calls = _Calls()


class Unavailable(BackendError):
    """The library cannot serve; `availability` says why and what mends it."""

    def __init__(self, availability: Availability) -> None:
        super().__init__(availability.reason, remedy=availability.remedy)
        self.availability = availability


class Library:
    """The started vendor library: its Python module, the GPUs' handles, and whether their versions agree.

    Args:
        module: the imported ``amdsmi``.
        version: the wrapper's version text.
        mismatch: a sentence where wrapper and library are not of one release, else None.
    """

    __slots__ = ("_handles", "_pid", "mismatch", "module", "version")

    def __init__(self, module: Any, version: str | None, mismatch: str | None) -> None:
        self.module = module
        self.version = version
        self.mismatch = mismatch
        self._handles: dict[str, Any] = {}
        self._pid = -1

    def handles(self, fresh: bool = False) -> dict[str, Any]:
        """The GPUs by PCI address ("0000:c1:00.0"; "#1" ... is appended where several share one).

        Looked up again in a forked child, and where `fresh` asks for it. amdsmi_init() does nothing
        where the library runs; amdsmi_shut_down() is never called, because it takes the library away from
        everybody in this process (torch among them) at the first call, whoever else still uses it.

        Raises:
            Exception: whatever the vendor raises.
        """
        with calls.lock:
            if fresh or self._pid != os.getpid():
                self._start()
                handles: dict[str, Any] = {}
                for index, handle in enumerate(self.module.amdsmi_get_processor_handles()):
                    address = self.ask("amdsmi_get_gpu_device_bdf", handle) or f"gpu-{index}"
                    handles[_unused(str(address).lower(), handles)] = handle
                self._handles, self._pid = handles, os.getpid()
            return self._handles

    def _start(self) -> None:
        with _silent():
            self.module.amdsmi_init(self.module.AmdSmiInitFlags.INIT_AMD_GPUS)

    def ask(self, name: str, *args: Any) -> Any:
        """What a call returns, or None where it fails, whatever the reason."""
        with calls.lock:
            try:
                return getattr(self.module, name)(*args)
            except Exception as err:
                pass_on(err)
                return None

    def ask_versioned(self, name: str, *args: Any) -> Any:
        """As `ask`, for calls whose C structs differ between releases: None unless the versions agree."""
        return None if self.mismatch else self.ask(name, *args)


def _unused(key: str, taken: dict[str, Any]) -> str:
    number, name = 0, key
    while name in taken:
        number += 1
        name = f"{key}#{number}"
    return name


def error_code(err: BaseException) -> int | None:
    """AMD SMI's number of a vendor error, or None."""
    code = getattr(err, "err_code", None)
    return code if isinstance(code, int) else None


def error_text(err: BaseException) -> str:
    """A vendor error in one line: its name where it has one.

    Example:
        >>> error_text(KeyError("power"))
        "KeyError: 'power'"
    """
    info = getattr(err, "err_info", None)
    if info:
        return str(info).replace(" - ", ": ", 1)
    return f"{type(err).__name__}: {' '.join(str(err).split())}"


def open_library(root: str = "/", load: Callable[[], Any] | None = None) -> Library:
    """Find, import and start AMD's library.

    Args:
        root: where the file system begins (for tests).
        load: gives the vendor's Python module; by default ``import amdsmi``.

    Raises:
        Unavailable: it cannot serve; the exception holds the reason and the remedy.
    """
    missing = remedies.driver_missing(root)
    if missing is not None:
        raise Unavailable(missing)
    with calls.lock:
        path = _find_library()
        module = _import(path, root, load or _import_amdsmi)
        loaded = loaded_path() or path
        wrapper_text = wrapper_version(module)
        library = Library(module, wrapper_text, mismatch(module, wrapper_text, loaded, root))
        try:
            handles = library.handles()
        except Exception as err:
            raise Unavailable(remedies.init_failed(error_text(err), root)) from err
    if not handles:
        raise Unavailable(remedies.no_device(root))
    return library


def _find_library() -> str:
    """Path or name under which the library loads, tried in the wrapper's own order.

    Trying first tells an absent file from one that does not load, and spares the wrapper's KeyError.
    """
    import ctypes
    import importlib.util

    if "amdsmi" in sys.modules:
        return LIBRARY_FILE
    if importlib.util.find_spec("amdsmi") is None:
        raise Unavailable(remedies.package_missing())
    prefix = os.environ.get("ROCM_HOME", os.environ.get("ROCM_PATH"))
    places = [os.path.join(prefix, "lib", LIBRARY_FILE)] if prefix else []
    places += [LIBRARY_FILE, os.path.join("/opt/rocm", "lib", LIBRARY_FILE)]
    broken: tuple[str | None, str | None] = (None, None)
    for place in places:
        try:
            ctypes.CDLL(place)
        except OSError as err:
            if os.path.exists(place) and broken[0] is None:
                broken = (place, str(err))
        else:
            return place
    raise Unavailable(remedies.library_missing(*broken))


def _import_amdsmi() -> Any:
    import importlib
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # generated code: whatever it does that is out of date
        return importlib.import_module("amdsmi")


def _import(path: str, root: str, load: Callable[[], Any]) -> Any:
    try:
        with _silent():
            return load()
    except ModuleNotFoundError as err:
        raise Unavailable(remedies.package_missing()) from err
    except Exception as err:
        pass_on(err)
        loaded = loaded_path() or path
        rocm = rocm_release(loaded, root)
        answer = remedies.import_failed(err, prefix_of(loaded), version_text(rocm) if rocm else None)
        raise Unavailable(answer) from err


@contextmanager
def _silent() -> Iterator[None]:
    """Swallow what this thread prints meanwhile; other threads keep their output.

    The wrapper prints to stdout while it is imported. Redirecting stdout for the whole process would
    eat what the measured program prints at the same time.
    """
    before = sys.stdout
    sys.stdout = _Muffled(before)
    try:
        yield
    finally:
        sys.stdout = before


class _Muffled:
    """A stdout that drops one thread's text and passes on everybody else's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
