"""A counter and a power of the same device side by side: the finer one is counted, a disagreement is said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.errors import LogError
from wattwhat.logs.building.counter_series import CounterSeries
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.building.stated_totals import MOST_J
from wattwhat.logs.parsing.cells import Stamp
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN

__all__ = ["CountedPower"]

# How far apart the two may be, in combined standard uncertainties, before it is said.
_APART = 3.0


class CountedPower:
    """Gathers both and makes the Measurement of the one that is known better.

    Args:
        source: the file.
        options: the user's.
        format: the reader's name.
        sensor: what measures.
        component: of the channels.

    Example:
        >>> from wattwhat.logs.building.known_sensors import WALL_ANALYZER
        >>> plug = CountedPower(Source.of_text("x", "made.txt"), Options(), "x", WALL_ANALYZER, "wall")
        >>> for t_s, joules in ((0.0, 1000.0), (3600.0, 361000.0)):
        ...     plug.add("plug", Stamp(t_s, "elapsed", 1.0), 1, power_w=100.0, energy_j=joules, step_j=1.0)
        >>> [m.channels[0].channel.quantity for m in plug.measurements()]
        ['energy']
    """

    def __init__(self, source: Source, options: Options, format: str, sensor: Sensor, component: str) -> None:
        self._source, self._options, self._component = source, options, component
        self._trace = Trace(source, options, format=format, sensor=sensor, component=component)
        self._counters = CounterSeries(source, format, sensor)
        self._without_time = False

    def add(
        self,
        device: str,
        at: Stamp | None,
        line: int,
        *,
        power_w: float | None = None,
        energy_j: float | None = None,
        step_j: float = 0.0,
        series: str = "",
    ) -> None:
        """What a device says in one message.

        Args:
            device: the device in words.
            at: when, or None where the message has no time.
            line: line in the file.
            power_w: what it draws, in W.
            energy_j: what its counter shows, in J.
            step_j: the counter's smallest step in J.
            series: another one is another counter: what it counted before is not known.
        """
        if at is None and self._options.interval_s is not None:
            at = Stamp(self._trace.tick(device, ""), "elapsed", self._options.interval_s)
        if energy_j is not None and not 0.0 <= energy_j <= MOST_J:
            self._source.problem(line, f"expected an energy of 0 or more from {device}, found {energy_j:g} J")
        elif energy_j is not None:
            self._counters.add(device, self._component, at, energy_j, line, step_j=step_j, series=series)
        if at is None:
            self._without_time = True
        elif power_w is not None:
            factor = self._options.power_factor or 1.0
            self._trace.add(device, self._trace.clock(at), power_w * factor, line)

    def measurements(self, **details: Any) -> Iterator[Measurement]:
        """One Measurement; more where the times jump back, and then by the power alone.

        Args:
            details: see `imported`.

        Raises:
            LogError: neither a counter nor a power was read twice.
        """
        zone = self._options.timezone
        counted = next(self._counters.measurements(zone=zone, **details), None)
        try:
            by_power = list(self._trace.measurements(**details))
        except LogError:
            if counted is None and self._without_time:
                self._trace.interval_s(", or print a time before each message")
            if counted is None:
                raise
            yield counted
            return
        if counted is None or len(by_power) > 1:
            yield from by_power
        else:
            yield _better(counted, by_power[0])


def _better(counted: Measurement, by_power: Measurement) -> Measurement:
    """The one that is known better; a warning where the two cannot both be right."""
    # A counter misses nothing; only where its step or its age matters more than its gain can the power win.
    gain_j = counted.budget.get(GAIN)
    coarse = counted.energy_j.u > math.sqrt(2.0) * gain_j and counted.energy_j.u > by_power.energy_j.u
    finer = by_power if coarse else counted
    apart_j = abs(counted.energy_j.value - by_power.energy_j.value)
    if apart_j <= _APART * math.hypot(counted.energy_j.u, by_power.energy_j.u):
        return finer
    sentence = (
        f"the counter says {counted.energy_j.value:.4g} J, the power times the time "
        f"{by_power.energy_j.value:.4g} J: one of them has another unit, or the power was sampled too rarely"
    )
    return attrs.evolve(finer, warnings=(*finer.warnings, sentence))
