"""Runs inside a peer's own environment, over stand-in sensors: opens windows and says what came out.

    python peer_drivers.py TOOL TASK

Only the standard library and the peer itself are imported. The waveform and its beginning come in
WATTWHAT_BENCH (JSON: low, high, period, t0_ns, begin_ns); what was found is printed as JSON.
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


class Zeus:
    def __init__(self):
        from zeus.monitor import ZeusMonitor

        self.monitor = ZeusMonitor(gpu_indices=[0])

    def begin(self):
        self.monitor.begin_window("w", sync_execution=False)

    def end(self):
        self.found = self.monitor.end_window("w", sync_execution=False)

    def joules(self):
        return self.found.gpu_energy[0], self.found.cpu_energy[0]


class CodeCarbon:
    def __init__(self):
        from codecarbon import OfflineEmissionsTracker

        self.tracker = OfflineEmissionsTracker(
            country_iso_code="USA", save_to_file=False, log_level="critical", allow_multiple_runs=True
        )
        self.number = 0

    def begin(self):
        self.number += 1
        self.tracker.start_task(str(self.number))

    def end(self):
        self.found = self.tracker.stop_task()

    def joules(self):
        return self.found.gpu_energy * 3.6e6, self.found.cpu_energy * 3.6e6


class PyRapl:
    def __init__(self):
        import pyRAPL

        pyRAPL.setup(devices=[pyRAPL.Device.PKG, pyRAPL.Device.DRAM])
        self.measurement = pyRAPL.Measurement("w")

    def begin(self):
        self.measurement.begin()

    def end(self):
        self.measurement.end()

    def joules(self):
        found = self.measurement.result.pkg
        return None, None if found is None else found[0] * 1e-6


class PyJoules:
    def __init__(self):
        from pyJoules.device import DeviceFactory
        from pyJoules.device.nvidia_device import NvidiaGPUDomain
        from pyJoules.device.rapl_device import RaplDramDomain, RaplPackageDomain
        from pyJoules.energy_meter import EnergyMeter

        domains = [RaplPackageDomain(0), RaplDramDomain(0), NvidiaGPUDomain(0)]
        self.meter = EnergyMeter(DeviceFactory.create_devices(domains))

    def begin(self):
        self.meter.start(tag="w")

    def end(self):
        self.meter.stop()

    def joules(self):
        found = self.meter.get_trace()[0].energy
        return found["nvidia_gpu_0"] * 1e-3, found["package_0"] * 1e-6


class Wattwhat:
    def __init__(self):
        import wattwhat

        self.window = wattwhat.track("w", backends=["rapl", "nvml"])

    def begin(self):
        self.window.start()

    def end(self):
        self.window.stop()

    def joules(self):
        found = {one.channel.id.rpartition("/")[2]: one for one in self.window.measurement.channels}
        self.found = {"gpu": found["board"], "cpu": found["package-0"]}
        return tuple(self._value(name) for name in ("gpu", "cpu"))

    def _value(self, name):
        found = self.found[name].energy_j
        return None if found is None else found.value

    def interval(self, name):
        found = self.found[name].energy_j
        return None if found is None else found.interval()


TOOLS = {
    "zeus": Zeus,
    "codecarbon": CodeCarbon,
    "pyRAPL": PyRapl,
    "pyJoules": PyJoules,
    "wattwhat": Wattwhat,
}


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
    """Windows of three lengths at phases drawn at random; the first of all is not counted."""
    sleep_until(world.wave["begin_ns"])
    draw = random.Random(20261121)
    window(tool, world, 0.1)
    found = {}
    for seconds, count in ((0.02, 20), (0.1, 20), (1.0, 10)):
        found[str(seconds)] = []
        for _ in range(count):
            time.sleep(draw.uniform(0.0, 0.2))
            found[str(seconds)].append(window(tool, world, seconds))
    return found


def cost(tool, world):
    """Microseconds of begin and end, and of the result."""
    pairs, results = [], []
    for number in range(1050):
        begin = time.perf_counter_ns()
        tool.begin()
        tool.end()
        middle = time.perf_counter_ns()
        tool.joules()
        end = time.perf_counter_ns()
        if number >= 50:
            pairs.append((middle - begin) * 1e-3)
            results.append((end - begin) * 1e-3)
    p99 = sorted(pairs)[989]
    return {"pair": [statistics.median(pairs), min(pairs), p99], "result": statistics.median(results)}


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


def idle(tool, world):
    """Processor time of an open window over 3 s, children included, and processes."""
    tool.begin()
    time.sleep(0.5)
    before = time.process_time(), time.perf_counter()
    time.sleep(3.0)
    cpu_s, wall_s = time.process_time() - before[0], time.perf_counter() - before[1]
    here, children = f"/proc/{os.getpid()}/task", []
    for task in os.listdir(here):
        with open(f"{here}/{task}/children", encoding="ascii") as file:
            children += file.read().split()
    return {"percent": 100 * cpu_s / wall_s, "threads": len(os.listdir(here)), "processes": 1 + len(children)}


TASKS = {"errors": errors, "cost": cost, "wrap": wrap, "lost": lost, "idle": idle}

if __name__ == "__main__":
    name, task = sys.argv[1:3]
    print("\n" + json.dumps(TASKS[task](TOOLS[name](), World())), flush=True)
    os._exit(0)  # whatever the peer has still running ends with it
