"""The table of the truth benchmark: its rows, as printed and read again, what must hold of them, and a plot.

python -m benchmarks.truth_table TABLE.txt PLOT.svg      (needs matplotlib)
"""

from __future__ import annotations

import math
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

# What must hold: see docs/explanation/joules.md.
LEAST_COVERAGE, LEAST_COVERAGE_ANYWHERE, MOST_COVERAGE_LONG = 0.93, 0.90, 0.99
MOST_ERROR_RATIO, MOST_WIDTH_RATIO = 1.5, 2.0


@attrs.frozen
class Row:
    """One sensor class and window length."""

    sensor: str
    window_s: float
    runs: int
    coverage: float
    error: float
    oracle_error: float
    half_width: float
    oracle_half_width: float
    periods: float

    @property
    def faults(self) -> list[str]:
        """What does not hold; chance is allowed for: two standard errors of the share."""
        slack = 2.0 * math.sqrt(0.09 / self.runs)
        found = []
        if self.coverage < LEAST_COVERAGE_ANYWHERE - slack:
            found.append("too narrow")
        if self.periods >= 20 and self.coverage > MOST_COVERAGE_LONG + slack:
            found.append("too wide")
        return found


HEADING = (
    f"{'sensor':<30} {'window':>7} {'runs':>5} {'inside':>7} {'error':>8} {'oracle':>8} "
    f"{'half-width':>10} {'oracle':>8}"
)


def line(row: Row) -> str:
    """One row of the table, in percent."""
    shares = (
        f"{100 * row.coverage:>5.1f} %",
        f"{100 * row.error:>6.2f} %",
        f"{100 * row.oracle_error:>6.2f} %",
        f"{100 * row.half_width:>8.1f} %",
        f"{100 * row.oracle_half_width:>6.1f} %",
        "  " + ", ".join(row.faults) if row.faults else "",
    )
    return f"{row.sensor:<30} {row.window_s:>5g} s {row.runs:>5} {' '.join(shares)}".rstrip()


def verdict(rows: list[Row]) -> list[str]:
    """Whole classes and whether they hold: share inside, the least of a window length, that of all windows
    of 20 update periods and more, and error and half-width as multiples of the oracle's.
    """
    words = [f"{'sensor':<30} {'runs':>5} {'inside':>8} {'least':>8} {'long':>8} {'error':>6} {'width':>6}"]
    for name in dict.fromkeys(row.sensor for row in rows):
        mine = [row for row in rows if row.sensor == name]
        coverage, long = covered(mine), covered([row for row in mine if row.periods >= 20])
        error = statistics.median(row.error / row.oracle_error for row in mine)
        width = statistics.median(row.half_width / row.oracle_half_width for row in mine)
        worst = min(row.coverage for row in mine)
        ok = (
            coverage >= LEAST_COVERAGE
            and error <= MOST_ERROR_RATIO
            and width <= MOST_WIDTH_RATIO
            and not long > MOST_COVERAGE_LONG
            and not any(row.faults for row in mine)
        )
        words.append(
            f"{name:<30} {sum(row.runs for row in mine):>5} {100 * coverage:>6.1f} % {100 * worst:>6.1f} % "
            f"{100 * long:>6.1f} % {error:>6.2f} {width:>6.2f}  " + ("holds" if ok else "DOES NOT HOLD")
        )
    return words


def around_line(name: str, shares: list[float], runs: int) -> str:
    """One class where windows are put around the work: share inside at each length; does it hold?"""
    slack = 2.0 * math.sqrt(0.09 / runs)
    ok = min(shares) >= LEAST_COVERAGE_ANYWHERE - slack and statistics.mean(shares) >= LEAST_COVERAGE
    return f"{name:<30} {' '.join(f'{100 * share:>6.1f}' for share in shares)}  " + (
        "holds" if ok else "DOES NOT HOLD"
    )


def covered(rows: list[Row]) -> float:
    """Share of all these rows' runs whose interval holds the truth; NaN if there are none."""
    runs = sum(row.runs for row in rows)
    return sum(row.coverage * row.runs for row in rows) / runs if runs else math.nan


def plot(rows: list[Row], path: Path) -> None:
    """Coverage and half-width over window length, one line a class (needs matplotlib)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 7), layout="constrained")
    for name in dict.fromkeys(row.sensor for row in rows):
        mine = [row for row in rows if row.sensor == name]
        x = [row.window_s for row in mine]
        (drawn,) = below.loglog(
            x, [100 * row.half_width for row in mine], marker="o", markersize=3, label=name
        )
        below.loglog(x, [100 * row.oracle_half_width for row in mine], ":", color=drawn.get_color())
        above.semilogx(
            x, [100 * row.coverage for row in mine], marker="o", markersize=3, color=drawn.get_color()
        )
    above.axhline(95, color="grey", linewidth=0.8)
    above.set(ylabel="interval holds the truth, %", ylim=(80, 101))
    below.set(xlabel="window, s", ylabel="95 % half-width, % (dotted: oracle)")
    below.legend(fontsize=7, ncols=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def read(text: str) -> Iterator[Row]:
    """The rows of a printed table again, to what was printed."""
    shares = r" +".join([r"([\d.]+) %"] * 5)
    pattern = re.compile(r"(?P<name>.+?) +(?P<window>[\d.]+) s +(?P<runs>\d+) +" + shares)
    for printed in text.splitlines():
        found = pattern.match(printed)
        if found:
            parts = [float(share) / 100.0 for share in found.groups()[3:]]
            yield Row(found["name"], float(found["window"]), int(found["runs"]), *parts, periods=math.nan)


if __name__ == "__main__":
    plot(list(read(Path(sys.argv[1]).read_text(encoding="utf-8"))), Path(sys.argv[2]))
