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

from typing import TYPE_CHECKING, Any

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
    "clock": ("VirtualClock",),
    "conformance": (
        "PROMISES",
        "BackendConformance",
        "Check",
        "ConformanceError",
        "Report",
        "Stand",
        "check_backend",
    ),
    "mutations": ("Mutation", "log_faults", "mutated"),
    "sensors": ("Faults", "VirtualSensor"),
    "stand": ("VirtualStand",),
    "virtual": ("VirtualBackend", "VirtualMeter"),
    "waveforms": (
        "Piecewise",
        "Sum",
        "Waveform",
        "bursts",
        "constant",
        "pulses",
        "ramp",
        "recorded",
        "square",
    ),
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


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            import importlib

            value = getattr(importlib.import_module(f"wattwhat.testing.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'wattwhat.testing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
