"""What a row of a table says besides energy and time: by one set of names, for every reader of tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.logs.building.accuracies import accuracy_name, fraction, is_percent
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Options

__all__ = ["RowFacts", "plain_name"]

# What the Measurement's details call it, and what columns call it; the first that there is counts.
_SAID = {
    "phase": ("phase", "stage"),
    "task": ("task", "task_type"),
    "dataset": ("dataset", "data_set", "dataset_name"),
    "model": ("model", "model_id", "model_name", "network"),
    "batch_size": ("batch_size", "batchsize", "batch", "bs"),
    "status": ("status", "run_status", "state"),
    "device": ("device", "hardware"),
}
_ITEMS = ("items", "n_items", "num_items", "inferences", "n_inferences", "num_inferences")
_TESTED = (
    "n_test", "test_items", "n_test_items", "num_test_items", "num_test", "n_test_samples", "test_samples",
    "num_test_samples",
)  # fmt: skip
_PHASES = frozenset(("train", "training", "infer", "inference", "both"))
# A run that did not end well took energy for a result that it does not have.
_FAILED = frozenset(
    ("failed", "failure", "fail", "killed", "error", "errored", "crashed", "crash", "aborted", "cancelled",
     "canceled", "running", "scheduled", "pending", "oom", "timeout", "timed_out", "interrupted",
     "unfinished", "incomplete")
)  # fmt: skip
_PREFIX = re.compile(r"(?:metrics?|params?|tags)[.:/]")
_U = re.compile(r"(?:u_(?P<after>.+)|(?P<before>.+)_(?:u|se|sem|stderr|std_err|std_error|standard_error))")
_FIELDS_AT_MOST = 64


def plain_name(column: str) -> str:
    """A column's name as it is looked for: lower case, one underscore for what separates words.

    Example:
        >>> plain_name("Batch Size"), plain_name("params.batch_size"), plain_name("Data-Set")
        ('batch_size', 'batch_size', 'data_set')
    """
    lower = column.strip().lower()
    return re.sub(r"[\s_.-]+", "_", _PREFIX.sub("", lower, count=1))


@attrs.frozen
class _Columns:
    """Which columns of one header hold what.

    Args:
        details: name in ``details`` to column.
        metrics: column to metric; of two columns of one metric the first counts.
        uncertain: column of an accuracy to the column of its standard uncertainty.
        tested: column of the number of test items, or None.
        items: column of the number of items, or None.
    """

    details: Mapping[str, str]
    metrics: Mapping[str, str]
    uncertain: Mapping[str, str]
    tested: str | None
    items: str | None

    @classmethod
    def of(cls, header: Iterable[str], own: frozenset[str]) -> _Columns:
        names: dict[str, str] = {}
        for column in header:
            if column not in own:
                names.setdefault(plain_name(column), column)
        # Of several accuracies (test and validation) the first one counts, and exact names before others.
        metrics = {
            column: metric
            for column in sorted(names.values(), key=_exactness)
            if (metric := _metric(column)) is not None
        }
        by_plain = {_unscaled(column): column for column in reversed(metrics)}
        uncertain: dict[str, str] = {}
        for column in names.values():
            match = _U.fullmatch(_unscaled(column))
            base = by_plain.get(match["after"] or match["before"]) if match else None
            if base is not None:
                uncertain.setdefault(base, column)
        facts = ((fact, _first(names, spelt)) for fact, spelt in _SAID.items())
        return cls(
            {fact: column for fact, column in facts if column is not None},
            metrics,
            uncertain,
            _first(names, _TESTED),
            _first(names, _ITEMS),
        )


class RowFacts:
    """Takes from each row of a table what its columns say besides energy and time.

    Columns named phase, task, dataset, model, batch_size, status and device (and a few other spellings)
    reach ``details`` under these names, a number of items ``items``; accuracies, their standard
    uncertainties (``accuracy_u``) and the number of test items (``n_test``) reach ``metrics``; the rest
    is kept as written in ``details["fields"]``. A run whose status says that it failed spoils its row.

    Args:
        options: ``accuracy_unit`` of its ``more`` is ``"percent"`` or ``"fraction"``.
        rows: gives the cells of every row of the file anew; asked where the name of an accuracy's column
            does not tell whether it is percent.
        own: columns that the reader itself takes for something, which are then nothing else.

    Example:
        >>> from wattwhat.logs.source import Source
        >>> row = {"model": "net", "accuracy": "0.9", "accuracy_u": "0.01", "n_test": "400", "seed": "7"}
        >>> facts = RowFacts(Options(), lambda: [row])
        >>> found = facts.of(Totals(Source.of_text(""), Options(), format="x", line=2), row)
        >>> found["metrics"], found["model"], found["fields"]
        ({'accuracy': 0.9, 'accuracy_u': 0.01, 'n_test': 400.0}, 'net', {'model': 'net', 'seed': '7'})
    """

    def __init__(
        self, options: Options, rows: Callable[[], Iterable[Mapping[str, Any]]], own: Iterable[str] = ()
    ) -> None:
        self._rows, self._own = rows, frozenset(own)
        unit = options.more.get("accuracy_unit")
        self._unit = None if unit is None else "percent" if str(unit) == "%" else str(unit)
        if self._unit not in (None, "percent", "fraction"):
            raise ArgumentError(f"accuracy_unit: expected 'percent' or 'fraction', got {unit!r:.40}")
        self._known: dict[tuple[str, ...], _Columns] = {}

    def of(self, totals: Totals, cells: Mapping[str, Any]) -> dict[str, Any]:
        """What a row says, as fields for `Totals.measurement`.

        Args:
            totals: of the row; is told what is odd.
            cells: column to cell.
        """
        columns = self._columns(cells)
        facts: dict[str, Any] = {}
        for fact, column in columns.details.items():
            text = short_text(cells[column])
            if text is not None:
                facts[fact] = text
        batch = number(facts.get("batch_size", ""))
        if batch is not None:
            facts["batch_size"] = int(batch) if batch.is_integer() else batch
        if facts.get("task", "").lower() in _PHASES:  # many call the phase so
            facts.setdefault("phase", facts.pop("task"))
        if plain_name(facts.get("status", "")) in _FAILED:
            totals.spoil(
                f"expected a finished run, found {facts['status']!r:.40} in {columns.details['status']}"
            )
        if columns.items is not None:
            facts["items"] = totals.count(cells[columns.items], columns.items)
        metrics = dict(self._metrics(totals, cells, columns))
        return {**facts, "metrics": metrics, "fields": self._rest(cells, columns)}

    def _columns(self, cells: Mapping[str, Any]) -> _Columns:
        header = tuple(cells)
        columns = self._known.get(header)
        if columns is None:
            columns = self._known[header] = _Columns.of(header, self._own)
        return columns

    def _metrics(
        self, totals: Totals, cells: Mapping[str, Any], columns: _Columns
    ) -> Iterator[tuple[str, float]]:
        seen = set()
        for column, metric in columns.metrics.items():
            by_cell = text_of_value(cells[column]).rstrip().endswith("%")
            if not (by_cell or self._is_share(column)):
                if short_text(cells[column]) is not None:
                    totals.warn(
                        f"{column} holds values above 1, and its name does not say percent: it was left out; "
                        "accuracy_unit='percent' reads it"
                    )
                continue
            percent = by_cell or self._is_percent(column)
            share = fraction(cells[column], percent=percent)
            if metric in seen:
                continue
            if share is None:
                if short_text(cells[column]) is not None:
                    totals.warn(
                        f"{column} holds {cells[column]!r:.40}, which is no {metric}: it was left out"
                    )
                continue
            if percent and not by_cell and self._unit is None and 0.0 < share <= 0.01:
                totals.warn(
                    f"{column} is in percent and holds {cells[column]!r:.40}, taken as {100 * share:g} %; "
                    f"write {10000 * share:g} if it is a share"
                )
            seen.add(metric)
            yield metric, share
            beside = columns.uncertain.get(column)
            if beside is not None and short_text(cells[beside]) is not None:
                u = fraction(cells[beside], percent=percent or is_percent(beside))
                if u is None:
                    totals.warn(f"{beside} holds {cells[beside]!r:.40}, which is no uncertainty of {column}")
                else:
                    yield f"{metric}_u", u
        count = totals.count(cells[columns.tested], columns.tested) if columns.tested else None
        if count is not None:
            yield "n_test", count

    def _is_percent(self, column: str) -> bool:
        return is_percent(column) if self._unit is None else self._unit == "percent"

    def _is_share(self, column: str) -> bool:
        return self._unit is not None or is_percent(column) or column not in self._above_1

    @cached_property
    def _above_1(self) -> frozenset[str]:
        """Columns of accuracies that hold a value which no fraction has, and whose names say nothing."""
        columns: set[str] = set()
        for cells in self._rows():
            for column in self._columns(cells).metrics:
                if column not in columns and column in cells and not is_percent(column):
                    plain = number(text_of_value(cells[column]).strip())
                    if plain is not None and not 0.0 <= plain <= 1.0:
                        columns.add(column)
        return frozenset(columns)

    def _rest(self, cells: Mapping[str, Any], columns: _Columns) -> dict[str, str]:
        """What else a row says, as written, to choose and to label by."""
        used = {*self._own, *columns.metrics, *columns.uncertain.values(), columns.tested, columns.items}
        names = [name for name in cells if name not in used][:_FIELDS_AT_MOST]
        return {name: text for name in names if (text := short_text(cells[name])) is not None}


def _metric(column: str) -> str | None:
    return accuracy_name(_PREFIX.sub("", column.strip(), count=1))


def _first(names: Mapping[str, str], spelt: Iterable[str]) -> str | None:
    return next((names[name] for name in spelt if name in names), None)


def _unscaled(column: str) -> str:
    """A column's plain name without the word that says percent."""
    words = plain_name(re.sub(r"\(.{0,80}?\)|\[.{0,80}?\]|%", " ", column)).strip("_").split("_")
    return "_".join(word for word in words if word not in ("percent", "percentage", "pct"))


def _exactness(name: str) -> int:
    plain = name.lower()
    return 0 if plain in ("accuracy", "acc") else 1 if "test" in plain else 2
