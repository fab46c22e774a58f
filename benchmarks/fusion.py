"""Fusion: what would a power gauge beside an energy counter tell that the counter does not?

    python -m benchmarks.fusion [--windows 120] [--programs 24] [--seed 1]

First single windows: the 95 % quantile of the error of the linear estimator with the least squares of error,
that knows the waveform's family and when both sensors tick, by what it is given: the counter read at the
window's edges; the gauge read there, too; the counter looked at all the time; the gauge, too. No honest
interval is narrower. Then phases: counter alone, and both (`benchmarks.fusion_phases`).
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from typing import Any

import attrs
import numpy as np

from benchmarks.truth import REQUEST
from benchmarks.truth_waves import FAMILIES, request

Array = np.ndarray[Any, np.dtype[np.float64]]

_GRAIN_S = 0.0025
# What lies before and after a window on the grid, in s.
_BEFORE_S, _AFTER_S = 1.6, 0.6
# So many update periods before and after a window are looked at, where that is done all of the time: of more,
# the estimator would have too much to learn. One look before a window is that of an earlier one.
_LOOKED, _FOLLOWED, _EARLIER_S = 6, 3, 0.55
_LENGTHS = (0.1, 0.3, 0.7, 1.0, 1.5, 2.0)
_PHASES = 12
_MOST_W = 450.0
GIVEN = ("edges", "+ gauge", "looks", "+ gauge")


@attrs.frozen
class Pair:
    """A counter and a gauge; times in s."""

    name: str
    counter_s: float
    gauge_s: float
    window_s: float
    late_s: float = 0.0
    together: bool = False


PAIRS = (
    Pair("counter 100, gauge 25/25", 0.1, 0.025, 0.025),
    Pair("counter 100, gauge 100/100", 0.1, 0.1, 0.1),
    Pair("counter 20, gauge 1000/100", 0.02, 0.1, 1.0),
    Pair("counter 100, gauge 25/100", 0.1, 0.1, 0.025),
    Pair("the same, ticking together", 0.1, 0.1, 0.025, together=True),
    Pair("counter 100, gauge 25/25, 200 late", 0.1, 0.025, 0.025, late_s=0.2),
    Pair("counter 20, gauge 10/20", 0.02, 0.02, 0.01),
)


def _grains(seconds: float) -> int:
    return round(seconds / _GRAIN_S)


def made(family: str, length_s: float, count: int, rng: np.random.Generator) -> Array:
    """Joules in each grain around so many windows of this length, each in a waveform of its own."""
    rows = []
    for _ in range(count):
        begin_s = float(rng.uniform(2.0, 10.0))
        window = (begin_s, begin_s + length_s)
        wave = request(rng, window) if family == REQUEST else FAMILIES[family](rng, window[1] + 5.0)
        at = begin_s - _BEFORE_S + _GRAIN_S * np.arange(_grains(_BEFORE_S + length_s + _AFTER_S) + 1)
        rows.append(wave.energy_j(at[:-1], at[1:]))
    return np.array(rows)


def readings(pair: Pair, length_s: float, given: int, phases: tuple[int, int]) -> Array:
    """What the sensors show, each as a sum over grains."""
    begin, end = _grains(_BEFORE_S), _grains(_BEFORE_S + length_s)
    edges, looked, gauge = (begin, end), given >= 2, given % 2 == 1
    size = end + _grains(_AFTER_S)

    def ticks(period_s: float, phase: int, late_s: float, asked: tuple[int, ...]) -> list[int]:
        period, late = _grains(period_s), _grains(late_s)
        if looked:
            first = begin - _LOOKED * period
            return list(range(first + (phase - first) % period, end + _FOLLOWED * period, period))
        return sorted({(at - late - phase) // period * period + phase for at in asked})

    rows = []
    counted = ticks(pair.counter_s, phases[0], 0.0, (begin - _grains(_EARLIER_S), *edges))
    for first, last in pairwise(counted):
        rows.append(np.zeros(size))
        rows[-1][first:last] = 1.0
    for tick in ticks(pair.gauge_s, phases[1], pair.late_s, edges) if gauge else ():
        window = _grains(pair.window_s)
        rows.append(np.zeros(size))
        rows[-1][max(tick - window, 0) : tick] = 1.0 / window
    return np.array(rows).reshape(-1, size)


def errors(pair: Pair, length_s: float, family: str, count: int, rng: np.random.Generator) -> list[float]:
    """In percent, the 95 % quantile of the best linear estimator's error for all that may be `GIVEN`."""
    taught, judged = made(family, length_s, 2 * count, rng), made(family, length_s, count, rng)
    mean_j, inside = taught.mean(axis=0), slice(_grains(_BEFORE_S), _grains(_BEFORE_S + length_s))
    off_j, truth_j = taught - mean_j, judged[:, inside].sum(axis=1)
    found: list[list[float]] = [[] for _ in GIVEN]
    for number in range(_PHASES):
        counter = int(rng.integers(_grains(pair.counter_s)))
        phases = counter, counter if pair.together else int(rng.integers(_grains(pair.gauge_s)))
        for given, errors_here in enumerate(found):
            rows = readings(pair, length_s, given, phases)
            shown = off_j @ rows.T
            square = shown.T @ shown
            ridge = 1e-3 * np.trace(square) / max(len(square), 1) * np.eye(len(square))
            weights = np.linalg.solve(square + ridge, shown.T @ off_j[:, inside].sum(axis=1))
            said_j = mean_j[inside].sum() + (judged[number::_PHASES] - mean_j) @ rows.T @ weights
            said_j = np.clip(said_j, 0.0, _MOST_W * length_s)
            errors_here.extend(np.abs(said_j / truth_j[number::_PHASES] - 1.0))
    return [100.0 * float(np.quantile(one, 0.95)) for one in found]


def windows(pair: Pair, count: int, rng: np.random.Generator) -> list[str]:
    """Lines of the table: for each length the mean over the families."""
    lines = []
    for length in _LENGTHS:
        length_s = max(_grains(length * pair.counter_s), 1) * _GRAIN_S
        mean = np.mean([errors(pair, length_s, one, count, rng) for one in (*FAMILIES, REQUEST)], axis=0)
        shares = " ".join(f"{one:>7.1f} %" for one in mean)
        lines.append(f"{pair.name:<35} {length:>5g} U {shares}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    from benchmarks.fusion_phases import HEADING, phases

    options = argparse.ArgumentParser(prog="python -m benchmarks.fusion", description="A gauge beside.")
    options.add_argument("--windows", type=int, default=120, help="windows of each length and family")
    options.add_argument("--programs", type=int, default=24, help="programs of phases on each pair")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args(arguments)
    rng = np.random.default_rng(chosen.seed)
    print(f"{'sensors, ms':<35} {'window':>7} " + " ".join(f"{one:>9}" for one in GIVEN))
    for pair in PAIRS:
        print("\n".join(windows(pair, chosen.windows, rng)), flush=True)
    print(f"\n{HEADING}")
    for line in phases(max(chosen.programs, 1), chosen.seed):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
