"""Phases over a counter with a power gauge beside it: rows of both in one posterior, or the counter alone.

The gauge's values are rows of their own over the same runs; its gain may differ by 10 %, so that the counter
keeps the sum. Hypotheses are weighed by how likely they make all rows: that the gauge is as late as is said
(or, one after the other, that it is 0, 10, ... 100 ms late), and that it shows nothing of this program.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import attrs
import numpy as np

from benchmarks.truth import SensorClass
from benchmarks.truth_programs import LIMIT_W, REPETITIONS, draw
from wattwhat.acquisition.phase_tracks import AFTER, BEFORE, OWN, PAUSE, timeline_of
from wattwhat.energy.joint import Evidence, possible
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.tick_times import tick_times
from wattwhat.energy.timeline import CounterTimeline

__all__ = ["HEADING", "phases"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# By how much the gains of the two may differ, and how well a gauge's lateness is known, in s.
_GAIN, _LATE_U_S = 0.1, 0.005
_TRIED_S = tuple(0.01 * number for number in range(11))
# What is read before and after a program, in s.
_AROUND_S = 1.0
HEADING = (
    f"{'sensors, ms':<46} {'counter: inside':>15} {'half-width':>10} {'both: inside':>13} {'half-width':>10} "
    f"{'time':>5}"
)


@attrs.frozen
class Case:
    """A counter and a gauge, in s: how late the gauge is, how late it is taken to be, and what else it is."""

    name: str
    counter_s: float
    gauge_s: float
    window_s: float
    late_s: float = 0.0
    said_s: tuple[float, ...] = (0.0,)
    together: bool = False
    gain: float = 1.0
    of_another: bool = False


CASES = (
    Case("counter 100, gauge 25/25", 0.1, 0.025, 0.025),
    Case("counter 100, gauge 100/100", 0.1, 0.1, 0.1),
    Case("the same, ticking together", 0.1, 0.1, 0.1, together=True),
    Case("counter 20, gauge 1000/100", 0.02, 0.1, 1.0),
    Case("counter 100, gauge 25/100", 0.1, 0.1, 0.025),
    Case("the same, ticking together", 0.1, 0.1, 0.025, together=True),
    Case("  and with a gain of 1.03", 0.1, 0.1, 0.025, together=True, gain=1.03),
    Case("  and 5 ms late, taken for 0", 0.1, 0.1, 0.025, 0.005, together=True),
    Case("  and 10 ms late, taken for 0", 0.1, 0.1, 0.025, 0.01, together=True),
    Case("  and 35 ms late, eleven latenesses tried", 0.1, 0.1, 0.025, 0.035, _TRIED_S, together=True),
    Case("  and of another device", 0.1, 0.1, 0.025, together=True, of_another=True),
    Case("counter 100, gauge 25/25, 200 late, taken for 0", 0.1, 0.025, 0.025, 0.2),
)


class Both(CounterTimeline):
    """The counter's timeline, which takes in what a gauge showed in the same time; asked once, at the end."""

    def __init__(self, counter: CounterTimeline, gauge: Any, case: Case) -> None:
        super().__init__(counter.channel)
        self.lo, self.hi, self.values, self.looked_s = (
            counter.lo,
            counter.hi,
            counter.values,
            counter.looked_s,
        )
        self.case, self.evidence = case, [Evidence(0) for _ in (*case.said_s, "nothing")]
        found = tick_times(np.array(gauge.lo), np.array(gauge.hi), case.gauge_s)
        turns = np.maximum(np.round(np.diff(found.times_s) / case.gauge_s), 1.0).astype(int)
        number = np.repeat(np.arange(len(turns)), turns)
        step = np.arange(len(number)) - np.repeat(np.cumsum(turns) - turns, turns)
        self.at_s = found.times_s[number] + step * case.gauge_s
        self.shown_w = np.array(gauge.values)[number]
        self.tick_s2 = np.diag(found.covariance_s2)[number]

    def _add(self, evidence, pieces, bounds_s, seen, shown_j, noise, fresh=True, tells=True):  # type: ignore[no-untyped-def]
        """A block of the counter's rows, with the gauge's values of that time below them."""
        which = self.evidence_now.index(evidence)
        most_s = max(self.case.said_s) + self.case.window_s
        at, use = self.at_s, slice(0, 0)
        if len(bounds_s):
            inside = (at > bounds_s[0]) & (at <= bounds_s[-1]) & (at - most_s >= pieces.bounds_s[0])
            use = np.flatnonzero(inside)
        if not len(shown_j) or not len(at[use]):
            super()._add(evidence, pieces, bounds_s, seen, shown_j, noise, fresh, tells)
            return
        told_j = self.shown_w[use] * self.case.gauge_s
        ends = at[use] - self.case.said_s[which] if which < len(self.case.said_s) else at[use]
        if which == len(self.case.said_s):  # it shows nothing of this program
            rows, cuts = np.zeros((len(told_j), len(bounds_s) - 1)), bounds_s
            told_j = told_j - told_j.mean()
        else:
            cuts = np.unique(np.concatenate([bounds_s, ends, ends - self.case.window_s]))
            rows = self._seen(cuts, ends)
        middle = (cuts[:-1] + cuts[1:]) / 2.0
        old = np.clip(np.searchsorted(bounds_s, middle) - 1, 0, len(bounds_s) - 2)
        within = (middle > bounds_s[0]) & (middle < bounds_s[-1])
        both = np.vstack([seen[:, old] * within, rows])
        count = len(shown_j)

        def noise_of_both(power_w: Array) -> Array:
            whole_j2 = np.zeros((len(both), len(both)))
            whole_j2[:count, :count] = noise(power_w)
            own_j2 = np.eye(len(told_j)) * (np.var(told_j) + 1e-6)
            if which < len(self.case.said_s):
                own_j2 = self._noise_j2(ends, power_w, pieces, self.tick_s2[use])
                own_j2 += _GAIN**2 * np.outer(told_j, told_j)
            whole_j2[count:, count:] = own_j2
            return whole_j2

        told = np.concatenate([np.broadcast_to(tells, count), pieces.tells(ends - self.case.window_s, ends)])
        joules = np.concatenate([shown_j, told_j])
        super()._add(evidence, pieces, cuts, both, joules, noise_of_both, within, told)

    def _seen(self, cuts: Array, ends: Array) -> Array:
        middle, window_s = (cuts[:-1] + cuts[1:]) / 2.0, self.case.window_s
        seen = (middle > (ends - window_s)[:, None]) & (middle < ends[:, None])
        return np.asarray(seen * (self.case.gauge_s / window_s))

    def _noise_j2(self, ends: Array, power_w: Array, pieces: Pieces, tick_s2: Array) -> Array:
        """What the values err by if they lie earlier or later by as much as their lateness is known."""

        def shown_j(later_s: float) -> Array:
            moved = ends + later_s
            cuts = np.unique(np.concatenate([moved, moved - self.case.window_s]))
            return np.asarray(self._seen(cuts, moved) @ pieces.within(cuts, len(power_w))[0] @ power_w)

        early, now, late = shown_j(-_LATE_U_S), shown_j(0.0), shown_j(_LATE_U_S)
        slope, bend = (late - early) / 2.0, late + early - 2.0 * now
        own_j2 = slope**2 * (0.1 + tick_s2 / _LATE_U_S**2) + bend**2 + 1e-6
        return np.outer(slope, slope) + np.outer(bend, bend) + np.diag(own_j2)

    def _digest(self, evidence: list[Evidence], pieces: Pieces, end_s: float) -> tuple[float | None, int]:
        """The counter's rows, once for each hypothesis."""
        self.evidence_now = evidence
        found: tuple[float | None, int] = (None, 0)
        for one in evidence:
            found = super()._digest([one], pieces, end_s)
        return found

    def _finished(self, evidence: list[Evidence], pieces: Pieces, reached: float | None, end_s: float) -> Any:
        self.evidence_now = evidence
        return super()._finished(evidence, pieces, reached, end_s)


def judged(case: Case, program: Any, rng: np.random.Generator) -> Iterator[tuple[Array, Array, float]]:
    """Joules of each name, their uncertainties and the seconds it took: by the counter, by both."""
    edges = program.edges_s
    kinds = (
        SensorClass("counter", "energy", case.counter_s),
        SensorClass("gauge", "power", case.gauge_s, case.window_s, quantum=0.01),
    )
    counter, gauge = (
        attrs.evolve(kind.sensor(program.waveform, rng, (edges[0], edges[-1])), gain=1.0) for kind in kinds
    )
    gauge = attrs.evolve(gauge, gain=case.gain, delay_s=case.late_s)
    if case.together:
        gauge = attrs.evolve(gauge, phase_s=counter.phase_s)
    if case.of_another:
        other = draw(rng, case.counter_s, kinds[0].latency_s, float(edges[0]), program.repetitions)
        gauge = attrs.evolve(gauge, waveform=other.waveform)
    end_s, every_s = edges[-1] + _AROUND_S, timeline_of(counter.channel())[1]
    timelines = []
    for sensor in (counter, gauge):
        timelines.append(timeline_of(sensor.channel(max_power_w=LIMIT_W))[0])
        looks = np.arange(edges[0] - _AROUND_S + rng.uniform(0.0, every_s), end_s, every_s)
        for t_s, value in zip(looks.tolist(), sensor.published(looks).tolist(), strict=True):
            timelines[-1].look(t_s, value)
    states = np.full(len(edges), PAUSE)
    states[::2], states[-1] = program.which + OWN, AFTER
    pieces = Pieces(np.array([edges[0] - _AROUND_S, *edges, end_s]), np.array([BEFORE, *states]))
    for timeline in (timelines[0], Both(timelines[0], timelines[1], case)):
        begun_s = perf_counter()
        found = possible(timeline.posterior(pieces, program.names + OWN, end_s), LIMIT_W)
        u_j = np.sqrt(np.diag(found.covariance_j2))
        yield found.energy_j[OWN:], u_j[OWN:], perf_counter() - begun_s


def phases(programs: int, seed: int) -> Iterator[str]:
    """Lines of the table; each case sees the programs that its seed gives for its counter."""
    for case in CASES:
        rng = np.random.default_rng(seed)
        inside: tuple[list[bool], list[bool]] = ([], [])
        halves: tuple[list[float], list[float]] = ([], [])
        taken_s = [0.0, 0.0]
        for number in range(programs):
            times = REPETITIONS[number % len(REPETITIONS)]
            program = draw(rng, case.counter_s, 20e-6, float(rng.uniform(30.0, 31.0)), times)
            for which, (energy_j, u_j, took_s) in enumerate(judged(case, program, rng)):
                inside[which].extend(np.abs(energy_j - program.truth_j) <= 1.959964 * u_j)
                halves[which].append(float(np.median(1.959964 * u_j / program.truth_j)))
                taken_s[which] += took_s
        alone, both = (f"{100 * np.mean(one):.1f} %" for one in inside)
        narrow, wide = (f"{100 * np.median(one):.1f} %" for one in halves)
        longer = taken_s[1] / taken_s[0]
        yield f"{case.name:<46} {alone:>15} {narrow:>10} {both:>13} {wide:>10} {longer:>4.0f}x"
