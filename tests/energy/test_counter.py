"""Laws of counters: what is read between two ticks of a wrapping, stale, resetting counter."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.energy.counter import counter_energy, difference
from wattwhat.records.sources import EDGES, LOST, RESOLUTION

GAINS = st.lists(st.floats(0.0, 99.0), min_size=1, max_size=30)


def channel(period_s: float | None = 0.1, **fields: object) -> Channel:
    return Channel("h/t/0", "t", "a GPU", "gpu", "energy", update_period_s=period_s, **fields)  # type: ignore[arg-type]


@given(st.floats(0.0, 99.0), GAINS)
def test_a_wrap_changes_nothing(start: float, gains: list[float]) -> None:
    true = [start]
    for gain in gains:
        true.append(true[-1] + gain)
    shown = [value % 100.0 for value in true]
    for before, after, gain in zip(shown, shown[1:], gains, strict=False):
        gained, kind = difference(before, after, wrap_j=100.0)
        assert gained == pytest.approx(gain, abs=1e-9) or gain == pytest.approx(gained + 100.0, abs=1e-9)
        assert kind in ("ok", "wrap")


@given(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 1e3))
def test_adjoining_windows_add_up(first: float, a: float, b: float) -> None:
    whole, _ = difference(first, first + a + b)
    left, _ = difference(first, first + a)
    right, _ = difference(first + a, first + a + b)
    assert left + right == pytest.approx(whole, abs=1e-6)


@given(st.floats(1.0, 1e5), st.floats(1.0, 100.0))
def test_long_adjoining_windows_add_up_as_energies_too(power_w: float, seconds: float) -> None:
    sensor = channel()
    whole = counter_energy(2 * power_w * seconds, 2 * seconds, sensor)
    half = counter_energy(power_w * seconds, seconds, sensor)
    assert 2 * half.value_j == pytest.approx(whole.value_j)


@given(st.floats(0.01, 1e4), st.floats(0.001, 100.0), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(gained_j: float, seconds: float, scale: float) -> None:
    """Everything in another unit of energy gives the same energy in that unit."""
    plain = counter_energy(gained_j, seconds, channel(max_power_w=300.0, resolution=0.01, gain_error=0.03))
    scaled = counter_energy(
        gained_j * scale,
        seconds,
        channel(max_power_w=300.0 * scale, resolution=0.01 * scale, gain_error=0.03),
    )
    assert scaled.value_j == pytest.approx(plain.value_j * scale, rel=1e-9)
    assert scaled.quantity.u == pytest.approx(plain.quantity.u * scale, rel=1e-9)


@given(
    st.floats(50.0, 400.0),
    st.floats(0.001, 10.0),
    st.booleans(),
    st.sampled_from([(0.1, True), (0.1, False), (0.02, False), (0.001, False)]),
)
def test_the_interval_contains_the_truth_of_a_steady_load(
    power_w: float, seconds: float, known: bool, period: tuple[float, bool]
) -> None:
    """Whatever the length: for nine of ten phases of the ticks or more, a constant power is inside 95 %.

    Where nobody stated the update period, for eight of ten at the worst length.
    """
    (period_s, stated), phases = period, 40
    inside = 0
    for phase in range(phases):
        ticks = math.floor((seconds + (phase + 0.5) / phases * period_s) / period_s)
        joules = counter_energy(
            power_w * period_s * ticks,
            seconds,
            channel(period_s if stated else None, max_power_w=450.0),
            reference_w=power_w if known else None,
        )
        inside += abs(joules.value_j - power_w * seconds) <= 1.96 * joules.quantity.u
    assert inside >= (0.9 if stated else 0.8) * phases


@given(st.floats(50.0, 400.0), st.floats(0.01, 0.099))
def test_one_tick_tells_the_power_of_a_window_shorter_than_a_period(power_w: float, seconds: float) -> None:
    """A tick holds the energy of a whole period, of which the window is a part."""
    joules = counter_energy(power_w * 0.1, seconds, channel(0.1, max_power_w=450.0))
    assert joules.value_j == pytest.approx(power_w * seconds)


@given(st.floats(0.01, 0.099))
def test_no_tick_in_a_window_shorter_than_a_period_says_nothing(seconds: float) -> None:
    joules = counter_energy(0.0, seconds, channel(0.1, max_power_w=450.0))
    assert joules.value_j == pytest.approx(225.0 * seconds)
    assert joules.quantity.u == pytest.approx(450.0 / math.sqrt(12.0) * seconds)


@given(st.floats(10.0, 1000.0))
def test_a_longer_window_is_known_better(power_w: float) -> None:
    relative = [
        counter_energy(power_w * seconds, seconds, channel()).quantity.relative
        for seconds in (0.5, 1, 5, 20, 100)
    ]
    assert relative == sorted(relative, reverse=True)


def test_wrap_reset_and_growth_are_three_things() -> None:
    assert difference(5.0, 7.0, 100.0) == (2.0, "ok")
    assert difference(99.0, 1.0, 100.0) == (2.0, "wrap")
    assert difference(99.0, 1.0) == (1.0, "reset")


def test_a_window_in_which_nothing_ticked_is_not_zero() -> None:
    joules = counter_energy(0.0, 0.02, channel(max_power_w=400.0))
    assert joules.value_j == pytest.approx(4.0, rel=0.2)  # half of the limit for 20 ms
    low, high = joules.quantity.interval()
    assert low <= 0.5
    assert high >= 7.5
    assert "every 100 ms:" in joules.warnings[0]
    slow = counter_energy(0.0, 0.02, channel(1.0, max_power_w=400.0))
    assert "every 1 s:" in slow.warnings[0]


def test_a_window_in_which_nothing_ticked_leans_on_the_power_around_it() -> None:
    joules = counter_energy(0.0, 0.02, channel(max_power_w=400.0), reference_w=100.0)
    assert joules.value_j == pytest.approx(2.0, rel=0.2)


def test_every_part_is_in_the_budget() -> None:
    sensor = channel(resolution=0.6, gain_error=0.03, offset_w=2.0)
    joules = counter_energy(1000.0, 10.0, sensor, lost_u_j=7.0)
    parts = dict(joules.parts)
    assert parts["sensor gain"] == pytest.approx(30.0)
    assert parts["sensor offset"] == pytest.approx(20.0)
    assert parts[RESOLUTION] == pytest.approx(0.6 / math.sqrt(6))
    assert parts[LOST] == 7.0
    assert parts[EDGES] > 100.0 * 0.1 / math.sqrt(6)  # at least what a steady load has
    assert joules.warnings == ()


def test_an_estimate_has_no_edges_and_calls_its_gain_a_model() -> None:
    joules = counter_energy(10.0, 0.001, channel(None, gain_error=0.4), provenance="estimated")
    assert joules.parts == (("model", 4.0),)
