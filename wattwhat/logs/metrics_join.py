"""Accuracy and other metrics from a table, joined to measurements by name; no scale is guessed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, LogError, Remedy
from wattwhat.logs.parsing.cells import is_missing, number
from wattwhat.logs.parsing.csv_rows import csv_rows, misfit
from wattwhat.logs.parsing.named_rows import delimiter_of, header_of, under
from wattwhat.logs.problems import Problem
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Join", "Joined", "join_metrics"]

# Names of shares of 1, as words of a metric's name; "acceleration" is none.
_SHARES = re.compile(
    r"(?<![a-z])(?:accuracy|accuracies|acc|top[ _@.-]?[15]|f1|m?ap(?:[ _.-]?\d\d){0,2}|auc|auroc|"
    r"precision|recall|m?iou|exact[ _-]?match)(?![a-z])"
)


@attrs.frozen
class Joined:
    """What came of a join.

    Args:
        measurements: all of them, in their order; those that were found in the table carry its metrics.
        unmatched: labels that the table does not name, or names twice once normalised.
        unused: names of the table that no measurement has.
        normalised: pairs of (label, name in the table) that matched only without case and punctuation.
        problems: sentences about rows that could not be used.
    """

    measurements: tuple[Measurement, ...]
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    normalised: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


_Place = tuple[str, int | None]  # a table's name and the line in it


@attrs.frozen
class _Row:
    name: str
    metrics: dict[str, float]
    where: _Place


def join_metrics(
    measurements: Iterable[Measurement],
    table: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    on: str = "name",
    metrics: Sequence[str] | Mapping[str, str] = ("accuracy",),
    percent: bool = False,
) -> Joined:
    """Give measurements the metrics that a table holds for their labels.

    Labels are looked for as they are, then without case and punctuation ("ResNet-50" is "resnet50").

    Args:
        measurements: their labels are the names.
        table: a CSV file with a header, or rows as mappings.
        on: the column that holds the names.
        metrics: columns to take; a mapping renames them (``{"top-1": "accuracy"}``).
        percent: whether the table's accuracies are in percent. They are fractions unless you say so: a value
            above 1 is an error then.

    Raises:
        LogError: the table cannot be read, lacks a column, gives one name two values, or holds a fraction
            above 1 (say ``percent=True``) or a percentage outside 0 to 100.
        ArgumentError: no column is asked for.

    Example:
        >>> from wattwhat import Quantity
        >>> runs = [Measurement(label="ResNet-50", energy_j=Quantity(5.0, 0.1, "J"))]
        >>> rows = [{"model": "resnet50", "top1": "76.1"}]
        >>> joined = join_metrics(runs, rows, on="model", metrics={"top1": "accuracy"}, percent=True)
        >>> joined.measurements[0].metrics["accuracy"], joined.normalised
        (0.761, (('ResNet-50', 'resnet50'),))
    """
    join = Join(table, on=on, metrics=metrics, percent=percent)
    joined = tuple(map(join.of, measurements))
    return Joined(joined, tuple(join.unmatched), join.unused, tuple(join.normalised), tuple(join.problems))


class Join:
    """A table whose metrics are given to measurements one by one; `join_metrics` has its arguments.

    Attributes:
        unmatched: as `Joined` has them, of the measurements so far; the others likewise.
    """

    def __init__(
        self,
        table: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
        *,
        on: str = "name",
        metrics: Sequence[str] | Mapping[str, str] = ("accuracy",),
        percent: bool = False,
    ) -> None:
        wanted = dict(metrics) if isinstance(metrics, Mapping) else {name: name for name in metrics}
        if not wanted:
            raise ArgumentError(
                argument="metrics", expected="at least one column to take, such as 'accuracy'"
            )
        self.problems: list[str] = []
        self.unmatched: list[str] = []
        self.normalised: list[tuple[str, str]] = []
        self._exact = {row.name: row for row in _rows(table, on, wanted, percent, self.problems)}
        self._loose: dict[str, list[_Row]] = {}
        for row in self._exact.values():
            self._loose.setdefault(_plain(row.name), []).append(row)
        self._used: set[str] = set()

    def of(self, measurement: Measurement) -> Measurement:
        """The measurement with the metrics that the table holds for its label, or as it is."""
        label = measurement.label
        exact = self._exact.get(label)
        alike = self._loose.get(_plain(label), []) if exact is None else [exact]
        if len(alike) != 1:
            self.unmatched.append(label)
            return measurement
        if exact is None:
            self.normalised.append((label, alike[0].name))
        self._used.add(alike[0].name)
        return measurement.with_metrics(**alike[0].metrics)

    @property
    def unused(self) -> tuple[str, ...]:
        """Names of the table that no measurement had so far."""
        return tuple(name for name in self._exact if name not in self._used)


def _plain(name: str) -> str:
    """A name without case and punctuation; of a name that is nothing else, itself."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name


def _rows(
    table: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    on: str,
    wanted: Mapping[str, str],
    percent: bool,
    problems: list[str],
) -> list[_Row]:
    """The table's rows, each name once."""
    if isinstance(table, (str, os.PathLike)):
        given = _csv(Path(table), on, wanted, problems)
    else:
        given = [((f"row {place}", None), dict(row)) for place, row in enumerate(table, 1)]
        for where, cells in given:
            _check_columns(where, cells, on, wanted)
    rows: dict[str, _Row] = {}
    for where, cells in given:
        name = str(cells[on]).strip()
        values = {new: _metric(where, old, cells.get(old), new, percent) for old, new in wanted.items()}
        known = {new: value for new, value in values.items() if value is not None}
        if not name or not known:
            problems.append(Problem(_wrong(where, f"expected a name and a value of {', '.join(wanted)}")))
            continue
        before = rows.get(name)
        if before is not None and before.metrics != known:
            there = ":".join(str(one) for one in before.where if one is not None)
            raise _wrong(where, f"{name!r} has other values than in {there}", "name each model once")
        rows.setdefault(name, _Row(name, known, where))
    return list(rows.values())


def _csv(
    path: Path, on: str, wanted: Mapping[str, str], problems: list[str]
) -> list[tuple[_Place, dict[str, Any]]]:
    source = Source.of_path(path)
    source.check_text()
    first = next((text for _, text in source.lines() if text.strip()), "")
    lines = csv_rows(source, delimiter_of(first))
    line, header = next(lines, (1, []))
    names = header_of(source, line, header)
    _check_columns((source.shown, line), dict.fromkeys(names), on, wanted)
    rows: list[tuple[_Place, dict[str, Any]]] = []
    for line, row in lines:
        if wrong := misfit(len(row), len(names)):
            problems.append(Problem(source.error(line, wrong)))
        elif row != header:  # tables that were put together have it again
            rows.append(((source.shown, line), dict(under(names, line, row).cells)))
    problems.extend(source.problems)
    return rows


def _wrong(where: _Place, sentence: str, remedy: str = "") -> LogError:
    return LogError(sentence, path=where[0], line=where[1], remedy=remedy)


def _check_columns(where: _Place, cells: Mapping[str, Any], on: str, wanted: Mapping[str, str]) -> None:
    lacking = [name for name in (on, *wanted) if name not in cells]
    if lacking:
        raise _wrong(
            where,
            f"expected a column {lacking[0]!r}, found {', '.join(map(str, cells))[:200] or 'no row of CSV'}",
            Remedy("name the columns with {on} and {metrics}", on=..., metrics=...),
        )


def _metric(where: _Place, column: str, cell: Any, name: str, percent: bool) -> float | None:
    """A value in its unit: accuracies are fractions; None where the cell is empty or no number."""
    if isinstance(cell, bool) or cell is None or is_missing(str(cell)):
        return None
    text = str(cell).strip()
    stated = text.endswith("%")
    value = number(text.rstrip("%"))
    if value is None or not _is_share(name):
        return value
    if percent or stated:
        if not 0.0 <= value <= 100.0:
            raise _wrong(where, f"{column} is {value:g}, expected a percentage between 0 and 100")
        return round(value / 100.0, 12)
    if not 0.0 <= value <= 1.0:
        hint = Remedy("if the table is in percent, say {percent}", percent=True)
        remedy = hint if 1.0 < value <= 100.0 else ""
        raise _wrong(where, f"{column} is {value:g}, expected a fraction between 0 and 1", remedy)
    return value


def _is_share(name: str) -> bool:
    """Whether a metric is a share of 1 by its name; others (a loss, a perplexity) are taken as they stand."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)  # "valAcc" is two words
    return any(_SHARES.search(spelt.lower()) for spelt in (name, spaced))
