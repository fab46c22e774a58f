"""Truth end to end: the same question through the real vendor bindings on stand-in libraries, in real time.

    python -m benchmarks.truth_live [--windows 30]

NVML: nvidia-ml-py over a compiled libnvidia-ml.so.1 whose energy counter follows a square wave. RAPL: the
powercap reader over a made tree whose energy_uj a second process keeps up to date about once a millisecond.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.phases import Phases
from wattwhat.acquisition.window import Window

LENGTHS_S = (0.02, 0.1, 0.5, 2.0)
LOW_W, HIGH_W = 60.0, 300.0

# The counter as a pure function of the monotonic clock, so that the truth of any window is known.
WRITER = """
import os, sys, time
path, low, high, period = sys.argv[1], *map(float, sys.argv[2:5])
fd = os.open(path, os.O_WRONLY)
while os.getppid() != 1:
    t = time.monotonic()
    turns, rest = divmod(t, period)
    half = period / 2
    joules = turns * half * (low + high) + high * min(rest, half) + low * max(rest - half, 0.0)
    os.pwrite(fd, b"%018d\\n" % int(joules * 1e6 % 262143328850), 0)
    time.sleep(0.0007)
"""


def square_j(t_s: float, period_s: float) -> float:
    """Energy of the square wave from time 0, in J."""
    turns, rest = divmod(t_s, period_s)
    half = period_s / 2.0
    return (
        turns * period_s * (LOW_W + HIGH_W) / 2.0 + HIGH_W * min(rest, half) + LOW_W * max(rest - half, 0.0)
    )


@contextmanager
def rapl(period_s: float) -> Iterator[tuple[Any, Callable[[int, int], float]]]:
    """A backend over a live tree, and the true joules between two monotonic times in ns."""
    from wattwhat_rapl import RaplBackend

    parent = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=parent) as root:
        zone = Path(root, "sys/class/powercap/intel-rapl:0")
        zone.mkdir(parents=True)
        (zone / "name").write_text("package-0\n")
        (zone / "max_energy_range_uj").write_text("262143328850\n")
        (zone / "energy_uj").write_text("0".zfill(18) + "\n")
        command = [
            sys.executable,
            "-c",
            WRITER,
            str(zone / "energy_uj"),
            *map(str, (LOW_W, HIGH_W, period_s)),
        ]
        writer = subprocess.Popen(command)
        try:
            time.sleep(0.3)
            yield (
                RaplBackend(root=root, sources=["powercap"]),
                lambda a, b: square_j(b * 1e-9, period_s) - square_j(a * 1e-9, period_s),
            )
        finally:
            writer.kill()
            writer.wait()


@contextmanager
def nvml(period_s: float, update_s: float) -> Iterator[Any]:
    """The NVIDIA backend over the stand-in library, and its own truth."""
    from tests.fakes.nvml import load
    from wattwhat_nvml import NvmlBackend

    fake = load()
    fake.reset(1)
    fake.follow(0, LOW_W, HIGH_W, period_s, 0.5, update_s, update_s)
    try:
        yield NvmlBackend(), lambda a, b: fake.truth_mj(0, a, b) / 1e3
    finally:
        fake.absent()


def judge(
    name: str, backend: Any, truth: Callable[[int, int], float], windows: int, period_s: float
) -> list[str]:
    """Windows of each length at random phases: how far off, and how often the interval holds the truth."""
    meters = [meter for meter in backend.meters() if "memory" not in meter.channel.component]
    meter_set, chance, rows = MeterSet(meters), random.Random(7), []
    for length_s in LENGTHS_S:
        errors, inside, widths = [], 0, []
        for _ in range(max(5, round(windows * min(1.0, 0.5 / length_s)))):
            time.sleep(chance.uniform(0.0, period_s))
            window = Window(name, meter_set=meter_set).start()
            time.sleep(length_s * chance.uniform(0.9, 1.1))
            window.stop()
            begin, end = window._begin, window._end
            assert begin is not None
            assert end is not None
            true_j = truth(begin.t_ns, end.t_ns)
            if meter_set.gauges:
                time.sleep(max(line.settled_s for line in meter_set.gauges.values()))
            energy = window.measurement.energy_j
            low, high = energy.interval()
            inside += low <= true_j <= high
            errors.append(abs(energy.value / true_j - 1.0))
            widths.append((high - low) / 2.0 / true_j)
        count = len(errors)
        rows.append(
            f"{name:<34} {length_s:>5g} s {count:>4} {100 * inside / count:>6.1f} % "
            f"{100 * sorted(errors)[count // 2]:>7.2f} % {100 * sorted(widths)[count // 2]:>9.1f} %"
        )
        print(rows[-1], flush=True)
    meter_set.close()
    return rows


def _high_begins(truth: Callable[[int, int], float], period_s: float) -> float:
    """A monotonic time in s at which the high half of the wave began."""
    now_ns, half_ns = time.monotonic_ns(), round(0.5e9 * period_s)
    found = {}
    for step in range(200):
        at_ns = now_ns + round(step / 200 * 1e9 * period_s)
        found[truth(at_ns, at_ns + half_ns)] = at_ns
    return found[max(found)] * 1e-9


def judge_phases(
    name: str, backend: Any, truth: Callable[[int, int], float], rounds: int, period_s: float
) -> list[str]:
    """Spans of 10 ms one after another, named after the half of the wave in which they begin."""
    meter_set = MeterSet([one for one in backend.meters() if "memory" not in one.channel.component])
    phases = Phases(name, meter_set=meter_set)
    true_j = {"high": 0.0, "low": 0.0}
    begin_s = _high_begins(truth, period_s)
    end_s = time.monotonic() + rounds * period_s
    while time.monotonic() < end_s:
        turn = (time.monotonic() - begin_s) % period_s / period_s
        half = "high" if turn < 0.5 else "low"
        with phases(half):
            begin_ns = time.monotonic_ns()
            time.sleep(min(0.01, (0.5 - turn % 0.5) * period_s))
            true_j[half] += truth(begin_ns, time.monotonic_ns())
    time.sleep(max((line.settled_s for line in meter_set.gauges.values()), default=0.3))
    rows = []
    for half, joules in true_j.items():
        energy = phases[half].energy_j
        low, high = energy.interval()
        held = "inside" if low <= joules <= high else "OUTSIDE"
        off, wide = 100.0 * (energy.value / joules - 1.0), 50.0 * (high - low) / joules
        rows.append(f"{name:<34} {half:>5} {rounds:>5} {held:>8} {off:>7.2f} % {wide:>9.1f} %")
        print(rows[-1], flush=True)
    meter_set.close()
    return rows


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.truth_live")
    options.add_argument("--windows", type=int, default=30)
    options.add_argument("--rounds", type=int, default=20, help="rounds of the wave with two phases in each")
    chosen = options.parse_args(arguments)
    heading = f"{'through the vendor bindings':<34} {'window':>7} {'runs':>4} {'inside':>8}"
    print(heading, f"{'error':>9} {'half-width':>11}")
    for judged, count, period_s in ((judge, chosen.windows, 0.09), (judge_phases, chosen.rounds, 0.37)):
        if not count:
            continue
        with rapl(period_s) as (backend, truth):
            judged("RAPL powercap, 1 ms", backend, truth, count, period_s)
        for name, update_s in (("NVML energy counter, 20 ms", 0.02), ("NVML energy counter, 100 ms", 0.1)):
            with nvml(period_s, update_s) as (backend, truth):
                judged(name, backend, truth, count, period_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
