"""Power over time: what was kept, thinned without making anything up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.report.page.traces import read_trace, thinned

powers = st.lists(st.floats(0, 1e4), min_size=2, max_size=300)


@given(powers, st.integers(2, 400))
def test_thinning_keeps_span_and_bounds(values, most):
    times = [0.1 * i for i in range(len(values))]
    found = thinned(times, values, most)
    assert 1 <= len(found["t_s"]) == len(found["power_w"]) <= most
    assert min(values) * 0.9999 <= min(found["power_w"]) <= max(found["power_w"]) <= max(values) * 1.0001
    assert found["t_s"] == sorted(found["t_s"])
    assert (found["mean_over_s"] is None) == (len(values) <= most)


@given(st.floats(0, 1e4), st.integers(2, 50))
def test_a_constant_power_stays_what_it_is(power, most):
    found = thinned(range(200), [power] * 200, most)
    assert found["power_w"] == pytest.approx([power] * most, rel=1e-4)


def test_a_gap_is_not_bridged():
    times = [*range(100), *range(900, 1000)]
    found = thinned(times, [5.0] * 200, 50)
    assert not [t for t in found["t_s"] if 120 < t < 880]


def test_samples_that_are_no_numbers_are_left_out():
    trace = {"t_s": [0, 1, 2, 3, None, 5], "power_w": [1, None, math.nan, "4", 5, 6]}
    assert read_trace({"trace": trace}) == ([0.0, 5.0], [1.0, 6.0])


@pytest.mark.parametrize(
    "trace",
    [
        None,
        "abc",
        [],
        {},
        {"t_s": [1, 2]},
        {"t_s": [1, 2], "power_w": [1]},
        {"t_s": "12", "power_w": "34"},
        {"t_s": [1, 2], "power_w": [None, 3]},
        {"t_s": [True, False], "power_w": [1, 2]},
    ],
)
def test_what_is_no_trace_is_none(trace):
    assert read_trace({"trace": trace}) is None
