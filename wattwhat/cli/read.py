"""The verb read: what other tools logged, as a table, as JSON Lines or as CSV."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.gathering import Gathering, gather, nothing_to_join
from wattwhat.cli.log_options import add_log_options
from wattwhat.cli.options import add_anonymous, add_force
from wattwhat.cli.output import check_destination, deliver, put, say
from wattwhat.cli.sentences import complain, complain_of
from wattwhat.errors import ArgumentError
from wattwhat.records.anonymous import anonymous
from wattwhat.records.escaping import csv_text, one_line

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call", "table", "unlike"]

EXAMPLES = """examples:
  wattwhat read emissions.csv
  wattwhat read logs/ --json > all.jsonl
  wattwhat read dmon.txt --interval 1
  wattwhat read emissions.csv --metrics acc.csv --on model --percent --csv all.csv

The format is recognised from the content. What a file does not say stays unknown.
Problems go to standard error with file and line. Exit status: 0 something was
read, 2 nothing was, or --strict and any problem.
"""
_FIELDS = (
    ("label", "energy_j", "u_energy_j", "duration_s", "power_w", "u_power_w", "calls", "items"),
    ("energy_per_item_j", "u_energy_per_item_j", "provenance", "format", "scope", "phase", "file", "line"),
    ("started_at", "warnings"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_log_options(parser)
    parser.add_argument(
        "--json", action="store_true", help="one Measurement a line, as JSON, instead of the table"
    )
    parser.add_argument("--csv", metavar="FILE", help="write a CSV table too; - is standard output, alone")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read, and report."""
    check_destination(arguments.csv, "--csv", written="csv", arguments=arguments)
    if arguments.json and arguments.csv == "-":
        raise ArgumentError(
            "standard output holds the JSON", argument="--csv -", remedy="name a file, or leave out --json"
        )
    if arguments.json and arguments.csv is None and nothing_to_join(arguments):
        return _one_by_one(arguments)
    gathered = gather(arguments)
    measurements: Sequence[Measurement] = gathered.measurements
    if arguments.anonymous:
        measurements = [anonymous(measurement) for measurement in measurements]
    if arguments.csv is not None:
        deliver(_csv(measurements), arguments.csv)
    if arguments.json:
        for measurement in measurements:
            put(measurement.to_json())
    elif arguments.csv != "-":
        say("\n".join(table(measurements)))
    complain(gathered.notes, "joined:")
    complain_of(gathered.problems)
    return 0


def _one_by_one(arguments: argparse.Namespace) -> int:
    """Print each Measurement as it is read: memory for one, however many a log holds."""
    gathering = Gathering(arguments, whole=False)
    for measurement in gathering:
        put((anonymous(measurement) if arguments.anonymous else measurement).to_json())
    complain_of(gathering.problems)
    return 0


def table(measurements: Sequence[Measurement]) -> list[str]:
    """The measurements as a table of at most 80 columns; what is the same in every row is said below it.

    Args:
        measurements: at least one.
    """
    from wattwhat.records.formatting import plus_minus, short_time
    from wattwhat.report.text_table import Column, listing

    origins = [_origin(measurement) for measurement in measurements]
    same = len(set(origins)) == 1
    accurate = any("accuracy" in measurement.metrics for measurement in measurements)
    doubtful = any(measurement.warnings for measurement in measurements)
    parts: list[tuple[Column, list[str]]] = [
        (Column("label", shrinks=True), [m.label for m in measurements]),
        (Column("energy ± U (k=2)", True), [plus_minus(m.energy_j) for m in measurements]),
        (Column("time", True), [short_time(m.duration_s) for m in measurements]),
        (Column("power", True), [_power(m) for m in measurements]),
    ]
    if accurate:
        shown = [m.metrics.get("accuracy") for m in measurements]
        parts.append((Column("accuracy", True), ["-" if a is None else f"{a:.4g}" for a in shown]))
    if not same:
        parts.append((Column("from", shrinks=True), origins))
    if doubtful:
        parts.append((Column("!", True), [str(len(m.warnings) or "") for m in measurements]))
    rows = [list(row) for row in zip(*(cells for _, cells in parts), strict=True)]
    lines = listing([column for column, _ in parts], rows, shares=_shares(measurements))
    return [*lines, *_below(measurements, origins[0] if same else None, doubtful)]


def unlike(measurements: Sequence[Measurement]) -> str | None:
    """A sentence if measured and estimated energies stand side by side; None if they do not."""
    kinds = sorted({measurement.provenance for measurement in measurements})
    if len(kinds) < 2:
        return None
    return f"{' and '.join(kinds)} energies stand side by side: they do not compare"


def _origin(measurement: Measurement) -> str:
    """Where a number comes from: the tool that logged it, or how it was obtained."""
    if measurement.provenance != "imported":
        return measurement.provenance
    return str(measurement.details.get("format") or measurement.provenance)


def _power(measurement: Measurement) -> str:
    power = measurement.power_w
    if power is None or not power.known:
        return "-"
    value = power.value
    return f"{value * 1e3:.3g} mW" if abs(value) < 1.0 else f"{value:.{0 if abs(value) >= 99.95 else 1}f} W"


def _shares(measurements: Sequence[Measurement]) -> list[float | None]:
    known = [m.energy_j.value for m in measurements if m.energy_j.known]
    most = max(known, default=0.0)
    if len(measurements) < 2 or not most > 0:
        return []
    return [m.energy_j.value / most if m.energy_j.known else None for m in measurements]


def _below(measurements: Sequence[Measurement], origin: str | None, doubtful: bool) -> list[str]:
    from wattwhat.cli.output import wrap

    sentences = [f"{len(measurements)} measurement{'' if len(measurements) == 1 else 's'}"]
    if origin is not None:
        imported = measurements[0].provenance == "imported" and origin != "imported"
        sentences.append(f"imported from {origin}" if imported else origin)
    lines = [", ".join(sentences)]
    if doubtful and len(measurements) > 3:
        lines.append("! counts warnings; --json has them in full")
    elif doubtful:
        for measurement in measurements:
            for sentence in measurement.warnings:
                lines += wrap(f"{one_line(measurement.label)}: {one_line(sentence)}", "  ", "! ")
    doubt = unlike(measurements)
    return lines if doubt is None else [*lines, *wrap(doubt, "  ", "! ")]


def _csv(measurements: Sequence[Measurement]) -> str:
    """A CSV table with a header: joules, seconds, watts; empty where something is not known."""
    metrics = list(dict.fromkeys(name for m in measurements for name in m.metrics))
    fields = [*(name for part in _FIELDS for name in part), *(f"metric:{name}" for name in metrics)]
    rows = [_row(measurement) for measurement in measurements]
    return csv_text([fields, *([row.get(name) for name in fields] for row in rows)])


def _row(m: Measurement) -> dict[str, Any]:
    from wattwhat.records.quantity import finite_or_none

    row: dict[str, Any] = {"label": m.label, "duration_s": m.duration_s, "calls": m.calls, "items": m.items}
    pairs = (("energy_j", m.energy_j), ("power_w", m.power_w), ("energy_per_item_j", m.energy_per_item_j))
    for name, quantity in pairs:
        row[name] = None if quantity is None else finite_or_none(quantity.value)
        row[f"u_{name}"] = None if quantity is None else finite_or_none(quantity.u)
    row["provenance"] = m.provenance
    row.update({name: m.details.get(name) for name in ("format", "scope", "phase", "file", "line")})
    row["started_at"] = None if m.started_at is None else m.started_at.isoformat()
    row["warnings"] = "; ".join(m.warnings) or None
    row.update({f"metric:{name}": value for name, value in m.metrics.items()})
    return row
