"""Energy counters with their times: what was counted in the span, and how far its edges may be off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

import attrs

from wattwhat.energy.joules import Joules
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, unused_rows
from wattwhat.logs.building.stated_totals import MOST_J
from wattwhat.logs.parsing.cells import Stamp, utc
from wattwhat.logs.source import Source
from wattwhat.records.channel import Channel
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import EDGES, GAIN, RESOLUTION

__all__ = ["CounterSeries", "Counting"]

_DEVICES_AT_MOST = 4096


@attrs.define
class _Counted:
    component: str
    step_j: float
    fields: dict[str, Any]
    line: int | None = None
    energy_j: float = 0.0
    readings: int = 0
    pieces: int = 0
    first: Stamp | None = None
    last: Stamp | None = None

    @property
    def span_s(self) -> float:
        return self.last.t_s - self.first.t_s if self.first and self.last else 0.0


class CounterSeries:
    """Counters that only go up, by device; a device may have several that are added (cores, modes).

    Args:
        source: the file; is told of resets.
        format: the reader's name.
        sensor: what counts; its ``update_period_s`` is how old a reading may be.

    Example:
        >>> from wattwhat.logs.building.known_sensors import NVML
        >>> series = CounterSeries(Source.of_text("x", "made.txt"), "x", NVML)
        >>> for t_s, joules in ((0.0, 1000.0), (10.0, 3000.0)):
        ...     series.add("GPU 0", "gpu", Stamp(t_s, "elapsed", 1.0), joules, line=1)
        >>> [(m.energy_j.value, m.duration_s) for m in series.measurements()]
        [(2000.0, 10.0)]
    """

    def __init__(self, source: Source, format: str, sensor: Sensor) -> None:
        self._source, self._format, self._sensor = source, format, sensor
        self._counting = Counting(source)
        self._counted: dict[str, _Counted] = {}

    def __bool__(self) -> bool:
        """Whether any counter was read twice."""
        return any(counted.pieces for counted in self._counted.values())

    def __contains__(self, device: str) -> bool:
        return device in self._counted and self._counted[device].pieces > 0

    def add(
        self,
        device: str,
        component: str,
        at: Stamp | None,
        energy_j: float,
        line: int,
        *,
        series: str = "",
        step_j: float = 0.0,
        **fields: Any,
    ) -> None:
        """One reading.

        Args:
            device: the device in words.
            component: its component.
            at: when it was read, or None where the file has no times.
            energy_j: what the counter shows, in J.
            line: line in the file.
            series: tells the counters of one device apart.
            step_j: the counter's smallest step in J.
            fields: see `channel_of`; those of the first reading count.

        Raises:
            LogError: there are more devices than any machine has.
        """
        if not 0.0 <= energy_j <= MOST_J:
            self._source.problem(line, f"expected a counter from 0 to {MOST_J:.0e} J, found {energy_j:g} J")
            return
        counted = self._counted.get(device)
        if counted is None:
            if len(self._counted) >= _DEVICES_AT_MOST:
                raise self._source.error(None, f"expected at most {_DEVICES_AT_MOST} devices in one file")
            counted = self._counted[device] = _Counted(component, step_j, fields, line)
        counted.step_j = min(counted.step_j, step_j)
        counted.readings += 1
        step = self._counting.step(f"{device} {series}".strip(), energy_j, line)
        if step is not None:
            counted.energy_j += step
            counted.pieces += 1
        if at is not None:
            counted.first = counted.first or at
            counted.last = at

    def contain(self, device: str, *parts: str) -> None:
        """Say that one device's energy holds those of others."""
        if device in self._counted:
            inside = [self._channel(part).id for part in parts if part in self and part != device]
            self._counted[device].fields.setdefault("contains", []).extend(inside)

    def absorb(self, other: CounterSeries) -> None:
        """Take the counters of another one of the same file, whose devices have other names."""
        for device, counted in other._counted.items():
            self._counted.setdefault(device, counted)

    def energies(self) -> list[tuple[Channel, Joules]]:
        """Each device that was read twice, with its joules."""
        return [(self._channel(name), self._joules(one)) for name, one in self._counted.items() if one.pieces]

    def _channel(self, device: str) -> Channel:
        one = self._counted[device]
        more: dict[str, Any] = {"sensor": self._sensor, **one.fields}
        if one.step_j:
            more.setdefault("resolution", one.step_j)
        return channel_of(self._format, device, one.component, "energy", **more)

    def _joules(self, one: _Counted) -> Joules:
        sensor: Sensor = one.fields.get("sensor", self._sensor)
        # Both edges are known to within a step and to within the counter's period: triangular differences.
        stale_s = sensor.update_period_s or 0.0
        stamp_s = one.last.step_s if one.last is not None else 0.0
        mean_w = one.energy_j / one.span_s if one.span_s else 0.0
        parts = (
            (GAIN, sensor.gain_error * one.energy_j),
            (RESOLUTION, one.step_j / math.sqrt(6.0)),
            (EDGES, mean_w * math.hypot(stale_s, stamp_s) / math.sqrt(6.0)),
        )
        sentences = (sensor.warning,) if sensor.warning else ()
        return Joules(one.energy_j, tuple((source, u) for source, u in parts if u), sentences)

    def measurements(
        self,
        *,
        label: str | None = None,
        warnings: tuple[str, ...] = (),
        duration_s: float | None = None,
        zone: tzinfo | None = None,
        **details: Any,
    ) -> Iterator[Measurement]:
        """The Measurement of all devices; nothing where no counter was read twice.

        Args:
            label: what was measured.
            warnings: sentences.
            duration_s: the span where the readings have no times.
            zone: of stamps without one.
            details: see `imported`.
        """
        energies = self.energies()
        if not energies:
            return
        for device, one in self._counted.items():
            if not one.pieces:
                self._source.problem(
                    one.line,
                    f"expected readings of {device} at two times or more, found {one.readings}: what it "
                    "counted is not known and not in the sum",
                )
        firsts = [one.first for one in self._counted.values() if one.pieces and one.first]
        lasts = [one.last for one in self._counted.values() if one.pieces and one.last]
        if firsts:
            begin = min(firsts, key=lambda at: at.t_s)
            details.setdefault("readings", max(one.readings for one in self._counted.values()))
            yield self._imported(
                energies,
                label,
                warnings,
                max(0.0, max(at.t_s for at in lasts) - begin.t_s) or None,
                started_at=utc(begin, zone),
                **details,
            )
        else:
            yield self._imported(energies, label, warnings, duration_s, **details)

    def _imported(
        self,
        energies: list[tuple[Channel, Joules]],
        label: str | None,
        warnings: tuple[str, ...],
        duration_s: float | None,
        **details: Any,
    ) -> Measurement:
        return imported(
            self._source,
            energies,
            format=self._format,
            label=label,
            duration_s=duration_s,
            warnings=[*warnings, *unused_rows(self._source)],
            **details,
        )


class Counting:
    """Differences of counters that only go up; one that goes back was reset.

    Args:
        source: is told of resets.

    Example:
        >>> counting = Counting(Source.of_text("", "made.txt"))
        >>> [counting.step("GPU 0", joules, line) for line, joules in enumerate([5.0, 7.5, 1.0, 2.0], 1)]
        [None, 2.5, None, 1.0]
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: dict[str, float] = {}

    def step(self, device: str, energy_j: float, line: int) -> float | None:
        """Joules since this device's last row, or None at the first one and after a reset."""
        before = self._last.get(device)
        self._last[device] = energy_j
        if before is None:
            return None
        if energy_j < before:
            self._source.problem(
                line,
                f"expected the counter of {device} to go up, not from {before:g} J to {energy_j:g} J: "
                "it was reset, and what it counted in between is not known",
            )
            return None
        return energy_j - before
