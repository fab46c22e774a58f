"""What an open window takes from the work inside it, and from a process that does nothing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import Any

from benchmarks.surroundings import ROOT, environment, nvml_environment, powercap_tree
from benchmarks.table import Limit, Options, Table, quartiles

# The loop's child: pairs of the same work, once under an open window and once without, in random order.
BUSY = """
import json, random, sys, time
import wattwhat
names, pairs, turns = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def work():
    total = 0
    for n in range(turns):
        total += n * n
def timed():
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    work()
    return time.perf_counter_ns() - wall, time.process_time_ns() - cpu
window = wattwhat.track("busy", backends=names)
draw, found = random.Random(20261121), []
work(); window.start(); work(); window.stop()
for _ in range(pairs):
    order, taken = [True, False], {}
    draw.shuffle(order)
    for inside in order:
        if inside and names is not None: window.start()
        taken[inside] = timed()
        if inside and names is not None: window.stop()
    found.append([taken[True][0] / taken[False][0], taken[True][1] / taken[False][1]])
print(json.dumps(found))
"""

# The idle child: opens a window (or not), says how it is, sleeps, says it again.
IDLE = """
import json, os, resource, sys, time
names, seconds = json.loads(sys.argv[1]), float(sys.argv[2])
import wattwhat
if names is not None:
    window = wattwhat.track("idle", backends=names).start()
    time.sleep(0.5)
def state():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), time.process_time(), use.ru_nvcsw + use.ru_nivcsw
before = state()
time.sleep(seconds)
after = state()
here = f"/proc/{os.getpid()}"
tasks = os.listdir(here + "/task")
born = [child for task in tasks for child in open(f"{here}/task/{task}/children").read().split()]
print(json.dumps([*(b - a for a, b in zip(before, after)), len(tasks), 1 + len(born)]))
"""


def situations(tree: str) -> dict[str, tuple[list[str] | None, dict[str, str]]]:
    """Backends to have a window over (None: no window), and the environment that has their sensors."""
    plain = environment(WATTWHAT_RAPL_ROOT=tree)
    found: dict[str, tuple[list[str] | None, dict[str, str]]] = {
        "no window at all": (None, plain),
        "two powercap counters": (["rapl"], plain),
        "the estimate": (["estimate"], plain),
    }
    counter = nvml_environment(high=300, update=0.02)
    if counter is not None:
        found["a GPU's counter (stand-in)"] = (["nvml"], counter)
    return found


def start(code: str, names: list[str] | None, env: dict[str, str], *arguments: Any) -> subprocess.Popen[str]:
    """Begin a child process."""
    command = [sys.executable, "-c", code, json.dumps(names), *map(str, arguments)]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def answer(child: subprocess.Popen[str]) -> Any:
    """Wait for a child's end and read what it said."""
    text = child.communicate(timeout=300)[0]
    if child.returncode:
        raise RuntimeError(f"a child process ended with {child.returncode}")
    return json.loads(text.splitlines()[-1])


def run(options: Options) -> Table:
    """Busy loops one after the other, idle processes all at once."""
    pairs, seconds = options.times(600, 3), 3.0 if not options.quick else 0.05
    turns = 100_000 if not options.quick else 4_000
    rows, limits = [], []
    with powercap_tree() as root:
        found = situations(str(root))
        order = list(found)
        random.Random(time.time_ns()).shuffle(order)
        loops = {name: answer(start(BUSY, *found[name], pairs, turns)) for name in order}
        asleep = {name: start(IDLE, *found[name], seconds) for name in found}
        idle = {name: answer(child) for name, child in asleep.items()}
    for name in found:
        wall = quartiles([pair[0] for pair in loops[name]])
        cpu = quartiles([pair[1] for pair in loops[name]])
        slept_s, cpu_s, switches, threads, processes = idle[name]
        busy = [f"{100 * (value - 1):+.2f}" for value in (*cpu, wall[1])]
        # 1.253 sigma / sqrt(n), sigma from the quartiles of a normal distribution
        busy[1] += f" ± {100 * 0.929 * (cpu[2] - cpu[0]) / pairs**0.5:.2f}"
        rows.append([name, *busy, f"{100 * cpu_s / slept_s:.4f}", switches / slept_s, threads, processes])
        if found[name][0] is not None:
            limits.append(Limit(f"busy loop, {name}", 100 * (cpu[1] - 1), 0.5, "%"))
    return Table(
        "overhead",
        f"a busy loop with and without a window in turns, {pairs} pairs; a process asleep for {seconds:g} s",
        ["window over", "q1", "slower %", "q3", "wall %", "idle %", "switch/s", "threads", "procs"],
        rows,
        limits,
        [
            "slower: processor time of the loop, all threads, under a window over that without, less one; "
            "median with its standard error, and quartiles. wall: the same by the wall clock, median.",
            f"The first row has no window on either side: the noise of this run ({os.cpu_count()} cores).",
        ],
    )
