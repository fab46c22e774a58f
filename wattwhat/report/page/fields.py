"""What measurements carry besides energy and accuracy: settings and metrics, as columns of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wattwhat.records.measurement import Measurement
from wattwhat.report.page.rows import PARAMETERS, Texts
from wattwhat.report.page.vocabulary import VOCABULARY

__all__ = ["fields_of_page"]

_MOST = 24  # columns: a table of a log may have hundreds
_LONGEST = 80  # letters of a text that is still a setting
# What measure() and the study keep about how they worked; none of it was chosen for the workload.
_OWN = {
    *("stopped", "precision_asked", "blocks", "calls_per_block", "warmup_calls", "block_energy_j"),
    *("block_duration_s", "attempts", "key", "repeat", "reference", "cell_seconds", "cooldown_s", "weights"),
    *("counting_method", "latency_calls", "model", "fields", "file", "task", "dataset", *VOCABULARY),
}


def fields_of_page(
    measurements: Sequence[Measurement], texts: Texts, metric: str
) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Columns of what the measurements carry besides, and each one's values in them.

    Settings (batch size, details, a study's cell, a table's columns) come before metrics. A name is a number
    where every value of it is one; what is alike in all rows is kept too, for a filter of another page.

    Args:
        measurements: what the page shows.
        texts: where shared texts are kept.
        metric: the accuracy, which has a column already.

    Returns:
        ``[{"name", "number", "setting"}]`` and a list of values for each measurement: a number, the number of
        a text, or None.

    Example:
        >>> from wattwhat import Quantity
        >>> m = Measurement(label="a", energy_j=Quantity(1, 0, "J"), details={"dtype": "int8"})
        >>> fields_of_page([m], Texts(), "accuracy")
        ([{'name': 'dtype', 'number': False, 'setting': True}], [[0]])
    """
    known = [{**_metrics(m, metric), **_settings(m)} for m in measurements]
    all_names = dict.fromkeys(name for one in known for name in one)
    settings = {name for one in known for name, (_, setting) in one.items() if setting}
    values = {name: [one.get(name, (None, False))[0] for one in known] for name in all_names}
    # what differs comes first, then what was set
    order = sorted(all_names, key=lambda name: (len(set(values[name])) < 2, name not in settings))
    numbers = {
        name: all(value is None or isinstance(value, float) for value in values[name])
        for name in order[:_MOST]
    }
    columns: list[dict[str, Any]] = [
        {"name": name, "number": number, "setting": name in settings} for name, number in numbers.items()
    ]
    rows = [
        [_cell(values[name][i], number, texts) for name, number in numbers.items()] for i in range(len(known))
    ]
    return columns, [row if any(cell is not None for cell in row) else [] for row in rows]


def _cell(value: float | str | None, number: bool, texts: Texts) -> float | int | None:
    if value is None:
        return None
    if number:
        return float(f"{value:.6g}")
    return texts.number(value if isinstance(value, str) else f"{value:g}")


def _settings(m: Measurement) -> dict[str, tuple[float | str, bool]]:
    settings = {}
    for name, value in _named(m):
        known = _value(value)
        if known is not None and name not in settings:
            settings[name] = (known, True)
    if m.items and m.calls and "batch size" not in settings:
        settings["batch size"] = (float(m.items) / m.calls, True)
    return settings


def _named(m: Measurement) -> Iterator[tuple[str, Any]]:
    cell, row = m.details.get("cell"), m.details.get("fields")
    for source in (cell, m.details, row):
        if not isinstance(source, Mapping):
            continue
        for name, value in source.items():
            # measure() keeps the precision that it reached; a precision of numbers is a word
            reached = name == "precision" and not isinstance(value, str)
            if isinstance(name, str) and name.lower() not in _OWN and not reached:
                yield name.replace("_", " "), value


def _metrics(m: Measurement, metric: str) -> dict[str, tuple[float | str, bool]]:
    skipped = {metric, f"{metric}_u", f"{metric}_n", "n_test", "test_items", *PARAMETERS}
    metrics: dict[str, tuple[float | str, bool]] = {
        name.replace("_", " "): (float(value), False)
        for name, value in m.metrics.items()
        if name not in skipped and math.isfinite(value)
    }
    if m.duration_s and m.calls:
        metrics["runtime of one call (s)"] = (m.duration_s / m.calls, False)
    return metrics


def _value(value: Any) -> float | str | None:
    """A number, also one that a table wrote as text; a short text; else None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e300 else None
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        return None
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else None
