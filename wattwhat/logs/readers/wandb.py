"""Weights & Biases system metrics as exported CSV: watts of GPUs in sparse rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import is_missing, number, stamp
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Wandb"]

# "system.gpu.0.powerWatts" from the API, "run name - system/gpu.0.powerWatts" from the page; the columns of
# "gpu.process.0" repeat the device's own, and "__MIN"/"__MAX" are not means.
_POWER = re.compile(r"(?:(?P<run>.+?) - )?system[./](?P<kind>gpu|cpu)(?:[./](?P<index>\d+))?[./]powerWatts")
_TIMES = (
    "_timestamp",
    "timestamp",
    "_runtime",
    "Relative Time (Process)",
    "Relative Time (Wall)",
    "Wall Time",
)


class Wandb:
    """Power by GPU, sampled every 10 to 30 s; each run of the file is a Measurement; scope: the boards."""

    name = "wandb-system-metrics"

    def sniff(self, head: Head) -> int:
        """A header cell that names a power in its way."""
        return (
            90 if any(_POWER.fullmatch(cell.strip().strip('"')) for cell in head.first_line.split(",")) else 0
        )

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run."""
        rows = csv_rows(source)
        _, header = next(rows, (1, []))
        time = next((header.index(name) for name in _TIMES if name in header), None)
        if time is None:
            raise source.error(1, f"expected a column with times ({', '.join(_TIMES[:3])})")
        places = {k: match for k, name in enumerate(header) if (match := _POWER.fullmatch(name))}
        traces: dict[str | None, Trace] = {}
        for match in places.values():
            trace = traces.setdefault(
                match["run"], Trace(source, options, format=self.name, sensor=NVML, component="gpu")
            )
            trace.channel(_device(match), component=match["kind"])
        for line, row in rows:
            if row == header:
                continue
            if wrong := misfit(len(row), len(header)):
                source.problem(line, wrong)
                continue
            moment = stamp(row[time])
            if moment is None:
                source.problem(
                    line, f"expected a time in column {header[time]}, found {','.join(row)[:60]!r}"
                )
                continue
            for place, match in places.items():
                cell = row[place]
                if is_missing(cell):
                    continue  # rows are sparse: each kind of metric has its own
                value = number(cell)
                if value is None or value < 0.0:
                    source.problem(line, f"expected a power, found {cell!r:.40}")
                    continue
                trace = traces[match["run"]]
                trace.add(_device(match), trace.clock(moment), value * (options.power_factor or 1.0), line)
        for run, trace in traces.items():
            yield from trace.measurements(label=run, scope="gpu")


def _device(match: re.Match[str]) -> str:
    return f"{match['kind'].upper()} {match['index']}" if match["index"] else match["kind"].upper()
