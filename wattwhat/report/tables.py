"""Measurements as tables for elsewhere: Markdown, LaTeX, CSV, pandas. Text from files is data, not markup.

What reporting schemes ask for is in `schemes`, reached through the same `export`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import csv_text, latex_text, markdown_text
from wattwhat.records.formatting import concise, siunitx
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.population import traits_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["COLUMNS", "TABLES", "Table", "latex_grid", "markdown_grid", "markdown_table", "rows"]

_LATEX = r"% \usepackage{booktabs,siunitx}; uncertainties in brackets are standard uncertainties (k=1)"
_TEXTS, _ENERGIES = ("model", "source"), ("J/item", "J", "W")

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
    """What a person reads; columns that nobody fills are left out."""
    columns = _shown(ones)
    heads = [f"{name} (k=1)" if name in _ENERGIES else markdown_text(name) for name, _ in columns]
    shown = [
        [markdown_text(cell) if isinstance(cell, str) else concise(cell) for cell in cells]
        for _, cells in columns
    ]
    return markdown_grid(heads, [name not in _TEXTS for name, _ in columns], zip(*shown, strict=True))


def latex_table(ones: Sequence[Measurement]) -> str:
    columns = _shown(ones)
    heads = [_latex_head(name) for name, _ in columns]
    shown = [
        [latex_text(cell) if isinstance(cell, str) else siunitx(cell) for cell in cells]
        for _, cells in columns
    ]
    return latex_grid(heads, [name not in _TEXTS for name, _ in columns], zip(*shown, strict=True))


def _latex_head(name: str) -> str:
    if name == "J/item":
        return r"energy per item / \unit{\joule}"
    return {"J": r"energy / \unit{\joule}", "W": r"power / \unit{\watt}"}.get(name, latex_text(name))


def markdown_grid(heads: Sequence[str], numeric: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """Cells that are Markdown already as a table, numbers to the right.

    Example:
        >>> print(markdown_grid(["model", "J"], [False, True], [("net", "1.0")]))
        | model | J |
        |---|---:|
        | net | 1.0 |
    """
    head, *lines = (f"| {' | '.join(row)} |" for row in (heads, *rows))
    return "\n".join([head, f"|{'|'.join('---:' if one else '---' for one in numeric)}|", *lines])


def latex_grid(heads: Sequence[str], numeric: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """Cells that are LaTeX already as a table of booktabs, numbers to the right."""
    lines = [
        _LATEX,
        rf"\begin{{tabular}}{{{''.join('r' if one else 'l' for one in numeric)}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in rows),
    ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _wrote_latex(text: str) -> bool:
    return text.startswith(_LATEX) and text.rstrip().endswith(r"\end{tabular}")


def _wrote_csv(text: str) -> bool:
    head = text.partition("\n")[0].split(",")
    return head[0] == "label" and {"energy_j", "u_energy_j", "provenance", "warnings"} <= set(head)


def _wrote_markdown(text: str) -> bool:
    lines = text.strip().split("\n")
    return lines[0].startswith("| model |") and "(k=1)" in lines[0] and all(line[:1] == "|" for line in lines)


@attrs.frozen
class Table:
    """A format of tables.

    Args:
        make: gives the table of some measurements.
        ending: of its files; None where it is no text.
        wrote: whether a text is such a table and holds nothing else, so that it may be replaced.
    """

    make: Callable[[Sequence[Measurement]], Any]
    ending: str | None = None
    wrote: Callable[[str], bool] | None = None


# A format is listed here, and nowhere else.
TABLES: Mapping[str, Table] = {
    "markdown": Table(markdown_table, ".md", _wrote_markdown),
    "latex": Table(latex_table, ".tex", _wrote_latex),
    "csv": Table(csv_table, ".csv", _wrote_csv),
    "pandas": Table(pandas_table),
}
