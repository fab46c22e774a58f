"""Accuracies of models from a table that the plan names, joined by name, tag and image size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.csv_rows import csv_rows
from wattwhat.logs.source import Source
from wattwhat.study.cell import Cell
from wattwhat.study.plan import Plan

__all__ = ["Accuracies"]

_NAMES = ("model", "name", "architecture")
_ACCURACIES = ("accuracy", "top1", "top-1", "top_1", "acc@1", "acc1", "acc")
_SIZES = ("img_size", "image_size")


@attrs.frozen
class _Row:
    name: str
    size: int | None
    accuracy: float


@attrs.frozen
class Accuracies:
    """What a table tells about models.

    Args:
        source: where it is from, for the rows.
        rows: by the model's name, and by its name without the tag behind the point.
    """

    source: str
    rows: dict[str, list[_Row]]

    @classmethod
    def read(cls, plan: Plan) -> Accuracies:
        """The table of a plan; an empty one where it names none.

        Raises:
            ArgumentError: the table lacks a column, or an accuracy is no share.
        """
        if plan.accuracy is None:
            return cls("", {})
        path = os.path.join(plan.folder, plan.accuracy)
        return cls(os.path.basename(path), _by_name(_read(path)))

    def of(self, cell: Cell) -> tuple[dict[str, float], dict[str, Any]]:
        """Metrics of a cell's model, and where they are from or why there are none.

        Example:
            >>> Accuracies("t.csv", {"net": [_Row("net.a", None, 0.7)]}).of(Cell("timm:net"))
            ({'accuracy': 0.7}, {'accuracy_source': 't.csv: net.a'})
        """
        if not self.source:
            return {}, {}
        name = cell.model.partition(":")[2]
        rows = self.rows.get(cell.model) or self.rows.get(name) or []
        sized = [row for row in rows if row.size in (None, cell.image_size)]
        rows = sized if cell.image_size is not None else rows
        if len({row.accuracy for row in rows}) == 1:
            at = "" if rows[0].size is None else f" at {rows[0].size} px"
            return {"accuracy": rows[0].accuracy}, {"accuracy_source": f"{self.source}: {rows[0].name}{at}"}
        several = f"has {len(rows)} rows of it: name its tag, or set image_size"
        why = several if rows else "does not name it"
        return {}, {"accuracy_missing": f"{self.source} {why}"}


def _read(path: str) -> list[_Row]:
    source = Source.of_path(Path(path))
    lines = csv_rows(source)
    _, header = next(lines, (0, []))
    columns = [_column(header, names) for names in (_NAMES, _ACCURACIES, _SIZES)]
    name_at, accuracy_at, size_at = columns
    if name_at is None or accuracy_at is None:
        raise ArgumentError(
            expected=f"a column of names ({', '.join(_NAMES)}) and one of accuracies "
            f"({', '.join(_ACCURACIES)})",
            got=", ".join(header),
            path=path,
            line=1,
        )
    rows = []
    for line, cells in lines:
        if len(cells) != len(header):
            raise ArgumentError(expected=f"{len(header)} cells", got=len(cells), path=path, line=line)
        value = number(cells[accuracy_at])
        if value is None:
            continue  # not known of this model
        if not 0.0 <= value <= 100.0:
            raise ArgumentError(
                argument=header[accuracy_at], expected="a share", got=value, path=path, line=line
            )
        size = None if size_at is None else number(cells[size_at])
        rows.append(_Row(cells[name_at], None if size is None else int(size), value))
    # a column with a number above 1 in it is in percent, all of it
    percent = any(row.accuracy > 1.0 for row in rows)
    return [attrs.evolve(row, accuracy=round(row.accuracy / 100.0, 12)) for row in rows] if percent else rows


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    lower = [name.lower() for name in header]
    return next((lower.index(name) for name in names if name in lower), None)


def _by_name(rows: list[_Row]) -> dict[str, list[_Row]]:
    """Rows by their name, and by its part before the tag (``resnet50.a1_in1k`` is a resnet50)."""
    by_name: dict[str, list[_Row]] = {}
    for row in rows:
        for name in dict.fromkeys((row.name, row.name.partition(".")[0])):
            by_name.setdefault(name, []).append(row)
    return by_name
