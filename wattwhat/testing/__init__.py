"""Proving backends and readers right: waveforms with known energy, virtual sensors, mutated logs.

Shipped for everyone who writes a backend or a reader of logs; the rest of wattwhat never imports it. Names
load on first use.

Example:
    >>> from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, square
    >>> power = square(period_s=0.2, low_w=60.0, high_w=300.0)
    >>> meter = VirtualMeter(VirtualSensor(power, update_period_s=0.1), clock=(clock := VirtualClock()))
    >>> clock.advance(1.05)
    >>> meter.read().value, power.energy_j(0.0, 1.0)
    (180.0, 180.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

if TYPE_CHECKING:
    from wattwhat.testing._outcomes import Check
    from wattwhat.testing._promises import PROMISES
    from wattwhat.testing.clock import VirtualClock
    from wattwhat.testing.conformance import (
        BackendConformance,
        ConformanceError,
        Report,
        Stand,
        check_backend,
    )
    from wattwhat.testing.mutations import Mutation, log_faults, mutated
    from wattwhat.testing.sensors import Faults, VirtualSensor
    from wattwhat.testing.stand import VirtualStand
    from wattwhat.testing.virtual import VirtualBackend, VirtualMeter
    from wattwhat.testing.waveforms import (
        Piecewise,
        Sum,
        Waveform,
        bursts,
        constant,
        pulses,
        ramp,
        recorded,
        square,
    )

_HOMES = {
    "BackendConformance": "wattwhat.testing.conformance",
    "Check": "wattwhat.testing.conformance",
    "ConformanceError": "wattwhat.testing.conformance",
    "Faults": "wattwhat.testing.sensors",
    "Mutation": "wattwhat.testing.mutations",
    "PROMISES": "wattwhat.testing.conformance",
    "Piecewise": "wattwhat.testing.waveforms",
    "Report": "wattwhat.testing.conformance",
    "Stand": "wattwhat.testing.conformance",
    "Sum": "wattwhat.testing.waveforms",
    "VirtualBackend": "wattwhat.testing.virtual",
    "VirtualClock": "wattwhat.testing.clock",
    "VirtualMeter": "wattwhat.testing.virtual",
    "VirtualSensor": "wattwhat.testing.sensors",
    "VirtualStand": "wattwhat.testing.stand",
    "Waveform": "wattwhat.testing.waveforms",
    "bursts": "wattwhat.testing.waveforms",
    "check_backend": "wattwhat.testing.conformance",
    "constant": "wattwhat.testing.waveforms",
    "log_faults": "wattwhat.testing.mutations",
    "mutated": "wattwhat.testing.mutations",
    "pulses": "wattwhat.testing.waveforms",
    "ramp": "wattwhat.testing.waveforms",
    "recorded": "wattwhat.testing.waveforms",
    "square": "wattwhat.testing.waveforms",
}

__all__ = [
    "PROMISES",
    "BackendConformance",
    "Check",
    "ConformanceError",
    "Faults",
    "Mutation",
    "Piecewise",
    "Report",
    "Stand",
    "Sum",
    "VirtualBackend",
    "VirtualClock",
    "VirtualMeter",
    "VirtualSensor",
    "VirtualStand",
    "Waveform",
    "bursts",
    "check_backend",
    "constant",
    "log_faults",
    "mutated",
    "pulses",
    "ramp",
    "recorded",
    "square",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
