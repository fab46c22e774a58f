"""From what the libraries' tasks found to the cells of the table: errors, coverage, faults."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.peer_world import short_name

FORMAT = "median (greatest) of |error| in % of the window's true energy"


def errors_percent(rows: Sequence[dict[str, Any]], part: str) -> list[float]:
    """|error| of each window of which something was said, in percent of its true energy.

    Example:
        >>> errors_percent([{"gpu": [3.0, 2.0]}, {"gpu": [None, 2.0]}], "gpu")
        [50.0]
    """
    return [100 * abs(row[part][0] / row[part][1] - 1) for row in rows if row[part][0] is not None]


def percent(value: float) -> str:
    """An error with one decimal below 10.

    Example:
        >>> percent(0.04), percent(9.96), percent(1053.4)
        ('0.0', '10', '1053')
    """
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def error_cell(found: Any, length: str, part: str) -> str:
    """Median and greatest error of the windows of one length; why there is none.

    Example:
        >>> error_cell({"1": [{"raised": None, "gpu": [3.0, 2.0]}]}, "1", "gpu")
        '50 (50)'
    """
    if isinstance(found, str):
        return found
    rows = found.get(length, [])
    errors = errors_percent(rows, part)
    if not errors:
        return short_name(next((row["raised"] for row in rows if row["raised"]), "-"))
    silent = len(rows) - len(errors)
    lost = f" -{silent}" if silent else ""
    return f"{percent(statistics.median(errors))} ({percent(max(errors))}){lost}"


def held_cell(found: Any, length: str, part: str) -> str:
    """In how many windows the 95 % interval held the truth, of how many.

    Example:
        >>> held_cell({"1": [{"gpu": [3.0, 2.0, [1.0, 5.0]]}, {"gpu": [3.0, 2.0, [2.5, 3.5]]}]}, "1", "gpu")
        '1/2'
    """
    if isinstance(found, str):
        return "-"
    pairs = [row[part] for row in found.get(length, [])]
    held = [one[2][0] <= one[1] <= one[2][1] for one in pairs if len(one) > 2 and one[2]]
    return f"{sum(held)}/{len(held)}" if held else "-"


def fault_cell(found: Any, part: str) -> str:
    """What a window with a fault in its middle said.

    Example:
        >>> fault_cell({"raised": None, "cpu": [300.0, 300.0, [266.0, 334.0]]}, "cpu")
        '300 ±34 J'
    """
    if isinstance(found, str):
        return found
    if found["raised"]:
        return short_name(found["raised"])
    joules = found[part]
    if joules[0] is None:
        return "nothing"
    half = f" ±{(joules[2][1] - joules[2][0]) / 2:.0f}" if len(joules) > 2 and joules[2] else ""
    return f"{joules[0]:.0f}{half} J"


def lateness_note(worlds: Sequence[dict[str, Any]]) -> str:
    """A sentence about how well the stand-in counters kept their pace."""
    updates, late = (sum(int(one[key]) for one in worlds) for key in ("updates", "late"))
    longest = max((one["longest_ms"] for one in worlds), default=0.0)
    ahead = (
        "ahead of all other processes" if all(one["ahead"] for one in worlds) else "as an ordinary process"
    )
    return (
        f"The powercap counters, advanced {ahead}: {updates} updates, {late} of them more than 2 ms after "
        f"the one before, the longest pause {longest:.1f} ms."
    )
