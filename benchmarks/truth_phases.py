"""Truth of phases(): spans of 0.02 to 2 update periods under a few names; are joules and interval right?

    python -m benchmarks.truth_phases [--programs 2000] [--seed 1] [--classes NAME ...]

For every sensor class and number of repetitions: the share of programs' names whose 95 % interval holds the
true joules, the median error, and the median half-width beside an oracle's (`benchmarks.truth_programs`).
The sensors' gain is exact here: it is in every interval alike, and would hide what this is about.
"""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

import attrs
import numpy as np

from benchmarks.truth_programs import REPETITIONS, draw, judge, made

LEAST, LEAST_ANYWHERE, MOST_WIDTH = 0.93, 0.90, 2.0
HEADING = (
    f"{'sensor':<30} {'times':>5} {'programs':>8} {'inside':>8} {'error':>8} {'half-width':>10} {'oracle':>8}"
)


@attrs.frozen
class Judged:
    """One program: for each name whether the truth was inside, the error and both half-widths."""

    repetitions: int
    inside: tuple[bool, ...]
    error: float
    half_width: float
    oracle_half_width: float


def judged(kind: Any, program: Any, rng: np.random.Generator) -> Judged:
    """What phases() says of a program over this kind of sensor."""
    energy_j, u_j, oracle_u_j = judge(kind, program, rng)
    truth_j = program.truth_j
    return Judged(
        program.repetitions,
        tuple((np.abs(energy_j - truth_j) <= 1.959964 * u_j).tolist()),
        float(np.median(np.abs(energy_j / truth_j - 1.0))),
        float(np.median(1.959964 * u_j / truth_j)),
        float(np.median(1.959964 * oracle_u_j / truth_j)),
    )


def row(name: str, times: str, runs: list[Judged]) -> tuple[str, float, float]:
    """A line of the table, the share inside and the half-width as a multiple of the oracle's."""
    inside = float(np.mean([share for run in runs for share in run.inside]))
    error, half, oracle = (
        float(np.median([getattr(run, part) for run in runs]))
        for part in ("error", "half_width", "oracle_half_width")
    )
    line = (
        f"{name:<30} {times:>5} {len(runs):>8} {100 * inside:>6.1f} % {100 * error:>6.2f} % "
        f"{100 * half:>8.1f} % {100 * oracle:>6.1f} %"
    )
    return line, inside, half / oracle


def measure_class(kind: Any, programs: int, rng: np.random.Generator) -> list[str]:
    """The lines of one class, the last of them its verdict."""
    runs = []
    for number in range(programs):
        program = draw(
            rng,
            kind.period_s,
            kind.latency_s,
            float(rng.uniform(30.0, 31.0)),
            REPETITIONS[number % len(REPETITIONS)],
        )
        runs.append(judged(kind, program, rng))
    lines, shares = [], []
    for times in REPETITIONS:
        mine = [run for run in runs if run.repetitions == times]
        if mine:
            line, inside, _ = row(kind.name, str(times), mine)
            slack = 2.0 * math.sqrt(0.09 / sum(len(run.inside) for run in mine))
            shares.append(inside >= LEAST_ANYWHERE - slack)
            lines.append(line if shares[-1] else f"{line}  too narrow")
    line, inside, wider = row(kind.name, "all", runs)
    holds = inside >= LEAST and all(shares) and wider <= MOST_WIDTH
    return [*lines, f"{line}  width {wider:.2f}  {'holds' if holds else 'DOES NOT HOLD'}"]


def example(kind: Any, programs: int, rng: np.random.Generator) -> str:
    """30 ms at 400 W, then 120 ms at 150 W, 30 times, on this sensor: how often is it known within 8 %?"""
    near, inside = [], []
    for _ in range(programs):
        program = made(rng, np.array([0.03, 0.12]), np.array([400.0, 150.0]), 30, 0.1, 0.02, 0.0, 4e-5, 30.0)
        energy_j, u_j, _ = judge(kind, program, rng)
        off = np.abs(energy_j - program.truth_j)
        near.append(bool((off <= 0.08 * program.truth_j).all()))
        inside.extend((off <= 1.959964 * u_j).tolist())
    return (
        f"30 ms at 400 W and 120 ms at 150 W, 30 times, on a {kind.name}: both within 8 % in "
        f"{100 * np.mean(near):.0f} of 100 programs, truth inside in {100 * np.mean(inside):.0f}"
    )


def widths(kind: Any, rng: np.random.Generator, programs: int = 30) -> list[str]:
    """What the interval depends on: median half-widths of the shorter phase, in percent."""
    cases = {
        "30 and 120 ms, once": (0.12, 1, 0.1),
        "30 and 120 ms, 10 times": (0.12, 10, 0.1),
        "30 and 120 ms, 100 times": (0.12, 100, 0.1),
        "30 and 120 ms, 100 times, powers scatter by 20 %": (0.12, 100, 0.2),
        "30 and 70 ms, 100 times, in step": (0.07 - 8e-5, 100, 0.1),
    }
    lines = []
    for words, (other_s, times, scatter) in cases.items():
        halves = []
        for _ in range(programs):
            mean_w, jitter = np.array([400.0, 150.0]), 0.0 if "in step" in words else 0.02
            lengths = np.array([0.03, other_s])
            program = made(rng, lengths, mean_w, times, scatter, jitter, 0.0, 4e-5, 30.0)
            energy_j, u_j, _ = judge(kind, program, rng)
            halves.append(196.0 * u_j[0] / energy_j[0])
        lines.append(f"{words}, on a {kind.name}: 95 % half-width {np.median(halves):.0f} %")
    return lines


def short_windows(kind: Any, rng: np.random.Generator) -> str:
    """400 spans of 2 ms at 100 W on this sensor, summed."""
    program = made(rng, np.array([0.002]), np.array([100.0]), 400, 0.0, 0.05, 0.0005, 4e-5, 30.0)
    energy_j, u_j, _ = judge(kind, program, rng)
    return (
        f"400 spans of 2 ms at 100 W on a {kind.name}: {energy_j[0]:.1f} J ± {1.96 * u_j[0]:.1f} J, "
        f"truth {program.truth_j[0]:.1f} J"
    )


def main(arguments: list[str] | None = None) -> int:
    from benchmarks.truth import CLASSES

    options = argparse.ArgumentParser(
        prog="python -m benchmarks.truth_phases", description="Phases and truth."
    )
    options.add_argument("--programs", type=int, default=2000, help="programs of each sensor class")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--classes", nargs="*", help="parts of names of sensor classes")
    chosen = options.parse_args(arguments)
    rng = np.random.default_rng(chosen.seed)
    kinds = [k for k in CLASSES if not chosen.classes or any(part in k.name for part in chosen.classes)]
    print(HEADING)
    lines = []
    for kind in kinds:
        lines += measure_class(kind, chosen.programs, rng)
        print("\n".join(lines[-len(REPETITIONS) - 1 :]), flush=True)
    print()
    for kind in kinds:
        if kind.name in ("counter 20 ms", "counter 100 ms"):
            print(example(kind, 100, rng))
            print(short_windows(kind, rng))
        if kind.name == "counter 100 ms":
            print("\n".join(widths(kind, rng)))
    return 1 if any("DOES NOT HOLD" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
