"""The NVIDIA stand-in: compiles libnvidia-ml.so.1 from C, loads it, steers it, is a Stand.

nvidia-ml-py asks the loader for "libnvidia-ml.so.1"; what is loaded here has that SONAME, so the real
bindings get it without a word. In another process LD_LIBRARY_PATH does the same (see `environment`).
"""

from __future__ import annotations

import ctypes
import functools
import gc
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["FakeNvml", "NvmlStand", "build", "environment", "load", "missing_compiler", "run_python"]

_HERE = Path(__file__).parent
_SOURCES = ("state.h", "fake_nvml.c", "steering.c")
CODES = {"error": 999, "permission": 4, "lost": 15}
SCOPES = {"board": 0, "module": 1, "memory": 2}


def missing_compiler() -> str | None:
    """Why the stand-in cannot be made here, for a skip; None if it can."""
    if not sys.platform.startswith("linux"):
        return f"the NVIDIA stand-in is made for Linux, this is {sys.platform}"
    if _compiler() is None:
        return "no C compiler (gcc, cc or clang) is installed to make the NVIDIA stand-in with"
    return None


def _compiler() -> str | None:
    return os.environ.get("CC") or next(filter(None, map(shutil.which, ("gcc", "cc", "clang"))), None)


@functools.cache
def build(old_driver: bool = False) -> Path:
    """Compile the stand-in once per state of its sources; returns the library's path.

    Args:
        old_driver: leave out the functions that drivers of around 2020 lack.
    """
    compiler = _compiler()
    if compiler is None:
        raise RuntimeError(missing_compiler())
    digest = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _SOURCES)).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"wattwhat-fakes-{user}" / f"nvml-{digest}{'-old' * old_driver}"
    library = folder / "libnvidia-ml.so.1"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f"making-{os.getpid()}"
        command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        command += ["-DOLD_DRIVER"] * old_driver
        command += ["-Wl,-soname,libnvidia-ml.so.1", "-o", str(made)]
        command += [str(_HERE / name) for name in _SOURCES if name.endswith(".c")]
        subprocess.run([*command, "-lm", "-lpthread"], check=True)
        made.replace(library)  # at once: another process may be building it too
    return library


def environment(old_driver: bool = False, **settings: float) -> dict[str, str]:
    """An environment in which a new process finds the stand-in.

    Args:
        old_driver: as in `build`.
        settings: gpus, low and high (W), period, duty, update and window (s) of the wave to follow.
    """
    folders = [str(build(old_driver).parent), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    made = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)}
    made["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        made.pop(name, None)
    if settings:
        made["WATTWHAT_FAKE_NVML"] = " ".join(f"{name}={value}" for name, value in settings.items())
    return made


def run_python(code: str, env: dict[str, str] | None = None) -> str:
    """Run code in a process of its own; returns what it printed, and fails with what it said."""
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


_ARGUMENTS = {
    "reset": "u",
    "set_uuid": "is",
    "set_name": "is",
    "set_bus_id": "is",
    "set_energy_mj": "id",
    "add_energy_mj": "id",
    "set_usage_mw": "iu",
    "set_limit_mw": "iu",
    "set_module_limit_mw": "iu",
    "set_mig": "iii",
    "set_c2c": "ii",
    "set_reasons": "iq",
    "set_value_type": "iu",
    "add_mig": "is",
    "add_process": "iu",
    "set_power_mw": "iuud",
    "fail": "sii",
    "heal": "i",
    "follow": "idddddd",
    "truth_mj": "iqq",
    "initialized": "",
    "init_calls": "",
    "energy_calls": "",
    "forget_init": "",
}
_TYPES: dict[str, Any] = {
    "i": ctypes.c_int,
    "u": ctypes.c_uint,
    "d": ctypes.c_double,
    "s": ctypes.c_char_p,
    "q": ctypes.c_longlong,
}
_RESULTS = {
    "truth_mj": ctypes.c_double,
    "initialized": ctypes.c_long,
    "init_calls": ctypes.c_ulonglong,
    "energy_calls": ctypes.c_ulonglong,
}


class FakeNvml:
    """Steers a loaded stand-in; the names are those of the C functions without ``fake_``.

    Example: ``fake.set_power_mw(0, 2, 186, 35000.0)``: GPU 0, memory scope, field 186, 35 W.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        for name, arguments in _ARGUMENTS.items():
            function = library[f"fake_{name}"]
            function.argtypes = [_TYPES[letter] for letter in arguments]
            function.restype = _RESULTS.get(name)
            setattr(self, name, self._encoding(function))
        self._reset = self.reset
        self.reset = self.begin
        self._kept = 0

    def begin(self, gpus: int) -> None:
        """So many GPUs, as after the driver was loaded.

        What earlier tests left to the garbage collector is collected first, for it would give back an
        initialisation of the test that begins. What is still held after that is held for good, and what is
        there then is not looked through again: with torch in the process that takes half a second.
        """
        library = sys.modules.get("wattwhat_nvml.library")
        if library is not None and library.held() > self._kept:
            gc.collect()
            gc.freeze()
        self._kept = 0 if library is None else library.held()
        self._reset(gpus)

    def absent(self) -> None:
        """From now on the driver is not loaded: other tests of this process must not find emulated GPUs."""
        self.reset(0)
        self.fail("nvmlInit", -1, 9)

    @staticmethod
    def _encoding(function: Any) -> Callable[..., Any]:
        return lambda *args: function(*(arg.encode() if isinstance(arg, str) else arg for arg in args))

    def __getattr__(self, name: str) -> Any:  # for type checkers: the functions are set above
        raise AttributeError(name)


@functools.cache
def load() -> FakeNvml:
    """Load the stand-in into this process, from where `pynvml` then takes it; it shows no GPU until reset."""
    library = ctypes.CDLL(str(build()))
    fake = FakeNvml(library)
    fake.absent()
    if not hasattr(ctypes.CDLL("libnvidia-ml.so.1"), "fake_reset"):
        # On a machine with an NVIDIA GPU somebody in this process has loaded the real one before.
        import pynvml

        pynvml.nvmlLib = library
        pynvml._nvmlGetFunctionPointer_cache.clear()
    return fake


class NvmlStand:
    """Two emulated GPUs as the conformance suite drives them.

    Args:
        prepare: called with the `FakeNvml` after the reset: another kind of card, for instance.
        gpus: how many.
        options: for the backend.
    """

    def __init__(
        self, prepare: Callable[[FakeNvml], None] | None = None, gpus: int = 2, **options: Any
    ) -> None:
        self.fake = load()
        self.fake.reset(gpus)
        self._gpus = gpus
        self._options = options
        if prepare is not None:
            prepare(self.fake)

    def open(self) -> Any:
        """A fresh backend, which neither the caller's CUDA_VISIBLE_DEVICES nor a real /sys reaches."""
        from wattwhat_nvml import NvmlBackend

        return NvmlBackend(**{"environ": {}, "root": "/nonexistent", **self._options})

    def deposit(self, channel_id: str, joules: float) -> None:
        """A GPU has one counter, of the board or of the module around it."""
        self.fake.add_energy_mj(self._index(channel_id), joules * 1e3)

    def set_power(self, channel_id: str, watts: float) -> None:
        """All readings of this channel's scope show it."""
        scope = SCOPES[channel_id.rpartition("/")[2]]
        self.fake.set_power_mw(self._index(channel_id), scope, 0, watts * 1e3)

    def fail(self, channel_id: str, how: str) -> None:
        """NVML refuses and loses whole GPUs, not single readings of them."""
        self.fake.fail("", self._index(channel_id), CODES[how])

    def heal(self, channel_id: str) -> None:
        """Everything about this GPU works again."""
        self.fake.heal(self._index(channel_id))

    def reset(self, channel_id: str) -> None:
        """As after the driver was loaded anew."""
        self.fake.set_energy_mj(self._index(channel_id), 0.0)

    def close(self) -> None:
        """No emulated GPU is left to be found by others."""
        self.fake.absent()

    def _index(self, channel_id: str) -> int:
        # ids are made by fake_reset: GPU 0 ends in ...0, GPU 1 in ...1; a module belongs to GPU 0
        device = channel_id.split("/")[2]
        return int(device[-2:], 16) if device.startswith("GPU-") else 0
