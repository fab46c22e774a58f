"""Rigs over virtual sensors for tests: what is read is made, how it is read is the real thing."""

from __future__ import annotations

from typing import Any

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
