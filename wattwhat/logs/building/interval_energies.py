"""Energies of intervals, added up by device: for tools that give joules, or mean power and its time."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.energy.joules import Joules
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of
from wattwhat.logs.source import Source
from wattwhat.records.channel import Channel
from wattwhat.records.sources import GAIN, RESOLUTION

__all__ = ["Tally"]

_CHANNELS_AT_MOST = 4096
# A year of a large power station.
_MOST_J = 1e17


class Tally:
    """Adds energies of one span up, channel by channel.

    Args:
        source: the file.
        format: the reader's name.
        sensor: what was read.

    Example:
        >>> from wattwhat.logs.building.known_sensors import RAPL
        >>> tally = Tally(Source.of_text("", "made.txt"), "perf-stat", RAPL)
        >>> tally.add("package", "cpu", 5.0, rounding_j=0.003)
        >>> tally.add("package", "cpu", 7.0, rounding_j=0.003)
        >>> [(channel.component, joules.value_j) for channel, joules in tally.energies()]
        [('cpu', 12.0)]
    """

    def __init__(self, source: Source, format: str, sensor: Sensor) -> None:
        self._source, self._format, self._sensor = source, format, sensor
        self._sums: dict[str, list[float]] = {}
        self._channels: dict[str, Channel] = {}

    def __bool__(self) -> bool:
        return bool(self._sums)

    def add(
        self, device: str, component: str, energy_j: float, *, rounding_j: float = 0.0, **fields: Any
    ) -> None:
        """The energy of one more interval.

        Args:
            device: the device in words.
            component: its component.
            energy_j: energy in J.
            rounding_j: standard uncertainty in J of the printed digits.
            fields: see `channel_of`; those of the first interval count.

        Raises:
            LogError: there are more devices than any machine has.
        """
        if not 0.0 <= energy_j <= _MOST_J:
            self._source.problem(
                None, f"expected an energy between 0 and {_MOST_J:g} J, found {energy_j:g} J"
            )
            return
        sums = self._sums.get(device)
        if sums is None:
            if len(self._sums) >= _CHANNELS_AT_MOST:
                raise self._source.error(None, f"expected at most {_CHANNELS_AT_MOST} devices in one file")
            self._channels[device] = channel_of(
                self._format, device, component, "energy", sensor=self._sensor, **fields
            )
            sums = self._sums[device] = [0.0, 0.0]
        sums[0] += energy_j
        sums[1] += rounding_j**2

    def id_of(self, device: str) -> str:
        """The id of a device's channel, for the ``contains`` of another one."""
        return channel_of(self._format, device, "host").id

    def energies(self) -> list[tuple[Channel, Joules]]:
        """Each channel with its joules."""
        return [(self._channels[device], self._joules(*sums)) for device, sums in self._sums.items()]

    def _joules(self, energy_j: float, rounding_j2: float) -> Joules:
        parts = [(GAIN, self._sensor.gain_error * abs(energy_j)), (RESOLUTION, math.sqrt(rounding_j2))]
        sentences = (self._sensor.warning,) if self._sensor.warning else ()
        return Joules(energy_j, tuple((source, u) for source, u in parts if u), sentences)
