"""Random programs of short phases with known joules, and what phases() sees of them.

Spans are of 0.02 to 2 update periods, 20 to 400 repetitions, 1 to 5 names, powers that scatter by up to 20 %
from span to span, in step with the sensor and not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from wattwhat.acquisition.phase_tracks import AFTER, BEFORE, OWN, PAUSE, timeline_of
from wattwhat.energy.joint import possible
from wattwhat.energy.label_time import Pieces
from wattwhat.records.assumptions import period_s
from wattwhat.testing import Piecewise

if TYPE_CHECKING:
    from benchmarks.truth import SensorClass

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["LIMIT_W", "REPETITIONS", "Program", "draw", "judge"]

REPETITIONS = (20, 50, 100, 200, 400)
LIMIT_W = 450.0
_SCATTERS = (0.0, 0.05, 0.1, 0.2)
_JITTERS = (0.0, 0.02, 0.1, 0.3)
# Over the whole family, by how much the powers of a pause and of a span differ from their means: root of the
# mean square, in W.
_SPREAD_W = (15.0, 29.0)
# What is read before the program starts and after it ends, in update periods.
_AROUND = 3.0


@attrs.frozen(eq=False)
class Program:
    """Spans that follow each other with pauses between.

    Args:
        names: how many there are.
        repetitions: how often each ran.
        scatter: standard deviation of the power from span to span, as a fraction.
        in_step: whether a round takes as long as the sensor's update period, or a whole fraction of it.
        edges_s: begin and end of each span, in s.
        which: the name of each span, from 0.
        powers_w: the power of each span in W.
        mean_w: the mean power of each name in W.
        pauses_w: the power of the pause after each span in W.
        rest_w: power before and after all.
    """

    names: int
    repetitions: int
    scatter: float
    in_step: bool
    edges_s: Array
    which: Any
    powers_w: Array
    mean_w: Array
    pauses_w: Array
    rest_w: float

    @property
    def truth_j(self) -> Array:
        """Joules of each name."""
        lengths = self.edges_s[1::2] - self.edges_s[::2]
        return np.bincount(self.which, lengths * self.powers_w, self.names)

    @property
    def waveform(self) -> Piecewise:
        """The power over time."""
        between = np.full(len(self.edges_s) + 1, self.rest_w)
        between[1::2], between[2:-1:2] = self.powers_w, self.pauses_w[:-1]
        bounds = [self.edges_s[0] - 20.0, *self.edges_s, self.edges_s[-1] + 20.0]
        return Piecewise(bounds, between)


def draw(
    rng: np.random.Generator,
    update_s: float,
    latency_s: float,
    begin_s: float,
    repetitions: int | None = None,
) -> Program:
    """A random program over a sensor of this update period, read in ``latency_s``."""
    names = int(rng.integers(1, 6))
    times = repetitions or int(rng.choice(REPETITIONS))
    lengths = update_s * 10 ** rng.uniform(np.log10(0.02), np.log10(2.0), names)
    pause_s = update_s * 10 ** rng.uniform(-2.0, 0.0) if rng.random() < 0.5 else 0.0
    jitter, in_step = float(rng.choice(_JITTERS)), bool(rng.random() < 0.2)
    edges_s = 2.0 * latency_s * names
    if in_step:
        jitter, round_s = 0.0, lengths.sum() + pause_s * names + edges_s
        whole = update_s * max(round(round_s / update_s), 1) / float(rng.choice([1, 1, 2, 3]))
        scale = max(whole - edges_s, 0.1 * whole) / (round_s - edges_s)
        lengths, pause_s = lengths * scale, pause_s * scale
    mean_w, scatter = rng.uniform(40.0, 420.0, names), float(rng.choice(_SCATTERS))
    return made(rng, lengths, mean_w, times, scatter, jitter, pause_s, 2.0 * latency_s, begin_s, in_step)


def made(
    rng: np.random.Generator,
    lengths_s: Array,
    mean_w: Array,
    times: int,
    scatter: float,
    jitter: float = 0.0,
    pause_s: float = 0.0,
    least_pause_s: float = 0.0,
    begin_s: float = 10.0,
    in_step: bool = False,
) -> Program:
    """The program in which spans of these lengths and mean powers run in turn, so many times."""
    names = len(lengths_s)
    which = np.tile(np.arange(names), times)
    spread = np.clip(1.0 + jitter * rng.standard_normal(len(which)), 0.2, 3.0)
    wait = 1.0 if in_step or not jitter else rng.uniform(0.5, 1.5, len(which))
    steps = np.empty(2 * len(which))
    steps[::2], steps[1::2] = lengths_s[which] * spread, pause_s * wait + least_pause_s
    edges = begin_s + np.concatenate([[0.0], np.cumsum(steps)])[:-1]
    differ, rest_w = 1.0 + scatter * rng.standard_normal((2, len(which))), float(rng.uniform(40.0, 100.0))
    powers, pauses = np.clip(mean_w[which] * differ[0], 1.0, LIMIT_W), rng.uniform(40.0, 200.0) * differ[1]
    return Program(
        names, times, scatter, in_step, edges, which, powers, mean_w, np.maximum(pauses, 1.0), rest_w
    )


def judge(kind: SensorClass, program: Program, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Joules of each name as phases() finds them, their standard uncertainties, and those of an oracle.

    The oracle is the best linear estimator for the family that the powers are drawn from (their means, by how
    much they vary), and it knows when the sensor ticked.
    """
    edges = program.edges_s
    sensor = attrs.evolve(kind.sensor(program.waveform, rng, (edges[0], edges[-1])), gain=1.0)
    channel = sensor.channel(max_power_w=LIMIT_W)
    timeline, watched_s = timeline_of(channel)
    end_s = edges[-1] + _AROUND * timeline.settled_s
    looks = []
    if channel.is_counter:
        looks += [edges[::2], edges[1::2] + kind.latency_s]  # before a span begins, after it has ended
    if watched_s:
        looks.append(np.arange(edges[0] + rng.uniform(0.0, watched_s), end_s, watched_s))
    at = np.sort(np.concatenate(looks)) - kind.latency_s / 2.0  # in the middle of reading
    for t_s, value in zip(at.tolist(), sensor.published(at).tolist(), strict=True):
        timeline.look(t_s, value)
    states = np.full(len(edges), PAUSE)
    states[::2], states[-1] = program.which + OWN, AFTER
    before_s = edges[0] - _AROUND * timeline.settled_s
    pieces = Pieces(np.array([before_s, *edges, end_s]), np.array([BEFORE, *states]))
    found = possible(timeline.posterior(pieces, program.names + OWN, end_s), LIMIT_W)
    oracle = _oracle_u_j(program, sensor, period_s(channel), pieces)
    u_j = np.sqrt(np.diag(found.covariance_j2))
    return found.energy_j[OWN:], u_j[OWN:], oracle


def _oracle_u_j(program: Program, sensor: Any, update_s: float, pieces: Pieces) -> Array:
    """Standard uncertainties in J of the best linear estimator that knows ticks and family."""
    begin_s, end_s = float(pieces.bounds_s[0]), float(pieces.bounds_s[-1])
    window_s = sensor.averaging_window_s or update_s
    first = np.ceil((begin_s + window_s - sensor.phase_s) / update_s) * update_s + sensor.phase_s
    ticks = np.arange(first, end_s, update_s)
    counter = sensor.quantity == "energy"
    ends, begins = (ticks[1:], ticks[:-1]) if counter else (ticks, ticks - window_s)
    bounds = np.unique(np.concatenate([[begin_s, end_s], ends, begins]))
    time_s, squares_s2 = pieces.within(bounds, program.names + OWN)
    middle = (bounds[1:] + bounds[:-1]) / 2.0
    rest_w2, pause_w2, power_w2 = (width**2 / 12.0 for width in (60.0, 160.0, 380.0))  # uniform ones
    prior_w2 = np.array([rest_w2, pause_w2, rest_w2, *np.full(program.names, power_w2)])
    spread = squares_s2 * np.array([0.0, _SPREAD_W[0], 0.0, *np.full(program.names, _SPREAD_W[1])]) ** 2
    sums, weights = np.zeros((2, program.names + OWN, program.names + OWN))
    shares = np.diag(time_s.sum(axis=0))
    size = max(1, int(np.ceil(len(ends) / 200)))
    noise_j2 = 2.0 * (sensor.quantum * (1.0 if counter else window_s)) ** 2 / 12.0 + 1e-9
    for end, begin in zip(np.array_split(ends, size), np.array_split(begins, size), strict=True):
        seen = ((middle > begin[:, None]) & (middle < end[:, None])).astype(float)
        own = (seen * spread.sum(axis=1)) @ seen.T + noise_j2 * np.eye(len(end))
        mixture, common = seen @ time_s, seen @ spread
        solved = np.linalg.solve(own, np.column_stack([mixture, common]))
        width = mixture.shape[1]
        weights += mixture.T @ solved[:, :width]
        shares = shares - common.T @ solved[:, :width]
        sums -= common.T @ solved[:, width:]
    sums += np.diag(spread.sum(axis=0))
    covariance = shares @ np.linalg.inv(weights + np.diag(1.0 / prior_w2)) @ shares.T + sums
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))[OWN:]
