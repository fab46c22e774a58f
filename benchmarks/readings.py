"""Reading a channel beside the bare vendor call, and opening every backend where there is no hardware.

The vendors' own bindings run over stand-in C libraries (tests/fakes), which answer in under a microsecond:
what is timed is what Python does on top. Real hardware adds its own time to both sides.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.imports import over_bare_ms
from benchmarks.surroundings import energy_files, environment, plugin, powercap_tree
from benchmarks.table import Limit, Options, Table, summary, timed_us

MOST_READING, MOST_OPENING_MS = 3.0, 50.0
OPEN_ALL = """
from wattwhat.sensing.backend import open_backend, probe
from wattwhat.plugins import find_plugins
found = {name: probe(open_backend(plugin)) for name, plugin in find_plugins().items() if name in NAMES}
"""
PLUGINS = ("amdsmi", "jetson", "nvml", "rapl")

Pair = tuple[Callable[[], Any], Callable[[], Any]]


def powercap(root: Path) -> Pair:
    """The package's counter: one pread, and the meter."""
    meters = plugin("rapl").RaplBackend(str(root), ["powercap"]).meters()
    package = next(meter for meter in meters if meter.channel.id.endswith("/package-0"))
    file = os.open(energy_files(root)[0], os.O_RDONLY)
    return (lambda: os.pread(file, 32, 0)), package.read


def nvml() -> Pair | str:
    """A GPU's energy counter: the call of nvidia-ml-py, and the meter."""
    from tests.fakes import nvml as fakes

    reason = fakes.missing_compiler() or _not_installed("pynvml", "nvidia-ml-py")
    if reason is not None:
        return reason
    fakes.load().reset(1)
    import pynvml

    pynvml.nvmlInit()
    handle, call = pynvml.nvmlDeviceGetHandleByIndex(0), pynvml.nvmlDeviceGetTotalEnergyConsumption
    backend = plugin("nvml").NvmlBackend(environ={}, root="/nonexistent")
    board = next(meter for meter in backend.meters() if meter.channel.quantity == "energy")
    return (lambda: call(handle)), board.read


def amdsmi(folder: Path) -> Pair | str:
    """A GPU's energy counter: the call of AMD's wrapper, and the meter."""
    from tests.fakes.amdsmi import standin

    reason = standin.missing()
    if reason is not None:
        return reason
    library = standin.loaded()
    library.clear()
    library.real_time()
    library.add(watts=200.0)
    backend = plugin("amdsmi").AmdSmiBackend(root=str(standin.make_root(folder / "root")), environ={})
    board = next(meter for meter in backend.meters() if meter.channel.quantity == "energy")
    import amdsmi as vendor

    handle, call = vendor.amdsmi_get_processor_handles()[0], vendor.amdsmi_get_energy_count
    return (lambda: call(handle)), board.read


def _not_installed(module: str, name: str) -> str | None:
    return None if importlib.util.find_spec(module) else f"needs the Python package {name}"


def pairs(root: Path, folder: Path) -> tuple[dict[str, Pair], list[str]]:
    """What can be compared here, and why not the rest."""
    wanted = {
        "powercap, beside a pread": powercap(root),
        "NVML, beside the pynvml call": nvml(),
        "AMD SMI, beside the amdsmi call": amdsmi(folder),
    }
    missing = [f"{name}: skipped, {pair}" for name, pair in wanted.items() if isinstance(pair, str)]
    return {name: pair for name, pair in wanted.items() if not isinstance(pair, str)}, missing


def readings(options: Options) -> tuple[list[list[Any]], list[Limit], list[str]]:
    """Rows, limits and notes on reading."""
    rows, limits = [], []
    with powercap_tree() as root, tempfile.TemporaryDirectory() as folder:
        compared, missing = pairs(root, Path(folder))
        calls = {(name, i): call for name, pair in compared.items() for i, call in enumerate(pair)}
        taken = timed_us({f"{name}|{i}": call for (name, i), call in calls.items()}, options.times(300, 3))
    for name in compared:
        bare, ours = summary(taken[f"{name}|0"]), summary(taken[f"{name}|1"])
        ratio = ours[0] / bare[0]
        rows.append([name, *bare, *ours, ratio])
        limits.append(Limit(f"reading {name}", ratio, MOST_READING, "x"))
    return rows, limits, missing


def opening(options: Options) -> tuple[list[Any], Limit]:
    """Opening all plugins in a fresh process, beyond what importing the core takes there."""
    codes = {"core": "import wattwhat.sensing.backend", "all": OPEN_ALL.replace("NAMES", repr(PLUGINS))}
    over = over_bare_ms(codes, environment(WATTWHAT_RAPL_ROOT="/nonexistent"), options.times(15, 1))
    beyond = [every - core for every, core in zip(over["all"], over["core"], strict=True)]
    row = ["opening all four plugins, ms", *summary(over["core"]), *summary(beyond), None]
    return row, Limit(
        "opening all backends without hardware", statistics.median(beyond), MOST_OPENING_MS, "ms"
    )


def run(options: Options) -> Table:
    """Time readings in turns, then openings in fresh processes."""
    rows, limits, notes = readings(options)
    row, limit = opening(options)
    return Table(
        "readings",
        "us a reading over stand-ins; last row: ms in a fresh process beyond the core's import",
        ["", "bare", "min", "p99", "wattwhat", "min", "p99", "ratio"],
        [*rows, row],
        [*limits, limit],
        [*notes, "In the last row, `bare` is the import of the core, which both sides do."],
    )
