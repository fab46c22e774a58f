"""Virtual meters and their backend: a virtual sensor read on a clock, with latency and faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from wattwhat.errors import BackendError, MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing.sensors import VirtualSensor

__all__ = ["VirtualBackend", "VirtualMeter"]

_AVAILABLE = Availability(True, "virtual sensors need no hardware")

_SAYS = {
    "lost": "the virtual device is gone; every later read will say the same",
    "permission": "reading the virtual sensor is not permitted; end the span in Faults.denied",
    "error": "the virtual sensor gave no reading; this is a gap in Faults.gaps",
}


class VirtualMeter(Meter):
    """Reads a virtual sensor.

    Args:
        sensor: what is read.
        channel: what it says of itself; default: the truth about the sensor.
        clock: gives the time in ns; a `VirtualClock` also passes while a read takes its latency.
        origin_ns: the clock's time that is 0 s for the sensor; default 0.
        sleep: what a read's latency calls; default: the clock's own sleep, else ``time.sleep``.

    Example:
        >>> from wattwhat.testing import VirtualClock, VirtualSensor, constant
        >>> clock = VirtualClock()
        >>> meter = VirtualMeter(VirtualSensor(constant(100.0), update_period_s=0.1), clock=clock)
        >>> clock.advance(0.25)
        >>> meter.read()
        Reading(t_ns=250000000, value=20.0)
    """

    def __init__(
        self,
        sensor: VirtualSensor,
        channel: Channel | None = None,
        *,
        clock: Callable[[], int],
        origin_ns: int = 0,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.sensor = sensor
        self.channel = channel if channel is not None else sensor.channel()
        self.reads = 0
        self.closed = False
        self._clock = clock
        self._origin_ns = origin_ns
        self._tick: tuple[VirtualSensor, Any] | None = None
        self._shown = 0.0
        self._sleep: Callable[[float], None] = (
            sleep if sleep is not None else getattr(clock, "sleep", time.sleep)
        )

    def read(self) -> Reading:
        """The value at the middle of the read, stamped at its end, as a meter around a vendor call does."""
        if self.closed:
            raise MeterError(f"{self.channel.id} is closed; open the backend again")
        self.reads += 1
        latency_s = self.sensor.latency_s
        if latency_s:
            self._sleep(latency_s)
        t_ns = self._clock()
        t_s = (t_ns - self._origin_ns) * 1e-9 - latency_s / 2.0
        fault = self.sensor.faults.at(t_s)
        if fault:
            kind = MeterLostError if fault == "lost" else MeterError
            raise kind(f"{self.channel.id}: {_SAYS[fault]}")
        tick = (self.sensor, self.sensor.ticks_s(t_s))
        if tick != self._tick:  # thousands of reads see one tick, and what it shows lies in the past
            self._tick, self._shown = tick, self.sensor.shown_at(tick[1])
        return Reading(t_ns, self._shown)

    def close(self) -> None:
        """After this, reads fail."""
        self.closed = True

    def reopened(self) -> VirtualMeter:
        """A fresh meter of the same sensor."""
        return type(self)(
            self.sensor, self.channel, clock=self._clock, origin_ns=self._origin_ns, sleep=self._sleep
        )


@attrs.define
class VirtualBackend(Backend):
    """A backend over virtual meters; every call of `meters` gives fresh ones.

    Args:
        templates: the meters; they are copied, never read.
        availability: what probe() says.
        name: the backend's name; set it to that of the channels if they are another's.

    Example:
        >>> from wattwhat.testing import VirtualClock, VirtualSensor, constant
        >>> backend = VirtualBackend([VirtualMeter(VirtualSensor(constant(5.0)), clock=VirtualClock())])
        >>> [meter.channel.backend for meter in backend.meters()]
        ['virtual']
    """

    templates: Sequence[VirtualMeter]
    availability: Availability = attrs.field(default=_AVAILABLE)
    name: str = "virtual"
    version: str | None = None

    def probe(self) -> Availability:
        """What the backend was made with."""
        return self.availability

    def meters(self) -> list[Any]:
        """Fresh meters.

        Raises:
            BackendError: the backend was made unavailable.
        """
        if not self.availability:
            raise BackendError(f"the virtual backend is unavailable: {self.availability.reason}")
        return [meter.reopened() for meter in self.templates]
