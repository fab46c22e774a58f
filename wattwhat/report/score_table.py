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
_COLUMNS = (
    Column("#", True),
    Column("model", shrinks=True),
    Column("grade"),
    Column("score", True),
    Column("accuracy", True),
    Column("energy", True),
    Column(">next", True),
    Column("ranks", True),
)
_Part = tuple[Column, Sequence[str]]


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
    texts: list[tuple[str, ...]] = []
    scored = graded = ranked = dominated = False
    for row in rows:  # once: of very many, each is made when it is asked for
        result = row["result"]
        scored |= result["value"] != row["energy"]
        graded |= bool(result["grade"])
        ranked |= bool(row.get("ranks"))
        dominated |= bool(row["dominated"])
        about = (_place(row), row["label"], _odds(result), _short(result["value"]), _short(row["accuracy"]))
        texts.append((*about, _energy(row["energy"]), _beats(row), _span(row.get("ranks"))))
    ranked = ranked and len(texts) > 1
    useful = (True, True, graded, scored, True, True, ranked, ranked)
    by_column = list(zip(*texts, strict=True)) or [()] * len(_COLUMNS)
    kept: list[_Part] = [
        (column, cells) for column, cells, use in zip(_COLUMNS, by_column, useful, strict=True) if use
    ]
    places, *parts = kept
    parts = _fitting(parts, max(1, *map(len, places[1])))
    columns = [column for column, _ in (places, *parts)]
    cells = list(zip(places[1], *(texts for _, texts in parts), strict=True))
    direction = "smaller is better" if smaller_is_better else "larger is better"
    lines = [f"{name}, {direction}", *listing(columns, cells)]
    if dominated:
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


def _fitting(parts: list[_Part], before: int) -> list[_Part]:
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
    grade, chances = result["grade"], result.get("probabilities") or {}
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
