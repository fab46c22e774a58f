"""Steady state: a rise and a drift of known size are found, and steady power with noise is left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measuring.test_measuring import Passing, measured
from tests.rigs import Load, counter, simulated
from wattwhat.measuring.steady_state import drift, rising_blocks
from wattwhat.records.coverage import student_p
from wattwhat.testing import VirtualSensor, constant, ramp
from wattwhat.testing.simulation import Simulation


@given(st.floats(-40.0, 40.0), st.integers(1, 200))
def test_the_distribution_is_students(t: float, freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert student_p(t, freedom) == pytest.approx(2.0 * float(stats.t.sf(abs(t), freedom)), abs=1e-7)


@pytest.mark.parametrize("blocks", [8, 13, 20, 50])
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_white_noise_raises_an_alarm_in_less_than_one_case_in_twenty(blocks: int, noise: float) -> None:
    rng = np.random.default_rng(blocks)
    alarms, cases = 0, 1500
    for powers in 100.0 * (1.0 + noise * rng.standard_normal((cases, blocks))):
        lengths = rng.uniform(0.5, 2.0, blocks)
        energies = (powers * lengths).tolist()
        alarms += (
            bool(rising_blocks(energies, lengths.tolist())) or drift(energies, lengths.tolist()) is not None
        )
    assert alarms / cases < 0.05


@pytest.mark.parametrize("neighbours", [0.3, 0.6])
def test_noise_whose_neighbours_resemble_each_other_seldom_passes_for_a_drift(neighbours: float) -> None:
    rng = np.random.default_rng(1)
    alarms, cases = 0, 500
    for _ in range(cases):
        noise = rng.standard_normal(40)
        for k in range(1, 40):
            noise[k] += neighbours * noise[k - 1]
        alarms += drift((100.0 + 3.0 * noise).tolist(), [1.0] * 40) is not None
    assert alarms / cases < 0.08


@given(
    st.floats(0.02, 0.5),
    st.booleans(),
    st.integers(15, 60),
    st.floats(1.0, 1e4),
    st.floats(0.1, 10.0),
    st.integers(0, 1000),
)
def test_a_drift_is_found_with_its_size(
    total: float, falls: bool, blocks: int, power_w: float, length_s: float, seed: int
) -> None:
    noise = 0.004 * total * np.random.default_rng(seed).standard_normal(blocks)
    change = (-total if falls else total) * (np.arange(blocks) / (blocks - 1) - 0.5)
    found = drift((power_w * length_s * (1.0 + change + noise)).tolist(), [length_s] * blocks)
    assert found is not None
    assert found.total == pytest.approx(change[-1] - change[0], rel=0.15)
    per_minute = found.total / (length_s * (blocks - 1)) * 60.0
    assert found.per_minute == pytest.approx(per_minute)
    assert ("falling" if falls else "rising") in found.sentence


@given(st.integers(1, 5), st.floats(0.25, 0.9), st.integers(0, 1000))
def test_the_blocks_of_a_rise_are_counted(low: int, depth: float, seed: int) -> None:
    powers = 200.0 + np.random.default_rng(seed).uniform(-0.3, 0.3, 16)
    powers[:low] *= 1.0 - depth * 0.5 ** np.arange(low)
    assert rising_blocks(powers.tolist(), [1.0] * 16) == low


@given(st.lists(st.floats(1.0, 1000.0), max_size=7))
def test_few_blocks_tell_nothing(energies: list[float]) -> None:
    assert rising_blocks(energies, [1.0] * len(energies)) == 0
    assert drift(energies, [1.0] * len(energies)) is None


@given(st.one_of(st.just(0.0), st.floats(0.001, 1e6)), st.integers(8, 40))
def test_power_that_does_not_change_at_all_is_steady(power_w: float, blocks: int) -> None:
    assert rising_blocks([power_w] * blocks, [1.0] * blocks) == 0
    assert drift([power_w] * blocks, [1.0] * blocks) is None


@given(st.floats(0.0001, 0.009), st.integers(8, 40))
def test_less_than_a_hundredth_is_not_worth_a_word(total: float, blocks: int) -> None:
    energies = (100.0 * (1.0 + total * np.arange(blocks) / (blocks - 1))).tolist()
    assert drift(energies, [1.0] * blocks) is None
    assert rising_blocks(energies, [1.0] * blocks) == 0


# In measure() -------------------------------------------------------------------------------------


def run(sensor: Any, **plan: Any) -> Any:
    simulation = simulated(sensor, max_power_w=500.0)
    return measured(simulation, Passing(simulation), idle=None, warmup=1, **plan)


def test_measure_says_that_power_was_still_rising() -> None:
    m = run(counter(ramp(90.0, 130.0, 200.0, 240.0)), min_seconds=10.0, precision=0.2)
    assert any("power was still rising by" in sentence for sentence in m.warnings)


def test_measure_says_nothing_of_steady_power() -> None:
    m = run(counter(constant(200.0)), min_seconds=10.0)
    assert not any("power was" in sentence for sentence in m.warnings)
    assert "power_rise" not in m.details


def test_min_seconds_is_the_time_of_the_blocks_that_are_kept() -> None:
    load = Load(idle_w=50.0)
    simulation = simulated(VirtualSensor(load, update_period_s=0.01, rise_s=1.5), max_power_w=500.0)
    workload = Loading(simulation, load)
    m = measured(simulation, workload, idle=None, warmup=1, min_seconds=12.0, max_seconds=90.0, precision=0.2)
    assert "power_rise" in m.details
    assert (m.duration_s or 0.0) >= 12.0


def test_measure_leaves_out_the_rise_and_says_so() -> None:
    """A sensor with a slow rise shows the first blocks of a load too low; the rest is right."""
    load = Load(idle_w=50.0)
    simulation = simulated(VirtualSensor(load, update_period_s=0.01, rise_s=1.5), max_power_w=500.0)
    m = measured(simulation, Loading(simulation, load), idle=None, warmup=1, min_seconds=12.0, precision=0.2)
    rise = m.details["power_rise"]
    assert "left out" in rise["words"]
    assert len(rise["block_energy_j"]) == len(rise["block_duration_s"]) >= 1
    assert m.details["blocks"] == len(m.details["block_energy_j"])
    assert sum(m.details["block_energy_j"]) == pytest.approx(m.energy_j.value)
    assert m.calls == round((m.duration_s or 0.0) / 0.01)
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(3.0, rel=0.02)
    naive = (m.energy_j.value + sum(rise["block_energy_j"])) / (
        (m.duration_s or 0.0) + sum(rise["block_duration_s"])
    )
    assert naive < 0.98 * 300.0
    assert abs(m.energy_per_call_j.value / 3.0 - 1.0) < 1.0 - naive / 300.0


class Loading(Passing):
    """300 W while it runs."""

    def __init__(self, simulation: Simulation, load: Load) -> None:
        super().__init__(simulation, 0.01)
        self.load = load

    def run(self) -> None:
        self.load.call(self.simulation.clock.now_s, (self.call_s, 300.0))
        super().run()
