"""Scored models as plain text: the score never without accuracy and energy beside it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from wattwhat.records.formatting import energy_unit
from wattwhat.records.quantity import Quantity
from wattwhat.records.terminal import line_width
from wattwhat.report.text_table import Column, listing

__all__ = ["score_table"]

_NAMES_AT_LEAST = 14


def score_table(name: str, rows: Sequence[Mapping[str, Any]], smaller_is_better: bool = False) -> list[str]:
    r"""A table of results, best first, as wide as the terminal, at most 80 columns.

    Args:
        name: of the score, with all that changes its scale.
        rows: as in ``Ranking.to_dict()["rows"]``; rank, ranks and beats_next may be missing.
        smaller_is_better: direction of the score, for the heading.

    Example:
        >>> one = {"value": 1.0, "u": 0.0, "unit": "1"}
        >>> row = {"label": "net", "result": {"grade": None, "value": one}, "accuracy": None,
        ...        "energy": {"value": 2.0, "u": 0.5, "unit": "J"}, "dominated": False, "rank": 1}
        >>> print("\n".join(score_table("demo", [row])))
        demo, larger is better
        #  model  score  accuracy    energy
        1  net        1         -  2.0(5) J
    """
    columns, cells = [Column("#", True)], [[_place(row)] for row in rows]
    parts: list[tuple[Column, list[str]]] = [
        (Column("model", shrinks=True), [row["label"] for row in rows]),
        (Column("accuracy", True), [_short(row["accuracy"]) for row in rows]),
        (Column("energy", True), [_energy(row["energy"]) for row in rows]),
    ]
    if any(row["result"]["value"] != row["energy"] for row in rows):
        parts.insert(1, (Column("score", True), [_short(row["result"]["value"]) for row in rows]))
    if any(row["result"]["grade"] for row in rows):
        parts.insert(1, (Column("grade"), [_odds(row["result"]) for row in rows]))
    if any(row.get("ranks") for row in rows) and len(rows) > 1:
        parts.append((Column(">next", True), [_beats(row) for row in rows]))
        parts.append((Column("ranks", True), [_span(row.get("ranks")) for row in rows]))
    parts = _fitting(parts, max(1, *(len(cell[0]) for cell in cells)))
    for column, results in parts:
        columns.append(column)
        for cell, text in zip(cells, results, strict=True):
            cell.append(text)
    direction = "smaller is better" if smaller_is_better else "larger is better"
    lines = [f"{name}, {direction}", *listing(columns, cells)]
    if any(row["dominated"] for row in rows):
        lines.append("* dominated: another model is at least as accurate for no more energy")
    titles = {column.title for column, _ in parts}
    sentences = [
        sentence
        for title, sentence in (
            ("grade", "grade: with its probability and the likeliest other one's"),
            (">next", ">next: probability of truly beating the next one"),
            ("ranks", "ranks: 95 % of the draws"),
        )
        if title in titles
    ]
    return [*lines, *textwrap.wrap("; ".join(sentences), line_width())]


def _fitting(parts: list[tuple[Column, list[str]]], before: int) -> list[tuple[Column, list[str]]]:
    """Leave out what is told elsewhere too until the models' names have room enough to be told apart."""
    kept = list(parts)
    for title in (">next", "ranks"):
        least = [
            min(_NAMES_AT_LEAST, longest) if column.shrinks else longest
            for column, cells in kept
            for longest in (max(map(len, (column.title, *cells))),)
        ]
        if before + sum(least) + 2 * len(kept) <= line_width():
            break
        kept = [part for part in kept if part[0].title != title]
    return kept


def _place(row: Mapping[str, Any]) -> str:
    star = "*" if row["dominated"] else ""
    return f"{star}{row['rank']}" if row.get("rank") else star or "-"


def _short(data: Mapping[str, Any] | None) -> str:
    """A quantity in at most 15 letters."""
    if data is None or data["value"] is None:
        return "-"
    quantity = Quantity.from_dict(data)
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    if not math.isfinite(quantity.u):
        return f"{quantity.value:.4g}(?){unit}"
    text = str(quantity).removesuffix(" 1")
    if len(text) <= 15:
        return text
    return f"{quantity.value:.3g}±{quantity.u:.2g}{unit}"


def _energy(data: Mapping[str, Any]) -> str:
    """An energy in its own unit, or where that makes an unwieldy number, in a multiple of the joule."""
    value = data["value"]
    if value is None or 0.01 <= abs(value) < 1e5:
        return _short(data)
    joules = Quantity.from_dict(data).to("J")
    return _short(joules.to(energy_unit(joules.value)).to_dict())


def _odds(result: Mapping[str, Any]) -> str:
    """The grade with its probability, then the likeliest other one."""
    grade, chances = result["grade"], result["probabilities"] or {}
    chances = {letter: p for letter, p in chances.items() if p is not None}  # None: it was not finite
    if not grade or grade not in chances:
        return grade or "-"
    others = sorted(
        ((p, other) for other, p in chances.items() if other != grade and p >= 0.005), reverse=True
    )
    shown = [(chances[grade], grade), *others[:1]]
    return ", ".join(f"{letter} {100 * p:.0f} %" for p, letter in shown)


def _beats(row: Mapping[str, Any]) -> str:
    share = row.get("beats_next")
    if share is None:
        return ""
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"


def _span(ranks: Sequence[int] | None) -> str:
    if not ranks:
        return ""
    return str(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]}-{ranks[1]}"
