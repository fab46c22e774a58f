"""Runs inside a library's own environment, over stand-in sensors: opens windows and says what came out.

    python -m benchmarks.peer_tasks TOOL TASK

Only the standard library and the library itself are imported. The wave, its beginning and the windows to
open come in WATTWHAT_BENCH (JSON: see `benchmarks.peer_world`); what was found is printed as JSON.
"""

import ctypes
import json
import math
import os
import random
import statistics
import sys
import time

LOST = 15  # NVML_ERROR_GPU_IS_LOST


class World:
    """The truth: the wave of the GPU, counted from the loading of its library, and that of the CPU."""

    def __init__(self):
        self.wave = json.loads(os.environ["WATTWHAT_BENCH"])
        self.library = ctypes.CDLL("libnvidia-ml.so.1")
        self.library.fake_truth_mj.restype = ctypes.c_double

    def gpu_j(self, begin_ns, end_ns):
        return self.library.fake_truth_mj(0, ctypes.c_longlong(begin_ns), ctypes.c_longlong(end_ns)) * 1e-3

    def cpu_j(self, begin_ns, end_ns):
        return energy_j(self.wave, end_ns) - energy_j(self.wave, begin_ns)

    def lose_gpu(self):
        self.library.fake_fail(b"", 0, LOST)


def energy_j(wave, t_ns):
    """Exact energy of the square wave (high first, half of each period) since its beginning."""
    s = (t_ns - wave["t0_ns"]) * 1e-9
    if not wave["period"]:
        return s * wave["high"]
    whole, half = math.floor(s / wave["period"]), wave["period"] / 2
    rest = s - whole * wave["period"]
    part = min(rest, half) * wave["high"] + max(0.0, rest - half) * wave["low"]
    return whole * half * (wave["high"] + wave["low"]) + part


def sleep_until(t_ns):
    time.sleep(max(0.0, (t_ns - time.monotonic_ns()) * 1e-9))


def window(tool, world, seconds, middle=None):
    """One window; joules found and true by component, and what was raised instead."""
    tool.begin()
    begin_ns = time.monotonic_ns()
    if middle is not None:
        sleep_until(begin_ns + seconds * 0.5e9)
        middle()
    sleep_until(begin_ns + seconds * 1e9)
    end_ns = time.monotonic_ns()
    raised, found = None, (None, None)
    try:
        tool.end()
        found = tool.joules()
    except Exception as err:
        raised = type(err).__name__
    row = {"raised": raised, "gpu": [found[0], world.gpu_j(begin_ns, end_ns)]}
    row["cpu"] = [found[1], world.cpu_j(begin_ns, end_ns)]
    if raised is None and hasattr(tool, "interval"):
        for name in ("gpu", "cpu"):
            row[name].append(tool.interval(name))
    return row


def errors(tool, world):
    """Windows of the planned lengths at phases drawn at random; the first of all is not counted."""
    sleep_until(world.wave["begin_ns"])
    draw = random.Random(20261121)
    pause_s = getattr(tool, "pause_s", 0.0)
    window(tool, world, 0.1)
    found = {}
    for seconds, count, fewer in world.wave["plan"]:
        found[str(seconds)] = []
        for _ in range(fewer if pause_s else count):
            time.sleep(pause_s + draw.uniform(0.0, 0.2))
            found[str(seconds)].append(window(tool, world, seconds))
    return found


def cost(tool, world):
    """Microseconds of begin and end, and of the result."""
    pairs, results = [], []
    for _ in range(1050):
        begin = time.perf_counter_ns()
        tool.begin()
        tool.end()
        middle = time.perf_counter_ns()
        if not hasattr(tool, "pause_s"):  # else nothing is known yet
            tool.joules()
            results.append((time.perf_counter_ns() - begin) * 1e-3)
        pairs.append((middle - begin) * 1e-3)
    pairs, results = pairs[50:], results[50:]
    p99 = sorted(pairs)[989]
    result = statistics.median(results) if results else None
    return {"pair": [statistics.median(pairs), min(pairs), p99], "result": result}


def wrap(tool, world):
    """A window of 1 s in whose middle the package's counter starts again."""
    window(tool, world, 0.02)
    sleep_until(world.wave["begin_ns"])
    return window(tool, world, 1.0)


def lost(tool, world):
    """A window of 1 s in whose middle the GPU is lost."""
    window(tool, world, 0.02)
    sleep_until(world.wave["begin_ns"])
    return window(tool, world, 1.0, world.lose_gpu)


def family(pid):
    """A process and all that it has started, by their ids."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            for child in file.read().split():
                found += family(int(child))
    return found


def spent_s(pid):
    """Processor time of a process until now, to the nanosecond: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def idle(tool, world):
    """Processor time of an open window over 3 s, all processes of the library included."""
    tool.begin()
    time.sleep(1.5)
    everyone = family(os.getpid())
    before, begin = sum(map(spent_s, everyone)), time.perf_counter()
    time.sleep(3.0)
    cpu_s, wall_s = sum(map(spent_s, everyone)) - before, time.perf_counter() - begin
    threads = sum(len(os.listdir(f"/proc/{pid}/task")) for pid in everyone)
    return {"percent": 100 * cpu_s / wall_s, "threads": threads, "processes": len(everyone)}


TASKS = {"errors": errors, "cost": cost, "wrap": wrap, "lost": lost, "idle": idle}

if __name__ == "__main__":
    from benchmarks.peer_drivers import TOOLS

    name, task = sys.argv[1:3]
    print("\n" + json.dumps(TASKS[task](TOOLS[name](), World())), flush=True)
    os._exit(0)  # whatever the peer has still running ends with it
