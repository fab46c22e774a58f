"""A plot of phases faster than a sensor: true power, what a 100 ms counter shows, what phases() finds.

python -m benchmarks.phases_plot PLOT.svg      (needs matplotlib)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import CLASSES
from benchmarks.truth_programs import Program, judge, made

_NAMES = ("one: 30 ms at 400 W", "two: 120 ms at 150 W")
_REPETITIONS = (3, 5, 10, 20, 30, 60, 120, 240)


def program(times: int, rng: np.random.Generator) -> Program:
    """Two phases in turn whose powers scatter by 10 %."""
    return made(rng, np.array([0.03, 0.12]), np.array([400.0, 150.0]), times, 0.1, 0.02, 0.0, 4e-5, 10.0)


def plot(path: Path, seed: int = 4) -> None:
    """Draw it.

    Args:
        path: the file, whose ending says the format.
        seed: of the made programs.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rng = np.random.default_rng(seed)
    kind = next(one for one in CLASSES if one.name == "counter 100 ms")
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    _power(left, program(8, rng), kind.period_s)
    found = []
    for times in _REPETITIONS:
        made_up = program(times, rng)
        energy_j, u_j, _ = judge(kind, made_up, rng)
        found.append((energy_j / made_up.truth_j, 1.96 * u_j / made_up.truth_j))
    for number, name in enumerate(_NAMES):
        at = np.array(_REPETITIONS) * (0.96 if number else 1.04)
        values = [100.0 * (ratio[number] - 1.0) for ratio, _ in found]
        halves = [100.0 * half[number] for _, half in found]
        right.errorbar(at, values, yerr=halves, fmt="o", markersize=3, capsize=2, label=name)
    right.axhline(0.0, color="grey", linewidth=0.8)
    right.set(xscale="log", xlabel="repetitions", ylabel="joules found, % off the truth", ylim=(-30, 30))
    right.set_xticks(_REPETITIONS, [str(times) for times in _REPETITIONS])
    right.minorticks_off()
    right.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _power(axes: Any, made_up: Program, update_s: float) -> None:
    """The true power, and the mean power between two ticks of the counter."""
    first = made_up.edges_s[0]
    ticks = np.arange(first + 0.4 * update_s, made_up.edges_s[-1], update_s)
    mean_w = np.diff(made_up.waveform.energy_j(np.zeros_like(ticks), ticks)) / update_s
    at = np.linspace(first, ticks[-1], 4000)
    axes.plot(at - first, made_up.waveform.power_w(at), linewidth=0.8, label="true power")
    axes.step(ticks - first, [*mean_w, mean_w[-1]], where="post", label="what a 100 ms counter gained")
    axes.set(xlabel="time, s", ylabel="power, W", ylim=(0, 560))
    axes.legend(fontsize=8, loc="upper right")


if __name__ == "__main__":
    plot(Path(sys.argv[1]))
