"""Tables of results whose header names an energy with its unit: one Measurement a row, with its accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.errors import LogError, Remedy
from wattwhat.logs.building.accuracies import accuracy_name
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.row_facts import RowFacts, plain_name
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.csv_rows import split_cells
from wattwhat.logs.parsing.named_rows import NamedRow, delimiter_of, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.readers.energy_columns import EnergyColumn, choice, energy_columns
from wattwhat.logs.readers.strep_table import is_strep, strep_energy
from wattwhat.logs.readers.time_columns import TimedColumn, duration_column, power_columns
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["EnergyTable"]

# A table does not say who measured; between a sensor and a model (ours).
_OF_OTHERS = frozenset(("total", "sum", "subtotal", "mean", "average", "avg", "median", "overall", "all"))
_SENSOR = Sensor("a table's energy (it does not say how it was measured)", 0.1, False)
_NAMES = (
    "model", "model_name", "model_id", "name", "label", "run_name", "mlflow_runname", "run", "run_id",
    "experiment", "network", "method", "algorithm", "architecture", "configuration", "config", "system",
    "variant", "benchmark", "task", "dataset",
)  # fmt: skip


@attrs.frozen
class _Plan:
    """What each column of one header is."""

    energies: tuple[EnergyColumn, ...]
    label: str | None
    duration: TimedColumn | None
    powers: tuple[str, ...]

    @property
    def used(self) -> list[str]:
        """Columns that the energy and the time come from."""
        names = [name for column in self.energies for name in (column.name, column.u) if name]
        return names + ([self.duration.name] if self.duration else [])


class EnergyTable:
    """Only where the header leaves one reading; else the columns are listed, and ``energy_column`` chooses.

    Accuracies: percent where the column says so, a fraction where no value of it is above 1; otherwise left
    out, unless the option ``accuracy_unit`` says ``"percent"`` or ``"fraction"``.
    """

    name = "energy-table"

    def sniff(self, head: Head) -> int:
        """STREP's header, or an energy, best with a unit, beside a name or an accuracy."""
        header = split_cells(head.first_line, delimiter_of(head.first_line))
        if is_strep(header):
            return 85
        if len(header) < 2:
            return 0
        named = any(plain_name(name) in _NAMES or accuracy_name(name) for name in header)
        if energy_columns(header):
            return 25 if named else 15
        return 8 if named and energy_columns(header, "J") else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a row that has an energy."""
        first = head_of(source).first_line
        delimiter = delimiter_of(first)
        header = tuple(split_cells(first, delimiter))
        lower = tuple(name.lower() for name in header)
        plan = _plan(source, header, options)

        def rows(of: Source) -> Iterator[NamedRow]:
            return named_rows(of, lambda names: names == lower or _is_another_header(names), delimiter)

        ahead = source.ahead()
        facts = RowFacts(options, lambda: (row.cells for row in rows(ahead)), plan.used)
        plans: dict[tuple[str, ...], _Plan | None] = {header: plan}
        for row in rows(source):
            if row.header not in plans:  # of another table that was appended, in another unit perhaps
                plans[row.header] = _plan_or_problem(source, row, options)
            known = plans[row.header]
            if known is None or not row.whole:
                source.problem(row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}"
                               if known else "expected a row of a header that names one energy")  # fmt: skip
            else:
                yield from self._row(source, options, known, row, facts)

    def _row(
        self, source: Source, options: Options, plan: _Plan, row: NamedRow, facts: RowFacts
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=row.line)
        fields = facts.of(totals, row.cells)
        if is_strep(row.header):
            fields.update(strep_energy(totals, row, _SENSOR))
        else:
            energy_j = _add(totals, row, plan.energies)
            each = fields["item"] = plan.energies[0].item
            if each:
                fields["items"] = plan.energies[0].items
            elif plan.duration:
                name, unit_s = plan.duration.name, plan.duration.unit_s
                duration_s = fields["duration_s"] = totals.seconds(row.get(name), unit_s, name)
                totals.check_power(energy_j, _power_w(row, plan.powers), duration_s)
        if "run_id" in row.cells:  # MLflow's times have a zone
            fields["started_at"] = utc(stamp(row.get("start_time")), options.timezone)
        label = short_text(row.get(plan.label)) if plan.label else None
        if label is not None and plain_name(label) in _OF_OTHERS:
            totals.warn(f"by its name {label!r} is no model but the sum or the mean of the other rows")
        yield from totals.measurement(
            label=label,
            columns=[column.name for column in plan.energies] or None,
            **fields,
        )


def _is_another_header(names: tuple[str, ...]) -> bool:
    """Whether a row is the header of another table: an energy with its unit, a name, and no number."""
    if any(number(name) is not None for name in names):  # first, for nearly every row has one
        return False
    return any(plain_name(name) in _NAMES for name in names) and bool(energy_columns(names))


def _plan_or_problem(source: Source, row: NamedRow, options: Options) -> _Plan | None:
    try:
        return _plan(source, row.header, options)
    except LogError as err:
        source.problem(row.line, f"expected a header as the first one; {str(err).partition(': ')[2]}")
        return None


def _power_w(row: NamedRow, names: tuple[str, ...]) -> float | None:
    """The mean power that the row states, or the sum of its parts, in W; None where one is not known."""
    powers = [number(row.get(name)) for name in names]
    known = [power for power in powers if power is not None]
    return sum(known) if known and len(known) == len(powers) else None


def _add(totals: Totals, row: NamedRow, columns: tuple[EnergyColumn, ...]) -> float | None:
    """A total contains the parts beside it, parts alone are added; J in all, None if that is not known."""
    total = columns[0] if columns[0].component is None else None
    parts = [column for column in columns if column.component is not None]
    rounded = "run_id" not in row.cells  # MLflow writes whole doubles
    inside = []
    for column in parts:
        cell = row.get(column.name)
        component = column.component or "host"
        how: Any = {"column": column.name, "rounded": rounded, "u": _u(row, column)}
        if totals.add(component, component, cell, column.unit, _SENSOR, **how) is not None:
            inside.append(totals.id_of(component))
    if total is not None:
        # A run on less than 0.1 W is doubtful, one item on a microcontroller is not.
        component, cell = ("board" if total.item else "host"), row.get(total.name)
        how = {"column": total.name, "rounded": rounded, "contains": inside, "u": _u(row, total)}
        return totals.add("total", component, cell, total.unit, _SENSOR, **how)
    return totals.sum_j if len(inside) == len(parts) else None


def _u(row: NamedRow, column: EnergyColumn) -> str | None:
    """The standard uncertainty that the row states of an energy, in the energy's unit."""
    return row.get(column.u) if column.u else None


def _plan(source: Source, header: tuple[str, ...], options: Options) -> _Plan:
    plain = {plain_name(name): name for name in reversed(header)}
    return _Plan(
        () if is_strep(header) else tuple(_chosen(source, header, options)),
        next((plain[name] for name in _NAMES if name in plain), None),
        None if is_strep(header) else duration_column(header),
        power_columns(header),
    )


def _chosen(source: Source, header: tuple[str, ...], options: Options) -> list[EnergyColumn]:
    """The columns that make up a row's energy: one reading, or a refusal."""
    columns = energy_columns(header)
    if not columns:
        columns = energy_columns(header, options.energy_unit or "J")
        if columns and options.energy_unit is None:
            raise source.error(
                1, f"expected an energy with its unit, found the column {columns[0].name!r}",
                Remedy("name the unit with {energy_unit}, or another one", energy_unit="Wh"),
            )  # fmt: skip
    wanted = options.more.get("energy_column")
    chosen = choice(columns) if wanted is None else [column for column in columns if column.name == wanted]
    if not chosen:
        names = ", ".join(column.name for column in columns)[:300]
        raise source.error(
            1,
            f"expected one energy a row, found the columns {names}",
            Remedy("choose with {energy_column}", energy_column=...),
        )
    return chosen
