"""AMD's library without the hardware: the stand-in compiled, steered, and put up for the conformance suite.

Compiled against the wrapper that is installed: every function the wrapper binds at import is exported,
those that wattwhat does not use answering "not supported" (2). The wrapper itself runs unchanged.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLLOW = 0xFFFFFFF0
CALLS = ("init", "handles", "energy", "power", "asic", "processes", "cap", "enum", "metrics", "version")
ERRORS = {"error": 7, "permission": 10, "lost": 31}


def missing() -> str | None:
    """Why the stand-in cannot be built here, or None."""
    if shutil.which("gcc") is None:
        return "needs gcc to build the stand-in for libamd_smi.so"
    if wrapper_folder() is None:
        return "needs the Python package amdsmi (pip install amdsmi)"
    return None


def wrapper_folder() -> Path | None:
    """Where the installed wrapper lies; found without importing it."""
    spec = importlib.util.find_spec("amdsmi")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def wrapper_release() -> tuple[int, int]:
    """The wrapper's major and minor version."""
    from importlib.metadata import version

    major, minor = version("amdsmi").split(".")[:2]
    return int(major), int(minor)


def abi_of(release: tuple[int, int]) -> int:
    """The struct layouts of a release, as amd_smi.c names them."""
    return max(known for known in (60, 61, 62, 63, 64, 70) if known <= release[0] * 10 + release[1])


def bound_names() -> set[str]:
    """Every function that the wrapper binds when it is imported."""
    folder = wrapper_folder()
    assert folder is not None
    text = (folder / "amdsmi_wrapper.py").read_text(encoding="utf-8")
    return set(re.findall(r"_libraries\['libamd_smi\.so'\]\.(\w+)", text))


def build(prefix: Path, release: tuple[int, int] | None = None, without: str = "") -> Path:
    """Make a ROCm folder: the stand-in as lib/libamd_smi.so, and the release file.

    Args:
        prefix: the folder to fill.
        release: the ROCm release whose layouts it has; by default the wrapper's.
        without: a function to leave out, as in a library that is older than the wrapper.
    """
    release = release or wrapper_release()
    (prefix / "lib").mkdir(parents=True, exist_ok=True)
    source = (HERE / "amd_smi.c").read_text(encoding="utf-8")
    written = set(re.findall(r"^(?:int|void) (amdsmi_\w+)\(", source, re.MULTILINE))
    stubs = [f"int {name}(void) {{ return 2; }}" for name in sorted(bound_names() - written)]
    (prefix / "stubs.c").write_text("\n".join(stubs) + "\n", encoding="utf-8")
    library = prefix / "lib" / "libamd_smi.so"
    renamed = [f"-D{without}=left_out"] if without else []
    files = [str(HERE / "amd_smi.c"), str(HERE / "state.c"), str(prefix / "stubs.c")]
    subprocess.run(
        [
            "gcc",
            "-shared",
            "-fPIC",
            "-O1",
            f"-DABI={abi_of(release)}",
            *renamed,
            "-o",
            str(library),
            *files,
            "-lm",
        ],
        check=True,
        capture_output=True,
    )
    set_release(prefix, f"{release[0]}.{release[1]}.0-1")
    return library


def set_release(prefix: Path, text: str | None) -> None:
    """Write the release file that ROCm keeps, or take it away."""
    file = prefix / ".info" / "version"
    file.parent.mkdir(exist_ok=True)
    if text is None:
        file.unlink(missing_ok=True)
    else:
        file.write_text(f"{text}\n", encoding="utf-8")


def make_root(folder: Path) -> Path:
    """A file system in which the amdgpu driver seems to run."""
    for name in ("dev/dri", "sys/class/kfd", "sys/module/amdgpu", "sys/bus/pci/devices"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("dev/kfd", "dev/dri/renderD128"):
        (folder / name).touch()
    return folder


class Library:
    """Steers the stand-in that is loaded in this process.

    Args:
        path: the library file; the wrapper and this class share the one copy that the loader keeps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prefix = path.parents[1]
        self.c = ctypes.CDLL(str(path))
        self.c.standin_now.restype = ctypes.c_double
        self.c.standin_calls.restype = ctypes.c_long
        self.clear()

    def clear(self) -> None:
        """No GPU, a virtual clock at 1000 s, the wrapper's own release."""
        self.c.standin_clear()
        self.c.standin_clock(1, ctypes.c_double(1000.0))
        set_release(self.prefix, ".".join(map(str, (*wrapper_release(), 0))))

    def real_time(self) -> None:
        """The waveforms follow the machine's monotonic clock."""
        self.c.standin_clock(0, ctypes.c_double(0.0))

    def add(
        self,
        bdf: str = "0000:c1:00.0",
        *,
        uuid: str = "51ff74b5-0000-1000-80b1-0123456789ab",
        serial: str = "",
        name: str = "AMD Instinct MI300X",
        hip_id: int = 0,
        watts: float = 100.0,
        counted_j: float = 5000.0,
        fields: Sequence[int] = (FOLLOW, FOLLOW, 0xFFFF),
    ) -> int:
        """Another GPU, drawing constant power; its number.

        Args:
            bdf: PCI address.
            uuid: AMD SMI's UUID.
            serial: 16 hexadecimal digits, or "".
            name: the product.
            hip_id: its number in HIP.
            watts: the power it draws.
            counted_j: what its counter holds.
            fields: socket, current and average power; `FOLLOW` is what it draws.
        """
        domain, bus, rest = bdf.split(":")
        device, function = rest.split(".")
        number = int(domain, 16) << 16 | int(bus, 16) << 8 | int(device, 16) << 3 | int(function, 16)
        texts = [text.encode() for text in (uuid, serial, name)]
        gpu = int(self.c.standin_add(ctypes.c_uint64(number), *texts, hip_id))
        self.deposit(gpu, counted_j)
        self.follow(gpu, [(1.0, watts)])
        self.fields(gpu, *fields)
        return gpu

    def follow(self, gpu: int, steps: Sequence[tuple[float, float]], update_s: float = 0.0) -> None:
        """Draw these (seconds, watts) over and over from now on, published every `update_s`."""
        doubles = ctypes.c_double * len(steps)
        seconds, watts = doubles(*(step[0] for step in steps)), doubles(*(step[1] for step in steps))
        self.c.standin_follow(gpu, len(steps), seconds, watts, ctypes.c_double(update_s))

    def fields(self, gpu: int, socket: int, current: int, average: int) -> None:
        """What the three power fields show."""
        self.c.standin_power(gpu, ctypes.c_uint64(socket), ctypes.c_uint32(current), ctypes.c_uint32(average))

    def fail(self, gpu: int, call: str, status: int) -> None:
        """Let one call of one GPU answer with this status (0: heal it); GPU -1 is amdsmi_init."""
        self.c.standin_fail(gpu, CALLS.index(call), status)

    def deposit(self, gpu: int, joules: float) -> None:
        """So much flows besides what the waveform draws."""
        self.c.standin_deposit(gpu, ctypes.c_double(joules))

    def raw(self, gpu: int, count: int) -> None:
        """The counter shows this count and nothing else."""
        self.c.standin_raw(gpu, 1, ctypes.c_uint64(count))

    def resolution(self, gpu: int, microjoules: float) -> None:
        """What one count is said to be worth."""
        self.c.standin_resolution(gpu, ctypes.c_double(microjoules))

    def speed(self, gpu: int, factor: float) -> None:
        """The counter counts so many times what flows."""
        self.c.standin_speed(gpu, ctypes.c_double(factor))

    def tick(self, seconds: float) -> None:
        """So much virtual time passes."""
        self.c.standin_tick(ctypes.c_double(seconds))

    def now_ns(self) -> int:
        """The stand-in's clock, in ns."""
        return int(self.c.standin_now() * 1e9)

    def calls(self, name: str) -> int:
        """How often a call was made."""
        return int(self.c.standin_calls(CALLS.index(name)))


_LOADED: list[Library] = []


def loaded() -> Library:
    """The stand-in of this process, built at first use; it must come before `amdsmi` is imported.

    One process imports one wrapper over one library, so every test shares this one and clears it first.
    """
    if not _LOADED:
        if "amdsmi" in sys.modules:
            raise RuntimeError("amdsmi is imported already, over another library")
        prefix = Path(tempfile.mkdtemp(prefix="amd-smi-"))
        atexit.register(shutil.rmtree, prefix, ignore_errors=True)
        library = Library(build(prefix))
        before = {name: os.environ.get(name) for name in ("ROCM_HOME", "ROCM_PATH")}
        os.environ.update(dict.fromkeys(before, str(prefix)))
        try:
            importlib.import_module("amdsmi")
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
        _LOADED.append(library)
    return _LOADED[0]


def is_loaded() -> bool:
    """Whether this process runs the wrapper over the stand-in."""
    return bool(_LOADED)


class AmdSmiStand:
    """The stand for the conformance suite: a card with a counter, and one that only shows its power."""

    GPUS = (
        ("0000:23:00.0", "23ff7408-0000-1000-8000-00000000000a", "00000000000000a1", "AMD Instinct MI300X"),
        ("0000:83:00.0", "83ff744c-0000-1000-8000-00000000000b", "00000000000000b2", "AMD Radeon PRO W7900"),
    )

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._root = make_root(Path(self._folder.name))
        self.library = loaded()
        self.library.clear()
        for number, (bdf, uuid, serial, name) in enumerate(self.GPUS):
            gpu = self.library.add(bdf, uuid=uuid, serial=serial, name=name, hip_id=number)
            self.library.c.standin_cap(gpu, ctypes.c_uint64(500_000_000))
        self.library.fail(1, "energy", 2)
        self.library.fields(1, 0xFFFF, 0xFFFF, FOLLOW)

    def open(self) -> Any:
        from wattwhat_amdsmi import AmdSmiBackend

        return AmdSmiBackend(
            root=str(self._root), environ={}, clock=self.library.now_ns, sleep=self.library.tick
        )

    def _gpu(self, channel_id: str) -> int:
        return next(number for number, gpu in enumerate(self.GPUS) if gpu[1] in channel_id)

    def deposit(self, channel_id: str, joules: float) -> None:
        self.library.deposit(self._gpu(channel_id), joules)

    def set_power(self, channel_id: str, watts: float) -> None:
        self.library.follow(self._gpu(channel_id), [(1.0, watts)])

    def fail(self, channel_id: str, how: str) -> None:
        for call in ("energy", "power"):
            self.library.fail(self._gpu(channel_id), call, ERRORS[how])

    def heal(self, channel_id: str) -> None:
        gpu = self._gpu(channel_id)
        self.library.fail(gpu, "energy", 2 if gpu == 1 else 0)
        self.library.fail(gpu, "power", 0)

    def reset(self, channel_id: str) -> None:
        self.library.c.standin_reset(self._gpu(channel_id))

    def close(self) -> None:
        self._folder.cleanup()
