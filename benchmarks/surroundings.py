"""Where the benchmarks run: made counter trees, child processes, and the plugins of this checkout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What the kernel prints for a 32-bit register of 2^-14 J steps (drivers/powercap/intel_rapl_common.c).
RANGE_UJ = 262143328850
ZONES = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "dram"}


def memory_folder() -> str | None:
    """A folder whose files live in memory, as sysfs does; None leaves it to tempfile."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextlib.contextmanager
def powercap_tree() -> Iterator[Path]:
    """A file tree with one package and its DRAM below sys/class/powercap; gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="wattwhat-bench-", dir=memory_folder()))
    try:
        fill_powercap(root / "sys/class/powercap")
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def fill_powercap(folder: Path, energy_uj: int = 123_456_789_012, range_uj: int = RANGE_UJ) -> None:
    """Write the zones as the kernel shows them: the DRAM zone inside its package, and linked beside it."""
    inside = {"intel-rapl:0": folder / "intel-rapl/intel-rapl:0"}
    inside["intel-rapl:0:0"] = inside["intel-rapl:0"] / "intel-rapl:0:0"
    for key, name in ZONES.items():
        inside[key].mkdir(parents=True)
        values = {"name": name, "energy_uj": energy_uj, "max_energy_range_uj": range_uj, "enabled": 1}
        for file, value in values.items():
            (inside[key] / file).write_text(f"{value}\n", encoding="ascii")
        (folder / key).symlink_to(inside[key].relative_to(folder))


def energy_files(root: Path) -> list[Path]:
    """The counters of a made tree."""
    return [root / "sys/class/powercap" / key / "energy_uj" for key in ZONES]


def environment(**more: str) -> dict[str, str]:
    """The environment for a child that shall use this checkout, with its plugins' own defaults."""
    made = {name: value for name, value in os.environ.items() if not name.startswith("WATTWHAT_")}
    made.pop("LD_LIBRARY_PATH", None)
    # an installed library is compiled once: a child that compiles it at every start would time the compiler
    made.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**made, **more}


def child_json(code: str, env: dict[str, str] | None = None, timeout_s: float = 120) -> Any:
    """Run code in a process of its own; what it prints last is JSON.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env or environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"a child process ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def plugin(name: str) -> Any:
    """The plugin's package, installed or not; None if its folder is missing."""
    import importlib.util

    folder = ROOT / "backends" / name
    if not folder.is_dir():
        return None
    if importlib.util.find_spec(f"wattwhat_{name}") is None:
        sys.path.append(str(folder))
    return importlib.import_module(f"wattwhat_{name}")


def nvml_environment(**settings: float) -> dict[str, str] | None:
    """The environment of a child that finds the stand-in for NVIDIA's library; None without a C compiler.

    Args:
        settings: the wave that its power follows; see tests/fakes/nvml.
    """
    from tests.fakes import nvml

    if nvml.missing_compiler() is not None:
        return None
    wave = " ".join(f"{name}={value}" for name, value in {"gpus": 1, **settings}.items())
    made = environment(LD_LIBRARY_PATH=str(_more_nvml(nvml).parent), WATTWHAT_FAKE_NVML=wave)
    return {name: value for name, value in made.items() if not name.startswith("CUDA_")}


def _more_nvml(nvml: Any) -> Path:
    """The stand-in with the functions that other libraries call besides, compiled beside the plain one."""
    here = Path(__file__).parent / "nvml_more.c"
    folder = nvml.build().parent / hashlib.sha256(here.read_bytes()).hexdigest()[:16]
    library = folder / "libnvidia-ml.so.1"
    if not library.exists():
        folder.mkdir(exist_ok=True)
        sources = [str(path) for path in (ROOT / "tests/fakes/nvml").glob("*.c")]
        made = folder / f"making-{os.getpid()}"
        command = ["cc", "-O1", "-shared", "-fPIC", "-Wl,-soname,libnvidia-ml.so.1", "-o", str(made)]
        subprocess.run([*command, *sources, str(here), "-lm", "-lpthread"], check=True)
        made.replace(library)
    return library
