"""For tests of integrations: a host in virtual time with a wall meter, and what a training took before."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from wattwhat import Channel, Measurement, Quantity
from wattwhat.acquisition.window import Window
from wattwhat.integrations.live_energy import LiveEnergy
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, constant
from wattwhat.testing.simulation import Simulation

WATTS = {"wall/plug": 500.0, "rapl/package-0": 100.0, "rapl/core-0": 60.0, "nvml/GPU-1/board": 300.0}
COMPONENTS = {
    "wall/plug": "wall",
    "rapl/package-0": "cpu",
    "rapl/core-0": "core",
    "nvml/GPU-1/board": "board",
}


class Host:
    """Channels ``lab/...`` in virtual time; what is asked of one goes into its sensor and its channel."""

    def __init__(self, *, only: tuple[str, ...] = tuple(WATTS), **sensors: dict[str, Any]) -> None:
        self.clock = VirtualClock(start_ns=round(100e9))
        meters = [self._meter(name, sensors.get(name.split("/")[-1].replace("-", "_"), {})) for name in only]
        self.simulation = Simulation(meters, self.clock)
        self.window = Window("live", meter_set=self.simulation.meter_set, sync=False).start()
        self.live = LiveEnergy(window=self.window, clock=lambda: self.clock.now_s)

    def _meter(self, name: str, settings: dict[str, Any]) -> VirtualMeter:
        inside = ("lab/rapl/core-0",) if name == "rapl/package-0" else ()
        own = {"id": f"lab/{name}", "device": name, "component": COMPONENTS[name], "contains": inside}
        sensor = VirtualSensor(constant(WATTS[name]), update_period_s=0.001, **settings.get("sensor", {}))
        channel = sensor.channel(**{**own, **settings.get("channel", {})})
        return VirtualMeter(sensor, channel, clock=self.clock)

    def advance(self, seconds: float) -> None:
        self.simulation.advance(seconds)


def earlier_part(joules: float, u: float) -> Measurement:
    """What a checkpoint may know of a training: so many joules of a package, long ago."""
    energy = Quantity(joules, u, "J")
    entry = ChannelEnergy(Channel("h/rapl/package-0", "rapl", "socket 0", "cpu", "energy"), energy)
    taken = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return Measurement(label="t", energy_j=energy, duration_s=1.0, channels=(entry,), started_at=taken)
