"""Other libraries beside this one, over the same stand-in sensors, in one run.

Every library, this one too, has an environment of its own below benchmarks/.envs (peers.txt names the
versions). All read the same made powercap tree, put in the place of /sys in a mount namespace,
whose counters a process advances a thousand times a second along a known wave; and the NVIDIA stand-in
(tests/fakes/nvml), whose counter shows a new value every 100 ms, and whose gauge looks for 25 ms of every
100 ms. One task is done by all libraries at the same time, since they mostly sleep; costs and imports are
timed one after the other.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.peer_cells import FORMAT, error_cell, fault_cell, held_cell, lateness_note
from benchmarks.peer_envs import python_of, wanted
from benchmarks.peer_world import LOOK_S, START_S, TICK_S, in_a_world
from benchmarks.surroundings import ROOT, environment
from benchmarks.table import Options, Table, shown

Pythons = dict[str, Path]
IMPORTS = {
    "wattwhat": "import wattwhat; wattwhat.track",
    "zeus": "from zeus.monitor import ZeusMonitor",
    "codecarbon": "from codecarbon import OfflineEmissionsTracker",
    "pyRAPL": "import pyRAPL",
    "pyJoules": "import pyJoules.energy_meter",
    "carbontracker": "from carbontracker.tracker import CarbonTracker",
    "bare": "import ctypes",
}
STEADY = (300.0, 300.0, 0.0)
WAVES = {
    "300 W": STEADY,
    "square 90 ms": (100.0, 300.0, 0.09),
    "square 200 ms": (100.0, 300.0, 0.2),
}
GAUGE_WAVES = {"300 W": STEADY, "square 90 ms": WAVES["square 90 ms"], "square 100 ms": (100.0, 300.0, 0.1)}
# Length of a window in s, how many of them, and how many for a library that needs seconds between them.
# 0.13 and 1.05 s are no multiples of the counter's tick of 0.1 s.
PLAN = [[0.02, 20, 4], [0.1, 20, 4], [0.13, 20, 4], [1.0, 10, 4], [1.05, 10, 4], [5.0, 4, 4]]
CPU_LENGTHS = (0.02, 0.1, 1.0, 5.0)
GAUGE_PLAN = [[0.1, 20, 4], [1.0, 10, 4], [5.0, 6, 4]]
# Over a GPU that shows power only this one polls with two cores: it would spoil what the others find.
ALONE_OVER_GAUGES = "zeus"
WITHOUT_GAUGES = ("pyRAPL", "bare")


def import_ms(pythons: Pythons, rounds: int) -> dict[str, float]:
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


def middle(rounds: list[Any]) -> Any:
    """The median of each figure over the rounds of one library's cost; a sentence where one failed.

    Example:
        >>> middle([{"pair": [1.0, 0.5], "result": None}, {"pair": [3.0, 0.7], "result": None}])
        {'pair': [2.0, 0.6], 'result': None}
    """
    failed = next((one for one in rounds if isinstance(one, str)), None)
    if failed is not None:
        return failed
    results = [one["result"] for one in rounds if one["result"] is not None]
    pair = [statistics.median(values) for values in zip(*(one["pair"] for one in rounds), strict=True)]
    return {"pair": pair, "result": statistics.median(results) if results else None}


def cost_rows(pythons: Pythons, worlds: list[dict[str, Any]], times: int) -> list[list[Any]]:
    """What windows cost, in several rounds, and what an open one does to an idle process."""
    rounds = []
    for _ in range(times):  # in turns: a slow minute of the machine then hits all alike
        found, late = in_a_world(pythons, "cost", STEADY, apart=True)
        rounds.append(found)
        worlds.append(late)
    costs = {name: middle([one[name] for one in rounds]) for name in pythons}
    idle, late = in_a_world(pythons, "idle", STEADY)
    worlds.append(late)
    rows = [
        [title, "", *(one if isinstance(one, str) else pick(one) for one in map(costs.get, pythons))]
        for title, pick in (
            ("begin and end, us: median", lambda one: one["pair"][0]),
            ("begin and end, us: p99", lambda one: one["pair"][2]),
            ("begin, end, joules, us", lambda one: one["result"]),
        )
    ]
    rows += [idle_row(f"idle in a window, {key}", key, idle, pythons) for key in IDLE]
    return rows


IDLE = ("percent", "threads", "processes")


def idle_row(title: str, key: str, idle: dict[str, Any], pythons: Pythons) -> list[Any]:
    """One figure of an idle process under an open window."""
    found = [idle.get(name, "-") for name in pythons]
    cells = (one if isinstance(one, str) else shown(one[key]) for one in found)
    return [title, "", *cells]


def error_rows(
    found: dict[str, Any], title: str, sensors: dict[str, str], lengths: list[float], pythons: Pythons
) -> list[list[Any]]:
    """Rows of errors of one wave: window lengths, and the sensors by the part that they show."""
    rows = []
    for length in map(str, lengths):
        for part, sensor in sensors.items():
            if part == "cpu" and float(length) not in CPU_LENGTHS:
                continue
            cells = [error_cell(found.get(tool, "-"), length, part) for tool in pythons]
            held = held_cell(found.get("wattwhat", "-"), length, part)
            rows.append([f"{sensor} {title}, {float(length):g} s", held, *cells])
    return rows


def counter_rows(pythons: Pythons, worlds: list[dict[str, Any]], quick: bool) -> list[list[Any]]:
    """Errors over the counters: GPU with its tick of 100 ms, CPU with 1 ms."""
    plan = [[0.02, 2, 1], [0.1, 2, 1]] if quick else PLAN
    rows = []
    for title, wave in list(WAVES.items())[: 1 if quick else None]:
        found, late = in_a_world(pythons, "errors", wave, plan=plan)
        worlds.append(late)
        lengths = [one[0] for one in plan]
        rows += error_rows(found, title, {"gpu": "GPU", "cpu": "CPU"}, lengths, pythons)
    return rows


def gauge_rows(pythons: Pythons, worlds: list[dict[str, Any]], quick: bool) -> list[list[Any]]:
    """Errors over a GPU that shows nothing but power, and that for a quarter of the time."""
    plan = [[0.1, 2, 1]] if quick else GAUGE_PLAN
    asked = {name: python for name, python in pythons.items() if name not in WITHOUT_GAUGES}
    alone = {name: python for name, python in asked.items() if name == ALONE_OVER_GAUGES}
    others = {name: python for name, python in asked.items() if name not in alone}
    rows = []
    for title, wave in list(GAUGE_WAVES.items())[: 1 if quick else None]:
        found: dict[str, Any] = {}
        for some in filter(None, (others, alone)):
            more, late = in_a_world(some, "errors", wave, plan=plan, power_only=True)
            found |= more
            worlds.append(late)
        rows += error_rows(found, title, {"gpu": "gauge"}, [one[0] for one in plan], pythons)
    idle, _ = in_a_world(asked, "idle", STEADY, power_only=True, apart=True)
    return [*rows, idle_row("gauge, idle, percent", "percent", idle, pythons)]


def fault_rows(pythons: Pythons, worlds: list[dict[str, Any]]) -> list[list[Any]]:
    """A counter that begins again, and a GPU that is lost, in the middle of a window of 1 s."""
    wrapped, late = in_a_world(pythons, "wrap", STEADY, wrap_s=START_S + 0.5)
    lost, late_too = in_a_world(pythons, "lost", STEADY)
    worlds += [late, late_too]
    return [
        ["CPU wraps, truth 300 J", "", *(fault_cell(wrapped[tool], "cpu") for tool in pythons)],
        ["GPU lost: its joules", "", *(fault_cell(lost[tool], "gpu") for tool in pythons)],
        ["GPU lost: CPU, truth 300 J", "", *(fault_cell(lost[tool], "cpu") for tool in pythons)],
    ]


def environments() -> tuple[Pythons, list[str]]:
    """The interpreters by library, this one first and no library last; and who was left out, and why."""
    made = {name: python_of(name, requirements) for name, requirements in wanted().items()}
    ours = made["wattwhat"]
    if isinstance(ours, str):
        raise SystemExit(f"wattwhat itself could not be installed: {ours}")
    notes = [f"{name}: skipped, {why}" for name, why in made.items() if isinstance(why, str)]
    pythons = {name: python for name, python in made.items() if isinstance(python, Path)}
    return {**pythons, "bare": ours}, notes


def run(options: Options) -> Table:
    """Make the environments, run every task, and tell it all in one table."""
    pythons, skipped = environments()
    load = os.getloadavg()
    worlds: list[dict[str, Any]] = []
    imports = import_ms(pythons, options.times(5, 1))
    rows: list[list[Any]] = [["import, ms", "", *(imports[name] for name in pythons)]]
    rows += cost_rows(pythons, worlds, options.times(5, 1))
    rows += counter_rows(pythons, worlds, options.quick)
    rows += gauge_rows(pythons, worlds, options.quick)
    rows += fault_rows(pythons, worlds)
    return Table(
        "peers",
        "other libraries over the same stand-ins",
        ["", "held", *pythons],
        rows,
        [],
        [
            f"GPU: its counter ticks every {1e3 * TICK_S:.0f} ms. gauge: a GPU that shows power only, every "
            f"{1e3 * TICK_S:.0f} ms the mean of {1e3 * LOOK_S:.0f} ms. CPU: a counter that ticks every 1 ms.",
            f"Errors: {FORMAT}. held: in how many windows wattwhat's 95 % interval held it.",
            "bare: no library; counters read at both ends and subtracted.",
            f"Windows of a length: {', '.join(f'{one[1]} of {one[0]:g} s' for one in PLAN)}; "
            f"over the gauge {', '.join(f'{one[1]} of {one[0]:g} s' for one in GAUGE_PLAN)}; "
            "carbontracker, which needs seconds between two, 4 of each. -n: so many windows without a value.",
            lateness_note(worlds),
            f"Load average before: {load[0]:.2f}, after: {os.getloadavg()[0]:.2f} (1 minute); "
            f"{os.cpu_count()} cores.",
            *skipped,
        ],
        widest=140,
    )
