"""The built-in estimate for machines without a sensor: CPU time and a stated power model.

    energy = CPU time of the process and its children x watts per busy core
             + elapsed time x idle watts per core x cores this process may use

The figures come from, in this order: the arguments of `EstimateBackend`, the environment
(``WATTWHAT_WATTS_PER_CORE``, ``WATTWHAT_IDLE_WATTS_PER_CORE``, ``WATTWHAT_RAM_WATTS_PER_GB``), the section
``[estimate]`` of the file that ``WATTWHAT_CONFIG`` names (else ``~/.config/wattwhat/config.ini``), what
``wattwhat calibrate --study`` has learnt on this machine, and a small table of makers' TDP per core. What
comes out says "estimated" wherever it is shown.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

import attrs

from wattwhat.errors import BackendError
from wattwhat.records.channel import Channel
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.configuration import Unclear
from wattwhat.sensing.estimate.cpu_time import CpuTime, usable_cores
from wattwhat.sensing.estimate.learnt import read_learnt
from wattwhat.sensing.estimate.settings import NAMES, Figure, figure_of, settings
from wattwhat.sensing.host import cpu_model, host_name
from wattwhat.sensing.meter import Meter, Reading

__all__ = ["DEFAULT_WATTS_PER_CORE", "EstimateBackend", "PowerModel", "watts_per_core"]

# Published errors of such models run from 20 to 70 % (arXiv 2509.22092: means of -20 to -37 %, single runs
# to -67 %, against a wall meter); 0.4 as standard uncertainty makes the 95 % interval +-78 %.
_GAIN_ERROR = 0.4
# Ours: a package at rest draws about a fifth of its TDP.
_IDLE_SHARE = 0.2
# Ours: the middle of the table below.
DEFAULT_WATTS_PER_CORE = 6.0
# TDP / cores of one typical part of each family, from the maker's specification of that part.
_TDP_PER_CORE = (
    (r"EPYC 9\d\d4", 360 / 96, "AMD EPYC 9654: 360 W, 96 cores"),
    (r"EPYC 7\d\d3", 280 / 64, "AMD EPYC 7763: 280 W, 64 cores"),
    (r"EPYC 7\d\d2", 225 / 64, "AMD EPYC 7742: 225 W, 64 cores"),
    (r"EPYC", 280 / 64, "AMD EPYC 7763: 280 W, 64 cores, taken for any EPYC"),
    (r"Xeon.* 84\d\d", 350 / 56, "Intel Xeon 8480+: 350 W, 56 cores"),
    (r"Xeon.* [68]3\d\d", 270 / 40, "Intel Xeon 8380: 270 W, 40 cores"),
    (r"Xeon.* [568][12]\d\d", 205 / 28, "Intel Xeon 8280: 205 W, 28 cores"),
    (r"Xeon.*E5-.*v4", 135 / 14, "Intel Xeon E5-2690 v4: 135 W, 14 cores"),
    (r"Xeon", 205 / 28, "Intel Xeon 8280: 205 W, 28 cores, taken for any Xeon"),
    (r"Core.* i\d-1\d\d\dG\d", 28 / 4, "Intel Core i7-1165G7: 28 W, 4 cores"),
    (r"Core.* i9-1[34]9\d\d", 125 / 24, "Intel Core i9-13900K: 125 W, 24 cores"),
    (r"Core.* i\d-12\d\d\d", 65 / 12, "Intel Core i7-12700: 65 W, 12 cores"),
    (r"Ryzen 9", 105 / 16, "AMD Ryzen 9 5950X: 105 W, 16 cores"),
    (r"Ryzen", 105 / 8, "AMD Ryzen 7 5800X: 105 W, 8 cores, taken for any Ryzen below 9"),
    (r"Altra|Neoverse-N1", 210 / 80, "Ampere Altra Q80-30: 210 W, 80 cores"),
)


def watts_per_core(model: str | None) -> tuple[float, str]:
    """TDP per core of a CPU, in W, and where the figure comes from.

    Args:
        model: the CPU's name, as /proc/cpuinfo gives it; None if unknown.

    Example:
        >>> watts_per_core("AMD EPYC 7763 64-Core Processor")
        (4.375, 'AMD EPYC 7763: 280 W, 64 cores')
        >>> watts_per_core(None)
        (6.0, 'default')
    """
    for pattern, watts, source in _TDP_PER_CORE:
        if model and re.search(pattern, model):
            return watts, source
    return DEFAULT_WATTS_PER_CORE, "default"


@attrs.frozen
class PowerModel:
    """The figures of the estimate.

    Args:
        busy_w: power in W of one busy core, what it draws at rest included.
        idle_w: power in W of one core at rest.
        cores: cores that this process may use.
        source: where busy_w comes from.
    """

    busy_w: float
    idle_w: float
    cores: float
    source: str

    def energy_j(self, cpu_s: float, elapsed_s: float) -> float:
        """Joules for so much CPU time (s) within so much elapsed time (s).

        Example:
            >>> PowerModel(6.0, 1.0, 2, "example").energy_j(cpu_s=10.0, elapsed_s=10.0)
            70.0
        """
        return (self.busy_w - self.idle_w) * cpu_s + self.idle_w * self.cores * elapsed_s


class EstimateMeter(Meter):
    """A counter of estimated joules: of this process and its children, or of time alone.

    Args:
        channel: what is estimated.
        power_w: power in W at all times.
        core_w: power in W of a busy core on top of that.
        cpu_time: how long cores were busy; None where that does not matter.
    """

    provenance = "estimated"

    def __init__(
        self, channel: Channel, power_w: float, core_w: float = 0.0, cpu_time: CpuTime | None = None
    ) -> None:
        self.channel = channel
        self._power_w, self._core_w, self._cpu_time = power_w, core_w, cpu_time
        self._started_ns = time.monotonic_ns()

    def read(self) -> Reading:
        """Joules since the meter was opened."""
        now_ns = time.monotonic_ns()
        energy_j = self._power_w * (now_ns - self._started_ns) * 1e-9
        if self._cpu_time is not None:
            energy_j += self._core_w * self._cpu_time.seconds()
        return Reading(now_ns, energy_j)


class EstimateBackend(Backend):
    """Estimated joules of the CPU, and of memory if asked for, where no sensor measures them.

    Args:
        watts_per_core: power of one busy core in W.
        idle_watts_per_core: power of one core at rest in W.
        ram_watts_per_gb: power of memory in W per GB; memory is estimated only if this is given.
        root: root of the file tree, for tests.

    Raises:
        ArgumentError: an argument is negative or no number. What is wrong in the environment or in the
            configuration file is told by `probe`.

    Example:
        >>> backend = EstimateBackend(watts_per_core=5.0)
        >>> backend.probe().available
        True
        >>> backend.meters()[0].channel.component
        'cpu'
    """

    name = "estimate"

    def __init__(
        self,
        watts_per_core: float | None = None,
        idle_watts_per_core: float | None = None,
        ram_watts_per_gb: float | None = None,
        root: str = "/",
    ) -> None:
        self._root = root
        given = zip(NAMES, (watts_per_core, idle_watts_per_core, ram_watts_per_gb), strict=True)
        figures = {
            name: figure_of(value, f"argument {name}", "pass a number such as 6.5, or None")
            for name, value in given
        }
        self._unclear: Unclear | None = None
        configured: dict[str, Figure] = {}
        try:
            configured = settings([name for name in NAMES if figures[name] is None])
        except Unclear as err:  # told by probe(), so that doctor can show it with its remedy
            self._unclear = err
        self._busy, self._idle, self._ram = (figures[name] or configured.get(name) for name in NAMES)
        self._gain_error = _GAIN_ERROR
        if self._busy is None and self._idle is None:
            self._learn()

    def _learn(self) -> None:
        """Take what this machine's own measurements have taught, where they were kept."""
        learnt = read_learnt(host_name(), cpu_model(self._root))
        if learnt is not None:
            self._busy = Figure(learnt.watts_per_core, learnt.source)
            self._idle = Figure(learnt.idle_watts_per_core, learnt.source)
            self._gain_error = learnt.u

    @property
    def model(self) -> PowerModel:
        """The figures in use."""
        table_w, source = watts_per_core(cpu_model(self._root))
        busy = self._busy or Figure(table_w, f"TDP per core, {source}")
        idle_w = self._idle.value if self._idle else _IDLE_SHARE * busy.value
        return PowerModel(busy.value, min(idle_w, busy.value), usable_cores(self._root), busy.where)

    def probe(self) -> Availability:
        """Available, for a model needs no sensor, unless a setting cannot be understood."""
        if self._unclear is not None:
            return Availability(False, self._unclear.reason, self._unclear.remedy)
        return Availability(
            True,
            "a power model, not a sensor: used only for components that no sensor covers",
            "set WATTWHAT_WATTS_PER_CORE to your CPU's watts per core to make it less wrong",
        )

    def meters(self) -> Sequence[Meter]:
        """The CPU's meter, and the memory's if a figure for it was given.

        Raises:
            BackendError: a setting in the environment or the configuration file cannot be understood.
        """
        if self._unclear is not None:
            raise BackendError(str(self._unclear)) from self._unclear
        meters = [self._cpu()]
        gigabytes = _memory_gb(self._root)
        if self._ram and self._ram.value and gigabytes:
            meters.append(self._memory(self._ram.value * gigabytes, gigabytes))
        return meters

    def _cpu(self) -> Meter:
        model, cpu_time = self.model, CpuTime(self._root)
        source = (
            f"CPU time of process {os.getpid()} and its children x {model.busy_w:.3g} W per busy core "
            f"({model.source}) + {model.idle_w:.2g} W per idle core x {model.cores:g} cores"
        )
        channel = Channel(
            id=f"{host_name()}/estimate/cpu",
            backend="estimate",
            device=cpu_model(self._root) or "CPU",
            component="cpu",
            quantity="energy",
            gain_error=self._gain_error,
            max_power_w=max(1.5 * model.busy_w * (os.cpu_count() or 1), 1e-3),
            source=source,
        )
        of_a_second = model.energy_j(cpu_s=0.0, elapsed_s=1.0), model.energy_j(cpu_s=1.0, elapsed_s=0.0)
        return EstimateMeter(channel, *of_a_second, cpu_time)

    def _memory(self, power_w: float, gigabytes: float) -> Meter:
        channel = Channel(
            id=f"{host_name()}/estimate/dram",
            backend="estimate",
            device="memory",
            component="dram",
            quantity="energy",
            gain_error=_GAIN_ERROR,
            source=f"{gigabytes:.3g} GB x {power_w / gigabytes:.3g} W per GB",
        )
        return EstimateMeter(channel, power_w)


def _memory_gb(root: str) -> float | None:
    try:
        text = read_small_text(Path(root, "proc/meminfo"), encoding="ascii", errors="replace")
    except OSError:
        return None
    match = re.search(r"^MemTotal:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 / 1e9 if match else None
