"""measure(): blocks until the asked precision, in virtual time, against a known truth."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattwhat
from tests.rigs import Load, counter, gauge, simulated
from wattwhat import Measurement, Workload
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError, BackendError, WorkloadError
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan
from wattwhat.records.sources import MODEL, REPEATS
from wattwhat.testing import VirtualSensor, constant, square
from wattwhat.testing.simulation import Simulation


class Passing(Workload):
    """Lets virtual time pass: one call takes so many seconds, more or less."""

    label, items_per_call = "passing", 4

    def __init__(
        self, simulation: Simulation, call_s: float = 0.01, spread: float = 0.0, slow_first: int = 0
    ) -> None:
        self.simulation, self.call_s, self.spread = simulation, call_s, spread
        self.slow_first = slow_first
        self.random = random.Random(1)
        self.calls = 0

    def run(self) -> None:
        self.calls += 1
        factor = (
            1.0 + 3.0 * max(self.slow_first - self.calls, 0) / 10 + self.spread * self.random.uniform(-1, 1)
        )
        self.simulation.advance(self.call_s * factor)


def measured(simulation: Simulation, workload: Workload | None = None, **plan: Any) -> Measurement:
    return run_plan(
        workload or Passing(simulation),
        Plan(**plan),
        simulation.meter_set,
        sleep=simulation.advance,
        generator=random.Random(2),
    )


@given(st.floats(20.0, 400.0), st.sampled_from([0.001, 0.02, 0.1]), st.floats(0.001, 0.3))
@settings(max_examples=25)
def test_a_steady_load_on_a_counter_is_right_within_its_interval(
    power_w: float, period_s: float, call_s: float
) -> None:
    simulation = simulated(counter(constant(power_w), period_s), max_power_w=450.0)
    m = measured(simulation, Passing(simulation, call_s))
    assert m.energy_per_call_j is not None
    low, high = m.energy_per_call_j.interval(0.997)
    assert low <= power_w * call_s <= high
    assert m.details["stopped"] == "precision reached"
    assert (high - low) / 2 / 1.5 <= 0.06 * power_w * call_s


def test_calls_items_and_energy_are_of_the_same_span() -> None:
    simulation = simulated(counter(constant(100.0)))
    m = measured(simulation)
    assert m.calls is not None
    assert m.items == 4 * m.calls
    assert m.energy_j.value == pytest.approx(100.0 * m.calls * 0.01, rel=0.01)
    assert m.duration_s == pytest.approx(m.calls * 0.01, rel=0.01)
    assert m.energy_per_item_j is not None
    assert m.energy_per_item_j.value == pytest.approx(0.25, rel=0.01)
    assert sum(m.details["block_energy_j"]) == pytest.approx(m.energy_j.value)


def test_how_much_calls_differ_is_uncertain_of_a_call_and_not_of_their_sum() -> None:
    simulation = simulated(counter(constant(225.0)), max_power_w=450.0, gain_error=0.0)
    m = measured(simulation, Passing(simulation, call_s=0.4, spread=0.9), max_seconds=5.0)
    assert m.power_w is not None
    assert m.energy_per_call_j is not None
    assert m.duration_s is not None
    assert m.power_w.value == pytest.approx(225.0, abs=2.0 * m.power_w.u)
    assert m.power_w.u < 0.01 * 225.0
    assert m.energy_j.u < 0.01 * m.energy_j.value
    assert m.energy_per_call_j.relative > 5.0 * m.energy_j.relative
    assert Measurement.from_dict(m.to_dict()).energy_per_call_j == m.energy_per_call_j


def test_it_stops_when_the_time_is_up_and_says_so() -> None:
    simulation = simulated(counter(square(7.3, 0.5, 10.0, 400.0), 0.1), max_power_w=450.0)
    begun = simulation.clock.now_s
    m = measured(simulation, precision=0.001, max_seconds=10.0, idle=None)
    assert m.details["stopped"] == "max_seconds reached"
    assert m.details["precision"] > 0.001
    assert simulation.clock.now_s - begun < 10.0 * 1.3 + 1.0


def test_it_goes_on_for_min_seconds() -> None:
    simulation = simulated(counter(constant(100.0)))
    m = measured(simulation, precision=0.5, min_seconds=5.0)
    assert m.duration_s is not None
    assert m.duration_s >= 4.9


def test_more_spread_takes_longer() -> None:
    taken = []
    for waves in (constant(200.0), square(0.731, 0.5, 100.0, 300.0)):
        simulation = simulated(counter(waves), max_power_w=450.0)
        m = measured(simulation, precision=0.05, max_seconds=120.0)
        assert m.details["stopped"] == "precision reached"
        assert m.energy_j.value / (m.duration_s or 1) == pytest.approx(200.0, rel=0.03)
        taken.append(m.duration_s)
    assert taken[1] > taken[0]


def test_warm_up_lasts_until_calls_are_steady() -> None:
    simulation = simulated(counter(constant(100.0)))
    workload = Passing(simulation, slow_first=20)
    m = measured(simulation, workload)
    assert m.details["warmup_calls"] >= 20
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(1.0, rel=0.01)


class Compiling(Passing):
    """Its first calls take as long as they are told, the others 2 ms."""

    def __init__(self, simulation: Simulation, first_s: list[float]) -> None:
        super().__init__(simulation, 0.002)
        self.first_s = list(first_s)

    def run(self) -> None:
        self.calls += 1
        self.simulation.advance(self.first_s.pop(0) if self.first_s else self.call_s)


@given(
    st.lists(st.floats(0.002, 30.0), min_size=1, max_size=3),
    st.sampled_from([2.0, 10.0]),
    st.sampled_from(["auto", 1, 2]),
    st.sampled_from(["counter", "gauge", "part-time gauge"]),
)
@settings(max_examples=40)
def test_first_calls_that_compile_are_no_measure_of_a_block(
    first_s: list[float], max_seconds: float, warmup: Any, kind: str
) -> None:
    sensors = {
        "counter": counter(constant(100.0), 0.02),
        "gauge": gauge(constant(100.0)),
        "part-time gauge": gauge(constant(100.0), window_s=0.025),
    }
    simulation = simulated(sensors[kind])
    m = measured(simulation, Compiling(simulation, first_s), max_seconds=max_seconds, warmup=warmup)
    assert m.calls is not None
    durations = m.details["block_duration_s"]
    slow = max(first_s) > 0.1 * max_seconds
    if len(first_s) == 1 or (len(first_s) == 2 and warmup == 2):
        assert min(durations) > 0.2 * max(durations)
        assert m.energy_per_call_j is not None
        assert m.energy_per_call_j.value == pytest.approx(0.2, rel=0.05)
        assert not slow or m.details["warmup_calls"] >= 1
        # eight phases with rest between them may take longer than the time that a slow first call leaves
        slow = kind != "counter" or sum(first_s) > 0.05 * max_seconds
        assert m.details["stopped"] == "precision reached" or slow


@pytest.mark.parametrize("period_s", [1.0, 5.0, 30.0])
@pytest.mark.parametrize("make", [counter, gauge])
@pytest.mark.parametrize("known", [True, False])
def test_a_warning_of_measure_does_not_advise_to_use_measure(make: Any, period_s: float, known: bool) -> None:
    simulation = simulated(make(constant(100.0), period_s), **({} if known else {"update_period_s": None}))
    m = measured(simulation, Passing(simulation), max_seconds=2.0)
    assert m.warnings or make is gauge
    assert not [words for words in m.warnings if "measure()" in words or "longer window" in words]


def test_a_long_call_is_not_run_for_nothing() -> None:
    for call_s in (3.0, 30.0):
        simulation = simulated(counter(constant(100.0), 0.02))
        workload = Passing(simulation, call_s)
        m = measured(simulation, workload, max_seconds=10.0)
        assert workload.calls <= (m.calls or 0) + 1


def test_warm_up_may_be_told() -> None:
    simulation = simulated(counter(constant(100.0)))
    m = measured(simulation, warmup=7)
    assert m.details["warmup_calls"] == 7


@pytest.mark.parametrize("period_s", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("quantity", [counter, gauge])
def test_the_idle_baseline_begins_when_the_first_call_is_no_longer_shown(
    quantity: Any, period_s: float
) -> None:
    load = Load(60.0)
    simulation = simulated(quantity(load, period_s), max_power_w=500.0)
    m = measured(simulation, Pulsing(simulation, load, 0.13), max_seconds=20.0)
    assert m.idle_power_w is not None
    assert m.idle_power_w.value == pytest.approx(60.0, rel=1e-6)


def test_the_idle_baseline_is_subtracted_with_the_gain_only_once() -> None:
    """A load that draws at work what it draws at rest, on a sensor whose gain is known to 5 %."""
    load = Load(50.0)
    simulation = simulated(counter(load), gain_error=0.05)

    class Resting(Passing):
        def run(self) -> None:
            load.call(simulation.clock.now_s, (self.call_s, 50.0))
            super().run()

    m = measured(simulation, Resting(simulation))
    assert m.idle_power_w is not None
    assert m.idle_power_w.value == pytest.approx(50.0, rel=0.01)
    assert m.net_energy_j is not None
    assert m.net_energy_j.value == pytest.approx(0.0, abs=0.02 * m.energy_j.value)
    # nothing is left of the gain of 5 % where the difference is nothing, but what rest might still fall by
    assert m.net_energy_j.u < 0.025 * m.energy_j.value


def test_no_idle_baseline_means_no_net_energy() -> None:
    simulation = simulated(counter(constant(100.0)))
    m = measured(simulation, idle=None)
    assert m.idle_power_w is None
    assert m.net_energy_j is None


class Pulsing(Passing):
    """Every call is high for its first half and low for its second."""

    def __init__(self, simulation: Simulation, load: Load, call_s: float) -> None:
        super().__init__(simulation, call_s)
        self.load = load

    def run(self) -> None:
        self.load.call(self.simulation.clock.now_s, (self.call_s / 2, 360.0), (self.call_s / 2, 60.0))
        super().run()


@pytest.mark.parametrize("call_s", [0.1, 0.05, 0.2, 0.025])
@pytest.mark.parametrize("phase", [0.0, 0.02, 0.05, 0.08])
def test_a_part_time_gauge_is_met_at_many_phases(call_s: float, phase: float) -> None:
    """A call as long as the sensor's period: repeats alone would show it the same moment every time."""
    load = Load()
    simulation = simulated(gauge(load, 0.1, 0.025, phase_s=phase), max_power_w=400.0)
    m = measured(simulation, Pulsing(simulation, load, call_s), precision=0.03, max_seconds=60.0, idle=None)
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(210.0 * call_s, rel=0.01)
    assert m.details["stopped"] == "precision reached"


@pytest.mark.parametrize("phase", [0.0, 0.02, 0.05, 0.08])
def test_a_counter_that_looks_away_is_met_at_many_phases(phase: float) -> None:
    """Calibration told that it counts a quarter of each period four times: one window is off by 40 %."""
    load = Load()
    sensor = counter(load, 0.1, averaging_window_s=0.025, phase_s=phase)
    simulation = simulated(sensor, max_power_w=400.0)
    m = measured(simulation, Pulsing(simulation, load, 0.1), precision=0.03, max_seconds=60.0, idle=None)
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(21.0, rel=0.01)
    with Window("naive", meter_set=simulation.meter_set) as window:
        for _ in range(50):
            Pulsing(simulation, load, 0.1).run()
    naive = window.measurement
    assert abs(naive.energy_j.value / (21.0 * 50) - 1.0) > 0.33
    assert any("looks 25 % of the time" in sentence for sentence in naive.warnings)
    assert not any("looks 25 %" in sentence for sentence in m.warnings)


@pytest.mark.parametrize(("window_s", "phase"), [(0.01, 0.003), (0.01, 0.07), (0.02, 0.01), (0.02, 0.055)])
def test_a_load_as_short_as_the_distance_of_phases_shows_its_mean(window_s: float, phase: float) -> None:
    """Eight phases of 12.5 ms would meet a call of 12.5 ms at one moment: a narrow window sees no more."""
    load = Load()
    simulation = simulated(gauge(load, 0.1, window_s, phase_s=phase), max_power_w=500.0)
    workload = Pulsing(simulation, load, 0.0125)
    m = measured(simulation, workload, precision=0.03, max_seconds=60.0, idle=None)
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(210.0 * 0.0125, rel=0.01)


@given(late_s=st.floats(0.0, 0.3), known=st.booleans())
def test_a_gauge_whose_values_come_late_loses_nothing_of_a_block(late_s: float, known: bool) -> None:
    """Unknown, one part of the load tells how late; known from calibration, that is not needed."""
    load = Load()
    told = {"delay_s": late_s} if known else {}
    simulation = simulated(gauge(load, 0.1, 0.025, delay_s=late_s), max_power_w=400.0, **told)
    m = measured(simulation, Pulsing(simulation, load, 0.1), precision=0.03, max_seconds=60.0, idle=None)
    assert m.energy_per_call_j is not None
    assert m.energy_per_call_j.value == pytest.approx(21.0, rel=0.01)


def test_how_late_a_gauge_is_is_found_anew_once_other_figures_of_it_are_known() -> None:
    load = Load()
    simulation = simulated(gauge(load, 0.1, 0.025, delay_s=0.25), max_power_w=400.0)
    for _ in range(2):
        m = measured(simulation, Pulsing(simulation, load, 0.1), precision=0.03, idle=None)
        assert m.energy_per_call_j is not None
        assert m.energy_per_call_j.value == pytest.approx(21.0, rel=0.01)
        line = simulation.meter_set.inputs[0]
        line.learn(line.channel)  # as when its update period was watched


def test_the_same_gauge_read_naively_is_wrong_by_more_than_a_third() -> None:
    """What the test before is about: without phase delays the same sensor is off by 40 % and more."""
    load = Load()
    simulation = simulated(gauge(load, 0.1, 0.025), max_power_w=400.0)
    simulation.until(101.02)
    workload = Pulsing(simulation, load, 0.1)
    with Window("naive", meter_set=simulation.meter_set) as window:
        for _ in range(50):
            workload.run()
    simulation.advance(1.0)
    assert abs(window.measurement.energy_j.value / (21.0 * 50) - 1.0) > 0.33


def test_one_long_call_is_measured_and_its_unknown_spread_said() -> None:
    simulation = simulated(counter(constant(100.0)))
    m = measured(simulation, Passing(simulation, call_s=30.0), max_seconds=20.0)
    assert m.calls == 1
    assert any("only one block" in sentence for sentence in m.warnings)
    assert m.energy_j.value == pytest.approx(3000.0, rel=0.01)


def test_a_meter_that_dies_half_way_leaves_the_workload_running() -> None:
    from wattwhat.testing import Faults

    simulation = simulated(counter(constant(100.0), faults=Faults(lost_at_s=103.0)), max_power_w=300.0)
    workload = Passing(simulation)
    m = measured(simulation, workload, min_seconds=5.0, max_seconds=8.0)
    assert workload.calls > 400
    assert any("lost" in sentence for sentence in m.warnings)
    low, high = m.energy_j.interval()
    assert low <= 100.0 * (m.duration_s or 0) <= high


def test_progress_is_told() -> None:
    simulation = simulated(counter(constant(100.0)))
    told: list[tuple[float, str]] = []
    run_plan(
        Passing(simulation),
        Plan(),
        simulation.meter_set,
        sleep=simulation.advance,
        progress=lambda s, w: told.append((s, w)),
    )
    assert [seconds for seconds, _ in told] == sorted(seconds for seconds, _ in told)
    assert "first call" in told[0][1]
    assert "blocks" in told[-1][1]


def test_a_real_callable_on_the_estimate() -> None:
    m = wattwhat.measure(
        lambda: sum(range(3000)),
        backends=["estimate"],
        min_seconds=0.05,
        max_seconds=0.3,
        metrics={"accuracy": 0.9},
    )
    assert m.provenance == "estimated"
    assert m.energy_j.value > 0
    assert m.budget.get(MODEL) == pytest.approx(0.4 * m.energy_j.value, rel=1e-6)
    assert m.metrics["accuracy"] == 0.9
    assert math.isfinite(m.energy_j.u)
    assert m.environment["python"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"items_per_call": 0}, "items_per_call"),
        ({"items_per_call": -3}, "items_per_call"),
        ({"items_per_call": "8"}, "items_per_call"),
        ({"precision": 0.0}, "precision"),
        ({"precision": 1.0}, "precision"),
        ({"precision": 5}, "precision"),
        ({"min_seconds": 2.0, "max_seconds": 1.0}, "min_seconds.*max_seconds"),
        ({"min_seconds": 0}, "min_seconds"),
        ({"max_seconds": math.inf}, "max_seconds"),
        ({"warmup": -1}, "warmup"),
        ({"warmup": "long"}, "warmup"),
        ({"idle": -1.0}, "idle"),
        ({"metrics": {"accuracy": math.nan}}, "accuracy.*NaN"),
        ({"metrics": {"accuracy": 76.1}}, r"write 0\.761"),
        ({"metrics": {"accuracy": "good"}}, "accuracy"),
        ({"inputs": 3}, "inputs.*torch.nn.Module"),
        ({"train": print}, "train.*torch.nn.Module"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_run(arguments: dict[str, Any], words: str) -> None:
    ran = []
    with pytest.raises(ArgumentError, match=words):
        wattwhat.measure(lambda: ran.append(1), **arguments)
    assert ran == []


def test_a_backend_that_is_not_there_is_refused_before_anything_is_run() -> None:
    ran = []
    with pytest.raises(BackendError, match=r"no 'wattmeter'.*estimate"):
        wattwhat.measure(lambda: ran.append(1), backends=["wattmeter"])
    assert ran == []


@pytest.mark.parametrize("target", [None, 3, "python train.py", [1, 2], []])
def test_what_cannot_be_run_is_refused(target: object) -> None:
    with pytest.raises(ArgumentError, match="target"):
        wattwhat.measure(target)


def test_the_workloads_own_error_is_chained() -> None:
    def fail() -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(WorkloadError, match="mine") as caught:
        wattwhat.measure(fail, backends=["estimate"])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_virtual_gauge_in_a_budget_shows_repeats() -> None:
    simulation = simulated(
        VirtualSensor(square(3.1, 0.5, 100.0, 300.0), update_period_s=0.001), max_power_w=400.0
    )
    m = measured(simulation, precision=0.05, max_seconds=30.0)
    assert m.budget.get(REPEATS) > 0.0
