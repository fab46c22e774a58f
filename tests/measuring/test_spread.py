"""What the spread of blocks tells of their sum: memory widens it, edges that neighbours share do not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.measuring.spread import spread_of_sum
from wattwhat.measuring.steady_state import level_change, rising_blocks

VALUES = st.lists(st.floats(1.0, 1e3), min_size=2, max_size=30)


@given(VALUES, st.floats(0.1, 10.0), st.floats(-100.0, 100.0))
def test_it_scales_with_the_values_and_does_not_know_their_level(
    values: list[float], factor: float, shift: float
) -> None:
    one = spread_of_sum(values)
    other = spread_of_sum([factor * value + shift for value in values])
    assert other.u == pytest.approx(factor * one.u, rel=1e-4, abs=1e-4)


@given(VALUES, st.floats(0.0, 1e3))
def test_shared_edges_only_take_off_and_never_below_nothing(values: list[float], shared_j: float) -> None:
    assert 0.0 <= spread_of_sum(values, shared_j).u <= spread_of_sum(values).u


def test_a_few_values_that_happen_to_be_alike_are_not_widened_without_bound() -> None:
    for values in ([1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [5.0, 5.0, 5.0, 6.0, 6.0, 6.0], [1.0, 1.0, 1.0, 1.0, 9.0]):
        half = 1.96 * spread_of_sum(values).u / len(values)
        assert half <= 2.5 * (max(values) - min(values))


@given(VALUES)
def test_no_more_are_independent_than_there_are(values: list[float]) -> None:
    assert 1.0 <= spread_of_sum(values).independent <= len(values)


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.8])
@pytest.mark.parametrize(("noise", "edges"), [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)])
@pytest.mark.parametrize("n", [20, 60])
def test_intervals_of_values_with_a_memory_hold(alike: float, n: int, noise: float, edges: float) -> None:
    rng = np.random.default_rng(n)
    inside, cases = 0, 100
    for _ in range(cases):
        state = rng.standard_normal()
        values = []
        for _ in range(n):
            state = alike * state + math.sqrt(1.0 - alike**2) * rng.standard_normal()
            values.append(100.0 + state)
        shown = np.array(values) + noise * rng.standard_normal(n) + np.diff(edges * rng.uniform(-1, 1, n + 1))
        spread = spread_of_sum(shown.tolist(), 0.6 * edges)
        inside += abs(shown.sum() - 100.0 * n) <= 1.96 * spread.u
    # twenty values with such a memory are worth two: measure() asks for more
    assert inside / cases >= (0.7 if alike == 0.8 and n == 20 else 0.86)


def test_of_values_that_only_share_edges_nothing_is_left_in_most_cases() -> None:
    rng = np.random.default_rng(3)
    left = []
    for _ in range(300):
        edges = rng.uniform(-1.0, 1.0, 21)
        left.append(spread_of_sum((100.0 + np.diff(edges)).tolist(), shared_u=0.6).u)
    alone = spread_of_sum((100.0 + np.diff(edges)).tolist()).u
    assert np.median(left) < 0.5 * alone


def as_many_as(met: int, n: int) -> float:
    """How often rare values may come, where of n so many were met: 97.5 % by the binomial, mid-P."""
    low, high = met / n, 1.0
    for _ in range(40):
        often = 0.5 * (low + high)
        chances = [math.comb(n, k) * often**k * (1.0 - often) ** (n - k) for k in range(met + 1)]
        low, high = (often, high) if sum(chances) - 0.5 * chances[-1] > 0.025 else (low, often)
    return high


@pytest.mark.parametrize("n", [40, 60, 120])
@pytest.mark.parametrize("met", [2, 4, 8])
def test_where_few_rare_values_were_met_as_many_as_chance_allows_are_inside(met: int, n: int) -> None:
    values = np.where(np.random.default_rng(n).permutation(n) < met, 22.5, 15.0)
    half = 1.96 * spread_of_sum(values.tolist()).u / n
    assert half >= 0.9 * 7.5 * (as_many_as(met, n) - met / n)


def test_values_without_skewness_are_not_widened_for_it() -> None:
    rng = np.random.default_rng(4)
    values = [rng.standard_normal(40) for _ in range(200)]
    own = [spread_of_sum(one.tolist()).u / one.std(ddof=1) / math.sqrt(40) for one in values]
    both = [spread_of_sum([*one, *(-one)]).u / one.std() / math.sqrt(80) for one in values]
    assert np.median(own) <= np.median(both) * 1.05


@given(st.floats(0.05, 0.8), st.integers(10, 60), st.floats(0.2, 0.8), st.integers(0, 1000))
def test_a_step_is_found_where_it_is(change: float, n: int, share: float, seed: int) -> None:
    split = min(max(int(share * n), 3), n - 3)
    noise = 0.002 * np.random.default_rng(seed).standard_normal(n)
    powers = np.where(np.arange(n) < split, 300.0, 300.0 * (1.0 - change)) * (1.0 + noise)
    found = level_change(powers.tolist(), [1.0] * n)
    assert found is not None
    assert found.at_s == split
    assert found.after_w == pytest.approx(300.0 * (1.0 - change), rel=0.01)
    assert "throttling" in found.sentence


@pytest.mark.parametrize("shape", ["white", "line", "memory"])
def test_what_is_no_step_is_seldom_taken_for_one(shape: str) -> None:
    rng = np.random.default_rng(7)
    alarms, cases, n = 0, 400, 30
    for _ in range(cases):
        noise = rng.standard_normal(n)
        if shape == "memory":
            for k in range(1, n):
                noise[k] = 0.6 * noise[k - 1] + 0.8 * noise[k]
        trend = np.linspace(-3.0, 3.0, n) if shape == "line" else 0.0
        alarms += level_change((100.0 + 2.0 * noise + 2.0 * trend).tolist(), [1.0] * n) is not None
    assert alarms / cases < 0.05


def test_a_level_is_no_rise() -> None:
    assert rising_blocks([200.0] * 5 + [280.0] * 19, [0.2] * 24) == 0
    assert rising_blocks([150.0, 220.0, 255.0, 270.0, 276.0] + [280.0] * 19, [0.2] * 24) in (4, 5)


@given(VALUES, st.floats(0.0, 1e3))
def test_what_decides_is_never_surer_than_what_is_told(values: list[float], shared_j: float) -> None:
    spread = spread_of_sum(values, shared_j)
    assert spread.sure_u >= 0.999 * spread.u


def test_a_few_values_that_come_out_alike_by_chance_are_not_taken_for_enough() -> None:
    """Power that wanders by 10 % over two values: 1.96 of what decides is seldom below what 5 % needs."""
    rng, lucky, cases, n = np.random.default_rng(4), 0, 200, 10
    for _ in range(cases):
        state, values = rng.standard_normal(), []
        for _ in range(n):
            state = 0.6 * state + 0.8 * rng.standard_normal()
            values.append(100.0 + 10.0 * state)
        lucky += 1.96 * spread_of_sum(values).sure_u <= 0.05 * math.fsum(values)
    assert lucky / cases <= 0.02


@given(st.integers(40, 64), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_what_comes_again_and_again_is_not_taken_for_a_slow_change(n: int, slow: float, phase: float) -> None:
    turn = 2.6 + slow * (n / 4.2 - 2.6)
    times = (np.arange(n)[:, None] + (np.arange(16) + 0.5) / 16.0 + phase * turn) % turn
    values = 100.0 + np.where(times < turn / 2.0, 1.0, -1.0).mean(1)
    alone = math.sqrt(n * float(values.var(ddof=1)))
    assert spread_of_sum(values.tolist()).u <= 1.1 * alone


@pytest.mark.parametrize("n", [6, 12, 30])
@pytest.mark.parametrize("memory", [0.5, 1.0, 2.0])
def test_a_slow_change_of_which_little_was_seen_is_not_taken_for_rest(n: int, memory: float) -> None:
    """Power that wanders by 10 % over half, all or twice of the values, so that they lie close together."""
    rng, lucky, cases = np.random.default_rng(n), 0, 100
    keep = math.exp(-1.0 / (memory * n))
    for _ in range(cases):
        state, values = rng.standard_normal(), []
        for _ in range(n):
            state = keep * state + math.sqrt(1.0 - keep**2) * rng.standard_normal()
            values.append(100.0 + 10.0 * state)
        lucky += 1.96 * spread_of_sum(values).sure_u <= 0.05 * math.fsum(values)
    assert lucky / cases <= 0.03
