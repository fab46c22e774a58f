"""measure() against workloads that people have: does its 95 % interval hold the true energy of a call?

    python -m benchmarks.measured [--calls 300] [--seed 1] [--sensors NAME ...] [--loads NAME ...]

In virtual time, with exact integrals and an exact gain: each call of measure() is a new draw of the load and
of the sensor's phase. Truth is the long-run mean energy of a call; of loads that change their level it is the
mean over what was measured. Printed for every cell: the share of intervals that hold the truth, the median
half-width, the one that would have been enough for 95 % of them, the median error, the median seconds that
measure() took, and, for two independent measurements of identical work, how often their intervals of the
difference leave out the true one: 0, and where the load changed its level at another time of one measurement
than of the other, what that makes.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wattwhat import Measurement, Workload
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, Waveform
from wattwhat.testing.simulation import Simulation

IDLE_W, LIMIT_W = 60.0, 450.0
Phase = tuple[float, float]
Load = Callable[[random.Random], Iterator[list[Phase]]]


class Trace(Waveform):
    """Power that follows what was run: at rest the idle power, and each phase of a call as it comes."""

    def __init__(self) -> None:
        self.edges, self.energy, self.power = [0.0], [0.0], [IDLE_W]

    def add(self, t_s: float, power_w: float) -> None:
        """From ``t_s`` on this power is drawn."""
        self.energy.append(self.energy[-1] + self.power[-1] * (t_s - self.edges[-1]))
        self.edges.append(t_s)
        self.power.append(power_w)

    def power_w(self, t_s: Any) -> Any:
        """Power in W."""
        found = [self.power[bisect_right(self.edges, t) - 1] for t in np.ravel(t_s)]
        return np.reshape(found, np.shape(t_s))

    def energy_j(self, t0_s: Any, t1_s: Any) -> Any:
        """Energy in J."""
        return self._until(t1_s) - self._until(t0_s)

    def edges_s(self, t0_s: float, t1_s: float) -> Any:
        """Where the power changes."""
        return np.asarray(self.edges[bisect_right(self.edges, t0_s) : bisect_right(self.edges, t1_s)])

    def _until(self, t_s: Any) -> Any:
        found = []
        for t in np.ravel(t_s):
            at = bisect_right(self.edges, t) - 1
            found.append(self.energy[at] + self.power[at] * (t - self.edges[at]))
        return np.reshape(found, np.shape(t_s))


class Run(Workload):
    """Calls of a load, on a clock that passes only while they run."""

    label = "run"

    def __init__(self, load: Load, chance: random.Random) -> None:
        self.trace, self.calls = Trace(), load(chance)
        self.simulation: Any = None
        self.joules: list[tuple[float, float]] = []  # when a call began, what it took

    def run(self) -> None:
        """One call."""
        begun = t_s = self.simulation.clock.now_s
        joules, phases = 0.0, next(self.calls)
        for seconds, power_w in phases:
            self.trace.add(t_s, power_w)
            t_s += seconds
            joules += seconds * power_w
        self.trace.add(t_s, IDLE_W)
        self.simulation.advance(t_s - begun)
        self.joules.append((begun, joules))


# -- loads: each an endless run of calls, a call a list of (seconds, watts) ---------------------------------


def steady(seconds: float, *phases: Phase) -> Load:
    def calls(chance: random.Random) -> Iterator[list[Phase]]:
        while True:
            yield list(phases) or [(seconds, 300.0)]

    return calls


def each(draw: Callable[[random.Random], list[Phase]]) -> Load:
    def calls(chance: random.Random) -> Iterator[list[Phase]]:
        while True:
            yield draw(chance)

    return calls


def _correlated(chance: random.Random) -> list[Phase]:
    seconds = chance.uniform(0.02, 0.08)
    return [(seconds, 150.0 + 2500.0 * seconds)]


def over_time(power: Callable[[random.Random], Callable[[float], float]], seconds: float = 0.02) -> Load:
    def calls(chance: random.Random) -> Iterator[list[Phase]]:
        at, passed = power(chance), 0.0
        while True:
            yield [(seconds, at(passed))]
            passed += seconds

    return calls


def square_of(period_s: float) -> Callable[[random.Random], Callable[[float], float]]:
    def make(chance: random.Random) -> Callable[[float], float]:
        begin = chance.uniform(0.0, period_s)
        return lambda t: 300.0 if ((t + begin) % period_s) < period_s / 2.0 else 200.0

    return make


def wander(memory_s: float) -> Callable[[random.Random], Callable[[float], float]]:
    def make(chance: random.Random) -> Callable[[float], float]:
        state, latest = chance.gauss(0.0, 1.0), 0.0

        def at(t: float) -> float:
            nonlocal state, latest
            keep = math.exp(-(t - latest) / memory_s)
            state, latest = keep * state + math.sqrt(1.0 - keep * keep) * chance.gauss(0.0, 1.0), t
            return 250.0 * (1.0 + 0.1 * max(min(state, 3.0), -3.0))

        return at

    return make


def pauses(chance: random.Random) -> Iterator[list[Phase]]:
    left = chance.uniform(0.0, 0.8)
    while True:
        left -= 0.02
        if left > 0.0:
            yield [(0.02, 300.0)]
        else:
            left += chance.uniform(0.6, 1.0)
            yield [(0.02, 300.0), (0.1, 100.0)]


def level(at_s: float, before_w: float, after_w: float) -> Load:
    return over_time(lambda chance: lambda t: before_w if t < at_s else after_w)


def first_calls(chance: random.Random) -> Iterator[list[Phase]]:
    for number in range(20):
        yield [(0.05 * (1.0 + 3.0 * (20 - number) / 20), 120.0 + 9.0 * number)]
    while True:
        yield [(0.05, 300.0)]


LOADS: dict[
    str, tuple[Load, float | None]
] = {  # with the long-run mean in J of a call; None: of what was run
    "constant": (steady(0.05), 15.0),
    "calls of 0.5 ms": (steady(0.0005), 0.15),
    "calls of 5 s": (steady(5.0), 1500.0),
    "idle inside": (steady(0.0, (0.03, 300.0), (0.03, 80.0)), 11.4),
    "time and power": (each(_correlated), None),
    "bimodal": (each(lambda c: [(0.05, 300.0)] if c.random() < 0.9 else [(0.15, 150.0)]), 15.75),
    "rare long calls": (each(lambda c: [(1.0 if c.random() < 0.01 else 0.05, 300.0)]), 17.85),
    "pauses": (pauses, 6.25),
    "two states of 3 s": (over_time(square_of(6.0)), 5.0),
    "wander, 1 s": (over_time(wander(1.0)), 5.0),
    "wander, 5 s": (over_time(wander(5.0)), 5.0),
    "period 0.1 s": (over_time(square_of(0.1), 0.005), 1.25),
    "period 0.05 s": (over_time(square_of(0.05), 0.005), 1.25),
    "period 0.2 s": (over_time(square_of(0.2), 0.005), 1.25),
    "period 3.7 s": (over_time(square_of(3.7)), 5.0),
    "first calls": (first_calls, 15.0),
    "heavy tail": (each(lambda c: [(0.02 * c.lognormvariate(0.0, 1.0), 300.0)]), 6.0 * math.exp(0.5)),
    "throttling": (level(4.0, 300.0, 180.0), None),
    "a neighbour": (level(5.0, 200.0, 280.0), None),
    "warming": (over_time(lambda chance: lambda t: 250.0 * (1.0 + 0.01 * t / 60.0)), None),
}
_CORRELATED_J = 150.0 * 0.05 + 2500.0 * (0.05**2 + 0.06**2 / 12.0)
LOADS["time and power"] = (LOADS["time and power"][0], _CORRELATED_J)
NAMED = ("rare long calls", "heavy tail")  # what did not happen cannot be known: printed, not held to 85 %


# -- sensors ------------------------------------------------------------------------------------------------


def _sensor(
    kind: str, period_s: float, window_s: float | None = None, told: bool = True, **fields: Any
) -> dict[str, Any]:
    return {"kind": kind, "period_s": period_s, "window_s": window_s, "told": told, **fields}


SENSORS: dict[str, list[dict[str, Any]]] = {
    "counter 1 ms": [_sensor("energy", 0.001)],
    "counter 20 ms": [_sensor("energy", 0.02)],
    "counter 100 ms": [_sensor("energy", 0.1)],
    "gauge 100/100": [_sensor("power", 0.1, 0.1)],
    "gauge 100/100, whole W": [_sensor("power", 0.1, 0.1, quantum=1.0)],
    "gauge 1000/100": [_sensor("power", 0.1, 1.0)],
    "gauge 1000/100, unstated": [_sensor("power", 0.1, 1.0, told=False)],
    "gauge 25/100": [_sensor("power", 0.1, 0.025)],
    "gauge 1 s": [_sensor("power", 1.0, 1.0)],
    "counter 1 ms, read in 20 ms": [_sensor("energy", 0.001, latency_s=0.02)],
    "counter 20 ms, read in 150 ms": [_sensor("energy", 0.02, latency_s=0.15)],
    "four counters of 100 ms": [_sensor("energy", 0.1) for _ in range(4)],
    "counter 100 ms + gauge 25/100": [_sensor("energy", 0.1), _sensor("power", 0.1, 0.025, inside=True)],
}


def simulation(sensors: list[dict[str, Any]], run: Run, chance: random.Random) -> Simulation:
    """Virtual meters on what a run draws."""
    clock = VirtualClock(start_ns=100_000_000_000)
    meters = []
    for number, one in enumerate(sensors):
        sensor = VirtualSensor(
            run.trace,
            one["kind"],
            update_period_s=one["period_s"],
            averaging_window_s=one["window_s"],
            phase_s=chance.uniform(0.0, one["period_s"]),
            quantum=one.get("quantum", 0.001),
            latency_s=one.get("latency_s", 0.0),
        )
        fields: dict[str, Any] = {"max_power_w": LIMIT_W}
        if not one["told"]:
            fields["averaging_window_s"] = None
        if number == 0 and any(other.get("inside") for other in sensors):
            fields["contains"] = (sensor.channel("sensor-1").id,)
        channel = sensor.channel(f"sensor-{number}", **fields)
        meters.append(VirtualMeter(sensor, channel, clock=clock))
    made = Simulation(meters, clock)
    run.simulation = made
    return made


def one_measurement(sensors: list[dict[str, Any]], load: Load, seed: int, **plan: Any) -> tuple[Any, ...]:
    """A call of measure(): its Measurement, the run, the virtual seconds it took."""
    chance = random.Random(seed)
    run = Run(load, chance)
    made = simulation(sensors, run, chance)
    begun = made.clock.now_s
    m = run_plan(run, Plan(**plan), made.meter_set, sleep=made.advance, generator=chance)
    return m, run, made.clock.now_s - begun


def truth_j(m: Measurement, run: Run, mean_j: float | None) -> float:
    """The energy of a call: the long-run mean, or that of the calls that were measured."""
    if mean_j is not None:
        return mean_j
    latest = [joules for _, joules in run.joules][-(m.calls or 1) :]
    return math.fsum(latest) / len(latest)


def cell(
    sensors: list[dict[str, Any]], load: Load, mean_j: float | None, calls: int, seed: int
) -> dict[str, Any]:
    """What so many calls of measure() held."""
    held, halves, errors, seconds, found = 0, [], [], [], []
    for number in range(calls):
        m, run, took_s = one_measurement(sensors, load, 1000 * seed + number)
        per_call = m.energy_per_call_j
        assert per_call is not None
        truth = truth_j(m, run, mean_j) * sum(not one.get("inside") for one in sensors)
        low, high = per_call.interval(0.95)
        held += low <= truth <= high
        halves.append((high - low) / 2.0 / truth)
        errors.append(abs(per_call.value / truth - 1.0))
        seconds.append(took_s)
        found.append((per_call, truth))
    pairs = list(zip(found[::2], found[1::2], strict=False))
    apart = sum(abs(a.value - b.value - (x - y)) > 1.96 * math.hypot(a.u, b.u) for (a, x), (b, y) in pairs)
    return {
        "held": held / calls,
        "half": statistics.median(halves),
        "error": statistics.median(errors),
        "needed": sorted(errors)[math.ceil(0.95 * len(errors)) - 1],
        "seconds": statistics.median(seconds),
        "most_s": max(seconds),
        "apart": apart / max(len(pairs), 1),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit 1 where a cell holds less than it has to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=300, help="calls of measure() a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sensors", nargs="*", default=list(SENSORS), choices=list(SENSORS), metavar="NAME")
    parser.add_argument("--loads", nargs="*", default=list(LOADS), choices=list(LOADS), metavar="NAME")
    asked = parser.parse_args(arguments)
    out = sys.stdout.write
    out(f"{asked.calls} calls of measure() a cell, seed {asked.seed}; 95 % intervals of a call's energy\n")
    below = cells = 0
    for sensor in asked.sensors:
        out(f"\n{sensor}\n{'':20} held  half-width    needed     error   seconds  most  apart\n")
        for load in asked.loads:
            made, mean_j = LOADS[load]
            got = cell(SENSORS[sensor], made, mean_j, asked.calls, asked.seed)
            cells, below = cells + 1, below + (got["held"] < 0.93)
            out(
                f"{load:20} {100 * got['held']:3.0f} %   {100 * got['half']:7.2f} % "
                f"{100 * got['needed']:7.2f} % {100 * got['error']:7.3f} % "
                f"{got['seconds']:7.1f}  {got['most_s']:5.0f}  {100 * got['apart']:3.0f} %\n"
            )
            sys.stdout.flush()
    out(f"\n{cells - below} of {cells} cells hold 93 % or more\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
