"""Other libraries beside this one, over the same stand-in sensors, in one run.

Every library has an environment of its own below benchmarks/.envs (peers.txt names the versions). All read
the same made powercap tree, put in the place of /sys in a mount namespace, whose counters a thread advances
a thousand times a second along a known wave; and the NVIDIA stand-in (tests/fakes/nvml), whose counter shows
a new value every 100 ms. One task is done by all libraries at the same time, since they mostly sleep; costs
and imports are timed one after the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.peer_drivers import TOOLS, energy_j
from benchmarks.surroundings import (
    RANGE_UJ,
    ROOT,
    energy_files,
    environment,
    fill_powercap,
    memory_folder,
    nvml_environment,
)
from benchmarks.table import Options, Table, shown

HERE = Path(__file__).parent
ENVS = HERE / ".envs"
IMPORTS = {
    "wattwhat": "import wattwhat; wattwhat.track",
    "zeus": "from zeus.monitor import ZeusMonitor",
    "codecarbon": "from codecarbon import OfflineEmissionsTracker",
    "pyRAPL": "import pyRAPL",
    "pyJoules": "import pyJoules.energy_meter",
    "carbontracker": "from carbontracker.tracker import CarbonTracker",
}
WAVES = {
    "constant 300 W": (300.0, 300.0, 0.0),
    "square 90 ms": (100.0, 300.0, 0.09),
    "square 200 ms": (100.0, 300.0, 0.2),
}
TICK_S = 0.1
START_S = 6.0
DRAM_SHARE = 0.2


def wanted() -> dict[str, str]:
    """The requirement of each peer by its name."""
    lines = [
        line for line in (HERE / "peers.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"
    ]
    return {re.split(r"[\[=]", line, maxsplit=1)[0]: line for line in lines if line}


def python_of(name: str, requirement: str) -> Path | str:
    """The interpreter of a peer's environment, made if it is not there; or why it could not be made."""
    folder = ENVS / name
    python, mark = folder / "bin/python", folder / "requirement"
    if mark.exists() and mark.read_text(encoding="utf-8") == requirement:
        return python
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", requirement],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    mark.write_text(requirement, encoding="utf-8")
    return python


class World:
    """The made tree and the process time that runs in it: counters advanced along a wave, by a thread."""

    def __init__(self, low: float, high: float, period: float, wrap_s: float | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="wattwhat-peers-", dir=memory_folder()))
        fill_powercap(self.root / "sys/class/powercap", 100_000_000_000)
        (self.root / "sys/class/powercap/intel-rapl/subsystem").symlink_to("..")
        self._processors()
        (self.root / "bin").mkdir()
        smi = self.root / "bin/nvidia-smi"  # one peer looks for GPUs only where this command is
        smi.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
        smi.chmod(0o755)
        t0_ns = time.monotonic_ns()
        self.wave = {"low": low, "high": high, "period": period, "t0_ns": t0_ns}
        self.wave["begin_ns"] = int(t0_ns + START_S * 1e9)
        self.start_uj = 100_000_000_000.0
        if wrap_s is not None:
            self.start_uj = RANGE_UJ - 1e6 * energy_j(self.wave, int(t0_ns + wrap_s * 1e9))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def _processors(self) -> None:
        base = self.root / "sys/devices/system/cpu"
        count = os.cpu_count() or 1
        for number in range(count):
            (base / f"cpu{number}/topology").mkdir(parents=True)
            (base / f"cpu{number}/topology/physical_package_id").write_text("0\n", encoding="ascii")
        for name in ("present", "possible", "online"):
            (base / name).write_text(f"0-{count - 1}\n", encoding="ascii")

    def _live(self) -> None:
        package, dram = (os.open(path, os.O_WRONLY) for path in energy_files(self.root))
        while not self._over.wait(0.0008):
            uj = 1e6 * energy_j(self.wave, time.monotonic_ns())
            # Always as many digits, so that no reader meets a file that is being cut.
            os.pwrite(package, b"%012d\n" % int((self.start_uj + uj) % RANGE_UJ), 0)
            os.pwrite(dram, b"%012d\n" % int((100e9 + DRAM_SHARE * uj) % RANGE_UJ), 0)
        os.close(package)
        os.close(dram)

    def start(self, tool: str, python: Path, task: str) -> subprocess.Popen[bytes]:
        """Begin a task of a library inside this world."""
        low, high, period = (self.wave[name] for name in ("low", "high", "period"))
        env = nvml_environment(low=low, high=high, period=period, duty=0.5, update=TICK_S)
        assert env is not None
        env["PATH"] = f"{self.root / 'bin'}{os.pathsep}{env['PATH']}"
        env["WATTWHAT_BENCH"] = json.dumps(self.wave)
        if tool != "wattwhat":
            env.pop("PYTHONPATH", None)
        script = 'mount --bind "$1" /sys && exec "$2" "$3" "$4" "$5"'
        driver = str(HERE / "peer_drivers.py")
        command = ["unshare", "-rm", "sh", "-c", script, "sh", str(self.root / "sys")]
        return subprocess.Popen(
            [*command, str(python), driver, tool, task],
            env=env,
            cwd=self.root,
            stdout=(self.root / f"{tool}.out").open("w"),
            stderr=(self.root / f"{tool}.err").open("w"),
            start_new_session=True,
        )

    def close(self) -> None:
        """Time stands still, and the tree goes."""
        self._over.set()
        self._thread.join()
        shutil.rmtree(self.root, ignore_errors=True)


def together(world: World, pythons: dict[str, Path], task: str, apart: bool = False) -> dict[str, Any]:
    """What each library's task found; a sentence where it failed."""
    found: dict[str, Any] = {}
    running: dict[str, subprocess.Popen[bytes]] = {}
    for tool, python in pythons.items():
        running[tool] = world.start(tool, python, task)
        if apart:
            found[tool] = _answer(running.pop(tool), world.root / tool)
    return {**found, **{tool: _answer(child, world.root / tool) for tool, child in running.items()}}


def _answer(child: subprocess.Popen[bytes], said: Path) -> Any:
    try:
        status = child.wait(timeout=90)
    except subprocess.TimeoutExpired:
        return "no end in 90 s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # its helpers too: one peer's outlive it
    if status:
        complaint = said.with_suffix(".err").read_text(encoding="utf-8").strip()
        return (complaint.splitlines() or [f"ended with {status}"])[-1][:14]
    return json.loads(said.with_suffix(".out").read_text(encoding="utf-8").splitlines()[-1])


def in_a_world(pythons: dict[str, Path], task: str, wave: str, **options: Any) -> dict[str, Any]:
    """One task of all libraries in a world of its own."""
    apart = options.pop("apart", False)
    world = World(*WAVES[wave], **options)
    try:
        return together(world, pythons, task, apart)
    finally:
        world.close()


def import_ms(pythons: dict[str, Path], rounds: int) -> dict[str, float]:
    """Median milliseconds of an import beyond bare Python of the same environment, in turns."""
    over: dict[str, list[float]] = {name: [] for name in pythons}
    env = environment()
    for _ in range(rounds + 1):
        for name, python in pythons.items():
            taken = []
            for code in ("", IMPORTS[name]):
                begin = time.perf_counter_ns()
                subprocess.run([python, "-c", code], env=env, cwd=ROOT, capture_output=True, check=True)
                taken.append((time.perf_counter_ns() - begin) * 1e-6)
            over[name].append(taken[1] - taken[0])
    return {name: statistics.median(values[1:]) for name, values in over.items()}  # the first compiled


def error_cell(rows: list[dict[str, Any]], part: str) -> str:
    """Median and greatest |error| in percent of the truth; how many raised or gave nothing."""
    pairs = [row[part] for row in rows]
    errors = [100 * abs(one[0] / one[1] - 1) for one in pairs if one[0] is not None]
    if not errors:
        return "-"
    cell = f"{statistics.median(errors):.1f} ({max(errors):.0f})"
    held = [one[2][0] <= one[1] <= one[2][1] for one in pairs if len(one) > 2 and one[2]]
    return cell + (f" {sum(held)}/{len(held)}" if held else "")


def fault_cell(found: Any, part: str) -> str:
    """What a window with a fault in its middle said, beside the truth."""
    if isinstance(found, str):
        return found
    if found["raised"]:
        return found["raised"].replace("Error", "")[:16]
    joules = found[part]
    if joules[0] is None:
        return "nothing"
    half = f" ±{(joules[2][1] - joules[2][0]) / 2:.0f}" if len(joules) > 2 and joules[2] else ""
    return f"{joules[0]:.0f}{half} J"


def error_rows(pythons: dict[str, Path], waves: list[str]) -> list[list[Any]]:
    """Rows of errors: waves, window lengths, and the two sensors."""
    rows = []
    for wave in waves:
        found = in_a_world(pythons, "errors", wave)
        for seconds in ("0.02", "0.1", "1.0"):
            for part, sensor in (("gpu", "GPU"), ("cpu", "CPU")):
                cells = [
                    one[:14] if isinstance(one, str) else error_cell(one[seconds], part)
                    for one in (found[tool] for tool in pythons)
                ]
                rows.append([f"{sensor} {wave}, {seconds} s", *cells])
    return rows


def run(options: Options) -> Table:
    """Make the environments, run every task, and tell it all in one table."""
    peers = {name: python_of(name, requirement) for name, requirement in wanted().items()}
    notes = [f"{name}: skipped, {why}" for name, why in peers.items() if isinstance(why, str)]
    everyone = {"wattwhat": Path(sys.executable)}
    everyone |= {name: python for name, python in peers.items() if isinstance(python, Path)}
    imports = import_ms(everyone, options.times(3, 1))
    pythons = {name: python for name, python in everyone.items() if name in TOOLS}
    costs = in_a_world(pythons, "cost", "constant 300 W", apart=True)
    idle = in_a_world(pythons, "idle", "constant 300 W")
    rows: list[list[Any]] = [["import, ms", *(imports[name] for name in pythons)]]
    for title, pick in (
        ("begin and end, us: median", lambda one: one["pair"][0]),
        ("begin and end, us: p99", lambda one: one["pair"][2]),
        ("begin, end, joules, us", lambda one: one["result"]),
    ):
        rows.append([title, *(one if isinstance(one, str) else pick(one) for one in map(costs.get, pythons))])
    for key in ("percent", "threads", "processes"):
        rows.append(
            [
                f"idle in a window, {key}",
                *(one if isinstance(one, str) else shown(one[key]) for one in map(idle.get, pythons)),
            ]
        )
    rows += error_rows(pythons, list(WAVES)[: options.times(3, 1)])
    wrapped = in_a_world(pythons, "wrap", "constant 300 W", wrap_s=START_S + 0.5)
    rows.append(["CPU wraps, truth 300 J", *(fault_cell(wrapped[tool], "cpu") for tool in pythons)])
    lost = in_a_world(pythons, "lost", "constant 300 W")
    for part, name in (("gpu", "GPU lost: its joules"), ("cpu", "GPU lost: CPU, truth 300 J")):
        rows.append([name, *(fault_cell(lost[tool], part) for tool in pythons)])
    beyond = ", ".join(f"{name} {imports[name]:.0f} ms" for name in everyone if name not in pythons)
    return Table(
        "peers",
        f"other libraries over the same stand-ins; a GPU counter that ticks every {1e3 * TICK_S:.0f} ms",
        ["", *pythons],
        rows,
        [],
        [
            "Errors: median (greatest) of |error| in % of the window's true energy; then how often the 95 % "
            "interval held it (a stand-in has no gain error). 20 windows of 20 ms and of 100 ms, 10 of 1 s.",
            f"Only its import was timed: {beyond}" if beyond else "",
            *notes,
        ],
    )
