"""Tables of results whose header names an energy with its unit: one Measurement a row, with its accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from wattwhat.logs.building.accuracies import accuracy_name, fraction, fractions
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, said
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.csv_rows import split_cells
from wattwhat.logs.parsing.named_rows import NamedRow, delimiter_of, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.readers.energy_columns import EnergyColumn, choice, energy_columns
from wattwhat.logs.readers.strep_table import is_strep, strep_energy
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["EnergyTable"]

_ROWS_AT_MOST = 50_000
# A table does not say who measured; between a sensor and a model (ours).
_SENSOR = Sensor("a table's energy (it does not say how it was measured)", 0.1, False)
_NAMES = (
    "model", "model_name", "model_id", "name", "label", "run", "run_name", "experiment", "network", "method",
    "algorithm", "architecture", "configuration", "config", "system", "variant", "benchmark", "task",
    "dataset",
)  # fmt: skip
_DURATIONS = (
    "duration_s", "time_s", "runtime_s", "elapsed_s", "total_time_s", "training_time_s", "train_time_s",
    "duration_sec", "duration_seconds", "runtime_sec", "runtime_seconds", "elapsed_sec", "elapsed_seconds",
    "time_sec", "time_seconds", "total_time_sec", "training_time_sec", "window_s",
    "duration [s]", "duration (s)", "time [s]", "time (s)", "runtime [s]", "runtime (s)",
)  # fmt: skip
_POWERS = ("power_w", "avg_power_w", "average_power_w", "mean_power_w", "power [w]", "power (w)")
_PARTS = ("cpu_power_w", "gpu_power_w", "ram_power_w", "dram_power_w")
_ITEMS = ("items", "n_items", "num_items", "inferences", "n_inferences", "num_inferences")


@attrs.frozen
class _Plan:
    """What each column of one header is."""

    energies: tuple[EnergyColumn, ...]
    label: str | None
    duration: str | None
    items: str | None
    powers: tuple[str, ...]
    metrics: Mapping[str, str]


class EnergyTable:
    """Only where the header leaves one reading; else the columns are listed, and ``energy_column`` chooses.

    Accuracies: percent where the column says so, a fraction where no value of it is above 1; otherwise left
    out, unless the option ``accuracy_unit`` says ``"percent"`` or ``"fraction"``.
    """

    name = "energy-table"

    def sniff(self, head: Head) -> int:
        """STREP's header, or an energy with a unit beside a name or an accuracy."""
        header = split_cells(head.first_line, delimiter_of(head.first_line))
        if is_strep(header):
            return 85
        if len(header) < 2 or not energy_columns(header):
            return 0
        named = any(name.lower() in _NAMES or accuracy_name(name) for name in header)
        return 25 if named else 15

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a row that has an energy."""
        first = head_of(source).first_line
        delimiter = delimiter_of(first)
        header = tuple(split_cells(first, delimiter))
        plan = _plan(source, header, options)
        rows: list[NamedRow] = []
        for row in named_rows(
            source, lambda names: names == tuple(name.lower() for name in header), delimiter
        ):
            if len(rows) >= _ROWS_AT_MOST:
                raise source.error(row.line, f"expected at most {_ROWS_AT_MOST} rows; split the table")
            if row.whole:
                rows.append(row)
            else:
                source.problem(row.line, f"expected {len(header)} cells, found {len(row.found)}")
        unit = options.more.get("accuracy_unit")
        percents = fractions((row.cells for row in rows), plan.metrics, None if unit is None else str(unit))
        unread = [name for name in plan.metrics if name not in percents]
        for row in rows:
            yield from self._row(source, options, plan, row, percents, unread)

    def _row(
        self,
        source: Source,
        options: Options,
        plan: _Plan,
        row: NamedRow,
        percents: Mapping[str, bool],
        unread: list[str],
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=row.line)
        fields: dict[str, Any] = {}
        if is_strep(row.header):
            fields = strep_energy(totals, row, _SENSOR)
        else:
            energy_j = _add(totals, row, plan.energies)
            each = plan.energies[0].item
            fields["items"] = 1 if each else totals.count(row.get(plan.items or ""), plan.items or "")
            fields["item"] = each
            if plan.duration and not each:
                duration_s = fields["duration_s"] = totals.seconds(
                    row.get(plan.duration), column=plan.duration
                )
                totals.check_power(energy_j, _power_w(row, plan.powers), duration_s)
        for name in unread:
            totals.warn(
                f"{name} holds values above 1, and its name does not say percent: it was left out; "
                "accuracy_unit='percent' reads it"
            )
        metrics: dict[str, float] = {}
        for name, percent in percents.items():
            share = fraction(row.get(name), percent=percent)
            if share is not None:
                metrics.setdefault(plan.metrics[name], share)
        used = {column.name for column in plan.energies} | {plan.duration, plan.items, *plan.metrics}
        yield from totals.measurement(
            label=said(row.get(plan.label)) if plan.label else None,
            metrics=metrics,
            columns=[column.name for column in plan.energies] or None,
            phase=said(next((row.get(name) for name in row.header if name.lower() == "phase"), "")),
            fields={
                name: told for name in row.header[:64] if name not in used and (told := said(row.get(name)))
            },
            **fields,
        )


def _power_w(row: NamedRow, names: tuple[str, ...]) -> float | None:
    """The mean power that the row states, or the sum of its parts, in W; None where one is not known."""
    powers = [number(row.get(name)) for name in names]
    known = [power for power in powers if power is not None]
    return sum(known) if known and len(known) == len(powers) else None


def _add(totals: Totals, row: NamedRow, columns: tuple[EnergyColumn, ...]) -> float | None:
    """A total contains the parts beside it, parts alone are added; J in all, None if that is not known."""
    total = columns[0] if columns[0].component is None else None
    parts = [column for column in columns if column.component is not None]
    inside = []
    for column in parts:
        cell = row.get(column.name)
        component = column.component or "host"
        how: Any = {"column": column.name, "rounded": True}
        if totals.add(component, component, cell, column.unit, _SENSOR, **how) is not None:
            inside.append(totals.id_of(component))
    if total is not None:
        # A run on less than 0.1 W is doubtful, one item on a microcontroller is not.
        component, cell = ("board" if total.item else "host"), row.get(total.name)
        how = {"column": total.name, "rounded": True, "contains": inside}
        return totals.add("total", component, cell, total.unit, _SENSOR, **how)
    return totals.sum_j if len(inside) == len(parts) else None


def _plan(source: Source, header: tuple[str, ...], options: Options) -> _Plan:
    lower = {name.lower(): name for name in reversed(header)}
    columns = energy_columns(header)
    told = options.more.get("energy_column")
    if is_strep(header):
        chosen: list[EnergyColumn] = []
    elif told is not None:
        chosen = [column for column in columns if column.name == told]
    else:
        chosen = choice(columns)
    if not chosen and not is_strep(header):
        names = ", ".join(column.name for column in columns)[:300]
        raise source.error(
            1, f"expected one energy a row, found the columns {names}; choose with energy_column='...'"
        )
    # Of several accuracies (test and validation) the first one counts, and exact names before others.
    metrics = {name: metric for name in sorted(header, key=_exactness) if (metric := accuracy_name(name))}
    return _Plan(
        tuple(chosen),
        next((lower[name] for name in _NAMES if name in lower), None),
        next((lower[name] for name in _DURATIONS if name in lower), None),
        next((lower[name] for name in _ITEMS if name in lower), None),
        next(
            ((lower[name],) for name in _POWERS if name in lower),
            tuple(lower[name] for name in _PARTS if name in lower),
        ),
        metrics,
    )


def _exactness(name: str) -> int:
    plain = name.lower()
    return 0 if plain in ("accuracy", "acc") else 1 if "test" in plain else 2
