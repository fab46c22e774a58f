"""Rigs over virtual sensors for tests: what is read is made, how it is read is the real thing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np

from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, Waveform, constant
from wattwhat.testing.simulation import Simulation


def simulated(*sensors: VirtualSensor, start_s: float = 100.0, **fields: Any) -> Simulation:
    """A simulation whose channels are called ``sensor-0``, ``sensor-1``, ...; fields go into each channel."""
    clock = VirtualClock(start_ns=round(start_s * 1e9))
    meters = [
        VirtualMeter(sensor, sensor.channel(f"sensor-{number}", **fields), clock=clock)
        for number, sensor in enumerate(sensors)
    ]
    return Simulation(meters, clock)


def counter(waveform: Waveform | None = None, period_s: float = 0.001, **fields: Any) -> VirtualSensor:
    return VirtualSensor(waveform or constant(100.0), update_period_s=period_s, **fields)


def gauge(
    waveform: Waveform | None = None, period_s: float = 0.1, window_s: float = 0.1, **fields: Any
) -> VirtualSensor:
    return VirtualSensor(
        waveform or constant(100.0), "power", update_period_s=period_s, averaging_window_s=window_s, **fields
    )


class Load(Waveform):
    """Power that follows what is run: at rest ``idle_w``, and what each call adds from its begin on."""

    def __init__(self, idle_w: float = 60.0) -> None:
        self.idle_w = idle_w
        self._edges, self._energy, self._power = [0.0], [0.0], [idle_w]

    def call(self, t_s: float, *phases: tuple[float, float]) -> None:
        """A call that begins at ``t_s``: pairs of (seconds, watts) one after another, then rest."""
        for seconds, power_w in phases:
            self._step(t_s, power_w)
            t_s += seconds
        self._step(t_s, self.idle_w)

    def _step(self, t_s: float, power_w: float) -> None:
        passed = t_s - self._edges[-1]
        self._energy.append(self._energy[-1] + self._power[-1] * passed)
        self._edges.append(t_s)
        self._power.append(power_w)

    def power_w(self, t_s: Any) -> Any:
        place = np.searchsorted(self._edges, t_s, side="right") - 1
        return np.asarray(self._power)[np.maximum(place, 0)]

    def energy_j(self, t0_s: Any, t1_s: Any) -> Any:
        return self._until(t1_s) - self._until(t0_s)

    def _until(self, t_s: Any) -> Any:
        if np.ndim(t_s) == 0:
            at = max(bisect_right(self._edges, t_s) - 1, 0)
            return self._energy[at] + self._power[at] * (t_s - self._edges[at])
        place = np.maximum(np.searchsorted(self._edges, t_s, side="right") - 1, 0)
        return np.asarray(self._energy)[place] + np.asarray(self._power)[place] * (
            t_s - np.asarray(self._edges)[place]
        )

    def edges_s(self, t0_s: float, t1_s: float) -> Any:
        return np.array(self._edges[bisect_right(self._edges, t0_s) : bisect_left(self._edges, t1_s)])
