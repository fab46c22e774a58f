"""Loads that are made of repeated calls, read naively and by measure() through an emulated power sensor."""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from benchmarks.published_rows import POLL_S
from wattwhat import Workload
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan
from wattwhat.testing import Piecewise, VirtualClock, VirtualMeter, VirtualSensor, Waveform
from wattwhat.testing.simulation import Simulation

# What NVML's backend states: ±5 %, every value in between alike.
TOLD_GAIN_ERROR = 0.05 / math.sqrt(3.0)
LIMIT_W = 450.0
# A call: pairs of (seconds, watts), one after another.
Call = Sequence[tuple[float, float]]


@attrs.frozen
class Gauge:
    """A power sensor as the paper describes it.

    Args:
        window_s: averaging window.
        period_s: update period.
        delay_s: from the end of the window until the value can be read.
        gain: shown over true power.
        offset_w: added to that.
    """

    window_s: float
    period_s: float = 0.1
    delay_s: float = 0.0
    gain: float = 1.0
    offset_w: float = 0.0

    @property
    def answer_s(self) -> float:
        """After this time a step of the power is shown in full, whatever the phase."""
        return self.period_s + self.window_s + self.delay_s

    def sensor(self, waveform: Waveform, phase_s: float) -> VirtualSensor:
        return VirtualSensor(
            waveform,
            "power",
            update_period_s=self.period_s,
            averaging_window_s=self.window_s,
            phase_s=phase_s,
            quantum=0.01,
            gain=self.gain,
            offset_w=self.offset_w,
            delay_s=self.delay_s,
        )


@attrs.frozen
class Run:
    """Repetitions of a call, the first at 0 s, at rest before, after and in pauses.

    Args:
        waveform: the power.
        spans: when calls ran: (begin, end) of each group between two pauses, in s.
    """

    waveform: Waveform
    spans: tuple[tuple[float, float], ...]

    @property
    def whole(self) -> tuple[tuple[float, float], ...]:
        """From the first begin to the last end, pauses included."""
        return ((self.spans[0][0], self.spans[-1][1]),)


def run_of(call: Call, repetitions: int, rest_w: float, groups: int = 1, pause_s: float = 0.0) -> Run:
    """So many repetitions of a call, in groups with a pause between them."""
    edges, powers, spans, t = [-1.0], [rest_w], [], 0.0
    for number in range(groups):
        begin = t
        for _ in range((number + 1) * repetitions // groups - number * repetitions // groups):
            for seconds, power_w in call:
                edges.append(t)
                powers.append(power_w)
                t += seconds
        spans.append((begin, t))
        if pause_s and number < groups - 1:
            edges.append(t)
            powers.append(rest_w)
            t += pause_s
    return Run(Piecewise([*edges, t, t + 1.0], [*powers, rest_w]), tuple(spans))


def naive_errors(
    run: Run,
    gauge: Gauge,
    phases: npt.NDArray[np.float64],
    *,
    skip_s: float = 0.0,
    spans: Sequence[tuple[float, float]] | None = None,
) -> npt.NDArray[np.float64]:
    """Errors in percent of readings held until the next look, one for each phase of the sensor.

    Args:
        run: what ran.
        gauge: what was looked at, every `POLL_S`.
        phases: parts of the update period, 0 to 1.
        skip_s: from the begin, left out of the readings and of the truth.
        spans: what is integrated; default: from the first begin to the last end.
    """
    parts = [(max(a, skip_s), b) for a, b in (spans or run.whole) if b > skip_s]
    t = np.concatenate([np.arange(a, b - 1e-9, POLL_S) for a, b in parts])
    held = np.concatenate([np.diff(np.append(np.arange(a, b - 1e-9, POLL_S), b)) for a, b in parts])
    truth_j = sum(float(run.waveform.energy_j(a, b)) for a, b in parts)
    shown = [gauge.sensor(run.waveform, phase * gauge.period_s).published(t) for phase in phases]
    return np.array([100.0 * (float(np.sum(power_w * held)) / truth_j - 1.0) for power_w in shown])


class Living(Waveform):
    """Power that follows what is run: a rest power, until a step is added at its end."""

    def __init__(self, rest_w: float) -> None:
        self.rest_w = rest_w
        self._t, self._j, self._w = [0.0], [0.0], [rest_w]

    def step(self, t_s: float, power_w: float) -> None:
        """From here on this power; a step at the time of the last one takes its place."""
        if t_s <= self._t[-1] + 1e-12:
            self._w[-1] = power_w
        elif power_w != self._w[-1]:
            self._j.append(self._until(t_s))
            self._t.append(t_s)
            self._w.append(power_w)

    def energy_j(self, t0_s: Any, t1_s: Any) -> Any:
        return self._until(float(t1_s)) - self._until(float(t0_s))

    def _until(self, t_s: float) -> float:
        place = max(bisect.bisect_right(self._t, t_s) - 1, 0)
        return self._j[place] + self._w[place] * (t_s - self._t[place])


class Calls(Workload):
    """Runs a call in virtual time."""

    label = "a call"

    def __init__(self, simulation: Simulation, load: Living, call: Call) -> None:
        self.simulation, self.load, self.call = simulation, load, call

    def run(self) -> None:
        t = self.simulation.clock.now_s
        for seconds, power_w in self.call:
            self.load.step(t, power_w)
            t += seconds
        self.load.step(t, self.load.rest_w)
        self.simulation.until(t)


@attrs.frozen
class Measured:
    """What measure() made of a call, beside truth times the sensor's gain (and offset).

    Args:
        error: in percent.
        half_width: of the 95 % interval without the parts for gain and offset, in percent.
        inside: whether the whole interval holds it.
    """

    error: float
    half_width: float
    inside: bool


def measured(call: Call, rest_w: float, gauge: Gauge, rng: np.random.Generator) -> Measured:
    """One wattwhat.measure() of a call, with its defaults, at a random phase of the sensor."""
    load, clock = Living(rest_w), VirtualClock(start_ns=100_000_000_000)
    sensor = gauge.sensor(load, float(rng.uniform(0.0, gauge.period_s)))
    channel = sensor.channel(gain_error=TOLD_GAIN_ERROR, max_power_w=LIMIT_W)
    simulation = Simulation([VirtualMeter(sensor, channel, clock=clock)], clock)
    workload = Calls(simulation, load, call)
    generator = random.Random(int(rng.integers(2**31)))
    m = run_plan(workload, Plan(), simulation.meter_set, sleep=simulation.advance, generator=generator)
    if m.calls is None or m.duration_s is None:
        raise RuntimeError("measure() did not say how many calls it made: nothing to compare with")
    truth_j = m.calls * sum(seconds * power_w for seconds, power_w in call)
    shown_j = gauge.gain * truth_j + gauge.offset_w * m.duration_s
    off_j, bare_j = m.energy_j.value - shown_j, 1.959964 * m.budget.shrinkable_u
    low_j, high_j = m.energy_j.interval()
    return Measured(100.0 * off_j / shown_j, 100.0 * bare_j / shown_j, low_j <= shown_j <= high_j)


@attrs.frozen
class Many:
    """Several measurements of one call: mean and farthest error, mean half-width, share inside."""

    error: float
    farthest: float
    half_width: float
    inside: float

    def __str__(self) -> str:
        return f"{self.error:+.1f} ±{self.half_width:.1f}"


def measured_often(call: Call, rest_w: float, gauge: Gauge, runs: int, rng: np.random.Generator) -> Many:
    found = [measured(call, rest_w, gauge, rng) for _ in range(runs)]
    return Many(
        float(np.mean([one.error for one in found])),
        max((one.error for one in found), key=abs),
        float(np.mean([one.half_width for one in found])),
        float(np.mean([one.inside for one in found])),
    )


def phases_of(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Phases from 0 to 1, one drawn in each of so many equal parts."""
    return (np.arange(count) + rng.random(count)) / count
