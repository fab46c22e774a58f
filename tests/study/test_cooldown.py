"""Cooldown on made powers: it ends when they fall no more, or when its time is up."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.study.cooldown import cool_down


def looks(powers):
    """Each look takes a second."""
    time_s = itertools.count()
    it = iter(powers)
    now = [0.0]

    def look():
        now[0] = float(next(time_s)) + 1.0
        return next(it)

    return look, lambda: now[0]


@given(st.floats(10.0, 500.0), st.floats(0.0, 500.0), st.floats(1.0, 30.0))
def test_an_exponential_is_left_near_its_end(rest, above, tau):
    powers = (rest + above * 2.718281828 ** (-t / tau) for t in itertools.count())
    look, clock = looks(powers)
    found = cool_down(look, 1000.0, clock)
    assert found.steady
    # a fall of 3 % a second at most is left, so what is above rest is at most 3 % of the power times tau
    assert found.power_w - rest <= 0.035 * (rest + above) * tau
    assert found.seconds <= 1000.0


def test_time_is_up_where_power_falls_on():
    look, clock = looks(1000.0 * 0.9**t for t in itertools.count())
    found = cool_down(look, 10.0, clock)
    assert not found.steady
    assert found.seconds == pytest.approx(10.0, abs=1.0)


def test_without_a_sensor_there_is_nothing_to_wait_for():
    look, clock = looks([None])
    assert cool_down(look, 60.0, clock).power_w is None
    look, clock = looks([50.0, None])
    assert not cool_down(look, 60.0, clock).steady
