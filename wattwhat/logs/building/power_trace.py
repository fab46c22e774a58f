"""Power samples of one file to Measurements, by the same functions as live readings, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wattwhat.energy.gauge import gauge_energy
from wattwhat.energy.gauge_timing import lag_s
from wattwhat.energy.joules import Joules, beyond_w
from wattwhat.errors import LogError, Remedy
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, unused_rows
from wattwhat.logs.building.sample_series import Part, Run
from wattwhat.logs.parsing.cells import Stamp, utc
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source
from wattwhat.records.channel import Channel
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import EDGES

__all__ = ["Trace"]

_CHANNELS_AT_MOST = 4096
# No row of a log means more than a large power station.
_MOST_W = 1e10
# As many devices as one host has may be added up in a row.
_DEVICES_IN_A_ROW = 8.0


class Trace:
    """Gathers power samples by device and makes Measurements of them; one device, one channel.

    Args:
        source: the file.
        options: the user's.
        format: the reader's name.
        sensor: what took the samples.
        component: of the channels, unless `channel` says otherwise.
        host: the host's name, if the file has it.

    Attributes:
        stamp_step_s: what the finest stamp so far resolves, in s.

    Example:
        >>> from wattwhat.logs.building.known_sensors import NVML
        >>> trace = Trace(Source.of_text("", "made.csv"), Options(), format="x", sensor=NVML, component="gpu")
        >>> for k in range(4):
        ...     trace.add("GPU 0", float(k), 100.0, line=k + 1)
        >>> [m.energy_j.value for m in trace.measurements()]
        [300.0]
    """

    def __init__(
        self,
        source: Source,
        options: Options,
        *,
        format: str,
        sensor: Sensor,
        component: str,
        host: str | None = None,
    ) -> None:
        self._source, self._options = source, options
        self._format, self._sensor, self._component, self._host = format, sensor, component, host
        self._runs: dict[str | None, Run] = {}
        self._fields: dict[str | None, dict[str, Any]] = {}
        self._missing: dict[str | None, int] = {}
        self._ticks: dict[str | None, int] = {}
        self._kind: str | None = None
        self.stamp_step_s = 1.0
        self._warnings: dict[str, None] = {}

    def warn(self, sentence: str) -> None:
        """Keep a sentence for every Measurement of this trace; the same one twice counts once."""
        self._warnings[sentence] = None

    def channel(self, device: str | None, **fields: Any) -> None:
        """Say more about a device before its first sample: component, sensor, contains, max_power_w, ..."""
        self._fields.setdefault(device, {}).update(fields)

    def channel_id(self, device: str | None) -> str:
        """The id that this device's channel gets, for the ``contains`` of another one."""
        return self._channel(device).id

    def tick(self, device: str | None, hint: str) -> float:
        """The time in s of this device's next sample in a file without times; see `interval_s`."""
        count = self._ticks[device] = self._ticks.get(device, -1) + 1
        return count * self.interval_s(hint)

    def interval_s(self, hint: str) -> float:
        """The interval that the user gave, in s.

        Args:
            hint: what the tool's usual interval is, for the message.

        Raises:
            LogError: none was given.
        """
        if self._options.interval_s is None:
            raise self._source.error(
                None,
                "there are no times in it",
                Remedy(f"give {{interval_s}}, the seconds between two samples{hint}", interval_s=...),
            )
        return self._options.interval_s

    def clock(self, moment: Stamp) -> float:
        """The time in s of a stamp, keeping what kind of clock it is of."""
        if self._kind is None:
            self._kind = moment.kind
        if moment.step_s < self.stamp_step_s:
            self.stamp_step_s = moment.step_s
        return moment.t_s

    def add(self, device: str | None, t_s: float, power_w: float, line: int) -> None:
        """One sample.

        Args:
            device: the device in words, or None where the file does not say.
            t_s: time in s; of a stamp through `clock`.
            power_w: power in W.
            line: line number in the file.
        """
        if not 0.0 <= power_w <= _MOST_W:
            self._source.problem(line, f"expected a power between 0 and {_MOST_W:g} W, found {power_w:g} W")
            return
        run = self._runs.get(device)
        if run is None:
            run = self._new_run(device)
        run.add(t_s, power_w, line)

    def add_arrays(self, device: str | None, t_s: Any, power_w: Any, lines: Any) -> None:
        """Many samples of one device (numpy arrays of equal length)."""
        (self._runs.get(device) or self._new_run(device)).add_arrays(t_s, power_w, lines)

    def missing(self, device: str | None) -> None:
        """A row of this device that says it has no power."""
        self._missing[device] = self._missing.get(device, 0) + 1

    def _new_run(self, device: str | None) -> Run:
        if len(self._runs) >= _CHANNELS_AT_MOST:
            raise self._source.error(None, f"expected at most {_CHANNELS_AT_MOST} devices in one file")
        fields = self._fields.get(device, {})
        sensor = fields.get("sensor", self._sensor)
        run = Run(
            self._source,
            sensor,
            local=self._kind == "local",
            limit_w=fields.get("max_power_w"),
            zone=self._options.timezone,
            beyond_w=self._beyond_w(fields),
        )
        self._runs[device] = run
        return run

    def _beyond_w(self, fields: Mapping[str, Any]) -> float:
        """What no row can mean, in W; without a limit in the file, a row may be of several devices."""
        limit_w = fields.get("max_power_w")
        channel = Channel(
            "-", "-", "-", fields.get("component", self._component), "power", max_power_w=limit_w
        )
        return beyond_w(channel) * (1.0 if limit_w else _DEVICES_IN_A_ROW)

    def measurements(
        self,
        *,
        items: float | None = None,
        metrics: Mapping[str, float] | None = None,
        label: str | None = None,
        **details: Any,
    ) -> Iterator[Measurement]:
        """One Measurement; more where the times jump back, so that no time is counted twice.

        Args:
            items: items in the span, if known (of the first Measurement).
            metrics: accuracy and others that the file holds.
            label: what was measured.
            details: kept in the Measurement's details.

        Raises:
            LogError: no device has two samples.
        """
        parts = {device: run.finish() for device, run in self._runs.items()}
        usable = {device: [part for part in of if part.sums.span_s > 0.0] for device, of in parts.items()}
        count = max((len(of) for of in usable.values()), default=0)
        if not count:
            raise self._too_few(parts)
        for device, of in parts.items():
            self._list_moments(device, of)
        for k in range(count):
            here = {device: of[k] for device, of in usable.items() if k < len(of)}
            name = (label or self._source.stem) if count == 1 else f"{label or self._source.stem} ({k + 1})"
            yield self._measurement(here, name, items if count == 1 else None, metrics, details)

    def _list_moments(self, device: str | None, parts: Iterable[Part]) -> None:
        """What stands on a single moment is no energy; it must not vanish without a word."""
        for part in parts:
            if not part.sums.span_s > 0.0:
                self._source.problem(
                    part.first_line,
                    f"expected samples at two times or more, found {part.sums.samples} at one"
                    + (f" of {device}" if device else ""),
                )

    def _too_few(self, parts: Mapping[str | None, list[Part]]) -> LogError:
        missing = sum(self._missing.values())
        seen = sum(part.sums.samples for of in parts.values() for part in of)
        if missing and not seen:
            sentence = f"all {missing} rows say that there is no power reading, as some devices do"
        elif any(part.sums.samples > 1 for of in parts.values() for part in of):
            sentence = (
                f"all {seen} power samples stand at one time, but a power without a length of time is no "
                "energy; log with a finer time"
            )
        elif seen:
            sentence = (
                f"{seen} power sample(s), but expected at least 2 of one device, the later one below: a "
                "power without a length of time is no energy"
            )
        else:
            first = next(iter(self._source.problems), None)
            sentence = "holds no usable power sample" + (f"; the first problem: {first}" if first else "")
        return self._source.error(None, sentence)

    def _measurement(
        self,
        parts: Mapping[str | None, Part],
        label: str,
        items: float | None,
        metrics: Mapping[str, float] | None,
        details: Mapping[str, Any],
    ) -> Measurement:
        begin, end = _span_s(parts)
        energies = [self._joules(device, part) for device, part in parts.items()]
        kind = self._kind or "elapsed"
        started = utc(Stamp(begin, kind, 0.0), self._options.timezone)
        more: dict[str, Any] = {
            "line": min(part.first_line for part in parts.values()),
            "samples": max(part.sums.samples for part in parts.values()),
            "interval_s": next(iter(parts.values())).median_s,
            **details,
        }
        if kind == "local" and started is None:
            more["started_local"] = _iso(begin)
        return imported(
            self._source,
            energies,
            format=self._format,
            label=label,
            duration_s=end - begin,
            items=items,
            metrics=metrics,
            warnings=self._warnings_of(parts),
            started_at=started,
            **more,
        )

    def _warnings_of(self, parts: Mapping[str | None, Part]) -> Iterable[str]:
        yield from self._warnings
        begin, end = _span_s(parts)
        for device, part in parts.items():
            whose = f"{device}: " if device and len(parts) > 1 else ""
            yield from (whose + sentence for sentence in (*part.warnings, *part.beyond(begin, end)))
            if self._missing.get(device):
                yield f"{whose}{self._missing[device]} row(s) without a power reading were left out"
        for device in parts:
            sensor = self._fields.get(device, {}).get("sensor", self._sensor)
            if sensor.warning:
                yield sensor.warning
        yield from unused_rows(self._source)

    def _channel(self, device: str | None) -> Channel:
        fields: dict[str, Any] = {"component": self._component, "host": self._host, "sensor": self._sensor}
        fields.update(self._fields.get(device, {}))
        return channel_of(self._format, device, fields.pop("component"), "power", **fields)

    def _joules(self, device: str | None, part: Part) -> tuple[Channel, Joules]:
        channel = self._channel(device)
        joules = gauge_energy(part.sums, part.sums.span_s, channel, provenance="imported")
        first_w, last_w = part.sums.first, part.sums.last
        change_w = abs(last_w[1] - first_w[1]) if first_w and last_w else 0.0
        mean_w = joules.value_j / part.sums.span_s if part.sums.span_s else 0.0
        step_s = self.stamp_step_s if self._kind is not None else 0.0
        # Both ends of the span are known to within a stamp's step (triangular for their difference), and
        # the gauge shows the power late, so what the log holds belongs to a slightly earlier span.
        edges = math.hypot(mean_w * step_s / math.sqrt(6.0), change_w * lag_s(channel) / math.sqrt(12.0))
        parts = joules.parts + (((EDGES, edges),) if edges else ())
        return channel, Joules(joules.value_j, parts, joules.warnings)


def _span_s(parts: Mapping[str | None, Part]) -> tuple[float, float]:
    return min(part.first_s for part in parts.values()), max(part.last_s for part in parts.values())


def _iso(t_s: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(t_s, timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds")
