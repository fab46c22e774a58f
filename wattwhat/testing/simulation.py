"""Virtual meters in virtual time: windows and measure() against a known truth, without waiting.

Readings that take long are made beside the program, as threads make them: a reading that is not waited for
takes its time while the program goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattwhat.acquisition.aside import Aside, InPlace
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window
from wattwhat.records.measurement import Measurement
from wattwhat.testing.beside import Beside
from wattwhat.testing.clock import VirtualClock
from wattwhat.testing.virtual import VirtualMeter

__all__ = ["Simulation"]


class Simulation:
    """Virtual meters, read as real ones are, on a clock that passes only when told to.

    Args:
        meters: virtual meters on `clock`.
        clock: their clock.

    Example:
        >>> from wattwhat.testing import VirtualSensor, constant
        >>> clock = VirtualClock()
        >>> counter = VirtualSensor(constant(100.0), update_period_s=0.001)
        >>> simulation = Simulation([VirtualMeter(counter, clock=clock)], clock)
        >>> measurement = simulation.window(0.0, 2.0)
        >>> round(measurement.energy_j.value, 1)
        200.0
    """

    def __init__(self, meters: Iterable[VirtualMeter], clock: VirtualClock) -> None:
        self.clock = clock
        meters = list(meters)
        quick = all(type(meter) is VirtualMeter and not meter.sensor.latency_s for meter in meters)
        self._beside = None if quick else Beside(clock)
        aside: Aside = self._beside or InPlace()
        self.meter_set = MeterSet(meters, clock=clock.monotonic_ns, threaded=False, aside=aside)

    def advance(self, seconds: float) -> None:
        """Let time pass; whatever the sampler has to do in it is done on time."""
        end_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        while True:
            now_ns = self.clock.monotonic_ns()
            if self._beside is not None:
                self._beside.go_on()
            due_s = self.meter_set.sampler.tick(now_ns * 1e-9)
            if now_ns >= end_ns:
                return
            if self._beside is not None:
                due_s = min(due_s, self._beside.next_s())
            # a nanosecond at least: what is due "now" by rounding must not stop the clock
            self.clock.advance(min(max(due_s, 1e-9), (end_ns - now_ns) * 1e-9))

    def until(self, t_s: float) -> None:
        """Let time pass until ``t_s`` of the virtual clock, in s."""
        self.advance(max(t_s - self.clock.now_s, 0.0))

    def window(
        self, t0_s: float, t1_s: float, label: str = "window", wait_s: float | None = None
    ) -> Measurement:
        """A window from ``t0_s`` to ``t1_s`` on the virtual clock.

        Args:
            t0_s: begin in s, not in the past.
            t1_s: end in s.
            label: its name.
            wait_s: time from its end until its measurement is asked for; None waits until every gauge has
                shown the end.
        """
        self.until(t0_s)
        window = Window(label, meter_set=self.meter_set)
        window.start()
        self.until(t1_s)
        window.stop()
        self.advance(self.meter_set.settled_s if wait_s is None else wait_s)
        return window.measurement
