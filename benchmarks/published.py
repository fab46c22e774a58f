"""Published errors of a part-time sensor, before and after the remedy, beside what emulated sensors give.

    python -m benchmarks.published [--runs 40] [--phases 200] [--seed 1]

The repetition sweep and the nine-workload table of arXiv 2312.02741 (SC24, doi 10.1109/SC41406.2024.00028):
naive readings, the paper's remedy, and wattwhat.measure(), all in virtual time. The paper's waveforms are not
published with the figures; which loads are taken instead, to which figures they are fitted and which they
only predict is said in `benchmarks.published_sweep` and `benchmarks.published_tasks`, and below each table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.published_sweep import sweep
from benchmarks.published_tables import tasks
from benchmarks.table import Options, Table


def tables(runs: int, phases: int, seed: int) -> list[Table]:
    """All tables.

    Args:
        runs: of measure() for each kernel, and for each task and sensor.
        phases: of the sensor, for each naive figure.
        seed: of everything that is drawn.
    """
    rng = np.random.default_rng(seed)
    model, found = sweep(runs, phases, rng)
    return found + tasks(model.delay_s, runs, phases, rng)


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.published", description="Published errors beside emulated ones."
    )
    options.add_argument("--runs", type=int, default=40, help="runs of measure() for each load and sensor")
    options.add_argument("--phases", type=int, default=200, help="phases of the sensor for naive readings")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, default=Options().out, help="folder for the tables as JSON")
    chosen = options.parse_args(arguments)
    found = tables(chosen.runs, chosen.phases, chosen.seed)
    print(*(table.text() for table in found), sep="\n\n\n")
    for table in found:
        table.write(chosen.out)
    return 0 if all(limit.within for table in found for limit in table.limits) else 1


if __name__ == "__main__":
    sys.exit(main())
