"""The plots of docs/explanation/prediction.md: python -m benchmarks.prediction_plot PAGE DRAWING.

How far off each way is, from the table in the page; and efficiency over the years, from the catalogue.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from wattwhat.predict.efficiency import trends

_ROW = re.compile(
    r"^(?P<population>.*?)\s{2,}(?P<way>\S.*?)\s+(?P<n>\d+)\s+(?P<median>[\d.]+)\s+(?P<worst>[\d.]+)\s"
)
_SERIES = (("gpu", "fp32"), ("gpu", "fp16"), ("cpu", "fp32"))


def rows_of(page: str) -> list[tuple[str, str, float, float]]:
    """Population, way, median factor and worst factor of each row of the table in a page."""
    found, population = [], ""
    for line in page.splitlines():
        row = _ROW.match(line + " ")
        if row is not None:
            population = row["population"].strip() or population
            found.append((population, row["way"], float(row["median"]), float(row["worst"])))
    return found


def draw(rows: list[tuple[str, str, float, float]], path: Path) -> None:
    """Write the drawing."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 0.24 * len(rows) + 1.5), layout="constrained")
    _factors(left, rows)
    _years(right)
    figure.savefig(path)


def _factors(axes: Any, rows: list[tuple[str, str, float, float]]) -> None:
    for number, (_, _, median, worst) in enumerate(rows):
        axes.plot([median, worst], [number, number], color="#9ab", linewidth=2)
        axes.plot(median, number, "o", color="#235", markersize=5)
        axes.plot(worst, number, "|", color="#235", markersize=8)
    axes.set_yticks(range(len(rows)), [f"{population}: {way}" for population, way, _, _ in rows], fontsize=7)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_xlabel("factor between said and measured: median (dot) to worst (bar)")


def _years(axes: Any) -> None:
    for one in trends():
        if (one.kind, one.precision) in _SERIES:
            years, values = zip(*((year, value) for year, value, _ in one.points), strict=True)
            axes.plot(
                years,
                values,
                "o",
                markersize=4,
                label=f"{one.kind}, {one.precision}: x{one.growth:.2f} a year",
            )
    axes.set_yscale("log")
    axes.set_ylabel("FLOP/J at peak and TDP")
    axes.legend(fontsize=8)


def main() -> None:
    """Draw what the page says."""
    page, drawing = map(Path, sys.argv[1:3])
    draw(rows_of(page.read_text(encoding="utf-8")), drawing)


if __name__ == "__main__":
    main()
