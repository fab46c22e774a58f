"""What a virtual sensor publishes follows from the waveform by laws that can be written down."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.testing.waves import squares, watts, waveforms
from wattwhat.errors import ArgumentError
from wattwhat.testing import Faults, VirtualSensor, constant, ramp, recorded, square

periods_s = st.sampled_from([0.001, 0.02, 0.1, 1.0])
phases_s = st.floats(0.0, 1.0)
moments_s = st.floats(0.0, 30.0)


@given(waveforms, periods_s, phases_s, moments_s, st.floats(0.5, 1.5), st.floats(-5.0, 5.0))
def test_a_counter_shows_the_energy_up_to_its_last_tick(waveform, period_s, phase_s, t_s, gain, offset_w):
    sensor = VirtualSensor(waveform, update_period_s=period_s, phase_s=phase_s, gain=gain, offset_w=offset_w)
    tick_s = sensor.ticks_s(t_s)
    assert t_s - period_s - 1e-6 < tick_s <= t_s + 1e-6
    truth_j = gain * waveform.energy_j(0.0, tick_s) + offset_w * tick_s
    assert sensor.published(t_s) == pytest.approx(truth_j, abs=1e-6)


@given(waveforms, periods_s, phases_s, moments_s, moments_s)
def test_a_counter_never_goes_back_while_power_flows(waveform, period_s, phase_s, a, b):
    sensor = VirtualSensor(waveform, update_period_s=period_s, phase_s=phase_s, delay_s=0.03)
    assert sensor.published(min(a, b)) <= sensor.published(max(a, b)) + 1e-6


@given(waveforms, periods_s, st.sampled_from([0.01, 0.025, 0.1, 1.0]), moments_s)
def test_a_gauge_shows_the_mean_over_its_window_before_the_tick(waveform, period_s, window_s, t_s):
    sensor = VirtualSensor(waveform, "power", update_period_s=period_s, averaging_window_s=window_s)
    tick_s = sensor.ticks_s(t_s)
    assert sensor.published(t_s) == pytest.approx(waveform.mean_w(tick_s - window_s, tick_s), abs=1e-3)


@given(waveforms, st.lists(moments_s, min_size=1, max_size=10), st.booleans(), st.data())
def test_arrays_give_what_numbers_give(waveform, times, counts, data):
    sensor = VirtualSensor(
        waveform,
        "energy" if counts else "power",
        update_period_s=0.1,
        averaging_window_s=data.draw(st.sampled_from([None, 0.025, 0.1])),
        rise_s=data.draw(st.sampled_from([0.0, 0.2])),
        delay_s=data.draw(st.sampled_from([0.0, 0.04])),
        resets_s=data.draw(st.sampled_from([(), (3.05,), (2.0, 9.0)])),
        stalls=data.draw(st.sampled_from([(), ((4.0, 5.5),)])),
    )
    one_by_one = [sensor.published(t) for t in times]
    assert sensor.published(np.array(times)) == pytest.approx(one_by_one, abs=1e-4)
    assert type(one_by_one[0]) is float


@given(squares, moments_s)
def test_a_part_time_counter_that_looks_all_the_time_is_a_counter(waveform, t_s):
    whole = VirtualSensor(waveform, update_period_s=0.1)
    part = VirtualSensor(waveform, update_period_s=0.1, averaging_window_s=0.1)
    assert part.published(t_s) == pytest.approx(whole.published(t_s), abs=1e-5)


def test_a_part_time_counter_is_blind_to_what_it_does_not_see():
    # The load runs in the 75 ms in which the sensor looks away: 300 W look like the 60 W of idling.
    wave = square(period_s=0.1, duty=0.75, low_w=60.0, high_w=300.0)
    sensor = VirtualSensor(wave, update_period_s=0.1, averaging_window_s=0.025)
    assert sensor.published(10.05) == pytest.approx(600.0)
    assert wave.energy_j(0.0, 10.0) == pytest.approx(2400.0)


@given(waveforms, moments_s, st.sampled_from([1e-3, 61e-6, 0.5]))
def test_quantised_counters_show_whole_steps_just_below_the_truth(waveform, t_s, quantum):
    exact = VirtualSensor(waveform, update_period_s=0.02).published(t_s)
    shown = VirtualSensor(waveform, update_period_s=0.02, quantum=quantum).published(t_s)
    assert -1e-6 * max(1.0, quantum) < exact - shown + 1e-6 < quantum + 1e-5
    assert shown / quantum == pytest.approx(round(shown / quantum), abs=1e-3)


@given(watts, st.sampled_from([0.001, 1.0, 25.0]))
def test_quantised_gauges_show_the_nearest_step(power_w, quantum):
    shown = VirtualSensor(constant(power_w), "power", quantum=quantum).published(1.0)
    assert abs(shown - power_w) <= quantum / 2.0 + 1e-9


@given(waveforms, moments_s, moments_s, st.sampled_from([50.0, 65536.0]))
def test_a_wrap_changes_nothing_modulo_its_range(waveform, a, b, wrap_j):
    plain = VirtualSensor(waveform, update_period_s=0.02, start_j=3.0)
    wrapped = VirtualSensor(waveform, update_period_s=0.02, start_j=3.0, wrap_j=wrap_j)
    difference_j = plain.published(b) - plain.published(a)
    assert 0.0 <= wrapped.published(a) < wrap_j
    off = (wrapped.published(b) - wrapped.published(a) - difference_j) / wrap_j
    assert off == pytest.approx(round(off), abs=1e-6)


@given(waveforms, moments_s)
def test_a_reset_takes_away_what_was_counted_before_it(waveform, t_s):
    plain = VirtualSensor(waveform, update_period_s=0.02)
    reset = VirtualSensor(waveform, update_period_s=0.02, resets_s=(10.0,))
    lost_j = waveform.energy_j(0.0, 10.0) if plain.ticks_s(t_s) >= 10.0 else 0.0
    assert reset.published(t_s) == pytest.approx(plain.published(t_s) - lost_j, abs=1e-5)


@given(waveforms, moments_s)
def test_a_stall_freezes_and_then_catches_up(waveform, t_s):
    plain = VirtualSensor(waveform, update_period_s=0.02)
    stalled = VirtualSensor(waveform, update_period_s=0.02, stalls=((5.0, 7.0),))
    if 5.0 <= plain.ticks_s(t_s) < 7.0:
        assert stalled.published(t_s) == plain.published(4.99)
    else:
        assert stalled.published(t_s) == plain.published(t_s)


@given(waveforms, moments_s, st.floats(0.0, 0.5))
def test_a_delay_shifts_what_is_published(waveform, t_s, delay_s):
    assume(t_s - delay_s >= 0.0)
    late = VirtualSensor(waveform, update_period_s=0.0, delay_s=delay_s)
    assert late.published(t_s) == pytest.approx(waveform.energy_j(0.0, t_s - delay_s), abs=1e-6)


@pytest.mark.parametrize("tau_s", [0.05, 0.4])
def test_the_rise_after_a_step_is_exponential(tau_s):
    step = recorded([0.0, 1.0, 2.0], [60.0, 260.0, 260.0], step=True)
    gauge = VirtualSensor(step, "power", rise_s=tau_s)
    t_s = np.linspace(1.0, 3.0, 21)
    assert gauge.published(t_s) == pytest.approx(60.0 + 200.0 * (1.0 - np.exp(-(t_s - 1.0) / tau_s)))


def test_the_rise_follows_a_ramp_one_time_constant_behind():
    gauge = VirtualSensor(ramp(0.0, 100.0, 0.0, 1000.0), "power", rise_s=0.5)
    assert gauge.published(50.0) == pytest.approx(10.0 * (50.0 - 0.5))


@given(waveforms, st.floats(0.1, 20.0))
def test_a_filter_holds_energy_back_but_loses_none(waveform, t_s):
    tau_s = 0.3
    energy_j = VirtualSensor(waveform, rise_s=tau_s).published(t_s)
    held_w = VirtualSensor(waveform, "power", rise_s=tau_s).published(np.array([0.0, t_s]))
    held_j = tau_s * (held_w[1] - held_w[0])
    assert energy_j + held_j == pytest.approx(waveform.energy_j(0.0, t_s), abs=1e-5)


@given(st.integers(1, 3000), st.sampled_from([0.001, 0.02, 0.1]))
def test_a_moment_on_a_tick_counts_as_past_it(number, period_s):
    sensor = VirtualSensor(constant(1.0), update_period_s=period_s)
    assert sensor.ticks_s(number * period_s) == pytest.approx(number * period_s, abs=period_s / 1000.0)


def test_faults_come_in_order_of_gravity():
    faults = Faults(gaps=((1.0, 4.0),), denied=((2.0, 4.0),), lost_at_s=3.0)
    assert [faults.at(t) for t in (0.5, 1.0, 2.5, 3.0, 99.0)] == ["", "error", "permission", "lost", "lost"]
    assert Faults(gaps=((1.0, 4.0),)).at(4.0) == ""


def test_a_channel_tells_the_truth_unless_told_otherwise():
    sensor = VirtualSensor(constant(1.0), update_period_s=0.02, quantum=0.001, wrap_j=65536.0)
    channel = sensor.channel("gpu0")
    assert (channel.update_period_s, channel.resolution, channel.wrap_j) == (0.02, 0.001, 65536.0)
    assert sensor.channel(update_period_s=None, gain_error=0.03).update_period_s is None


def test_impossible_sensors_are_refused():
    with pytest.raises(ArgumentError, match="quantity"):
        VirtualSensor(constant(1.0), "force")
    with pytest.raises(ArgumentError, match="update_period_s"):
        VirtualSensor(constant(1.0), averaging_window_s=0.1)
    assert math.isinf(Faults().lost_at_s)
