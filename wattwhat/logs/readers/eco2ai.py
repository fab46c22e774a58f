"""Eco2AI's emission.csv and its look-alikes: energy of a run in kWh, in training one row an epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.accuracies import accuracy_name, fraction
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import LONGEST_S, Totals, short_text
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Eco2Ai"]

_ENERGY, _DURATION = "power_consumption(kWh)", "duration(s)"
_OWN = (
    "id", "project_name", "experiment_description", "epoch", "start_time", _DURATION, _ENERGY,
    "CO2_emissions(kg)", "CPU_name", "GPU_name", "OS", "region/country", "cost",
)  # fmt: skip
_EPOCH = re.compile(r"\s*epoch\s*:\s*(\d{1,9})\s*(?:,|$)")
_PARAMETER = re.compile(r"([^:,]{1,60}):\s*([^,]{1,60})(?:,|$)")
# Eco2AI multiplies the CPU's TDP by its load; only the GPU has a sensor, and the file does not split them.
_SENSOR = Sensor("eco2AI's energy (the CPU's TDP by load, a sensor for the GPU)", 0.4, False)


@attrs.define
class _Run:
    """A run so far: a single row, or one an epoch, of which first and last are kept."""

    first: NamedRow
    last: NamedRow
    last_epoch: int | None
    rows: int = 0
    kwh: float = 0.0
    least_kwh: float = 0.0
    duration_s: float | None = 0.0

    def add(self, row: NamedRow, epoch: int | None, seconds: float | None) -> None:
        kwh = number(row.get(_ENERGY)) or 0.0
        self.last, self.last_epoch, self.rows = row, epoch, self.rows + 1
        self.kwh, self.least_kwh = self.kwh + kwh, min(self.least_kwh, kwh)
        self.duration_s = (
            None if None in (self.duration_s, seconds) else (self.duration_s or 0.0) + (seconds or 0.0)
        )


class Eco2Ai:
    """power_consumption(kWh) is an energy; a look-alike that holds something else shows by its mean power."""

    name = "eco2ai"

    def sniff(self, head: Head) -> int:
        """Its columns, whichever version."""
        return 95 if _is_header(head.cells()) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run; the epochs of a training are added, since each holds its own energy."""
        run: _Run | None = None
        ahead = source.ahead()
        facts = RowFacts(options, lambda: (row.cells for row in named_rows(ahead, _is_header)), _OWN)
        for row in named_rows(source, _is_header):
            if not row.whole or number(row.get(_ENERGY)) is None:
                source.problem(
                    row.line,
                    f"expected {len(row.header)} cells with an energy in {_ENERGY}, found "
                    f"{len(row.all_cells)} cells and {row.get(_ENERGY)!r:.40} "
                    "(eco2AI can also encode its file; decode it first)",
                )
                continue
            epoch = _epoch_of(row)
            if run is None or not _continues(run, row, epoch):
                if run is not None:
                    yield from self._measurement(source, options, run, facts)
                run = _Run(row, row, epoch)
            run.add(row, epoch, _seconds(row))
        if run is not None:
            yield from self._measurement(source, options, run, facts)

    def _measurement(
        self, source: Source, options: Options, run: _Run, facts: RowFacts
    ) -> Iterator[Measurement]:
        first, last = run.first, run.last
        totals = Totals(source, options, format=self.name, line=first.line)
        if run.least_kwh < 0.0:
            totals.spoil(f"expected energies of 0 or more, found {run.least_kwh:g} kWh")
            return
        # One row keeps its printed digits; of a sum their rounding is far below every other uncertainty.
        energy = first.get(_ENERGY) if run.rows == 1 else run.kwh
        totals.add("CPU, GPU and RAM", "host", energy, "kWh", _SENSOR, column=_ENERGY)
        if run.duration_s is None:
            totals.seconds(last.get(_DURATION), column=_DURATION)  # says what is wrong with it
        begin = stamp(first.get("start_time"))
        metrics, parameters = _parameters(last.get("epoch"))
        project = short_text(first.get("project_name"))
        fields = facts.of(totals, last.cells)
        fields.update(
            label=_label(project, short_text(first.get("experiment_description"))),
            duration_s=run.duration_s or None,
            metrics={**metrics, **fields["metrics"]},
            started_at=utc(begin, options.timezone) if begin is not None else None,
            environment={
                name: text
                for name in ("CPU_name", "GPU_name", "OS", "region/country")
                if (text := short_text(first.get(name)))
            },
            project_name=project,
            experiment=short_text(first.get("experiment_description")),
            run_id=short_text(first.get("id")),
            epochs=run.rows if run.last_epoch is not None else None,
            epoch_parameters=parameters,
            started_local=short_text(first.get("start_time")),
            emissions_kg=number(last.get("CO2_emissions(kg)")) if run.rows == 1 else None,
        )
        yield from totals.measurement(**fields)


def _seconds(row: NamedRow) -> float | None:
    seconds = number(row.get(_DURATION))
    return seconds if seconds is not None and 0.0 <= seconds <= LONGEST_S else None


def _is_header(names: tuple[str, ...]) -> bool:
    return {_ENERGY.lower(), _DURATION.lower()} <= set(names)


def _label(*names: str | None) -> str | None:
    """The first name that the user chose; None where both are defaults, one misspelt by the tool."""
    defaults = ("deafult project name", "default project name", "no experiment description")
    return next((name for name in names if name and name.lower() not in defaults), None)


def _epoch_of(row: NamedRow) -> int | None:
    match = _EPOCH.match(row.get("epoch"))
    return int(match[1]) if match else None


def _continues(run: _Run, row: NamedRow, epoch: int | None) -> bool:
    """Whether a row is the next epoch of the run: the same id, and an epoch that was not there yet."""
    same = bool(row.get("id")) and row.get("id") == run.first.get("id")
    return same and epoch is not None and run.last_epoch is not None and epoch > run.last_epoch


def _parameters(text: str) -> tuple[dict[str, float], dict[str, str]]:
    """Shares such as an accuracy, and everything else that the user noted with an epoch."""
    metrics: dict[str, float] = {}
    rest: dict[str, str] = {}
    for match in _PARAMETER.finditer(text[:2000]):
        name, value = match[1].strip(), match[2].strip()
        metric = accuracy_name(name)
        share = fraction(value, percent=value.endswith("%")) if metric else None
        if metric and share is not None:
            metrics[metric] = share
        elif name != "epoch":
            rest[name] = value
    return metrics, rest
