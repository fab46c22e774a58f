"""The world in which libraries stand side by side: a made powercap tree as /sys, and the NVIDIA stand-in."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.peer_tasks import energy_j
from benchmarks.surroundings import (
    RANGE_UJ,
    ROOT,
    environment,
    fill_powercap,
    memory_folder,
    nvml_environment,
)

TICK_S = 0.1  # of the GPU: its counter, or its gauge
LOOK_S = 0.025  # how long its gauge looks in each tick (A100 and H100: arXiv 2312.02741)
START_S = 6.0  # until every library has started
DRAM_SHARE = 0.2
PATIENCE_S = 240


class World:
    """The made tree, the process that advances its counters, and the processes of the libraries in it.

    Args:
        wave: low and high power in W, period in s.
        wrap_s: seconds after the beginning at which the package's counter starts again at 0; None: never.
        power_only: the GPU shows power and no energy, as those before Volta do.
        plan: lengths of windows in s, with how many of them; for the task "errors".
    """

    def __init__(
        self,
        wave: tuple[float, float, float],
        wrap_s: float | None = None,
        power_only: bool = False,
        plan: list[list[float]] | None = None,
    ) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="wattwhat-peers-", dir=memory_folder()))
        fill_powercap(self.root / "sys/class/powercap", 100_000_000_000)
        (self.root / "sys/class/powercap/intel-rapl/subsystem").symlink_to("..")
        (self.root / "benchmarks").symlink_to(Path(__file__).parent)
        self._processors()
        (self.root / "bin").mkdir()
        smi = self.root / "bin/nvidia-smi"  # one peer looks for GPUs only where this command is
        smi.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
        smi.chmod(0o755)
        t0_ns = time.monotonic_ns()
        low, high, period = wave
        self.power_only = power_only
        self.wave: dict[str, Any] = {"low": low, "high": high, "period": period, "t0_ns": t0_ns}
        self.wave |= {"begin_ns": int(t0_ns + START_S * 1e9), "plan": plan, "dram_share": DRAM_SHARE}
        self.wave["start_uj"] = 100e9
        if wrap_s is not None:
            self.wave["start_uj"] = RANGE_UJ - 1e6 * energy_j(self.wave, int(t0_ns + wrap_s * 1e9))
        self._live = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.live_counters", str(self.root)],
            env=environment(WATTWHAT_BENCH=json.dumps(self.wave)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _processors(self) -> None:
        base = self.root / "sys/devices/system/cpu"
        count = os.cpu_count() or 1
        for number in range(count):
            (base / f"cpu{number}/topology").mkdir(parents=True)
            (base / f"cpu{number}/topology/physical_package_id").write_text("0\n", encoding="ascii")
        for name in ("present", "possible", "online"):
            (base / name).write_text(f"0-{count - 1}\n", encoding="ascii")

    def start(self, tool: str, python: Path, task: str) -> subprocess.Popen[bytes]:
        """Begin a task of a library inside this world."""
        low, high, period = (self.wave[name] for name in ("low", "high", "period"))
        gpu = {"low": low, "high": high, "period": period, "duty": 0.5, "update": TICK_S, "window": LOOK_S}
        env = nvml_environment(**gpu, power_only=int(self.power_only))
        if env is None:
            raise RuntimeError("the NVIDIA stand-in needs a C compiler (cc, gcc or clang); install one")
        env["PATH"] = f"{self.root / 'bin'}{os.pathsep}{env['PATH']}"
        env["WATTWHAT_BENCH"] = json.dumps(self.wave)
        if python != Path(sys.executable):
            env.pop("PYTHONPATH", None)
        script = 'mount --bind "$1" /sys && exec "$2" -m benchmarks.peer_tasks "$3" "$4"'
        command = ["unshare", "-rm", "sh", "-c", script, "sh", str(self.root / "sys")]
        return subprocess.Popen(
            [*command, str(python), tool, task],
            env=env,
            cwd=self.root,
            stdout=(self.root / f"{tool}.out").open("w"),
            stderr=(self.root / f"{tool}.err").open("w"),
            start_new_session=True,
        )

    def together(self, pythons: dict[str, Path], task: str, apart: bool = False) -> dict[str, Any]:
        """What each library's task found; a sentence where it failed. `apart`: one after the other."""
        found: dict[str, Any] = {}
        running: dict[str, subprocess.Popen[bytes]] = {}
        for tool, python in pythons.items():
            running[tool] = self.start(tool, python, task)
            if apart:
                found[tool] = _answer(running.pop(tool), self.root / tool)
        return {**found, **{tool: _answer(child, self.root / tool) for tool, child in running.items()}}

    def close(self) -> dict[str, Any]:
        """Time stands still, and the tree goes; how late the counters were."""
        try:
            said, _ = self._live.communicate(timeout=30)
            return dict(json.loads(said))
        finally:
            self._live.kill()
            shutil.rmtree(self.root, ignore_errors=True)


def _answer(child: subprocess.Popen[bytes], said: Path) -> Any:
    try:
        status = child.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return f"no end in {PATIENCE_S} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # its helpers too: one peer's outlive it
    if status:
        return complaint(said.with_suffix(".err").read_text(encoding="utf-8"), status)
    return json.loads(said.with_suffix(".out").read_text(encoding="utf-8").splitlines()[-1])


def complaint(text: str, status: int) -> str:
    """The name of the error that ended a process, short enough for a cell.

    Example:
        >>> complaint("Traceback\\n  ...\\npynvml.NVMLError_NotSupported: Not Supported\\n", 1)
        'NotSupported'
    """
    lines = text.strip().splitlines()
    if not lines:
        return f"ended with {status}"
    return short_name(lines[-1].partition(":")[0].rpartition(".")[2])


def short_name(error: str) -> str:
    """An exception's name without what all of them have in common.

    Example:
        >>> short_name("ZeusGPULostError"), short_name("NVMLError_GpuIsLost")
        ('ZeusGPULost', 'GpuIsLost')
    """
    return (error.rpartition("Error_")[2].removesuffix("Error") or error)[:16]


def in_a_world(
    pythons: dict[str, Path], task: str, wave: tuple[float, float, float], **options: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One task of all libraries in a world of its own; what they found, and how late the counters were."""
    apart = options.pop("apart", False)
    world = World(wave, **options)
    late: dict[str, Any] = {}
    try:
        found = world.together(pythons, task, apart)
    finally:
        late = world.close()
    return found, late
