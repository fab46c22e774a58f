"""A stand over virtual sensors: what the conformance suite tests itself with, and a pattern for your own."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Backend
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Reading
from wattwhat.testing._piecewise import Waveform
from wattwhat.testing.clock import VirtualClock
from wattwhat.testing.sensors import Faults, VirtualSensor
from wattwhat.testing.virtual import VirtualBackend, VirtualMeter

if TYPE_CHECKING:
    from wattwhat.testing._piecewise import Array, Times

__all__ = ["Ledger", "VirtualStand"]

# What is deposited now may not change a tick that has been read already.
_ARRIVES_S = 1e-9


class Ledger(Waveform):
    """A waveform that is written as it goes: steps of power and energy that arrives all at once.

    Example:
        >>> ledger = Ledger()
        >>> ledger.deposit(1.0, 30.0)
        >>> ledger.set_power(2.0, 10.0)
        >>> ledger.energy_j(0.0, 4.0)
        50.0
    """

    def __init__(self) -> None:
        self._times_s: list[float] = [0.0]
        self._sums_j: list[float] = [0.0]
        self._powers_w: list[float] = [0.0]

    def deposit(self, t_s: float, joules: float) -> None:
        """So much energy arrives at ``t_s``, which is not before what is written already."""
        self._write(t_s, joules, self._powers_w[-1])

    def set_power(self, t_s: float, watts: float) -> None:
        """From ``t_s`` on the power is this."""
        self._write(t_s, 0.0, watts)

    def _write(self, t_s: float, joules: float, watts: float) -> None:
        energy = self._until(t_s) + joules
        self._times_s.append(t_s)
        self._sums_j.append(energy)
        self._powers_w.append(watts)

    def _until(self, t_s: float) -> float:
        i = max(bisect.bisect_right(self._times_s, t_s) - 1, 0)
        return self._sums_j[i] + self._powers_w[i] * (t_s - self._times_s[i])

    def power_w(self, t_s: Times) -> Times:
        """Power in W, as set."""
        i = [max(bisect.bisect_right(self._times_s, t) - 1, 0) for t in _each(t_s)]
        power: Times = _shaped(t_s, [self._powers_w[j] for j in i])
        return power

    def energy_j(self, t0_s: Times, t1_s: Times) -> Times:
        """Energy in J after t0 and up to t1, deposits at t1 included."""
        ends = _shaped(t1_s, [self._until(t) for t in _each(t1_s)])
        energy: Times = ends - _shaped(t0_s, [self._until(t) for t in _each(t0_s)])
        return energy

    def edges_s(self, t0_s: float, t1_s: float) -> Array:
        """The times at which something was written."""
        import numpy as np

        return np.unique([t for t in self._times_s if t0_s < t < t1_s])


def _each(t_s: Any) -> list[float]:
    return [float(t_s)] if getattr(t_s, "ndim", 0) == 0 else [float(t) for t in t_s.ravel()]


def _shaped(given: Any, values: list[float]) -> Any:
    import numpy as np

    return np.asarray(values).reshape(given.shape) if hasattr(given, "shape") else values[0]


class VirtualStand:
    """A stand (see `wattwhat.testing.conformance.Stand`) over virtual sensors on a virtual clock.

    Args:
        sensors: name -> sensor; its waveform is replaced by a `Ledger` that the stand writes. The default
            is a package with a core inside it, both counters, and a board's gauge.
        contains: name -> names of the channels inside it.

    Example:
        >>> stand = VirtualStand()
        >>> meter = stand.open().meters()[0]
        >>> before = meter.read().value
        >>> stand.deposit(meter.channel.id, 2.0)
        >>> stand.tick(0.1)
        >>> round(meter.read().value - before, 6)
        2.0
    """

    def __init__(
        self,
        sensors: dict[str, VirtualSensor] | None = None,
        contains: dict[str, Sequence[str]] | None = None,
    ) -> None:
        self.clock = VirtualClock(start_ns=10**9)
        if sensors is None:
            sensors, contains = _default_sensors(), {"package": ("core",)}
        self._inside = {name: tuple(names) for name, names in (contains or {}).items()}
        self.sensors = {name: attrs.evolve(sensor, waveform=Ledger()) for name, sensor in sensors.items()}
        self._faults: dict[str, str] = {}

    def monotonic_ns(self) -> int:
        """The clock that stamps the readings."""
        return self.clock.monotonic_ns()

    def channel(self, name: str) -> Channel:
        """The channel of a sensor."""
        contained = tuple(f"{host_name()}/virtual/{inner}" for inner in self._inside.get(name, ()))
        return self.sensors[name].channel(name, contains=contained)

    def open(self) -> Backend:
        """A virtual backend over the sensors."""
        return VirtualBackend(tuple(_StandMeter(self, name) for name in self.sensors))

    def deposit(self, channel_id: str, joules: float) -> None:
        """Energy flows through the channel and all that contain it."""
        name = self._name(channel_id)
        for other in self.sensors:
            if other == name or name in self._all_inside(other):
                self._ledger(other).deposit(self.clock.now_s + _ARRIVES_S, joules)

    def set_power(self, channel_id: str, watts: float) -> None:
        """The power is this from now on."""
        self._ledger(self._name(channel_id)).set_power(self.clock.now_s + _ARRIVES_S, watts)

    def fail(self, channel_id: str, how: str) -> None:
        """Reads fail from now on."""
        now_s = self.clock.now_s
        spans = ((now_s, float("inf")),)
        faults = {
            "error": Faults(gaps=spans),
            "permission": Faults(denied=spans),
            "lost": Faults(lost_at_s=now_s),
        }
        if how not in faults:
            raise ArgumentError(argument="how", expected=f"one of {', '.join(faults)}", got=how)
        self._change(channel_id, faults=faults[how])

    def heal(self, channel_id: str) -> None:
        """Reads work again."""
        self._change(channel_id, faults=Faults())

    def reset(self, channel_id: str) -> None:
        """The counter starts again at 0."""
        sensor = self.sensors[self._name(channel_id)]
        self._change(channel_id, resets_s=(*sensor.resets_s, self.clock.now_s))

    def tick(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)

    def close(self) -> None:
        """Nothing is held."""

    def _change(self, channel_id: str, **fields: Any) -> None:
        name = self._name(channel_id)
        self.sensors[name] = attrs.evolve(self.sensors[name], **fields)

    def _name(self, channel_id: str) -> str:
        return channel_id.rpartition("/")[2]

    def _ledger(self, name: str) -> Ledger:
        waveform = self.sensors[name].waveform
        assert isinstance(waveform, Ledger)
        return waveform

    def _all_inside(self, name: str) -> set[str]:
        names = set(self._inside.get(name, ()))
        return names.union(*(self._all_inside(inner) for inner in names))


class _StandMeter(VirtualMeter):
    """Reads whatever the stand's sensor of this name is by now."""

    def __init__(self, stand: VirtualStand, name: str) -> None:
        super().__init__(stand.sensors[name], stand.channel(name), clock=stand.clock)
        self._stand, self._name = stand, name

    def read(self) -> Reading:
        """Read the stand's present sensor."""
        self.sensor = self._stand.sensors[self._name]
        return super().read()

    def reopened(self) -> VirtualMeter:
        """A fresh meter of the same sensor."""
        return _StandMeter(self._stand, self._name)


def _default_sensors() -> dict[str, VirtualSensor]:
    nothing = Ledger()
    return {
        "package": VirtualSensor(
            nothing, update_period_s=0.001, quantum=2.0**-14, wrap_j=2.0**18, start_j=7.0
        ),
        "core": VirtualSensor(nothing, update_period_s=0.001, quantum=2.0**-14, wrap_j=2.0**16),
        "board": VirtualSensor(
            nothing, "power", update_period_s=0.1, averaging_window_s=0.025, quantum=0.001
        ),
    }
