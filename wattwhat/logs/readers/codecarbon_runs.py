"""The Measurement of one of CodeCarbon's runs, from its last record and what the file says as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import utc
from wattwhat.logs.protocol import Options
from wattwhat.logs.readers.codecarbon_index import Index
from wattwhat.logs.readers.codecarbon_records import Record, records
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["CODECARBON_CPU", "CODECARBON_GPU", "CODECARBON_RAM", "OWN", "Maker"]

CODECARBON_CPU = Sensor(
    "codecarbon's CPU energy (a sensor or a share of the TDP, which is not said)", 0.4, False
)
CODECARBON_GPU = Sensor("codecarbon's GPU energy", 0.05, False)
CODECARBON_RAM = Sensor("codecarbon's RAM energy (a model)", 0.4, False)
_PARTS = (
    ("cpu", "cpu", "CPU", CODECARBON_CPU),
    ("gpu", "gpu", "GPU", CODECARBON_GPU),
    ("ram", "dram", "RAM", CODECARBON_RAM),
)
# What codecarbon itself writes, in any of its versions; columns beside these were added by the user.
OWN = frozenset(
    ("timestamp", "project_name", "run_id", "experiment_id", "task_name", "duration", "emissions",
     "emissions_rate", "cpu_power", "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy",
     "energy_consumed", "water_consumed", "country_name", "country_iso_code", "region", "cloud_provider",
     "cloud_region", "os", "python_version", "codecarbon_version", "cpu_count", "cpu_model", "gpu_count",
     "gpu_model", "longitude", "latitude", "ram_total_size", "tracking_mode", "on_cloud", "pue", "wue",
     "cpu_utilization_percent", "gpu_utilization_percent", "ram_utilization_percent", "ram_used_gb")
)  # fmt: skip
_ENVIRONMENT = ("os", "python_version", "codecarbon_version", "cpu_model", "gpu_model", "country_name")


class Maker:
    """Makes Measurements of the last records of runs, knowing what the whole file says."""

    def __init__(self, source: Source, options: Options, index: Index) -> None:
        self._source, self._options, self._index = source, options, index
        ahead = source.ahead()
        self._facts = RowFacts(options, lambda: (record.cells for record in records(ahead)), OWN)
        self.backups, self.stem = self._backups(), source.stem

    def of(self, record: Record, rows: int) -> Iterator[Measurement]:
        """The Measurement of a run.

        Args:
            record: the last one of the run, which holds everything.
            rows: how many the run has.
        """
        more = [*record.warnings, *self.backups]
        if overlap := self._index.overlap(record.place):
            more.append(overlap)
        if rows > 1 and not record.get("run_id"):
            more.append("rows without a run_id that began at the same time were taken for one run")
        yield from self._measurement(record, rows, self._index.constant_cpu, more)

    def without_overlap(self, record: Record) -> Iterator[Measurement]:
        """The Measurement of a run of this one record, as if no other had run at the same time."""
        yield from self._measurement(record, 1, self._index.constant_cpu, list(self.backups))

    def _backups(self) -> list[str]:
        """The renamed older files beside this one, which hold further runs; they are not read here."""
        if self._source.path is None:
            return []
        backups = []
        for ending in (".bak", *(f"_{k}.bak" for k in range(10))):
            other = self._source.path.with_name(self._source.name + ending)
            try:
                backups += [other.name] if other.is_file() else []
            except OSError:
                return backups
        return [f"{name} lies beside it and may hold earlier runs: codecarbon renames a file whose columns "
                "differ" for name in backups]  # fmt: skip

    def _measurement(
        self,
        record: Record,
        rows: int,
        constant: bool,
        more: list[str],
    ) -> Iterator[Measurement]:
        totals = Totals(self._source, self._options, format="codecarbon", line=record.line)
        totals.warn(*more)
        gpus = totals.count(record.get("gpu_count"), "gpu_count")
        _add_energies(totals, record, gpus)
        duration_s = totals.seconds(record.get("duration"))
        pue = record.value("pue")
        if pue is not None and pue != 1.0:
            totals.warn(
                f"the energies include a PUE of {pue:g} that was set in codecarbon; it was not removed"
            )
        if constant:
            totals.warn(
                f"cpu_power is {record.get('cpu_power')} W in every row: codecarbon seems to have used a "
                "constant (half the TDP), no sensor"
            )
        started = None
        if record.end is not None and duration_s is not None:
            started = utc(attrs.evolve(record.end, t_s=record.end.t_s - duration_s), self._options.timezone)
        project = short_text(record.get("project_name"))
        facts = self._facts.of(totals, record.cells)
        yield from totals.measurement(
            **{name: value for name, value in facts.items() if value},
            label=short_text(record.get("task_name")) or (project if project != "codecarbon" else None),
            duration_s=duration_s,
            started_at=started,
            scope=short_text(record.get("tracking_mode")),
            environment={name: text for name in _ENVIRONMENT if (text := short_text(record.get(name)))},
            run_id=short_text(record.get("run_id")),
            project_name=project,
            rows_of_this_run=rows,
            ended_local=short_text(record.get("timestamp")),
            emissions_kg=record.value("emissions"),
            pue_included=pue,
            cpu_mode="constant" if constant else "unknown",
        )


def _add_energies(totals: Totals, record: Record, gpus: float | None) -> None:
    """The parts where they add up to the total, else the total with the parts inside it."""
    whole = record.adds_up
    inside = []
    for part, component, device, sensor in _PARTS:
        cell, value = record.get(f"{part}_energy"), record.value(f"{part}_energy")
        if not cell or (part == "gpu" and not value and not gpus):
            continue  # no such column, or no such device
        fields: dict[str, Any] = {"max_power_w": 1500.0 * max(gpus or 1.0, 1.0)} if part == "gpu" else {}
        if totals.add(device, component, cell, "kWh", sensor, column=f"{part}_energy", **fields) is not None:
            inside.append(totals.id_of(device))
    if whole:
        return
    if inside:
        totals.warn("CPU, GPU and RAM do not add up to energy_consumed: the total was taken")
    totals.add(
        "total", "host", record.get("energy_consumed"), "kWh", CODECARBON_CPU,
        column="energy_consumed", contains=inside,
    )  # fmt: skip
