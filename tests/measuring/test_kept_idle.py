"""The power at rest, measured once and kept: windows and phases know their energy above it."""

from __future__ import annotations

import pytest

import wattwhat
from tests.rigs import Load, counter, gauge, simulated
from wattwhat.acquisition.phases import Phases
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError
from wattwhat.measuring.idle import keep_idle


@pytest.mark.parametrize("sensor", [counter, gauge])
def test_windows_and_phases_know_their_energy_above_idle(sensor: object) -> None:
    load = Load(idle_w=60.0)
    simulation = simulated(sensor(load), gain_error=0.0, max_power_w=500.0)  # type: ignore[operator]
    baseline = keep_idle(simulation.meter_set, 2.0, simulation.advance)
    assert baseline.value == pytest.approx(60.0, rel=0.02)
    load.call(simulation.clock.now_s, (5.0, 260.0))
    phases = Phases("all", sync=False, meter_set=simulation.meter_set)
    with Window("work", sync=False, meter_set=simulation.meter_set) as window, phases("x"):
        simulation.advance(5.0)
    simulation.advance(1.0)
    for found in (window.measurement, phases["x"].measurement, phases.total):
        assert found.idle_power_w == baseline
        assert found.net_energy_j is not None
        assert found.net_energy_j.value == pytest.approx(1000.0, abs=2.5 * found.net_energy_j.u)


def test_without_it_there_is_none_and_with_other_channels_neither() -> None:
    simulation = simulated(counter(), counter(), gain_error=0.0, max_power_w=500.0)
    with Window("work", sync=False, meter_set=simulation.meter_set) as window:
        simulation.advance(1.0)
    assert window.measurement.net_energy_j is None
    keep_idle(simulation.meter_set, 1.0, simulation.advance)
    simulation.meter_set.inputs[1].lost = True
    simulation.meter_set.inputs[1].error = "gone"
    with Window("work", sync=False, meter_set=simulation.meter_set) as window:
        simulation.advance(1.0)
    simulation.meter_set.baseline = (frozenset({"other"}), window.measurement.power_w, ())
    with Window("work", sync=False, meter_set=simulation.meter_set) as window:
        simulation.advance(1.0)
    assert window.measurement.idle_power_w is None


@pytest.mark.parametrize("seconds", [0, -1.0, "2", float("nan"), True])
def test_seconds_have_to_be_some(seconds: object) -> None:
    with pytest.raises(ArgumentError, match="seconds"):
        wattwhat.idle(seconds)  # type: ignore[arg-type]
