"""Measurements as tables for elsewhere: Markdown, LaTeX, CSV, pandas. Text from files is data, not markup.

What reporting schemes ask for is in `schemes`, reached through the same `export`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import csv_text, latex_text, markdown_text
from wattwhat.records.formatting import concise, siunitx
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.population import traits_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["COLUMNS", "rows"]


# Columns of CSV and pandas, in this order for ever; metrics follow as metric_<name>. The unit is the last
# part of a name, u_... is a standard uncertainty (k=1).
COLUMNS = (
    "label",
    "provenance",
    "scope",
    "device",
    "energy_j",
    "u_energy_j",
    "energy_per_item_j",
    "u_energy_per_item_j",
    "energy_per_call_j",
    "u_energy_per_call_j",
    "power_w",
    "u_power_w",
    "net_energy_j",
    "u_net_energy_j",
    "idle_power_w",
    "u_idle_power_w",
    "duration_s",
    "calls",
    "items",
    "started_at",
    "warnings",
)
_QUANTITIES = (
    "energy_j",
    "energy_per_item_j",
    "energy_per_call_j",
    "power_w",
    "net_energy_j",
    "idle_power_w",
)


def rows(measurements: Iterable[Measurement]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The columns and one mapping a measurement; what is not known is None, never 0.

    Args:
        measurements: what the rows are of.
    """
    ones = list(measurements)
    metrics = sorted({name for one in ones for name in one.metrics})
    return (*COLUMNS, *(f"metric_{name}" for name in metrics)), [_row(one, metrics) for one in ones]


def _row(measurement: Measurement, metrics: Sequence[str]) -> dict[str, Any]:
    traits = traits_of(measurement)
    row: dict[str, Any] = {
        "label": measurement.label,
        "provenance": measurement.provenance,
        "scope": traits["scope"],
        "device": traits["device"],
        "duration_s": measurement.duration_s,
        "calls": measurement.calls,
        "items": measurement.items,
        "started_at": None if measurement.started_at is None else measurement.started_at.isoformat(),
        "warnings": "; ".join(measurement.warnings) or None,
    }
    for name in _QUANTITIES:
        quantity: Quantity | None = getattr(measurement, name)
        row[name] = None if quantity is None else _known(quantity.value)
        row[f"u_{name}"] = None if quantity is None else _known(quantity.u)
    row.update({f"metric_{name}": measurement.metrics.get(name) for name in metrics})
    return row


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def csv_table(ones: Sequence[Measurement]) -> str:
    columns, table = rows(ones)
    return csv_text([columns, *([row.get(column) for column in columns] for row in table)])


def pandas_table(ones: Sequence[Measurement]) -> Any:
    import importlib

    try:
        pandas = importlib.import_module("pandas")
    except ImportError as err:
        raise ArgumentError(
            "format 'pandas' needs pandas, which is not installed: pip install pandas"
        ) from err
    columns, table = rows(ones)
    frame = pandas.DataFrame(table, columns=list(columns))
    frame["started_at"] = pandas.to_datetime(frame["started_at"], utc=True, format="ISO8601")
    return frame


_Columns = list[tuple[str, list["Quantity | float | str | None"]]]


def _shown(ones: Sequence[Measurement]) -> _Columns:
    """What a person reads: the columns of Markdown and LaTeX, those nobody fills left out."""
    columns: _Columns = [
        ("model", [one.label for one in ones]),
        ("J/item", [one.energy_per_item_j for one in ones]),
        ("J", [one.energy_j for one in ones]),
        ("W", [one.power_w for one in ones]),
    ]
    for name in sorted({name for one in ones for name in one.metrics}):
        columns.append((name, [one.metrics.get(name) for one in ones]))
    columns.append(("source", [one.provenance for one in ones]))
    return [
        (name, cells)
        for name, cells in columns
        if name in ("model", "J") or any(c is not None for c in cells)
    ]


def markdown_table(ones: Sequence[Measurement]) -> str:
    columns = _shown(ones)
    heads = [f"{name} (k=1)" if _numbers(name) else markdown_text(name) for name, _ in columns]
    marks = ["---" if name in ("model", "source") else "---:" for name, _ in columns]
    lines = [_markdown_row(heads), "|" + "|".join(marks) + "|"]
    for number in range(len(ones)):
        cells = [cells[number] for _, cells in columns]
        lines.append(
            _markdown_row(
                [concise(cell) if not isinstance(cell, str) else markdown_text(cell) for cell in cells]
            )
        )
    return "\n".join(lines)


def _numbers(name: str) -> bool:
    return name in ("J/item", "J", "W")


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def latex_table(ones: Sequence[Measurement]) -> str:
    columns = _shown(ones)
    heads = [_latex_head(name) for name, _ in columns]
    spec = "".join("l" if name in ("model", "source") else "r" for name, _ in columns)
    lines = [
        r"% \usepackage{booktabs,siunitx}; uncertainties in brackets are standard uncertainties (k=1)",
        rf"\begin{{tabular}}{{{spec}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
    ]
    for number in range(len(ones)):
        cells = [cells[number] for _, cells in columns]
        lines.append(
            " & ".join(siunitx(cell) if not isinstance(cell, str) else latex_text(cell) for cell in cells)
            + r" \\"
        )
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _latex_head(name: str) -> str:
    if name == "J/item":
        return r"energy per item / \unit{\joule}"
    return {"J": r"energy / \unit{\joule}", "W": r"power / \unit{\watt}"}.get(name, latex_text(name))
