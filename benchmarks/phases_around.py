"""Phases in a track() window: how their total and the window differ from each other, and from the truth.

    python -m benchmarks.phases_around [--programs 20] [--seed 3]

Rounds of two phases of 5 to 60 ms at 250 to 400 W and 20 to 150 ms at 50 to 150 W, with rest at 60 W before
and after. The gain of the sensors is exact.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.programs import Program
from tests.rigs import counter, gauge, simulated
from wattwhat.acquisition.phases import Phases
from wattwhat.acquisition.window import Window
from wattwhat.testing import VirtualSensor

ROUNDS = (1, 3, 10, 30)
SENSORS: dict[str, Callable[[Any], VirtualSensor]] = {
    "counter 1 ms": lambda wave: counter(wave, 0.001),
    "counter 20 ms": lambda wave: counter(wave, 0.02),
    "counter 100 ms": lambda wave: counter(wave, 0.1),
    "gauge 100/100": lambda wave: gauge(wave, 0.1, 0.1),
    "gauge 25/100": lambda wave: gauge(wave, 0.1, 0.025),
    "gauge 1000/100": lambda wave: gauge(wave, 0.1, 1.0),
}


def one(sensor: VirtualSensor, program: Program) -> list[float]:
    """Errors of the window and of the phases as fractions, how much these lie above it, and if it holds."""
    simulation = simulated(sensor, max_power_w=450.0)
    phases = Phases("program", sync=False, meter_set=simulation.meter_set)
    simulation.until(program.start_s)
    with Window("around", meter_set=simulation.meter_set, sync=False) as window:
        for (name, _, _), end_s in zip(program.spans, program.edges[1:], strict=True):
            with phases(str(name)):
                simulation.until(float(end_s))
    simulation.advance(1.6)
    truth_j = program.energy_j("a") + program.energy_j("b")
    around, total = window.measurement.energy_j, phases.total.energy_j
    inside = abs(around.value - truth_j) <= 1.96 * around.u
    above = total.value / around.value - 1.0
    return [around.value / truth_j - 1.0, total.value / truth_j - 1.0, above, inside]


def draw(rounds: int, rng: np.random.Generator) -> Program:
    """Rounds of the two phases."""
    spans: list[tuple[str | None, float, float]] = []
    for _ in range(rounds):
        spans.append(("a", float(rng.uniform(0.005, 0.06)), float(rng.uniform(250.0, 400.0))))
        spans.append(("b", float(rng.uniform(0.02, 0.15)), float(rng.uniform(50.0, 150.0))))
    return Program(spans)


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.phases_around", description="Window, total.")
    options.add_argument("--programs", type=int, default=20, help="of each sensor and number of rounds")
    options.add_argument("--seed", type=int, default=3)
    chosen = options.parse_args(arguments)
    rng = np.random.default_rng(chosen.seed)
    print("root of the mean square of errors; median of how far the total of phases lies above the window")
    print(f"{'sensor':<16}{'rounds':>7}{'window':>10}{'inside':>8}{'phases':>10}{'above':>10}")
    for name, sensor in SENSORS.items():
        for rounds in ROUNDS:
            programs = [draw(rounds, rng) for _ in range(chosen.programs)]
            found = np.array([one(sensor(program.waveform), program) for program in programs])
            around, total = np.sqrt((found[:, :2] ** 2).mean(axis=0))
            above, inside = float(np.median(found[:, 2])), float(found[:, 3].mean())
            print(f"{name:<16}{rounds:>7}{around:>10.2%}{inside:>8.0%}{total:>10.2%}{above:>10.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
