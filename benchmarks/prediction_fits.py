"""Fits that the library ships, made from the public tables: python -m benchmarks.prediction_fits.

Prints the content of wattwhat/predict/published.json, and on standard error the spread above the roofline.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.prediction_populations import SOURCE, Population, Row, strep
from wattwhat.predict.data_sheet import roofline_j
from wattwhat.predict.loglinear import LogLinear

COVARIATES = ("activations", "parameters")


def fitted(rows: Sequence[Row], names: Sequence[str] = COVARIATES) -> LogLinear:
    """Energy of one item on these covariates."""
    columns = {name: [row.case.covariates[name] for row in rows] for name in names}
    return LogLinear.fit(columns, [row.joules for row in rows])


def left_out(rows: Sequence[Row], names: Sequence[str] = COVARIATES) -> list[tuple[Row, Any]]:
    """Each row with what the fit without it says of it."""
    return [
        (row, fitted([*rows[:k], *rows[k + 1 :]], names).predict(row.case.covariates))
        for k, row in enumerate(rows)
    ]


def rms(pairs: Sequence[tuple[Row, Any]]) -> float:
    """Root mean square of ln(said / measured)."""
    return math.sqrt(math.fsum(math.log(said.median / row.joules) ** 2 for row, said in pairs) / len(pairs))


def single(populations: Sequence[Population]) -> list[Population]:
    """Those of one device; the eight A100 of the third machine are summed, seven of them at rest."""
    return [one for one in populations if "x8" not in one.name]


def entry(population: Population) -> dict[str, Any]:
    """What the library ships of one environment."""
    case = population.rows[0].case
    return {
        "device": case.device.name,
        "environment": population.name.partition(" - ")[2],
        "runtime": case.runtime,
        "precision": case.precision,
        "rows": len(population.rows),
        "scope": population.scope,
        "source": SOURCE,
        "left_out_rms": round(rms(left_out(population.rows)), 4),
        "fit": rounded(fitted(population.rows).to_dict()),
    }


def rounded(data: Any) -> Any:
    """Numbers with eight digits that count."""
    if isinstance(data, dict):
        return {key: rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [rounded(value) for value in data]
    return float(f"{data:.8g}") if isinstance(data, float) else data


def spread(populations: Sequence[Population]) -> list[tuple[str, float, float]]:
    """Of each environment mean and standard deviation of ln(measured / roofline)."""
    found = []
    for one in single(populations):
        logs = [math.log(row.joules * row.case.items / roofline_j(row.case)) for row in one.rows]
        mean = math.fsum(logs) / len(logs)
        found.append((one.name, mean, math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / len(logs))))
    return found


def main() -> None:
    """Print the file, and the spread."""
    populations = strep()
    print(json.dumps([entry(one) for one in single(populations)], indent=1))
    for name, mean, sd in spread(populations):
        print(f"{name}: ln(measured / roofline) {mean:.2f} +- {sd:.2f}", file=sys.stderr)


if __name__ == "__main__":
    main()
