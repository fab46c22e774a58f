"""How each library is driven: begin a window, end it, and its joules of the GPU and of the CPU package.

Imported in a peer's own environment, which has nothing but the peer: only the standard library besides.
"""

import ctypes
import time


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


class Carbontracker:
    """An epoch is its window. What it found is in its components, as mean power times the epoch's length.

    It looks once in two seconds (its default: one second of pause, one for a difference of the CPU's
    counters), and a look that has begun goes on after the epoch. So a window's joules come later, and
    windows need a pause between them. Its CPU is the mean, not the sum, of package and DRAM.
    """

    pause_s = 2.2
    settle_s = 1.2

    def __init__(self):
        from carbontracker.tracker import CarbonTracker

        self.tracker = CarbonTracker(epochs=10**6, epochs_before_pred=0, verbose=0)

    def begin(self):
        self.tracker.epoch_start()

    def end(self):
        self.tracker.epoch_end()

    def joules(self):
        time.sleep(self.settle_s)
        thread = self.tracker.tracker
        kwh = {one.name: one.energy_usage(thread.epoch_times)[-1] for one in thread.components}
        return kwh["gpu"] * 3.6e6, kwh["cpu"] * 3.6e6


class Bare:
    """No library at all: each counter is read at both ends, and subtracted."""

    def __init__(self):
        self.file = open("/sys/class/powercap/intel-rapl:0/energy_uj", "rb", buffering=0)  # noqa: SIM115
        self.nvml = ctypes.CDLL("libnvidia-ml.so.1")
        self.gpu, self.mj = ctypes.c_void_p(), ctypes.c_ulonglong()
        self.nvml.nvmlInit_v2()
        self.nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(self.gpu))

    def read(self):
        failed = self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.gpu, ctypes.byref(self.mj))
        self.file.seek(0)
        return None if failed else self.mj.value * 1e-3, int(self.file.read()) * 1e-6

    def begin(self):
        self.first = self.read()

    def end(self):
        self.last = self.read()

    def joules(self):
        return tuple(
            None if a is None or b is None else b - a for a, b in zip(self.first, self.last, strict=True)
        )


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
    "carbontracker": Carbontracker,
    "bare": Bare,
    "wattwhat": Wattwhat,
}
