"""Loads for the nine published workloads: fitted to the naive errors of two sensors, tried on the third.

What the workloads draw is not published; the loads are our inference. The simplest is one level from begin to
end. Its two unknowns (length, and power at rest over mean power in the run) are fitted to the naive errors of
the sensors 100/100 and 1000/100 (averaging window and update period in ms). Where these two are not among the
errors of a level, the run is taken to fall to its power at rest some time before its end: length and that
time are the two unknowns then, and rest is the median of the other workloads'. With the load the naive error
of the part-time sensor 25/100 (A100) and all errors after the remedy are predicted. Where the published A100
figure is not among them, the simplest pulsed load is tried: high once in each update period, which the two
other sensors cannot tell from a level.

Each sensor's gain is one number: the mean of its nine errors after the remedy. The remedy: at least 32
repetitions and 5 s, eight pauses where the sensor looks away, and repetitions left out until the rise is
over; nothing is left then that moving the readings would mend, so they are not moved. The delay of the
part-time sensor is that of the repetition sweep, the others have none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from benchmarks.published_load import Call, Gauge, naive_errors, run_of
from benchmarks.published_rows import POLL_S, REPETITIONS, SECONDS, SHIFTS, TASKS, UPDATE_S, WINDOW_S

Array = npt.NDArray[np.float64]
# Nothing but the step of the readings depends on it.
MEAN_W = 200.0
# A level that misses either of two naive errors by more, in points, is taken to be none.
MISSED = 0.3
# Lengths of a run and of a tail that are tried, in ms.
LENGTHS_MS, TAILS_MS = 5000, 200
# Shares of the update period for which a pulsed load is high, in the order in which they are tried.
DUTIES = (0.5, 0.25, 0.125)
_REMEDY_PHASES = 16


@attrs.frozen
class Load:
    """One level, with a tail at rest, or pulses; all of the same mean power.

    Args:
        length_s: of one run, tail included.
        rest: power at rest over the mean power.
        tail_s: how long before its end the run falls to its power at rest.
        duty: share of each update period in which it is high; None for a level.
    """

    length_s: float
    rest: float
    tail_s: float = 0.0
    duty: float | None = None

    @property
    def rest_w(self) -> float:
        return self.rest * MEAN_W

    @property
    def call(self) -> Call:
        if self.duty is not None:
            return self._pulses(self.duty)
        if not self.tail_s:
            return ((self.length_s, MEAN_W),)
        high_s = self.length_s - self.tail_s
        high_w = (MEAN_W * self.length_s - self.rest_w * self.tail_s) / high_s
        return ((high_s, high_w), (self.tail_s, self.rest_w))

    def _pulses(self, duty: float) -> Call:
        high_w = MEAN_W * (self.rest + (1.0 - self.rest) / duty)
        pulses = ((duty * UPDATE_S, high_w), ((1.0 - duty) * UPDATE_S, self.rest_w))
        call: list[tuple[float, float]] = []
        left_s = self.length_s
        while left_s > 1e-9:
            seconds, power_w = pulses[len(call) % 2]
            call.append((min(seconds, left_s), power_w))
            left_s -= seconds
        return call


def gauges(delay_s: float) -> tuple[Gauge, ...]:
    """The three sensors; each one's gain is the mean of its errors after the remedy."""
    gains = [1.0 + float(np.mean([figures[n][1] for figures in TASKS.values()])) / 100.0 for n in range(3)]
    return (
        Gauge(0.1, UPDATE_S, gain=gains[0]),
        Gauge(1.0, UPDATE_S, gain=gains[1]),
        Gauge(WINDOW_S, UPDATE_S, delay_s, gains[2]),
    )


def steps_seen_s(gauge: Gauge, phases: Array) -> Array:
    """How much of a step of the power naive readings hold after 0 ms, 1 ms, 2 ms, ... in the mean, in s."""
    look_ms = round(1e3 * POLL_S)
    t = POLL_S * (np.arange(LENGTHS_MS) // look_ms).astype(np.float64)
    run = run_of(((float(t[-1]) + 1.0, 100.0),), 1, 0.0)
    perfect = attrs.evolve(gauge, gain=1.0)
    shown = [perfect.sensor(run.waveform, phase * gauge.period_s).published(t) / 100.0 for phase in phases]
    return np.concatenate([[0.0], 1e-3 * np.cumsum(np.mean(shown, axis=0))])


def fit_level(shown: Sequence[float], seen_s: Sequence[Array]) -> Load:
    """Length and rest of the level that comes closest to what several sensors show.

    Args:
        shown: naive energy over the true one, gain taken out, for each sensor.
        seen_s: `steps_seen_s` of each.
    """
    lengths_s = 1e-3 * np.arange(1, LENGTHS_MS + 1)
    parts = [one[1:] / lengths_s for one in seen_s]
    # readings hold rest + (1 - rest) x part, which is linear in rest for each length
    above = sum((y - part) * (1.0 - part) for y, part in zip(shown, parts, strict=True))
    rest = np.clip(above / sum((1.0 - part) ** 2 for part in parts), 0.0, 1.0)
    squares = sum((rest + (1.0 - rest) * part - y) ** 2 for y, part in zip(shown, parts, strict=True))
    best = int(np.argmin(squares))
    return Load(float(lengths_s[best]), float(rest[best]))


def fit_tail(shown: Sequence[float], seen_s: Sequence[Array], rest: float) -> Load:
    """Length and tail of the run that comes closest, with this power at rest; arguments as `fit_level`."""
    lengths = np.arange(2 * TAILS_MS, LENGTHS_MS + 1)[:, None]
    tails = np.arange(TAILS_MS)[None, :]
    # high power above rest, so that the mean of the whole run is 1
    above = (1.0 - rest) * lengths / (lengths - tails)
    squares = sum(
        (rest + above * (one[lengths] - one[tails]) / (1e-3 * lengths) - y) ** 2
        for y, one in zip(shown, seen_s, strict=True)
    )
    row, column = np.unravel_index(int(np.argmin(squares)), np.shape(squares))
    return Load(1e-3 * float(lengths[row, 0]), rest, 1e-3 * float(tails[0, column]))


def mean_error(load: Load, gauge: Gauge, phases: Array) -> float:
    """Mean naive error over the sensor's phases, in percent."""
    return float(naive_errors(run_of(load.call, 1, load.rest_w), gauge, phases).mean())


def naive(load: Load, gauge: Gauge, phases: Array) -> tuple[float, float]:
    """The range of naive errors over the sensor's phases, 5 to 95 %, in percent."""
    errors = naive_errors(run_of(load.call, 1, load.rest_w), gauge, phases)
    low, high = np.quantile(errors, (0.05, 0.95))
    return float(low), float(high)


def remedied(load: Load, gauge: Gauge) -> float:
    """Mean error in percent after the remedy."""
    skipped = math.ceil(gauge.answer_s / load.length_s)
    repetitions = skipped + max(REPETITIONS, math.ceil(SECONDS / load.length_s))
    looks_away = gauge.window_s < gauge.period_s
    groups, pause_s = (SHIFTS, gauge.period_s / SHIFTS) if looks_away else (1, 0.0)
    run = run_of(load.call, repetitions, load.rest_w, groups, pause_s)
    phases = (np.arange(_REMEDY_PHASES) + 0.5) / _REMEDY_PHASES
    return float(np.mean(naive_errors(run, gauge, phases, skip_s=skipped * load.length_s)))


def among(value: float, ends: tuple[float, float]) -> bool:
    """Whether a published figure lies in the range; as little as their tables show is allowed for."""
    return ends[0] - 0.05 <= value <= ends[1] + 0.05


def loads(sensors: Sequence[Gauge], phases: Array) -> dict[str, Load]:
    """The load of every task: a level where that fits both sensors, else a level with a tail."""
    seen_s = [steps_seen_s(gauge, phases) for gauge in sensors[:2]]
    found, shown = {}, {}
    for task, figures in TASKS.items():
        shown[task] = [(1.0 + figures[n][0] / 100.0) / sensors[n].gain for n in range(2)]
        found[task] = fit_level(shown[task], seen_s)
    fits = {
        task: all(abs(mean_error(load, sensors[n], phases) - TASKS[task][n][0]) <= MISSED for n in range(2))
        for task, load in found.items()
    }
    rest = float(np.median([load.rest for task, load in found.items() if fits[task]]))
    return {task: load if fits[task] else fit_tail(shown[task], seen_s, rest) for task, load in found.items()}


def pulsed(load: Load, published: float, gauge: Gauge, phases: Array) -> Load | None:
    """The first pulsed load among whose errors the published one is, if there is one."""
    for duty in DUTIES:
        candidate = attrs.evolve(load, tail_s=0.0, duty=duty)
        if among(published, naive(candidate, gauge, phases)):
            return candidate
    return None
