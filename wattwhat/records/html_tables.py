"""Tables for notebooks: a measurement, several of them, a budget; every text is data and no markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wattwhat.records.escaping import html_isolated
from wattwhat.records.formatting import plus_minus, short_time

if TYPE_CHECKING:
    from wattwhat.records.budget import Budget
    from wattwhat.records.measurement import Measurement

__all__ = ["budget_html", "measurement_html", "measurements_html", "pairs_html", "table_html"]

_LEFT, _RIGHT = "style='text-align:left'", "style='text-align:right'"
_MOST_ROWS = 200  # a notebook keeps what it shows


def table_html(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table; the first column and the heads are to the left, numbers behind them to the right.

    Example:
        >>> table_html(["name"], [["<b>"]])
        "<table><tr><th style='text-align:left'><bdi>name</bdi></th></tr><tr><td ...&lt;b&gt;..."
    """
    top = "".join(_cell("th", head, number) for number, head in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(_cell('td', cell, number) for number, cell in enumerate(row))}</tr>" for row in rows
    )
    return f"<table>{_caption(caption)}<tr>{top}</tr>{body}</table>"


def _cell(tag: str, text: str, number: int) -> str:
    return f"<{tag} {_RIGHT if number else _LEFT}>{html_isolated(text)}</{tag}>"


def _caption(text: str) -> str:
    return f"<caption>{html_isolated(text)}</caption>" if text else ""


def pairs_html(caption: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A table of names and what is said of each."""
    body = "".join(
        f"<tr><th {_LEFT}>{html_isolated(name)}</th><td {_LEFT}>{html_isolated(text)}</td></tr>"
        for name, text in pairs
    )
    return f"<table>{_caption(caption)}{body}</table>"


def measurement_html(measurement: Measurement) -> str:
    """Energy, power, per call and per item, metrics, channels and warnings; then the budget.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> html = measurement_html(Measurement(label="<b>", energy_j=Quantity(1, 0.1, "J")))
        >>> "<b>" in html, "&lt;b&gt;" in html
        (False, True)
    """
    m = measurement
    rows = [("energy", f"{m.energy_j:U}"), ("provenance", m.provenance)]
    if m.duration_s is not None:
        rows.append(("duration", f"{m.duration_s:.4g} s"))
    for name, quantity in (
        ("mean power", m.power_w),
        ("per call", m.energy_per_call_j),
        ("per item", m.energy_per_item_j),
        ("above idle", m.net_energy_j),
    ):
        if quantity is not None:
            rows.append((name, f"{quantity:U}"))
    rows.extend((name, f"{value:.6g}") for name, value in m.metrics.items())
    for entry in m.channels:
        energy = "lost" if entry.energy_j is None else f"{entry.energy_j:U}"
        rows.append((entry.channel.id, energy if entry.counted else f"{energy} (not added)"))
    rows.extend(("warning", sentence) for sentence in m.warnings)
    return pairs_html(m.label, rows) + (budget_html(m.budget) if m.budget else "")


def budget_html(budget: Budget) -> str:
    """The budget as `print` shows it: each source with its share, and what repeats have in common."""
    from wattwhat.records.budget_table import notes_of, rows_of

    heads, *rows = rows_of(budget, budget.entries)
    filled = [number for number, head in enumerate(heads) if head]
    notes = [html_isolated(sentence) for sentence in notes_of(budget, budget.entries)]
    table = table_html(
        [heads[number] for number in filled], [[row[number] for number in filled] for row in rows]
    )
    return table + "".join(f"<p>{sentence}</p>" for sentence in notes)


def measurements_html(measurements: Sequence[Measurement], problems: Sequence[str] = ()) -> str:
    """One row a measurement, metrics as columns, and what could not be read below it.

    Args:
        measurements: what to show, the first 200 of them.
        problems: sentences about what was left out.
    """
    shown = measurements[:_MOST_ROWS]
    names = list(dict.fromkeys(name for m in shown for name in m.metrics))
    heads = ["label", "energy ± U (k=2)", "time", "per item", *names, "from", "warnings"]
    rows = [
        [
            m.label,
            plus_minus(m.energy_j),
            short_time(m.duration_s),
            "" if m.energy_per_item_j is None else plus_minus(m.energy_per_item_j),
            *("" if name not in m.metrics else f"{m.metrics[name]:.6g}" for name in names),
            m.provenance,
            str(len(m.warnings) or ""),
        ]
        for m in shown
    ]
    left_out = [f"{len(measurements) - _MOST_ROWS} more rows"] if len(measurements) > _MOST_ROWS else []
    notes = [*left_out, *(f"left out: {sentence}" for sentence in problems)]
    return table_html(heads, rows) + "".join(f"<p>{html_isolated(sentence)}</p>" for sentence in notes[:20])
