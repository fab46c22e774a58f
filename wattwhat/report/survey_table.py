"""Several scores of the same models in one table for a paper: Markdown, LaTeX or CSV."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.escaping import csv_text, latex_text, markdown_text
from wattwhat.records.formatting import concise, siunitx
from wattwhat.records.quantity import Quantity
from wattwhat.report.tables import latex_grid, markdown_grid
from wattwhat.scoring.order_agreement import RankCorrelation, rank_correlation
from wattwhat.scoring.pareto_front import epsilon_front

__all__ = ["FORMATS", "Scored", "agreements", "survey_table"]

FORMATS = ("markdown", "latex", "csv")


@attrs.frozen
class Scored:
    """What one score said of some models.

    Args:
        name: of the score, with all that changes its scale.
        rows: as in ``Ranking.to_dict()["rows"]``, best first; one a model.
        higher_is_better: direction of its value.
    """

    name: str
    rows: Sequence[Mapping[str, Any]]
    higher_is_better: bool = True


def survey_table(scores: Sequence[Scored], format: str, epsilon: float | None = None) -> str:
    r"""One row a model with accuracy, energy, and value, letter, odds and rank by each score.

    Models stand in the order of the first score; what a score did not judge is empty (CSV) or a dash. The
    accuracy and the energy are those that the first score judged. Dominated models (another is at least as
    accurate for no more of that energy) are said to be so.

    Args:
        scores: at least one.
        format: ``"markdown"``, ``"latex"`` (booktabs and siunitx 3) or ``"csv"``.
        epsilon: adds whether a model belongs to the fewest that stand for all to within this share.

    Raises:
        ArgumentError: the format is not known, there is no score, or epsilon is no share.

    Example:
        >>> one = {"value": 0.5, "u": 0.01, "unit": "1"}
        >>> row = {"label": "net", "rank": 1, "result": {"grade": "B", "probabilities": {"B": 0.8, "A": 0.2},
        ...        "value": one}, "accuracy": one, "energy": {"value": 2.0, "u": 0.1, "unit": "J"},
        ...        "dominated": False}
        >>> print(survey_table([Scored("demo", [row])], "markdown"))
        | model | accuracy | energy (J) | demo | demo: letter | demo: odds | demo: rank | dominated |
        |---|---:|---:|---:|---|---:|---:|---|
        | net | 0.500(10) | 2.00(10) | 0.500(10) | B | 80 % | 1 | no |
    """
    if format not in FORMATS:
        raise ArgumentError(argument="format", expected=f"one of {', '.join(FORMATS)}", got=format)
    if not scores:
        raise ArgumentError(argument="scores", expected="at least one")
    columns = _columns(scores, epsilon)
    return {"markdown": _markdown, "latex": _latex, "csv": _csv}[format](columns)


def agreements(scores: Sequence[Scored]) -> list[tuple[str, str, RankCorrelation]]:
    """For each pair of scores, how far they put the models that both rank into one order.

    Args:
        scores: any number; one that ranked nothing, since its models are unlike, agrees with none.

    Returns:
        The names of both, and how far they agree.
    """
    rows = []
    for one, other in itertools.combinations(scores, 2):
        first, second = _goodness(one), _goodness(other)
        both = [label for label in first if label in second]
        try:
            agreed = rank_correlation([first[label] for label in both], [second[label] for label in both])
        except ScoreError:
            continue
        rows.append((one.name, other.name, agreed))
    return rows


def _goodness(scored: Scored) -> dict[str, float]:
    sign = 1.0 if scored.higher_is_better else -1.0
    values = {row["label"]: row["result"]["value"] for row in scored.rows if row.get("rank")}
    return {label: sign * v["value"] for label, v in values.items() if v and v["value"] is not None}


_Cell = Quantity | float | str | None


@attrs.frozen
class _Column:
    title: str
    cells: Sequence[_Cell]
    share: bool = False
    number: bool = True


def _columns(scores: Sequence[Scored], epsilon: float | None) -> list[_Column]:
    by_label = [{row["label"]: row for row in scored.rows} for scored in scores]
    labels = list(dict.fromkeys(label for rows in by_label for label in rows))
    # Accuracy and energy are the first score's own: another may judge an item where it judges the span.
    firsts = [by_label[0].get(label) for label in labels]
    energies = [_quantity(row and row["energy"]) for row in firsts]
    unit = next(energy.unit for energy in energies if energy is not None)
    energies = [None if energy is None else energy.to(unit) for energy in energies]
    columns = [
        _Column("model", labels, number=False),
        _Column("accuracy", [_quantity(row and row["accuracy"]) for row in firsts]),
        _Column(f"energy ({unit})", energies),
    ]
    for scored, rows in zip(scores, by_label, strict=True):
        values = [rows.get(label) for label in labels]
        results = [None if row is None else row["result"] for row in values]
        columns.append(_Column(scored.name, [_quantity(r and r["value"]) for r in results]))
        if any(r and r["grade"] for r in results):
            columns.append(
                _Column(f"{scored.name}: letter", [r["grade"] if r else None for r in results], number=False)
            )
            columns.append(_Column(f"{scored.name}: odds", [_odds(r) for r in results], share=True))
        columns.append(_Column(f"{scored.name}: rank", [row.get("rank") if row else None for row in values]))
    dominated = [_yes(row["dominated"]) if row else None for row in firsts]
    columns.append(_Column("dominated", dominated, number=False))
    if epsilon is not None:
        columns.append(_epsilon_column(columns[1].cells, energies, dominated, epsilon))
    return columns


def _epsilon_column(
    accuracies: Sequence[_Cell],
    energies: Sequence[Quantity | None],
    dominated: Sequence[str | None],
    epsilon: float,
) -> _Column:
    members = [
        (place, accuracy.value, energy.value)
        for place, (accuracy, energy, known) in enumerate(zip(accuracies, energies, dominated, strict=True))
        if isinstance(accuracy, Quantity) and energy is not None and known is not None
    ]
    front = epsilon_front([one[1] for one in members], [one[2] for one in members], epsilon)
    chosen = {place: stands for (place, _, _), stands in zip(members, front, strict=True)}
    cells = [_yes(chosen.get(place)) for place in range(len(accuracies))]
    return _Column(f"stands for all to {100 * epsilon:g} %", cells, number=False)


def _yes(value: bool | None) -> str | None:
    return None if value is None else ("yes" if value else "no")


def _quantity(data: Mapping[str, Any] | None) -> Quantity | None:
    return None if data is None or data["value"] is None else Quantity.from_dict(data)


def _odds(result: Mapping[str, Any] | None) -> float | None:
    if result is None or not result["probabilities"]:
        return None
    probability: float | None = result["probabilities"].get(result["grade"])
    return probability


def _markdown(columns: Sequence[_Column]) -> str:
    heads = [markdown_text(column.title) for column in columns]
    return markdown_grid(
        heads, [column.number for column in columns], _rows(columns, markdown_text, "{:.0f} %", concise)
    )


def _latex(columns: Sequence[_Column]) -> str:
    heads = [latex_text(column.title) for column in columns]
    percent = r"\qty{{{:.0f}}}{{\percent}}"
    return latex_grid(
        heads, [column.number for column in columns], _rows(columns, latex_text, percent, siunitx)
    )


def _rows(
    columns: Sequence[_Column], text: Callable[[str], str], percent: str, number: Callable[[Any], str]
) -> Iterator[list[str]]:
    """The cells as each format writes texts, shares and numbers."""
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield [
            text(cell) if isinstance(cell, str)
            else percent.format(100 * cell) if column.share and isinstance(cell, float)
            else number(cell)
            for column, cell in zip(columns, cells, strict=True)
        ]  # fmt: skip


def _csv(columns: Sequence[_Column]) -> str:
    titles: list[str] = []
    rows: list[list[Any]] = [[] for _ in columns[0].cells]
    for column in columns:
        quantities = any(isinstance(cell, Quantity) for cell in column.cells)
        titles += [column.title, f"u {column.title}"] if quantities else [column.title]
        for row, cell in zip(rows, column.cells, strict=True):
            if isinstance(cell, Quantity):
                row += [_finite(cell.value), _finite(cell.u)]
            else:
                row += [cell, None] if quantities else [cell]
    return csv_text([titles, *rows])


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
