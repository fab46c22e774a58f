"""CodeCarbon's records gathered into runs: cumulative rows, tasks, overlaps, what each run states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import attrs

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, said
from wattwhat.logs.parsing.cells import Stamp, number, stamp, utc
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["CODECARBON_CPU", "CODECARBON_GPU", "CODECARBON_RAM", "Record", "Runs"]

_RUNS_AT_MOST = 200_000
_SAME_START_S = 3.0
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
_OWN = frozenset(
    ("timestamp", "project_name", "run_id", "experiment_id", "task_name", "duration", "emissions",
     "emissions_rate", "cpu_power", "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy",
     "energy_consumed", "water_consumed", "country_name", "country_iso_code", "region", "cloud_provider",
     "cloud_region", "os", "python_version", "codecarbon_version", "cpu_count", "cpu_model", "gpu_count",
     "gpu_model", "longitude", "latitude", "ram_total_size", "tracking_mode", "on_cloud", "pue", "wue",
     "cpu_utilization_percent", "gpu_utilization_percent", "ram_utilization_percent", "ram_used_gb")
)  # fmt: skip
_ENVIRONMENT = ("os", "python_version", "codecarbon_version", "cpu_model", "gpu_model", "country_name")


@attrs.frozen(slots=False)
class Record:
    """One row or JSON object: where it stands, its cells by name, and what is odd about it."""

    line: int
    cells: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """A cell, empty where there is none."""
        return self.cells.get(name, "").strip()

    def value(self, name: str) -> float | None:
        """A cell's number."""
        return number(self.get(name))

    @cached_property
    def end(self) -> Stamp | None:
        """When it was written, on the machine's own clock."""
        return stamp(self.get("timestamp"))

    @cached_property
    def start_s(self) -> float | None:
        """When the run began: codecarbon stamps the end."""
        duration = self.value("duration")
        return None if self.end is None or duration is None else self.end.t_s - duration

    @property
    def parts_kwh(self) -> tuple[float | None, ...]:
        """CPU, GPU and RAM."""
        return tuple(self.value(f"{part}_energy") for part, *_ in _PARTS)

    @property
    def adds_up(self) -> bool:
        """Whether CPU, GPU and RAM together are the total, as in every whole record."""
        total, parts = self.value("energy_consumed"), self.parts_kwh
        if total is None or any(part is None for part in parts):
            return False
        return abs(sum(part or 0.0 for part in parts) - total) <= 1e-6 * abs(total) + 1e-15


class Runs:
    """Keeps the last record of every run.

    Rows of one run_id are cumulative (flush() appends), so the last one holds everything. Rows without a
    run_id are taken for one run where they began at the same time. Tasks have energies of their own.
    """

    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._last: dict[tuple[str, ...], Record] = {}
        self._count: dict[tuple[str, ...], int] = {}
        self._unnamed: dict[str, tuple[tuple[str, ...], float]] = {}
        self._cpu_powers: set[str] = set()
        self._rows = 0
        self._facts = RowFacts(options, lambda: (record.cells for record in self._last.values()), _OWN)

    def add(self, record: Record) -> None:
        """The next record of the file."""
        if (energy := record.value("energy_consumed")) is None or energy < 0.0:
            found = (
                repr(record.get("energy_consumed"))[:60] if record.get("energy_consumed") else "an empty cell"
            )
            self._source.problem(record.line, f"expected energy_consumed in kWh, found {found}")
            return
        if len(self._last) >= _RUNS_AT_MOST:
            raise self._source.error(record.line, f"expected at most {_RUNS_AT_MOST} runs in one file")
        self._rows += 1
        if len(self._cpu_powers) < 2:
            self._cpu_powers.add(record.get("cpu_power"))
        key = self._key(record)
        before = self._last.get(key)
        if before is not None and _goes_back(before, record):
            key = (*key, str(record.line))
        self._last[key] = record
        self._count[key] = self._count.get(key, 0) + 1

    def _key(self, record: Record) -> tuple[str, ...]:
        if record.get("task_name"):
            return ("task", record.get("run_id"), record.get("task_name"), str(record.line))
        if record.get("run_id"):
            return ("run", record.get("run_id"))
        project, start = record.get("project_name"), record.start_s
        before = self._unnamed.get(project)
        if before is not None and start is not None and abs(start - before[1]) <= _SAME_START_S:
            return before[0]
        key = ("unnamed", project, str(record.line))
        if start is not None and len(self._unnamed) < _RUNS_AT_MOST:
            self._unnamed[project] = (key, start)
        return key

    def measurements(self) -> Iterator[Measurement]:
        """One Measurement a run, in the order in which the runs began to be written."""
        constant = self._rows > 1 and len(self._cpu_powers) == 1 and bool(next(iter(self._cpu_powers), ""))
        overlaps = _overlaps(self._last)
        backups = self._backups()
        for key, record in self._last.items():
            more = [*record.warnings, *backups, *overlaps.get(key, ())]
            if self._count[key] > 1 and key[0] == "unnamed":
                more.append("rows without a run_id that began at the same time were taken for one run")
            yield from self._measurement(record, self._count[key], constant, more)

    def _backups(self) -> list[str]:
        """The renamed older files beside this one, which hold further runs; they are not read here."""
        if self._source.path is None:
            return []
        found = []
        for ending in (".bak", *(f"_{k}.bak" for k in range(10))):
            other = self._source.path.with_name(self._source.name + ending)
            try:
                found += [other.name] if other.is_file() else []
            except OSError:
                return found
        return [f"{name} lies beside it and may hold earlier runs: codecarbon renames a file whose columns "
                "differ" for name in found]  # fmt: skip

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
        project = said(record.get("project_name"))
        facts = self._facts.of(totals, record.cells)
        yield from totals.measurement(
            **{name: value for name, value in facts.items() if value},
            label=said(record.get("task_name")) or (project if project != "codecarbon" else None),
            duration_s=duration_s,
            started_at=started,
            scope=said(record.get("tracking_mode")),
            environment={name: told for name in _ENVIRONMENT if (told := said(record.get(name)))},
            run_id=said(record.get("run_id")),
            project_name=project,
            rows_of_this_run=rows,
            ended_local=said(record.get("timestamp")),
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


def _goes_back(before: Record, after: Record) -> bool:
    """Whether a later row of one run holds less: then it does not continue the earlier one."""
    pairs = ((before.value(name), after.value(name)) for name in ("duration", "energy_consumed"))
    return any(a is not None and b is not None and b < a for a, b in pairs)


def _overlaps(runs: Mapping[tuple[str, ...], Record]) -> dict[tuple[str, ...], list[str]]:
    """For runs of the whole machine that ran at the same time: that each counts the other's energy too."""
    spans = sorted(
        (record.start_s, record.end.t_s, key)
        for key, record in runs.items()
        if record.get("tracking_mode") == "machine" and record.start_s is not None and record.end is not None
    )
    found: dict[tuple[str, ...], list[str]] = {}
    latest: tuple[float, tuple[str, ...]] | None = None
    for start_s, end_s, key in spans:
        # The stamps are whole seconds, cut off, so two runs in a row may seem to overlap by one or two.
        if latest is not None and latest[0] - start_s > 2.0 and latest[1][0] == key[0]:
            for one, other in ((key, latest[1]), (latest[1], key)):
                found.setdefault(one, []).append(
                    f"overlaps in time with the run of line {runs[other].line}, and both count the whole "
                    "machine: they must not be added"
                )
        if latest is None or end_s > latest[0]:
            latest = (end_s, key)
    return {key: sentences[:3] for key, sentences in found.items()}
