"""Laws of energy and power that every waveform keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.testing.waves import times_s, traces, watts, waveforms
from wattwhat.errors import ArgumentError
from wattwhat.testing import Piecewise, bursts, constant, pulses, ramp, recorded, square

# Sums over 80 s of up to 1.4 kW, in doubles.
TINY_J = 1e-6


@given(waveforms, times_s, times_s, times_s)
def test_energy_is_additive(waveform, a, b, c):
    parts = waveform.energy_j(a, b) + waveform.energy_j(b, c)
    assert parts == pytest.approx(waveform.energy_j(a, c), abs=TINY_J)


@given(waveforms, times_s, st.floats(0.0, 50.0))
def test_no_power_below_zero_means_no_energy_below_zero(waveform, begin, length):
    assert waveform.energy_j(begin, begin + length) >= -TINY_J


@given(waveforms, times_s, st.floats(0.01, 20.0))
def test_energy_is_the_integral_of_power_between_the_edges(waveform, begin, length):
    # Between edges power is linear, so the power in the middle times the length is exact.
    knots = np.concatenate([[begin], waveform.edges_s(begin, begin + length), [begin + length]])
    middles_w = waveform.power_w((knots[1:] + knots[:-1]) / 2.0)
    integral_j = float(np.sum(middles_w * np.diff(knots)))
    assert waveform.energy_j(begin, begin + length) == pytest.approx(integral_j, rel=1e-7, abs=1e-5)


@given(waveforms, times_s)
def test_power_is_the_slope_of_energy_after_every_moment(waveform, t):
    h = 1e-6
    if len(waveform.edges_s(t - h, t + 2.0 * h)) == 0:
        assert waveform.energy_j(t, t + h) / h == pytest.approx(waveform.power_w(t), rel=1e-3, abs=1.5)


@given(waveforms, st.lists(times_s, min_size=1, max_size=20))
def test_arrays_give_what_numbers_give(waveform, times):
    t_s = np.array(times)
    assert waveform.power_w(t_s) == pytest.approx([waveform.power_w(t) for t in times])
    energies = [waveform.energy_j(0.0, t) for t in times]
    assert waveform.energy_j(np.zeros_like(t_s), t_s) == pytest.approx(energies, abs=TINY_J)


@given(waveforms, times_s)
def test_a_number_gives_a_float(waveform, t):
    assert type(waveform.power_w(t)) is float
    assert type(waveform.energy_j(0.0, t)) is float


@given(watts, times_s, times_s)
def test_constant_power_times_time(power, begin, end):
    assert constant(power).energy_j(begin, end) == pytest.approx(power * (end - begin), abs=TINY_J)


@given(traces(), times_s, st.floats(0.01, 10.0))
def test_mean_lies_between_the_extremes(trace, begin, length):
    powers_w = np.concatenate([trace.starts_w, trace.ends_w])
    assert powers_w.min() - 1e-4 <= trace.mean_w(begin, begin + length) <= powers_w.max() + 1e-4


def test_square_is_high_first_and_repeats_both_ways():
    wave = square(period_s=1.0, duty=0.25, low_w=10.0, high_w=90.0, phase_s=0.1)
    assert [wave.power_w(t) for t in (0.1, 0.34, 0.36, 1.05, 1.11, -0.8, -0.5)] == [
        90,
        90,
        10,
        10,
        90,
        90,
        10,
    ]
    assert wave.energy_j(-3.9, 6.1) == pytest.approx(10.0 * 30.0)


def test_ramp_stays_where_it_ends():
    wave = ramp(1.0, 3.0, 10.0, 50.0)
    assert [wave.power_w(t) for t in (0.0, 2.0, 9.0)] == [10.0, 30.0, 50.0]
    assert wave.energy_j(0.0, 4.0) == pytest.approx(10.0 + 60.0 + 50.0)


def test_pulses_stand_over_the_low_power():
    wave = pulses([1.0, 2.0], width_s=0.1, high_w=100.0, low_w=20.0)
    assert wave.energy_j(0.0, 5.0) == pytest.approx(2 * 0.1 * 80.0 + 5.0 * 20.0)
    assert wave.power_w(-100.0) == 20.0


def test_recorded_lines_and_steps_differ_by_the_triangles():
    t_s, power_w = [0.0, 1.0, 2.0], [0.0, 100.0, 100.0]
    assert recorded(t_s, power_w).energy_j(0.0, 2.0) == 150.0
    assert recorded(t_s, power_w, step=True).energy_j(0.0, 2.0) == 100.0


def test_bursts_are_idle_outside_and_busy_inside():
    wave = bursts(20.0, np.random.default_rng(1), idle_w=80.0, low_w=150.0, high_w=350.0)
    assert wave.power_w(-0.5) == wave.power_w(20.5) == 80.0
    # 3/4 at 350 W, 1/4 at 150 W, one pause of 0.4 s in 50 steps of 0.25 s; the jitter averages out.
    assert wave.mean_w(0.0, 20.0) == pytest.approx(295.0, rel=0.05)
    again = bursts(20.0, np.random.default_rng(1), idle_w=80.0, low_w=150.0, high_w=350.0)
    assert again.energy_j(0.0, 13.7) == wave.energy_j(0.0, 13.7)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Piecewise([0.0], []),
        lambda: Piecewise([0.0, 1.0, 1.0], [1.0, 2.0]),
        lambda: Piecewise([0.0, 1.0], [1.0, 2.0]),
        lambda: square(period_s=1.0, duty=1.0),
        lambda: pulses([1.0, 1.05], width_s=0.1, high_w=5.0),
        lambda: recorded([0.0, 1.0], [1.0]),
        lambda: pulses([], width_s=0.1, high_w=5.0),
        lambda: bursts(0.0, np.random.default_rng(0)),
    ],
)
def test_impossible_waveforms_are_refused(make):
    with pytest.raises(ArgumentError):
        make()
