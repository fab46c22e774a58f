"""Truth: many waveforms with a known integral, seen by many kinds of sensors; are error and interval right?

    python -m benchmarks.truth [--runs 2000] [--seed 1] [--classes NAME ...] [--plot FILE]

For every sensor class and window length: the median error of energy_j beside that of an oracle, the share
of runs whose 95 % interval holds the true energy, and the median half-width beside the oracle's. The oracle
knows the waveform's family: it is the linear estimator with the least squares of error, from everything the
readings say, our own result included, trained on other runs of the same class, window length and family.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from benchmarks.truth_table import HEADING, Row, around_line, line, plot, verdict
from benchmarks.truth_waves import FAMILIES, request
from wattwhat.acquisition.edges import Edge
from wattwhat.acquisition.window import Window
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor
from wattwhat.testing.simulation import Simulation

OUT = Path(__file__).parent / "out"
# Multiples of the sensors' periods, and lengths between them that may hold one more tick or one less.
WINDOWS_S = (0.01, 0.03, 0.07, 0.1, 0.17, 0.3, 1.0, 3.0, 10.0, 60.0)
# Fewer runs where one takes long; together they make the runs of a class.
SHARES = (0.12, 0.12, 0.12, 0.11, 0.12, 0.12, 0.12, 0.08, 0.05, 0.04)
# Runs of each family that the oracle learns from: at most, and at least.
TAUGHT = (60, 24)
REQUEST = "request"
GAIN_ERROR = 0.029
LIMIT_W = 450.0


@attrs.frozen
class SensorClass:
    """A kind of sensor; `faults` adds what goes wrong in some runs."""

    name: str
    quantity: str
    period_s: float
    window_s: float | None = None
    quantum: float = 0.001
    latency_s: float = 20e-6
    wrap_j: float | None = None
    faults: bool = False

    def sensor(self, waveform: Any, rng: np.random.Generator, window: tuple[float, float]) -> VirtualSensor:
        extra: dict[str, Any] = {}
        if self.wrap_j is not None:
            extra.update(wrap_j=self.wrap_j, start_j=float(rng.uniform(0, self.wrap_j)))
        if self.faults:
            extra.update(_faults(rng, window))
        return VirtualSensor(
            waveform,
            self.quantity,
            update_period_s=self.period_s,
            averaging_window_s=self.window_s,
            phase_s=float(rng.uniform(0, self.period_s)),
            quantum=self.quantum,
            gain=1.0 + GAIN_ERROR * float(rng.standard_normal()),
            latency_s=self.latency_s,
            **extra,
        )


def _faults(rng: np.random.Generator, window: tuple[float, float]) -> dict[str, Any]:
    """A reset in one window of five, a stall of up to half a second in one of twenty."""
    begin, end = window
    kind = rng.random()
    found: dict[str, Any] = {"start_j": float(rng.uniform(1e5, 1e7))}  # counted since the driver was loaded
    if kind < 0.2:
        found["resets_s"] = (float(rng.uniform(begin, end)),)
    elif kind < 0.25:
        at = float(rng.uniform(begin, end))
        found["stalls"] = ((at, at + float(rng.uniform(0.05, 0.5))),)
    return found


CLASSES = (
    SensorClass("counter 1 ms", "energy", 0.001, quantum=61e-6),
    SensorClass("counter 20 ms", "energy", 0.02),
    SensorClass("counter 100 ms", "energy", 0.1),
    SensorClass("counter 1 ms, 65 kJ wrap", "energy", 0.001, quantum=15e-6, wrap_j=65536.0),
    SensorClass("counter 20 ms, stalls, resets", "energy", 0.02, faults=True),
    SensorClass("gauge 100/100 ms", "power", 0.1, 0.1, quantum=0.01),
    SensorClass("gauge 1000/100 ms", "power", 0.1, 1.0, quantum=0.01),
    SensorClass("gauge 25/100 ms", "power", 0.1, 0.025, quantum=0.01),
    SensorClass("gauge 1 s", "power", 1.0, 1.0, quantum=0.01),
)


@attrs.frozen
class Run:
    """One window: what was true, what was said, and what the readings held."""

    family: str
    truth_j: float
    value_j: float
    u_j: float
    features: tuple[float, ...]


def one_run(kind: SensorClass, family: str, length_s: float, rng: np.random.Generator) -> Run:
    begin_s = float(rng.uniform(2.0, 10.0))
    window = (begin_s, begin_s + length_s)
    waveform = request(rng, window) if family == REQUEST else FAMILIES[family](rng, window[1] + 5.0)
    clock = VirtualClock()
    sensor = kind.sensor(waveform, rng, window)
    channel = sensor.channel(gain_error=GAIN_ERROR, max_power_w=LIMIT_W)
    simulation = Simulation([VirtualMeter(sensor, channel, clock=clock)], clock)
    meter_set = simulation.meter_set
    # a later window of a program knows the power around it; half of the runs are a program's first window
    later = bool(rng.random() < 0.5)
    for at_s in (begin_s - 1.1, begin_s - 0.55) if later else ():
        simulation.until(max(at_s, 0.1))
        Window("before", meter_set=meter_set, sync=False).start().stop()
    simulation.until(begin_s)
    context, asked = meter_set.context, Window(family, meter_set=meter_set, sync=False).start()
    simulation.until(window[1])
    asked.stop()
    simulation.advance(max((line.settled_s for line in meter_set.gauges.values()), default=0.0))
    m = asked.measurement
    first: Any = asked._begin
    last: Any = asked._end
    truth_j = float(waveform.energy_j(first.t_ns * 1e-9, last.t_ns * 1e-9))
    # the oracle is told which it is where that matters
    known = family if later or length_s > 20.0 * kind.period_s else f"{family}, first window"
    return Run(known, truth_j, m.energy_j.value, m.energy_j.u, _features(m, first, last, context, length_s))


def _features(m: Any, first: Any, last: Any, context: Any, length_s: float) -> tuple[float, ...]:
    """Mean powers in W that the readings tell: of the window, around it, at its edges."""
    a, b = first.readings[0], last.readings[0]
    if isinstance(a, Edge):
        before, after = a.before, b.after
        inner = (after.energy_j - before.energy_j) / max(after.span_s - before.span_s, 1e-9)
        shown = [s.last[1] for s in (a.before, a.sums, a.after, b.before, b.sums, b.after) if s and s.last]
        return (m.energy_j.value / length_s, inner, *shown, *[0.0] * (6 - len(shown)))
    gained = b[1] - a[1]
    around = 0.0
    if context is not None and not isinstance(context.readings[0], Edge):
        c = context.readings[0]
        around = (b[1] - c[1]) / max((b[0] - c[0]) * 1e-9, 1e-9)
    return (m.energy_j.value / length_s, gained / length_s, around)


def oracle(judged: list[Run], taught: list[Run], length_s: float) -> tuple[float, float]:
    """Median and 95 % quantile of the relative error of the best linear estimator, family by family."""
    errors: list[float] = []
    for family in sorted({run.family for run in judged}):
        # relative errors count, so rows are divided by the truth; ours is the first guess, to be corrected
        rows = _rows([run for run in taught if run.family == family], length_s)
        scale = np.abs(rows).mean(axis=0) + 1e-12
        ridge = 1e-2 * math.sqrt(len(rows)) * np.eye(rows.shape[1])
        left, right = np.vstack([rows / scale, ridge]), np.zeros(len(rows) + rows.shape[1])
        right[: len(rows)] = 1.0 - rows[:, 0]
        weights = np.linalg.lstsq(left, right, rcond=None)[0] / scale
        mine = _rows([run for run in judged if run.family == family], length_s)
        errors.extend(np.abs(mine[:, 0] + mine @ weights - 1.0))
    return float(np.median(errors)), float(np.quantile(errors, 0.95))


def _rows(runs: list[Run], length_s: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    features = np.array([(*run.features, 1.0) for run in runs])
    return features / (np.array([run.truth_j for run in runs]) / length_s)[:, None]


def measure_class(
    kind: SensorClass, runs: int, rng: np.random.Generator, say: Callable[[str], None]
) -> list[Row]:
    families = sorted(FAMILIES)
    rows = []
    for length_s, share in zip(WINDOWS_S, SHARES, strict=True):
        count = max(72, round(runs * share))
        found = [one_run(kind, families[n % len(families)], length_s, rng) for n in range(count)]
        known = [run for run in found if math.isfinite(run.value_j)]
        lessons = min(max(runs // 30, TAUGHT[1]), TAUGHT[0])
        taught = _taught(kind, dict.fromkeys((run.family for run in known), lessons), length_s, rng)
        inside = [abs(run.value_j - run.truth_j) <= 1.959964 * run.u_j for run in known]
        best_error, best_half = oracle(known, taught, length_s)
        rows.append(
            Row(
                kind.name,
                length_s,
                len(known),
                float(np.mean(inside)),
                float(np.median([abs(run.value_j / run.truth_j - 1.0) for run in known])),
                best_error,
                float(np.median([1.959964 * run.u_j / run.truth_j for run in known])),
                best_half,
                length_s / kind.period_s,
            )
        )
        say(line(rows[-1]))
    return rows


def around_work(kind: SensorClass, runs: int, rng: np.random.Generator) -> list[float]:
    """Share of windows whose interval holds the truth, for each length, where the load fills the window."""
    shares = []
    for length_s in WINDOWS_S:
        found = [one_run(kind, REQUEST, length_s, rng) for _ in range(max(runs // 20, 40))]
        inside = [abs(run.value_j - run.truth_j) <= 1.959964 * run.u_j for run in found if run.value_j]
        shares.append(float(np.mean(inside)))
    return shares


def _taught(
    kind: SensorClass, wanted: dict[str, int], length_s: float, rng: np.random.Generator
) -> list[Run]:
    """What the oracle learns from: other runs of the same kind, so many of each family."""
    taught = []
    while any(wanted.values()):
        for family in sorted(FAMILIES):
            run = one_run(kind, family, length_s, rng)
            if math.isfinite(run.value_j) and wanted.get(run.family, 0):
                wanted[run.family] -= 1
                taught.append(run)
    return taught


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.truth", description="Error and coverage.")
    options.add_argument("--runs", type=int, default=2000, help="runs of each sensor class")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--classes", nargs="*", help="parts of names of sensor classes")
    options.add_argument("--plot", type=Path, default=None)
    options.add_argument("--programs", type=int, default=0, help="programs of short phases of each class")
    chosen = options.parse_args(arguments)
    rng = np.random.default_rng(chosen.seed)
    kinds = [k for k in CLASSES if not chosen.classes or any(part in k.name for part in chosen.classes)]
    print(HEADING)
    rows = [row for kind in kinds for row in measure_class(kind, chosen.runs, rng, print)]
    words = verdict(rows)
    print("", *words, sep="\n")
    lengths = " ".join(f"{length_s:>6g}" for length_s in WINDOWS_S)
    print("\nshare inside, %, where rest, a load that fills the window and rest follow; windows in s")
    print(f"{'':<30} {lengths}")
    for kind in kinds:
        words.append(around_line(kind.name, around_work(kind, chosen.runs, rng), max(chosen.runs // 20, 40)))
        print(words[-1])
    OUT.mkdir(exist_ok=True)
    (OUT / "truth.json").write_text(
        json.dumps([attrs.asdict(row) for row in rows], indent=1), encoding="utf-8"
    )
    if chosen.plot:
        plot(rows, chosen.plot)
    wrong = any("DOES NOT HOLD" in sentence for sentence in words)
    if chosen.programs:  # the second table
        from benchmarks import truth_phases

        print()
        which = ["--classes", *chosen.classes] if chosen.classes else []
        asked = ["--programs", str(chosen.programs), "--seed", str(chosen.seed), *which]
        wrong |= bool(truth_phases.main(asked))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
