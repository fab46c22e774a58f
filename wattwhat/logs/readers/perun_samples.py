"""perun's CSV export: samples of every sensor of every run, counters in J and gauges in W."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs

from wattwhat.energy.joules import Joules
from wattwhat.errors import LogError
from wattwhat.logs.building.counter_series import Counting
from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import NVML, RAPL, TOOL_TOTAL, Sensor
from wattwhat.logs.building.measurement import imported
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.building.stated_totals import LONGEST_S, MOST_J
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.channel import Channel
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN, UNSEEN

__all__ = ["PerunSamples"]

_NAMES = {"run id", "hostname", "device_group", "sensor", "unit", "magnitude", "timestep", "value"}
_GROUPS: dict[str, tuple[str, Sensor]] = {
    "cpu": ("cpu", RAPL),
    "gpu": ("gpu", NVML),
    "dram": ("dram", RAPL),
    "ram": ("dram", RAPL),
}


@attrs.define
class _Run:
    """The samples of one run."""

    trace: Trace
    tally: Tally
    counting: Counting
    first_line: int
    gauges: bool = False
    last_s: float = 0.0


class PerunSamples:
    """Counters that wrap are told apart from power, and what a wrap hides is a problem, not a guess."""

    name = "perun-samples"

    def sniff(self, head: Head) -> int:
        """Its columns."""
        return 95 if set(head.cells()) >= _NAMES else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run."""
        runs: dict[str, _Run] = {}
        for row in named_rows(source, lambda names: set(names) >= _NAMES):
            if row.whole and row.get("unit") not in ("J", "W"):
                continue
            run = runs.get(row.get("run id"))
            if run is None:
                if len(runs) >= 1000:
                    raise source.error(row.line, "expected at most 1000 runs in one file")
                run = runs[row.get("run id")] = _Run(
                    Trace(source, options, format=self.name, sensor=TOOL_TOTAL, component="host"),
                    Tally(source, self.name, RAPL),
                    Counting(source),
                    row.line,
                )
            _sample(source, options, run, row)
        for name, run in runs.items():
            yield from _measurement(source, name, run, len(runs) > 1)


def _sample(source: Source, options: Options, run: _Run, row: NamedRow) -> None:
    t_s, value, magnitude = (number(row.get(name)) for name in ("timestep", "value", "magnitude"))
    is_power = row.get("unit") == "W"
    if (
        t_s is None
        or value is None
        or magnitude is None
        or not row.whole
        or not 0.0 <= value * magnitude <= MOST_J
        or not abs(t_s) <= LONGEST_S
    ):
        source.problem(
            row.line, f"expected timestep, value and magnitude, found {','.join(row.all_cells)!r:.90}"
        )
        return
    component, sensor = _GROUPS.get(row.get("device_group").lower(), ("host", TOOL_TOTAL))
    device = f"{row.get('hostname')} {row.get('sensor')}"[:200]
    run.last_s = max(run.last_s, t_s)
    if is_power:
        run.trace.channel(device, component=component, sensor=sensor)
        run.trace.add(device, t_s, value * (options.power_factor or magnitude), row.line)
        run.gauges = True
        return
    step_j = run.counting.step(device, value * (options.energy_factor or magnitude), row.line)
    if step_j is not None:
        run.tally.add(device, component, step_j)


def _measurement(source: Source, name: str, run: _Run, many: bool) -> Iterator[Measurement]:
    energies = run.tally.energies()
    warnings: list[str] = []
    if run.gauges:
        try:
            traced = list(run.trace.measurements())
        except LogError as err:
            source.problem(run.first_line, f"run {name!r:.40}: {err}")
            traced = []
        for measurement in traced:
            energies += [
                (c.channel, _joules(c.channel, c.energy_j)) for c in measurement.channels if c.energy_j
            ]
            warnings += measurement.warnings
    if energies:
        yield imported(
            source,
            _one_a_channel(energies),
            format=PerunSamples.name,
            label=f"{source.stem} {name}" if many else None,
            duration_s=run.last_s or None,
            warnings=warnings,
            scope="host",
            line=run.first_line,
            run_id=name[:200],
        )


def _joules(channel: Channel, energy: object) -> Joules:
    """Gain apart from the rest, so that sums over channels treat it as fully correlated."""
    value, u = float(getattr(energy, "value", math.nan)), float(getattr(energy, "u", 0.0))
    gain = (channel.gain_error or 0.0) * abs(value)
    rest = math.sqrt(max(u * u - gain * gain, 0.0))
    return Joules(value, tuple((what, size) for what, size in ((GAIN, gain), (UNSEEN, rest)) if size))


def _one_a_channel(energies: list[tuple[Channel, Joules]]) -> list[tuple[Channel, Joules]]:
    """The first of a channel that comes twice (its times went back): the rest may be the same time again."""
    by_id: dict[str, tuple[Channel, Joules]] = {}
    for channel, joules in energies:
        by_id.setdefault(channel.id, (channel, joules))
    return list(by_id.values())
