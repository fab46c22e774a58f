"""Windows are questions to one curve: tiles add up, inner ones stay inside, a union counts once."""

from __future__ import annotations

import json
import pickle
import threading
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattwhat
from tests.rigs import Load, counter, gauge, simulated
from wattwhat import Measurement, combine
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError
from wattwhat.records.caution import code_of
from wattwhat.records.sources import EDGES
from wattwhat.testing import Piecewise

LABELS = "abc"
# what happens next: which window begins or ends, and how long it takes until then
steps = st.lists(st.tuples(st.integers(0, 5), st.floats(1e-4, 0.3)), min_size=4, max_size=30)


# of counters the update period in s; of gauges that, and how much of it they average
COUNTERS, GAUGES = [(0.001, 0.0), (0.02, 0.0), (0.1, 0.0)], [(0.02, 1.0), (0.1, 1.0), (0.1, 0.25), (0.1, 5.0)]
Sensor = tuple[float, float]


class Run:
    """A random program over one sensor: windows of six slots begin and end in any order."""

    def __init__(
        self, plan: list[tuple[int, float]], sensor: Sensor, shift_s: float = 0.0, scale: float = 1.0
    ):
        edges = 101.0 + np.cumsum([seconds for _, seconds in plan])
        powers = [scale * (60.0 + 50.0 * slot) for slot, _ in plan]
        wave = Piecewise(
            [11.0 + shift_s, *(edges + shift_s), edges[-1] + shift_s + 90.0], [*powers, 60.0 * scale]
        )
        period_s, part = sensor
        made = gauge(wave, period_s, part * period_s) if part else counter(wave, period_s=period_s)
        self.sim = simulated(
            made,
            start_s=100.0 + shift_s,
            max_power_w=700.0 * scale,
            gain_error=0.0,
        )
        self.done: list[tuple[Window, float, float]] = []
        self.open: dict[int, tuple[Window, float]] = {}
        self.sim.until(101.0 + shift_s)
        self.outer = self._window("outer").start()
        for (slot, _), end_s in zip(plan, edges + shift_s, strict=True):
            self.turn(slot)
            self.sim.until(float(end_s))
        for slot in list(self.open):
            self.turn(slot)
        self.outer.stop()

    def _window(self, label: str) -> Window:
        return Window(label, sync=False, meter_set=self.sim.meter_set)

    def turn(self, slot: int) -> None:
        now_s = self.sim.clock.now_s
        if slot in self.open:
            window, begin_s = self.open.pop(slot)
            window.stop()
            self.done.append((window, begin_s, now_s))
        else:
            self.open[slot] = (self._window(LABELS[slot // 2]).start(), now_s)


def joules(measurement: Measurement) -> float:
    return measurement.energy_j.value


@settings(max_examples=15)
@given(steps, st.sampled_from(COUNTERS + GAUGES), st.booleans())
def test_inner_windows_have_no_more_than_outer_ones(plan: Any, sensor: Sensor, late: bool) -> None:
    run = Run(plan, sensor)
    asked = run.done if late else run.done[::-1]
    found = [(joules(window.measurement), begin_s, end_s) for window, begin_s, end_s in asked]
    for inner_j, begin_s, end_s in found:
        assert -1e-9 <= inner_j <= joules(run.outer.measurement) + 1e-9
        for outer_j, first_s, last_s in found:
            if first_s <= begin_s and end_s <= last_s:
                assert inner_j <= outer_j + 1e-9


@settings(max_examples=15)
@given(steps, st.sampled_from(COUNTERS + GAUGES))
def test_a_union_counts_each_moment_once(plan: Any, sensor: Sensor) -> None:
    run = Run(plan, sensor)
    windows = [window.measurement for window, _, _ in run.done]
    whole = combine([run.outer.measurement, *windows])
    assert joules(whole) == pytest.approx(joules(run.outer.measurement))
    # its ends are those of the outer one, or of inner ones that began or ended at the same moment
    assert whole.energy_j.u <= 2.0 * run.outer.measurement.energy_j.u + 1e-9
    if len(windows) > 1:
        some = combine(windows)
        assert max(map(joules, windows)) - 1e-9 <= joules(some) <= joules(run.outer.measurement) + 1e-9
        # sums of sums are the sum
        assert joules(combine([combine(windows[:2]), *windows[2:]])) == pytest.approx(joules(some))


@settings(max_examples=10)
@given(steps, st.sampled_from(COUNTERS[1:] + GAUGES))
def test_a_label_that_never_ran_changes_nothing_and_a_unit_scales_all(plan: Any, sensor: Sensor) -> None:
    first, later = Run(plan, sensor), Run(plan, sensor, scale=4.0)
    later._window("never")
    for (one, _, _), (other, _, _) in zip(first.done, later.done, strict=True):
        assert joules(other.measurement) == pytest.approx(4.0 * joules(one.measurement), rel=1e-6, abs=1e-9)
        assert other.measurement.energy_j.u == pytest.approx(
            4.0 * one.measurement.energy_j.u, rel=1e-4, abs=1e-9
        )


@given(steps, st.sampled_from([COUNTERS[2], GAUGES[1]]))
@settings(max_examples=10)
def test_time_may_begin_anywhere(plan: Any, sensor: Sensor) -> None:
    first, later = Run(plan, sensor), Run(plan, sensor, shift_s=700.0)
    for (one, _, _), (other, _, _) in zip(first.done, later.done, strict=True):
        assert joules(other.measurement) == pytest.approx(joules(one.measurement), rel=1e-5, abs=1e-6)


@settings(max_examples=15)
@given(steps, st.sampled_from(COUNTERS + GAUGES), st.booleans())
def test_tiles_of_a_span_add_up_to_it(plan: Any, sensor: Sensor, at_once: bool) -> None:
    run = Run([(5, 0.05)], sensor)
    with run._window("whole") as whole:
        tiles = []
        for slot, seconds in plan:
            with run._window(LABELS[slot // 2]) as window:
                run.sim.advance(seconds)
            tiles.append(window)
            if at_once:
                assert joules(window.measurement) >= 0.0
    if not at_once:
        run.sim.advance(1.0)
    found = [joules(window.measurement) for window in tiles]
    assert sum(found) == pytest.approx(joules(whole.measurement), rel=1e-9, abs=1e-9)
    both = combine(window.measurement for window in tiles)
    assert joules(both) == pytest.approx(joules(whole.measurement), rel=1e-9, abs=1e-9)
    if not at_once:
        assert both.energy_j.u <= 1.1 * whole.measurement.energy_j.u + 0.01


@pytest.mark.parametrize("period_s", [0.02, 0.1])
def test_four_hundred_windows_of_two_milliseconds_add_up(period_s: float) -> None:
    simulation = simulated(counter(period_s=period_s), max_power_w=700.0, gain_error=0.0)
    windows = []
    for _ in range(400):
        with Window("step", sync=False, meter_set=simulation.meter_set) as window:
            simulation.advance(0.00212)
        windows.append(window)
    simulation.advance(0.2)
    whole = combine(window.measurement for window in windows)
    assert abs(joules(whole) - 84.8) <= max(0.05 * 84.8, 2.0 * whole.energy_j.u)
    assert 2.0 * whole.energy_j.u < 0.15 * 84.8
    assert whole.duration_s == pytest.approx(0.848)


@pytest.mark.parametrize(
    ("sensor", "programs", "count"),
    [
        (counter, 60, 15),
        # a gauge smears each window over the rest around it
        (partial(gauge, window_s=0.1), 20, 60),
        (partial(gauge, window_s=0.025), 20, 60),
        (partial(gauge, window_s=1.0), 10, 60),
    ],
)
def test_sums_of_short_windows_with_rest_between_hold_the_truth(
    sensor: Any, programs: int, count: int
) -> None:
    """Powers at work scatter by 30 %, and rest is a fifth of them; nothing keeps step with the sensor."""
    rng, off = np.random.default_rng(2), []
    for _ in range(programs):
        lengths_s, pauses_s = rng.uniform(0.06, 0.072, count), rng.uniform(0.04, 0.06, count)
        ends_s = 2.0 + np.cumsum(lengths_s + pauses_s)
        edges = np.column_stack([ends_s - lengths_s, ends_s]).ravel()
        powers = np.full(2 * count + 1, 60.0)
        powers[1::2] = np.maximum(300.0 * (1.0 + 0.3 * rng.standard_normal(count)), 20.0)
        load = Piecewise([0.0, *edges, edges[-1] + 3.0], powers)
        seen = sensor(load, 0.1, phase_s=float(rng.uniform(0.0, 0.1)))
        simulation = simulated(seen, start_s=1.0, max_power_w=450.0, gain_error=0.0)
        windows = [Window("w", meter_set=simulation.meter_set, sync=False) for _ in ends_s]
        for window, (begin_s, end_s) in zip(windows, edges.reshape(-1, 2).tolist(), strict=True):
            simulation.until(begin_s)
            window.start()
            simulation.until(end_s)
            window.stop()
        simulation.advance(simulation.meter_set.settled_s)
        total, true_j = combine([window.measurement for window in windows]).energy_j, lengths_s @ powers[1::2]
        off.append((total.value - true_j) / total.u)
    assert np.sqrt(np.mean(np.square(off))) < 1.4


def test_staggered_requests_are_one_span() -> None:
    simulation = simulated(counter(period_s=0.1), max_power_w=700.0, gain_error=0.0)
    windows = [Window(f"request {n}", sync=False, meter_set=simulation.meter_set) for n in range(8)]
    for window in windows:
        window.start()
        simulation.advance(0.4)
    for window in windows:
        simulation.advance(0.15)
        window.stop()
    simulation.advance(0.2)
    whole = combine(window.measurement for window in windows)
    assert joules(whole) == pytest.approx(440.0, abs=2.0 * whole.energy_j.u)
    assert 2.0 * whole.energy_j.u < 0.08 * 440.0


def test_windows_asked_as_they_end_do_not_drift_from_the_counter() -> None:
    simulation = simulated(counter(period_s=0.1), max_power_w=700.0, gain_error=0.0)
    found = []
    with Window("all", sync=False, meter_set=simulation.meter_set) as outer:
        for _ in range(200):
            with Window("step", sync=False, meter_set=simulation.meter_set) as window:
                simulation.advance(0.01)
            found.append(joules(window.measurement))
    assert sum(found) == pytest.approx(joules(outer.measurement))
    assert joules(outer.measurement) == pytest.approx(200.0, rel=0.08)


def test_labels_are_told_apart_by_the_ticks() -> None:
    rng = np.random.default_rng(5)
    spans = [(0.0317, 400.0), (0.1241, 150.0)] * 60
    edges = 102.0 + np.cumsum([seconds * (1.0 + 0.05 * rng.standard_normal()) for seconds, _ in spans])
    bounds = [102.0, *edges]
    wave = Piecewise([12.0, *bounds, edges[-1] + 90.0], [60.0, *(watts for _, watts in spans), 60.0])
    simulation = simulated(counter(wave, period_s=0.02), max_power_w=700.0, gain_error=0.0)
    simulation.until(102.0)
    windows: dict[str, list[Window]] = {"a": [], "b": []}
    for number, end_s in enumerate(edges):
        with Window("ab"[number % 2], sync=False, meter_set=simulation.meter_set) as window:
            simulation.until(float(end_s))
        windows[window.label].append(window)
    simulation.advance(0.1)
    for label, power_w in (("a", 400.0), ("b", 150.0)):
        whole = combine(window.measurement for window in windows[label])
        true_j = power_w * (whole.duration_s or 0.0)
        assert joules(whole) == pytest.approx(true_j, abs=2.2 * whole.energy_j.u)
        assert joules(whole) == pytest.approx(true_j, rel=0.08)


def test_places_travel_with_the_measurement() -> None:
    run = Run([(0, 0.05), (2, 0.05), (0, 0.1), (2, 0.2)], COUNTERS[2])
    one = run.done[0][0].measurement
    assert one.timeline is not None
    back = Measurement.from_dict(json.loads(one.to_json()))
    assert back.timeline == one.timeline == pickle.loads(pickle.dumps(one)).timeline
    both = [window.measurement for window, _, _ in run.done]
    read = [Measurement.from_dict(json.loads(m.to_json())) for m in both]
    assert combine(read).energy_j.u == pytest.approx(combine(both).energy_j.u)
    assert back.timeline.run == both[1].timeline.run  # type: ignore[union-attr]


@pytest.mark.parametrize("broken", ["x", {}, {"run": "r", "channels": ["a"], "spans": [[0, 1, [[1.0]]]]}])
def test_a_timeline_that_is_none_is_refused(broken: Any) -> None:
    data = {**Run([(0, 0.1), (0, 0.1)], COUNTERS[2]).outer.measurement.to_dict(), "timeline": broken}
    with pytest.raises(ArgumentError, match="timeline"):
        Measurement.from_dict(data)


@pytest.mark.parametrize("kind", ["live", "measured"])
def test_readings_of_two_threads_that_cross_are_no_reset(kind: str) -> None:
    meters = simulated(counter(period_s=0.001), max_power_w=700.0, gain_error=0.0)
    history = meters.meter_set.history
    history._curves[0].live = kind == "live"
    begin = [meters.meter_set.begin()]
    history.note(begin[0], "a", 1)
    for label in ("b", "c"):
        meters.advance(0.1)
        one = meters.meter_set.begin()
        first = one.readings[0]
        late = one._replace(readings=[first._replace(value=first.value - 0.5)], t_ns=one.t_ns + 1, points=[])
        history.note(one, label, 1)
        other = threading.Thread(target=history.note, args=(late, label, 1))
        other.start()
        other.join()
    meters.advance(0.1)
    last = meters.meter_set.end(begin[0])
    history.note(last, "a", -1)
    history.settle()
    assert last.points[0].energy_j - begin[0].points[0].energy_j == pytest.approx(30.0, abs=1.0)  # type: ignore[index]
    assert late.points[0].energy_j <= last.points[0].energy_j  # type: ignore[index]


def test_threads_over_the_estimate_take_no_more_than_the_span() -> None:
    done: list[Any] = []

    def work() -> None:
        for _ in range(50):
            with wattwhat.track("part", backends=["estimate"], sync=False) as window:
                sum(range(500))
            done.append(window)

    with wattwhat.track("whole", backends=["estimate"], sync=False) as whole:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    parts = [window.measurement for window in done]
    some = combine(parts)
    # where the machine is too busy to read it at an edge, looks beside the program tell, which are uncertain
    unseen_j = sum(dict(m.budget).get(EDGES, 0.0) for m in (whole.measurement, *parts))
    assert max(map(joules, parts)) <= joules(some) + unseen_j + 1e-9
    assert joules(some) <= joules(whole.measurement) + unseen_j + 1e-9


@pytest.mark.parametrize(("cycle_s", "told"), [(0.1, True), (0.137, False), (0.1618, False)])
def test_a_label_in_step_with_a_slow_counter_is_named(cycle_s: float, told: bool) -> None:
    begins = 101.0 + cycle_s * np.arange(40)
    edges = np.ravel(np.column_stack([begins, begins + 0.03]))
    wave = Piecewise([11.0, *edges, edges[-1] + 60.0], [60.0, *[400.0, 100.0] * 40])
    simulation = simulated(counter(wave, period_s=0.1), max_power_w=700.0, gain_error=0.0)
    windows = []
    for begin_s in begins:
        simulation.until(float(begin_s))
        with Window("decode", sync=False, meter_set=simulation.meter_set) as window:
            simulation.until(float(begin_s) + 0.03)
        windows.append(window)
    simulation.advance(0.2)
    whole = combine(window.measurement for window in windows)
    named = [one for one in whole.warnings if "'decode' keep step" in one]
    assert bool(named) is told
    assert all(code_of(one) == "short" for one in named)
    assert joules(whole) == pytest.approx(40 * 12.0, abs=2.0 * whole.energy_j.u)


@given(st.sampled_from(GAUGES), st.floats(0.3, 3.0), st.floats(20.0, 400.0))
def test_the_first_window_over_a_gauge_asked_at_once_goes_by_what_it_shows(sensor, periods, power_w):
    """And not by the middle between nothing and all that the device could draw."""
    period_s, part = sensor
    made = gauge(Piecewise([0.0, 900.0], [power_w]), period_s, part * period_s)
    sim = simulated(made, start_s=100.0, max_power_w=1e5, gain_error=0.0)
    sim.until(100.0 + 3.0 * period_s * max(part, 1.0))
    window = Window("a", sync=False, meter_set=sim.meter_set).start()
    sim.until(sim.clock.now_s + periods * period_s)
    window.stop()
    assert joules(window.measurement) == pytest.approx(power_w * periods * period_s, rel=0.05)


def test_a_window_of_a_thousandth_of_an_update_period_asked_at_once_is_not_known() -> None:
    load = Load(60.0)
    simulation = simulated(gauge(load, 0.5, 0.02), max_power_w=300.0)
    whole, inside = Window("whole", meter_set=simulation.meter_set).start(), 0
    for turn in range(12):
        simulation.advance(0.013 + 0.031 * (turn % 3))
        load.call(simulation.clock.now_s, (0.0005, 200.0))
        step = Window("step", meter_set=simulation.meter_set).start()
        simulation.advance(0.0005)
        energy = step.stop().measurement.energy_j
        inside += abs(energy.value - 0.1) <= 2.0 * energy.u
    whole.stop()
    assert inside == 12
