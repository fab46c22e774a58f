"""The arithmetic under phases(): times of states add up, ticks are found, joules of states are additive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.energy.joint import Evidence, possible
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.tick_times import tick_times
from wattwhat.energy.timeline import CounterTimeline
from wattwhat.energy.timeline_gauge import GaugeTimeline
from wattwhat.energy.timeline_live import LiveTimeline
from wattwhat.records.channel import Channel

lengths = st.lists(st.tuples(st.floats(1e-4, 0.5), st.integers(0, 3)), min_size=1, max_size=20)


def pieces_of(found):
    bounds = np.concatenate([[0.0], np.cumsum([seconds for seconds, _ in found])])
    return Pieces(bounds, np.array([state for _, state in found]))


def channel(quantity="energy", **fields):
    told = {"update_period_s": 0.1, "max_power_w": 450.0, **fields}
    return Channel("h/t/0", "t", "a device", "gpu", quantity, **told)


@given(lengths, st.integers(1, 9))
def test_the_times_of_the_states_in_all_intervals_add_up(found, count):
    pieces = pieces_of(found)
    intervals = np.linspace(pieces.bounds_s[0], pieces.bounds_s[-1], count + 1)
    time_s, squares_s2 = pieces.within(intervals, 4)
    assert time_s.sum(axis=1) == pytest.approx(np.diff(intervals), abs=1e-12)
    for state in range(4):
        here = sum(seconds for seconds, one in found if one == state)
        assert time_s[:, state].sum() == pytest.approx(here, abs=1e-12)
    assert (squares_s2 <= time_s**2 + 1e-15).all()


@given(lengths)
def test_coarser_pieces_keep_the_time_of_each_state(found):
    pieces = pieces_of(found)
    coarse = pieces.coarser(0.05, 4)
    whole = np.array([pieces.bounds_s[0], pieces.bounds_s[-1]])
    assert coarse.within(whole, 4)[0] == pytest.approx(pieces.within(whole, 4)[0], abs=1e-9)
    assert np.diff(coarse.bounds_s).min() >= -1e-12


@given(st.floats(0.0, 0.0999), st.floats(0.003, 0.03), st.integers(8, 80))
def test_ticks_are_found_within_their_uncertainty(phase_s, look_s, count):
    true = 1.0 + phase_s + 0.1 * np.arange(count)
    looks = np.arange(0.5, 2.0 + 0.1 * count, look_s)
    after = np.searchsorted(looks, true)
    found = tick_times(looks[after - 1], looks[after], 0.1)
    u_s = np.sqrt(np.diag(found.covariance_s2))
    assert (np.abs(found.times_s - true) <= 4.0 * u_s + 1e-9).all()
    assert (u_s <= 1.2 * look_s / np.sqrt(12.0)).all()


def rows(rng, states=3, count=30):
    time_s = rng.uniform(0.0, 0.1, (count, states))
    power = np.array([300.0, 100.0, 60.0])[:states]
    return time_s, time_s**2, np.eye(count), time_s @ power, 1e-6 * np.eye(count), power


@given(st.integers(0, 2**32 - 1))
def test_joules_of_all_states_are_those_that_were_shown(seed):
    evidence = Evidence(3)
    made = rows(np.random.default_rng(seed))
    evidence.add(*made)
    found = evidence.posterior(150.0, 150.0)
    assert found.energy_j.sum() == pytest.approx(made[3].sum(), rel=1e-3)
    assert found.power_w == pytest.approx([300.0, 100.0, 60.0], rel=0.1)
    # the sum is known far better than its parts
    assert found.covariance_j2.sum() < 0.05 * np.diag(found.covariance_j2).max()


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_a_state_that_never_ran_changes_nothing_and_a_unit_only_scales(seed, unit):
    time_s, squares, seen, shown, noise, power = rows(np.random.default_rng(seed))
    first, more, scaled = Evidence(3), Evidence(4), Evidence(3)
    first.add(time_s, squares, seen, shown, noise, power)
    more.add(
        np.pad(time_s, ((0, 0), (0, 1))), np.pad(squares, ((0, 0), (0, 1))), seen, shown, noise,
        np.append(power, 150.0),
    )  # fmt: skip
    scaled.add(time_s, squares, seen, unit * shown, unit**2 * noise, unit * power)
    known = first.posterior(150.0, 150.0)
    other = more.posterior(150.0, 150.0)
    assert other.energy_j[:3] == pytest.approx(known.energy_j, rel=1e-6)
    assert other.energy_j[3] == pytest.approx(0.0, abs=1e-9)
    assert scaled.posterior(unit * 150.0, unit * 150.0).energy_j == pytest.approx(
        unit * known.energy_j, rel=1e-4
    )


def test_two_states_that_always_run_together_stay_as_wide_as_before():
    evidence = Evidence(2)
    time_s = np.full((200, 2), 0.05)
    evidence.add(time_s, time_s**2, np.eye(200), np.full(200, 10.0), 1e-9 * np.eye(200), np.full(2, 100.0))
    found = evidence.posterior(100.0, 150.0)
    assert found.power_u_w.min() > 100.0
    assert found.energy_j.sum() == pytest.approx(2000.0)


def test_no_state_is_left_below_nothing():
    evidence = Evidence(2)
    time_s = np.array([[0.1, 0.001], [0.1, 0.002]])
    evidence.add(time_s, time_s**2, np.eye(2), np.array([10.0, 9.0]), 1e-4 * np.eye(2), np.full(2, 100.0))
    found = possible(evidence.posterior(100.0, 400.0), 450.0)
    assert found.energy_j.min() >= 0.0
    assert found.energy_j.sum() == pytest.approx(19.0, rel=0.05)


@pytest.mark.parametrize("kind", [CounterTimeline, GaugeTimeline, LiveTimeline])
def test_what_is_taken_in_early_comes_out_the_same(kind):
    """Memory is bounded by taking in what is complete; that must change the answer but little."""
    rng = np.random.default_rng(5)
    runs = [(float(rng.uniform(0.01, 0.15)), number % 2) for number in range(600)]
    pieces = pieces_of(runs)
    power = np.array([300.0, 100.0])
    total = np.concatenate([[0.0], np.cumsum([seconds * power[state] for seconds, state in runs])])
    found = []
    for early in (False, True):
        if kind is GaugeTimeline:
            timeline = kind(channel("power", averaging_window_s=0.1))
        else:
            timeline = kind(channel())
        # phases read at each edge; the sampler looks at slow sensors besides
        looks = np.union1d(np.arange(0.003, pieces.bounds_s[-1], 0.0061), pieces.bounds_s)
        for t_s in looks:
            tick = np.floor(t_s / 0.1) * 0.1
            counted = np.interp([tick - 0.1, tick, t_s], pieces.bounds_s, total)
            shown = {CounterTimeline: counted[1], GaugeTimeline: (counted[1] - counted[0]) / 0.1}
            timeline.look(float(t_s), float(shown.get(kind, counted[2])))
            if early and len(timeline.values) > 100:
                until = pieces.bounds_s.searchsorted(t_s, side="right") - 1
                timeline.take_in(Pieces(pieces.bounds_s[: until + 1], pieces.states[:until]), 2)
        found.append(timeline.posterior(pieces, 2, float(pieces.bounds_s[-1])).energy_j)
    truth = [sum(s for s, state in runs if state == one) * power[one] for one in (0, 1)]
    assert found[0] == pytest.approx(truth, rel=0.03)
    assert found[1] == pytest.approx(found[0], rel=0.01)


@given(st.floats(0.002, 0.3), st.floats(0.0005, 0.01), st.sampled_from([None, 0.1]))
def test_a_counter_is_slow_if_it_shows_each_value_for_as_long_as_it_is_taken_to(period_s, look_s, told_s):
    timeline = CounterTimeline(channel(update_period_s=told_s))
    assert timeline.slow is (told_s is not None)
    for t_s in np.arange(0.0, 12.0 * period_s, look_s):
        timeline.look(float(t_s), float(t_s // period_s))
    if period_s - 2.0 * look_s >= 0.05:
        assert timeline.slow
    elif period_s < 0.05 and len(timeline.values) > 9:
        assert not timeline.slow


@given(st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 100.0)), min_size=1, max_size=20))
def test_a_live_counters_looks_are_kept_in_their_order(looks):
    timeline = LiveTimeline(channel(update_period_s=None))
    for t_s, value in looks:
        timeline.look(t_s, value)
    assert timeline.lo == sorted(timeline.lo)
    assert timeline.values == sorted(timeline.values)


def scattered(rng, count=80, rest_s=0.0):
    """Runs of two states in turn whose powers scatter by a fifth, then rest; joules until each edge."""
    lengths = [*(float(rng.uniform(0.02, 0.15)) for _ in range(count)), 1.0 + rest_s]
    states = [*(number % 2 for number in range(count)), 2]
    means = np.array([300.0, 120.0, 60.0])
    powers = [float(means[one] * (1.0 + 0.2 * rng.standard_normal())) for one in states[:-1]] + [60.0]
    pieces = pieces_of(list(zip(lengths, states, strict=True)))
    joules = np.array(lengths) * np.array(powers)
    truth_j = np.bincount(states, joules, 3)
    return pieces, np.concatenate([[0.0], np.cumsum(joules)]), truth_j


def looked_at(timeline, pieces, total_j, window_s=None):
    """The timeline after looks at a sensor that renews its value every 100 ms."""
    for t_s in np.arange(0.003, pieces.bounds_s[-1], 0.0161):
        tick = np.floor(t_s / 0.1) * 0.1
        begun_j, counted_j = np.interp([tick - (window_s or 0.0), tick], pieces.bounds_s, total_j)
        timeline.look(float(t_s), float(counted_j if window_s is None else (counted_j - begun_j) / window_s))
    return timeline.posterior(pieces, 3, float(pieces.bounds_s[-1]))


@pytest.mark.parametrize("window_s", [None, 0.1, 0.025])
@given(seed=st.integers(0, 1000), rest_s=st.floats(0.0, 20.0))
def test_rest_after_the_work_makes_nobody_surer_of_the_work(window_s, seed, rest_s):
    """Many values from within one run say that it is steady, and not that runs are alike."""
    found = []
    for after_s in (0.0, rest_s):
        pieces, total_j, truth_j = scattered(np.random.default_rng(seed), rest_s=after_s)
        kind = GaugeTimeline if window_s else CounterTimeline
        timeline = kind(channel("power" if window_s else "energy", averaging_window_s=window_s))
        posterior = looked_at(timeline, pieces, total_j, window_s)
        u_j = np.sqrt(np.diag(posterior.covariance_j2))[:2]
        assert (np.abs(posterior.energy_j - truth_j)[:2] <= 5.0 * u_j).all()
        found.append(u_j)
    assert (found[1] >= 0.75 * found[0]).all()


@pytest.mark.parametrize("window_s", [0.1, 0.05, 0.025])
@given(seed=st.integers(0, 1000))
def test_a_gauge_that_does_not_say_how_long_it_looks_is_found_out(window_s, seed):
    pieces, total_j, truth_j = scattered(np.random.default_rng(seed))
    for stated_s in (window_s, None):
        timeline = GaugeTimeline(channel("power", averaging_window_s=stated_s))
        posterior = looked_at(timeline, pieces, total_j, window_s)
        u_j = np.sqrt(np.diag(posterior.covariance_j2))[:2]
        assert (np.abs(posterior.energy_j - truth_j)[:2] <= 5.0 * u_j).all()


@given(lengths, st.lists(st.floats(0.0, 10.0), min_size=2, max_size=30, unique=True))
def test_of_the_values_from_within_one_run_one_tells_how_runs_differ(found, moments):
    pieces, at = pieces_of(found), np.sort(moments)
    tells = pieces.tells(at[:-1], at[1:])
    for begin, end in zip(pieces.bounds_s[:-1], pieces.bounds_s[1:], strict=True):
        inside = (at[:-1] >= begin) & (at[1:] <= end)
        assert tells[inside].sum() == min(int(inside.sum()), 1)
        tells[inside] = True
    assert tells.all() or (at[:-1] >= pieces.bounds_s[-1]).any()
