"""Windows that are put around the work, with rest before and after: how users set them.

What is drawn around such a window says nothing about it, so its interval must not lean on that.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.rigs import Load, counter, gauge, simulated
from wattwhat import Measurement
from wattwhat.acquisition.window import Window
from wattwhat.analysis.aggregation import combine
from wattwhat.testing import Piecewise

LIMIT_W = 450.0


def requests(
    sensor: Any, period_s: float, length_s: float, seed: int, count: int = 4
) -> list[tuple[float, Any]]:
    """Requests of one length with rest between them, each in a window: (true energy, what was measured)."""
    draw = random.Random(seed)
    low_w, high_w = draw.uniform(40.0, 120.0), draw.uniform(150.0, 420.0)
    load = Load(low_w)
    timing = {"phase_s": draw.uniform(0.0, period_s)}
    simulation = simulated(sensor(load, period_s, **timing), start_s=10.0, max_power_w=LIMIT_W)
    found = []
    for _ in range(count):
        simulation.advance(draw.uniform(0.6, 2.0) + 3.0 * period_s)
        with Window("request", meter_set=simulation.meter_set) as window:
            begin_s = simulation.clock.now_s
            load.call(begin_s, (length_s, high_w))
            simulation.advance(length_s)
        simulation.advance(
            max((line.settled_s for line in simulation.meter_set.gauges.values()), default=0.0)
        )
        found.append((load.energy_j(begin_s, begin_s + length_s), window.measurement))
    return found


def share_inside(sensor: Any, period_s: float, length_s: float) -> float:
    found = [pair for seed in range(20) for pair in requests(sensor, period_s, length_s, seed)]
    inside = [abs(m.energy_j.value - truth_j) <= 1.96 * m.energy_j.u for truth_j, m in found]
    return sum(inside) / len(inside)


def averaged(waveform: Any, period_s: float, **timing: Any) -> Any:
    return gauge(waveform, period_s, 10.0 * period_s, **timing)


def part_time(waveform: Any, period_s: float, **timing: Any) -> Any:
    return gauge(waveform, period_s, 0.25 * period_s, **timing)


def full(waveform: Any, period_s: float, **timing: Any) -> Any:
    return gauge(waveform, period_s, period_s, **timing)


@pytest.mark.parametrize("periods", [0.1, 0.5, 1.0, 1.5, 3.0, 5.0, 8.0, 20.0, 50.0])
@pytest.mark.parametrize("sensor", [counter, full, part_time, averaged])
def test_the_interval_holds_the_energy_of_a_request(sensor: Any, periods: float) -> None:
    """Random levels, phases and rests; a share of 90 % is asked for at every length, chance allowed for."""
    assert share_inside(sensor, 0.1, 0.1 * periods) >= 0.85


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("periods", [0.1, 0.7, 1.0, 1.5, 1.7, 3.0])
def test_the_interval_of_one_request_alone_holds_its_energy(periods: float, others: int) -> None:
    """One tick or two in the only window of its label have told next to nothing of its power."""
    inside = []
    for seed in range(100):
        draw = random.Random(seed)
        load = Load(draw.uniform(40.0, 120.0))
        high_w, phase_s = draw.uniform(150.0, 420.0), draw.uniform(0.0, 0.1)
        simulation = simulated(counter(load, 0.1, phase_s=phase_s), start_s=10.0, max_power_w=LIMIT_W)
        for _ in range(others):
            Window("before", meter_set=simulation.meter_set).start().stop()
            simulation.advance(0.55)
        with Window("request", meter_set=simulation.meter_set) as window:
            begin_s, length_s = simulation.clock.now_s, 0.1 * periods
            load.call(begin_s, (length_s, high_w))
            simulation.advance(length_s)
        energy, truth_j = window.measurement.energy_j, load.energy_j(begin_s, begin_s + length_s)
        inside.append(abs(energy.value - truth_j) <= 1.96 * energy.u)
    assert sum(inside) >= 88


@pytest.mark.parametrize("periods", [0.5, 3.0])
@pytest.mark.parametrize("sensor", [counter, full, part_time, averaged])
def test_the_sum_of_many_requests_keeps_what_they_err_by_alike(sensor: Any, periods: float) -> None:
    """A gauge smears each of them alike, so that repeating them takes nothing of that away."""
    runs = [requests(sensor, 0.1, 0.1 * periods, seed, count=8) for seed in range(12)]
    sums = [(sum(truth_j for truth_j, _ in run), combine(m for _, m in run).energy_j) for run in runs]
    inside = [abs(energy.value - truth_j) <= 1.96 * energy.u for truth_j, energy in sums]
    assert sum(inside) >= 0.85 * len(inside)


@pytest.mark.parametrize("periods", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("sensor", [counter, full, part_time, averaged])
def test_a_short_window_says_so(sensor: Any, periods: float) -> None:
    for _, m in requests(sensor, 0.1, 0.1 * periods, seed=1):
        assert any("says little" in sentence for sentence in m.warnings)


@pytest.mark.parametrize("length_s", [0.05, 0.2, 0.35])
def test_adjoining_short_windows_add_up_to_the_long_one(length_s: float) -> None:
    """What is known of the power around them must not draw all of them to one side."""
    draw = random.Random(3)
    edges = [0.0]
    while edges[-1] < 140.0:
        edges.append(edges[-1] + draw.uniform(0.05, 0.6))
    powers = [draw.choice([70.0, 350.0]) for _ in edges[1:]]
    simulation = simulated(
        counter(Piecewise(edges, powers), 0.1), start_s=10.0, max_power_w=LIMIT_W, gain_error=0.0
    )
    parts: list[Measurement] = []
    with Window("whole", meter_set=simulation.meter_set) as whole:
        for _ in range(300):
            with Window("part", meter_set=simulation.meter_set) as part:
                simulation.advance(length_s)
            parts.append(part.measurement)
    together = combine(parts, overlapping=False).energy_j
    exact = whole.measurement.energy_j
    assert abs(together.value - exact.value) <= 1.96 * together.u
    assert together.value == pytest.approx(exact.value, rel=0.06)
