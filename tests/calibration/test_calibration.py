"""Calibration: what an emulated sensor was set to is found again, and what cannot be found is said."""

from __future__ import annotations

import math
import random
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests import rigs
from wattwhat.calibration.driver import Calibrated, Finding, Series, Timeline, calibrate, examine
from wattwhat.calibration.loads import Load, ProcessLoad, busy_processors
from wattwhat.calibration.pattern import RATIOS, random_pattern, square_period_s, square_wave
from wattwhat.calibration.response import fit_response
from wattwhat.calibration.spread import duty_from_spread, spread_of_square
from wattwhat.calibration.ticks import fast_counter_period, find_ticks, resolution
from wattwhat.errors import BackendError
from wattwhat.testing import Faults, Piecewise, VirtualClock, VirtualMeter, VirtualSensor, Waveform, square

IDLE_W, BUSY_W = 60.0, 360.0

# The sensors of the published survey, as (update period, averaging window) in s.
GAUGES = [(0.1, 0.1), (0.1, 1.0), (0.1, 0.025), (1.0, 1.0)]
RISES_S = [0.0, 0.1, 0.25]
DELAYS_S = [0.0, 0.02, 0.05]


def powered(switches_s: list[float]) -> Waveform:
    """The power of a load that is on between the first and the second time, and so on."""
    edges = [switches_s[0] - 10.0, *switches_s, switches_s[-1] + 10.0]
    return Piecewise(edges, [IDLE_W, *[BUSY_W, IDLE_W] * (len(switches_s) // 2)])


def looked(sensor: VirtualSensor, begin_s: float, end_s: float, look_s: float, seed: int = 1) -> Series:
    """Looks at random distances, as the driver takes them."""
    steps = np.random.default_rng(seed).uniform(1.0, 1.3, math.ceil((end_s - begin_s) / look_s)) * look_s
    t_s = begin_s + np.cumsum(steps)
    t_s = t_s[t_s < end_s]
    return Series(t_s, np.asarray(sensor.published(t_s)))


def near(value: float, least: float) -> Any:
    """Within 10 %, and within this where 10 % of nothing is asked for."""
    return pytest.approx(value, rel=0.1, abs=least)


class VirtualLoad(Load):
    """Switches a waveform on the virtual clock."""

    description = "a made load"

    def __init__(self, wave: rigs.Load, clock: VirtualClock) -> None:
        self.wave, self.clock, self.on = wave, clock, False
        self.times: list[float] = []

    def switch(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            self.times.append(self.clock.now_s)
            self.wave._step(self.clock.now_s, BUSY_W if on else IDLE_W)

    def switches_s(self) -> list[float]:
        self.switch(False)
        return self.times


def calibrated(*sensors: Any, seconds: float = 20.0, with_load: bool = True) -> tuple[list[Calibrated], Any]:
    """Run the driver over sensors (functions of the waveform) in virtual time; also gives the meters."""
    clock, wave = VirtualClock(100 * 10**9), rigs.Load(IDLE_W)
    load = VirtualLoad(wave, clock)
    meters = []
    for number, make in enumerate(sensors):
        sensor = make(wave)
        unsaid = {"update_period_s": None, "averaging_window_s": None, "resolution": None}
        meters.append(VirtualMeter(sensor, sensor.channel(f"{number}", **unsaid), clock=clock))
    found = calibrate(
        meters,
        load if with_load else None,
        seconds=seconds,
        clock=clock.monotonic_ns,
        sleep=clock.sleep,
        generator=random.Random(3),
    )
    assert not load.on
    return found, meters


# What was set is found ----------------------------------------------------------------------------


@settings(max_examples=8)
@given(st.sampled_from(GAUGES), st.sampled_from(RISES_S), st.sampled_from(DELAYS_S))
def test_a_gauge_is_found_as_it_was_set(gauge: tuple[float, float], rise_s: float, delay_s: float) -> None:
    period_s, window_s = gauge
    switches = random_pattern(100.0, 20.0, random.Random(5))
    sensor = rigs.gauge(
        powered(switches), period_s, window_s, rise_s=rise_s, delay_s=delay_s, phase_s=0.37 * period_s
    )
    found = examine(sensor.channel(), looked(sensor, 100.0, 120.0, 0.001), Timeline(switches))
    assert found.update_period_s.value == pytest.approx(period_s, rel=0.01)
    assert found.averaging_window_s.value == near(window_s, 0.0)
    assert found.duty.value == near(min(window_s / period_s, 1.0), 0.0)
    assert found.rise_s.value == near(rise_s, 0.003)
    assert found.delay_s.value == near(delay_s, 0.002)


@pytest.mark.parametrize("period_s", [0.001, 0.02, 0.1])
@pytest.mark.parametrize("quantum", [0.0, 61e-6])
def test_a_counters_period_is_found_by_the_driver(period_s: float, quantum: float) -> None:
    [found], [meter] = calibrated(
        lambda wave: rigs.counter(wave, period_s, phase_s=0.3 * period_s, quantum=quantum)
    )
    assert found.update_period_s.value == pytest.approx(period_s, rel=0.02)
    assert found.delay_s.value == near(0.0, 0.003)
    if period_s >= 0.01:
        assert found.duty.value == near(1.0, 0.0)
    assert meter.reads < 25.0 * 1000.0


@pytest.mark.parametrize(
    ("period_s", "window_s", "rise_s", "delay_s"),
    [(0.1, 0.1, 0.0, 0.0), (0.1, 1.0, 0.1, 0.02), (0.1, 0.025, 0.1, 0.05), (1.0, 1.0, 0.25, 0.02)],
)
def test_a_gauge_is_found_by_the_driver(
    period_s: float, window_s: float, rise_s: float, delay_s: float
) -> None:
    [found], _ = calibrated(
        lambda wave: rigs.gauge(wave, period_s, window_s, rise_s=rise_s, delay_s=delay_s, quantum=0.001)
    )
    assert found.update_period_s.value == pytest.approx(period_s, rel=0.01)
    assert found.averaging_window_s.value == near(window_s, 0.0)
    assert found.rise_s.value == near(rise_s, 0.003)
    assert found.delay_s.value == near(delay_s, 0.002)
    assert found.resolution.value == pytest.approx(0.001)
    assert found.load == "a made load"


def test_several_sensors_are_calibrated_under_one_load() -> None:
    found, _ = calibrated(
        lambda wave: rigs.counter(wave, 0.02),
        lambda wave: rigs.gauge(wave, 0.1, 0.025),
        lambda wave: rigs.gauge(wave, 0.04, 0.04),
    )
    assert [one.update_period_s.value for one in found] == [near(0.02, 0.0), near(0.1, 0.0), near(0.04, 0.0)]
    assert [one.duty.value for one in found] == [near(1.0, 0.0), near(0.25, 0.0), near(1.0, 0.0)]


def test_a_counter_that_looks_part_of_the_time_is_found_out() -> None:
    [found], _ = calibrated(lambda wave: VirtualSensor(wave, update_period_s=0.1, averaging_window_s=0.025))
    assert found.duty.value == near(0.25, 0.0)


def test_a_wrapping_counter_is_found_too() -> None:
    [found], _ = calibrated(lambda wave: rigs.counter(wave, 0.05, wrap_j=300.0))
    assert found.update_period_s.value == pytest.approx(0.05, rel=0.01)
    assert found.duty.value == near(1.0, 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_with_noise_the_truth_is_within_what_is_claimed(seed: int) -> None:
    """Three standard uncertainties, for a sensor whose readings scatter by a fiftieth of the swing."""
    switches = random_pattern(100.0, 20.0, random.Random(seed))
    sensor = rigs.gauge(powered(switches), 0.1, 0.025, rise_s=0.1, delay_s=0.02, phase_s=0.013 * seed)
    ticks = find_ticks(looked(sensor, 100.0, 120.0, 0.001, seed))
    noise = np.random.default_rng(seed).normal(0.0, 6.0, len(ticks.values))
    found = fit_response(Timeline(switches), ticks.seen_s, ticks.values + noise, 0.1, timing_s=0.0003)
    assert not isinstance(found, str)
    for value, u, truth in zip(
        (found.window_s, found.rise_s, found.delay_s, found.swing_w),
        found.u,
        (0.025, 0.1, 0.02, BUSY_W - IDLE_W),
        strict=True,
    ):
        assert abs(value - truth) < 3.5 * u
        assert u < 0.5 * truth


# How it looks -------------------------------------------------------------------------------------


class Noted(VirtualMeter):
    """Remembers when it was read."""

    def read(self) -> Any:
        reading = super().read()
        self.__dict__.setdefault("times_s", []).append(reading.t_ns * 1e-9)
        return reading


@pytest.mark.parametrize("make", [rigs.counter, rigs.gauge])
@pytest.mark.parametrize("period_s", [0.001, 0.02, 0.1])
def test_no_sensor_is_read_more_than_a_thousand_times_a_second(make: Any, period_s: float) -> None:
    clock, wave = VirtualClock(), rigs.Load(IDLE_W)
    meter = Noted(make(wave, period_s), clock=clock)
    calibrate([meter], VirtualLoad(wave, clock), seconds=4.0, clock=clock.monotonic_ns, sleep=clock.sleep)
    assert min(later - earlier for earlier, later in pairwise(meter.times_s)) > 0.00099  # type: ignore[attr-defined]


def test_slow_energy_counters_are_read_no_faster_than_needed() -> None:
    reads = []
    for period_s in (0.001, 0.02, 0.1):
        _, [meter] = calibrated(lambda wave, period_s=period_s: rigs.counter(wave, period_s), seconds=8.0)
        reads.append(meter.reads)
    assert reads[0] > reads[1] > 3 * reads[2]
    assert reads[2] < 8.0 / 0.1 * 25


def test_it_takes_about_the_time_it_was_given() -> None:
    clock, wave = VirtualClock(), rigs.Load(IDLE_W)
    meters = [VirtualMeter(rigs.gauge(wave), clock=clock), VirtualMeter(rigs.counter(wave), clock=clock)]
    calibrate(meters, VirtualLoad(wave, clock), seconds=10.0, clock=clock.monotonic_ns, sleep=clock.sleep)
    assert 10.0 <= clock.now_s < 10.0 * 1.5


# What cannot be found has a reason ----------------------------------------------------------------


def reasons(found: Calibrated) -> dict[str, str]:
    names = ("averaging_window_s", "duty", "delay_s", "rise_s")
    assert all(getattr(found, name).value is None for name in names)
    return {name: getattr(found, name).reason for name in names}


def test_a_sensor_that_the_load_does_not_move_says_so() -> None:
    other = square(0.7301, 0.5, 20.0, 80.0)
    [found], _ = calibrated(lambda wave: rigs.gauge(other, 0.1, 0.1), seconds=8.0)
    assert all("the load hardly moved it" in reason for reason in reasons(found).values())
    assert found.update_period_s.value == pytest.approx(0.1, rel=0.02)


def test_a_sensor_that_never_changes_says_so() -> None:
    [found], _ = calibrated(lambda wave: rigs.gauge(quantum=1.0), seconds=4.0)
    assert found.update_period_s.value is None
    assert "never changed" in found.update_period_s.reason
    assert all("never changed" in reason for reason in reasons(found).values())


def test_without_a_load_only_the_period_is_found() -> None:
    [found], _ = calibrated(lambda wave: rigs.counter(period_s=0.02), seconds=4.0, with_load=False)
    assert found.update_period_s.value == pytest.approx(0.02, rel=0.01)
    assert all("no load" in reason for reason in reasons(found).values())


def test_a_gauge_that_is_faster_than_the_looks_has_an_upper_limit() -> None:
    [found], _ = calibrated(lambda wave: rigs.gauge(square(0.00731) + wave, 0.0002, 0.0002), seconds=4.0)
    assert found.update_period_s.value is not None
    assert 0.0002 < found.update_period_s.value < 0.0015
    assert "upper limit" in found.update_period_s.reason


def test_too_few_readings_are_not_fitted() -> None:
    answer = fit_response(Timeline([0.0, 1.0]), np.arange(4.0), np.arange(4.0), 1.0)
    assert isinstance(answer, str)
    assert "too few" in answer


@pytest.mark.parametrize(
    ("faults", "words"),
    [(Faults(gaps=((103.0, 104.0),)), "no reading"), (Faults(lost_at_s=103.0), "gone")],
)
def test_a_sensor_that_fails_ends_nothing_and_is_told(faults: Faults, words: str) -> None:
    found, _ = calibrated(
        lambda wave: rigs.gauge(wave, faults=faults), lambda wave: rigs.gauge(wave), seconds=10.0
    )
    assert any(words in note for note in found[0].notes)
    assert found[1].notes == ()
    assert found[1].duty.value == near(1.0, 0.0)


def test_a_finding_is_true_only_with_a_value() -> None:
    assert Finding(0.0, 0.1)
    assert not Finding(reason="none")
    assert not Finding(0.1).known_within(0.5)


# The laws of the parts ----------------------------------------------------------------------------

times = st.lists(st.floats(0.01, 2.0), min_size=2, max_size=12).map(
    lambda steps: np.cumsum(steps)[: len(steps) // 2 * 2].tolist()
)


@given(times, st.floats(-1.0, 20.0), st.floats(0.01, 5.0))
def test_the_load_of_a_span_is_its_share_of_the_energy(
    switches: list[float], begin: float, length: float
) -> None:
    energy = powered(switches).energy_j(begin, begin + length) - IDLE_W * length
    part = Timeline(switches).mean(np.array([begin]), np.array([begin + length]), 0.0)[0]
    assert part * length * (BUSY_W - IDLE_W) == pytest.approx(energy, abs=1e-6)


@given(times, st.floats(0.02, 1.0), st.floats(0.0, 20.0), st.floats(0.05, 2.0))
@settings(max_examples=50)
def test_the_risen_load_is_what_a_sensor_with_that_rise_shows(
    switches: list[float], rise_s: float, t_s: float, window_s: float
) -> None:
    sensor = VirtualSensor(powered(switches), "power", averaging_window_s=window_s, rise_s=rise_s)
    part = Timeline(switches).mean(np.array([t_s - window_s]), np.array([t_s]), rise_s)[0]
    shown = (sensor.published(t_s) - IDLE_W) / (BUSY_W - IDLE_W)
    assert part == pytest.approx(shown, abs=1e-6)


@given(st.floats(0.005, 1.0), st.floats(0.0, 1.0), st.integers(0, 1000))
@settings(max_examples=30)
def test_ticks_are_found_whatever_period_and_phase(period_s: float, phase: float, seed: int) -> None:
    sensor = rigs.counter(period_s=period_s, phase_s=phase * period_s)
    look_s = max(period_s / 20.0, 0.001)
    ticks = find_ticks(looked(sensor, 10.0, 10.0 + 40.0 * period_s, look_s, seed))
    assert ticks.period_s.value == pytest.approx(period_s, rel=0.02)
    steps = np.diff(ticks.values)
    assert np.allclose(steps, 100.0 * period_s)


@given(st.integers(0, 1000), st.floats(0.2, 0.7))
@settings(max_examples=25)
def test_values_that_repeat_do_not_lengthen_the_period(seed: int, repeated: float) -> None:
    """A gauge under steady power shows the same value at many of its ticks."""
    rng = np.random.default_rng(seed)
    shown = np.cumsum(rng.random(200) > repeated)
    t_s = np.cumsum(rng.uniform(0.001, 0.0013, 3400))
    values = shown[np.minimum((t_s / 0.02).astype(int), 199)]
    assert find_ticks(Series(t_s, values.astype(float))).period_s.value == pytest.approx(0.02, rel=0.01)


INTERVALS = {
    "in turn": lambda chance: [0.08, 0.12] * 200,
    "three to one": lambda chance: [0.15, 0.05, 0.05, 0.05] * 100,
    "scattered": lambda chance: [chance.gauss(0.1, 0.012) for _ in range(400)],
    "at random": lambda chance: [chance.expovariate(12.0) + 0.004 for _ in range(400)],
}


def irregular(quantity: str, intervals_s: list[float]) -> VirtualSensor:
    """A sensor whose updates are so far apart, under the random pattern of 20 s that is made with seed 5."""
    mean_s = math.fsum(intervals_s) / len(intervals_s)
    wave = powered(random_pattern(100.0, 20.0, random.Random(5)))
    return VirtualSensor(wave, quantity, update_period_s=mean_s, intervals_s=tuple(intervals_s))


@given(st.sampled_from(sorted(INTERVALS)), st.integers(0, 1000))
def test_an_irregular_counter_is_told_from_a_regular_one(kind: str, seed: int) -> None:
    """Its mean is told with what it is known to."""
    sensor = irregular("energy", INTERVALS[kind](random.Random(seed)))
    ticks = find_ticks(looked(sensor, 100.0, 120.0, 0.002, seed), counter=True)
    period = ticks.period_s
    assert not ticks.regular
    assert period.value == pytest.approx(sensor.update_period_s, abs=4.5 * period.u)
    assert period.u < 0.15 * sensor.update_period_s
    assert "irregular" in period.reason


@given(st.sampled_from(["in turn", "scattered", "at random"]), st.integers(0, 1000))
def test_of_an_irregular_gauge_only_a_limit_is_told(kind: str, seed: int) -> None:
    """It may show the same power twice, so that its changes are further apart than its updates."""
    sensor = irregular("power", INTERVALS[kind](random.Random(seed)))
    ticks = find_ticks(looked(sensor, 100.0, 120.0, 0.002, seed))
    assert not ticks.regular
    assert ticks.period_s.value > 0.9 * sensor.update_period_s
    assert "an upper limit" in ticks.period_s.reason


@pytest.mark.parametrize("quantity", ["energy", "power"])
def test_of_an_irregular_sensor_no_duty_is_told(quantity: str) -> None:
    sensor = irregular(quantity, INTERVALS["in turn"](random.Random(1)))
    load = Timeline(random_pattern(100.0, 20.0, random.Random(5)))
    found = examine(sensor.channel(), looked(sensor, 100.0, 120.0, 0.002), load)
    assert not found.duty
    assert not found.averaging_window_s
    assert found.notes == (found.update_period_s.reason,)


@given(st.floats(0.0, 0.004), st.integers(0, 1000))
def test_a_period_that_wanders_is_known_no_better_than_it_wanders(part: float, seed: int) -> None:
    """Each update shifts all later ones, which a straight line through their times takes for knowledge."""
    chance = random.Random(seed)
    sensor = irregular("energy", [0.1 * (1.0 + chance.gauss(0.0, part)) for _ in range(400)])
    ticks = find_ticks(looked(sensor, 100.0, 120.0, 0.002, seed), counter=True)
    found, u = ticks.period_s.value, ticks.period_s.u
    spread = part * 0.1 / math.sqrt(200.0)  # of the mean of the 200 updates that were seen
    assert ticks.regular
    assert found == pytest.approx(sensor.update_period_s, abs=4.5 * math.hypot(u, spread))


@given(st.floats(0.0005, 0.003), st.floats(0.0, 1.0), st.integers(0, 1000))
@settings(max_examples=8)
def test_a_tick_that_is_faster_than_the_looks_is_found(period_s: float, phase: float, seed: int) -> None:
    sensor = rigs.counter(period_s=period_s, phase_s=phase * period_s)
    t_s = 5.0 + np.cumsum(np.random.default_rng(seed).uniform(0.001, 0.003, 750))
    found = fast_counter_period(Series(t_s, np.asarray(sensor.published(t_s))))
    assert found.value == pytest.approx(period_s, rel=0.02)


@given(st.integers(0, 1000))
@settings(max_examples=8)
def test_no_tick_is_found_in_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t_s = np.cumsum(rng.uniform(0.001, 0.003, 750))
    found = fast_counter_period(Series(t_s, 100.0 * t_s + rng.normal(0.0, 0.1, 750)))
    assert "upper limit" in found.reason


@given(
    st.lists(st.integers(0, 10**7), min_size=6, max_size=60, unique=True),
    st.sampled_from([1e-3, 1e-6, 61.03515625e-6, 0.1, 1.0, 0.0152587890625]),
)
def test_the_step_divides_every_difference_and_is_the_longest_that_does(
    numbers: list[int], step: float
) -> None:
    common = math.gcd(*(number - numbers[0] for number in numbers))
    assume(common * step < 1e3)
    assert resolution(np.array(numbers) * step).value == pytest.approx(common * step, rel=1e-6)


@given(st.integers(0, 1000))
def test_values_without_a_step_have_none(seed: int) -> None:
    found = resolution(np.random.default_rng(seed).normal(100.0, 10.0, 200))
    assert found.value is None
    assert "no step" in found.reason


@given(st.floats(0.02, 1.0), st.sampled_from([0.02, 0.1, 0.5]), st.floats(0.0, 1.0))
@settings(max_examples=40)
def test_the_part_that_is_looked_at_follows_from_the_spread_alone(
    duty: float, period_s: float, phase: float
) -> None:
    readings = []
    for number in range(len(RATIOS)):
        wave_s = square_period_s(period_s, number, 48)
        sensor = rigs.gauge(
            square(wave_s, 0.5, IDLE_W, BUSY_W), period_s, duty * period_s, phase_s=phase * period_s
        )
        readings.append((wave_s, np.asarray(sensor.published(period_s * np.arange(4.5, 52.5)))))
    found = duty_from_spread(readings, period_s, BUSY_W - IDLE_W)
    assert found.value == pytest.approx(duty, rel=0.1, abs=0.03)


def test_the_spread_of_a_wave_that_is_averaged_over_its_period_is_nothing() -> None:
    assert spread_of_square(0.1, np.array([0.1, 0.2]))[0] == pytest.approx(0.0, abs=1e-9)


@given(st.floats(0.0, 100.0), st.floats(1.0, 30.0), st.integers(0, 1000))
def test_a_random_pattern_ends_off_and_within_its_time(begin: float, length: float, seed: int) -> None:
    switches = random_pattern(begin, length, random.Random(seed))
    assert len(switches) % 2 == 0
    assert all(0.0149 < later - earlier < 0.4001 for earlier, later in pairwise(switches))
    assert begin <= switches[0] <= switches[-1] <= begin + length


@given(st.floats(0.015, 1.0), st.sampled_from(range(4)), st.sampled_from([24, 48]))
def test_ticks_meet_a_square_wave_evenly_at_all_phases(period_s: float, number: int, updates: int) -> None:
    wave_s = square_period_s(period_s, number, updates)
    assert wave_s / period_s == pytest.approx(RATIOS[number], rel=0.08)
    phases = np.sort(period_s * np.arange(updates) / wave_s % 1.0)
    gaps = np.diff([*phases, phases[0] + 1.0])
    assert np.allclose(gaps, 1.0 / updates, atol=0.02 / updates)


def test_a_square_wave_is_on_for_half_of_its_time() -> None:
    switches = square_wave(5.0, 1.0, 0.1)
    assert len(switches) == 20
    assert np.allclose(np.diff(switches), 0.05)


# Loads of this machine ----------------------------------------------------------------------------


def test_processes_are_switched_and_tell_when() -> None:
    load = busy_processors()
    try:
        begin_s = time.monotonic()
        for on in (True, True, False, True, False):
            load.switch(on)
        told = load.switches_s()
        end_s = time.monotonic()
    finally:
        load.close()
    assert len(told) == 4, "switching on what is on is no switch"
    assert begin_s <= told[0] <= told[-1] <= end_s
    assert told == sorted(told)
    assert "busy loop" in load.description


def test_asking_for_the_times_switches_off() -> None:
    load = busy_processors()
    try:
        load.switch(True)
        assert len(load.switches_s()) == 2
    finally:
        load.close()
        load.close()


@pytest.mark.parametrize("script", ["raise SystemExit('no device here')", "pass"])
def test_a_load_that_does_not_begin_says_why(script: str) -> None:
    with pytest.raises(BackendError, match=r"did not begin: (no device here|it said nothing)"):
        ProcessLoad(script, 1, "a load")


def test_a_load_that_ends_by_itself_is_an_error_and_no_hang() -> None:
    load = ProcessLoad("print('ready', flush=True)", 1, "a load")
    with pytest.raises(BackendError, match="ended by itself"):
        load.switches_s()
    load.close()


def test_a_closed_load_refuses_politely() -> None:
    load = busy_processors()
    load.close()
    load.switch(True)
    assert load.switches_s() == []


@pytest.mark.parametrize("wrong", [4294967.295, 2.0**64, 1e6])
@pytest.mark.parametrize("quantity", ["energy", "power"])
@pytest.mark.parametrize("looks", [1, 3])
def test_readings_that_cannot_be_change_nothing_that_is_found(
    quantity: str, wrong: float, looks: int
) -> None:
    switches = [100.0 + s for s in np.cumsum(np.random.default_rng(3).uniform(0.2, 0.9, 30)).tolist()]
    sensor = VirtualSensor(powered(switches), quantity, update_period_s=0.1, averaging_window_s=0.1)
    right = looked(sensor, 100.0, 120.0, 0.005)
    values = right.values.copy()
    values[[at + look for at in (500, 1500, 2500) for look in range(looks)]] = wrong
    expected = examine(sensor.channel(), right, Timeline(switches))
    found = examine(sensor.channel(), Series(right.t_s, values), Timeline(switches))
    for name in ("update_period_s", "averaging_window_s", "delay_s", "rise_s"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one.value is None) == (other.value is None), name
        if other.value is not None:
            assert one.value == pytest.approx(other.value, rel=0.02, abs=0.003), name
    assert any("beyond" in words for words in found.notes)
