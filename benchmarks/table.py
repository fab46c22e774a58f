"""What all benchmarks share: options, medians of interleaved timings, and the table they print.

Dataclasses rather than attrs: `python -m benchmarks peers` starts with nothing but Python.
"""

from __future__ import annotations

import gc
import json
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WIDEST = 99


@dataclass(frozen=True)
class Options:
    """How a benchmark is to be run.

    Args:
        quick: few repeats, so that a test can see every line run; the numbers are then worth nothing.
        out: folder for the tables as JSON.
    """

    quick: bool = False
    out: Path = Path(__file__).parent / "out"

    def times(self, full: int, quick: int) -> int:
        """How often to repeat something."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Limit:
    """A number that a benchmark measured beside the greatest it should be.

    Args:
        what: what was measured.
        value: the measured value; None if it could not be measured.
        greatest: the limit, in the same unit.
        unit: of both.
    """

    what: str
    value: float | None
    greatest: float
    unit: str

    @property
    def within(self) -> bool | None:
        """Whether the limit was kept in this run."""
        return None if self.value is None else self.value <= self.greatest

    def __str__(self) -> str:
        answer = {True: "within", False: "OVER", None: "not measured"}[self.within]
        unit = "" if self.unit == "x" else " "
        value, greatest = (f"{shown(number)}{unit}{self.unit}" for number in (self.value, self.greatest))
        return f"{self.what}: {value}, limit {greatest}: {answer}"


@dataclass(frozen=True)
class Table:
    """What a benchmark found.

    Args:
        name: of the benchmark, and of its file.
        title: what was measured and how, in one line.
        columns: headings; the first column is text.
        rows: cells: text, numbers, or None where there is nothing to show.
        limits: measured values beside what they should not exceed.
        notes: sentences for below the table.
        widest: columns of text at which a line is folded.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    limits: Sequence[Limit] = ()
    notes: Sequence[str] = ()
    widest: int = WIDEST

    def text(self) -> str:
        """The table as aligned lines that fit."""
        cells = [list(self.columns), *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [f"{self.name}: {self.title}", ""]
        for number, row in enumerate(cells):
            padded = [row[0].ljust(widths[0])]
            padded += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join(padded).rstrip())
            if number == 0:
                lines.append("  ".join("-" * width for width in widths))
        if self.limits:
            lines += ["", *map(str, self.limits)]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(piece for line in lines for piece in folded(line, self.widest))

    def write(self, folder: Path) -> Path:
        """Write the table as JSON; returns the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        content = asdict(self)
        for limit, written in zip(self.limits, content["limits"], strict=True):
            written["within"] = limit.within
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path


def folded(line: str, width: int = WIDEST) -> list[str]:
    """A line in pieces that fit, broken at spaces where there are any; later pieces are indented."""
    pieces, start = [], 0
    while len(line) > width:
        # Beyond the indent: each round then takes at least one character of what is left.
        cut = line.rfind(" ", start + 1, width + 1)
        cut = cut if cut > 0 else width
        pieces.append(line[:cut].rstrip())
        line, start = "  " + line[cut:].lstrip(), 2
    return [*pieces, line]


def shown(cell: Any) -> str:
    """A cell as text: numbers with three digits that count."""
    if cell is None:
        return "-"
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if isinstance(cell, int) or not math.isfinite(cell):
        return str(cell)
    if abs(cell) >= 100:
        return f"{cell:.0f}"
    digits = 2 if cell == 0 else max(0, 2 - math.floor(math.log10(abs(cell))))
    return f"{cell:.{min(digits, 4)}f}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and 99th percentile."""
    return statistics.median(values), min(values), quantile(values, 0.99)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    return quantile(values, 0.25), statistics.median(values), quantile(values, 0.75)


def timed_us(
    contestants: Mapping[str, Callable[[], Any]], rounds: int, calls: int = 20
) -> dict[str, list[float]]:
    """Microseconds of single calls, the contestants taking turns in an order drawn anew each round.

    What timing itself takes (two looks at the clock, one call of nothing) is measured beside them and
    subtracted at its median, so that the least may come out slightly below zero for a call that does nothing.
    """
    everyone = {**contestants, "": _nothing}
    taken: dict[str, list[float]] = {name: [] for name in everyone}
    draw = random.Random(20261121)
    for call in everyone.values():
        for _ in range(3 * calls):
            call()
    gc.collect()
    for _ in range(rounds):
        order = list(everyone)
        draw.shuffle(order)
        for name in order:
            _time(everyone[name], calls, taken[name])
    clock_us = statistics.median(taken.pop(""))
    return {name: [value - clock_us for value in values] for name, values in taken.items()}


def _nothing() -> None:
    pass


def _time(call: Callable[[], Any], calls: int, into: list[float]) -> None:
    clock = time.perf_counter_ns
    call()  # back into the caches after the others had their turn
    for _ in range(calls):
        begin = clock()
        call()
        end = clock()
        into.append((end - begin) * 1e-3)
