"""Laws of gauges: from power samples to joules, one by one or in arrays."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.energy.gauge import PowerSums, gauge_energy, integrate_power
from wattwhat.energy.gauge_timing import (
    answer_s,
    lag_s,
    looks_away_s,
    looks_away_warning,
    rest_s,
    seen_fraction,
)
from wattwhat.records.sources import EDGES, LOST, UNSEEN

HOW = {"period_s": 0.1, "seen": 0.25, "max_gap_s": 0.5, "limit_w": 400.0}
STEPS = st.lists(st.tuples(st.floats(0.001, 1.0), st.floats(0.0, 400.0)), min_size=2, max_size=40)


def samples(steps: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    times = np.cumsum([step for step, _ in steps]).tolist()
    return times, [power for _, power in steps]


def one_by_one(t: list[float], p: list[float]) -> PowerSums:
    sums = PowerSums()
    for time, power in zip(t, p, strict=True):
        sums = sums.add(time, power, **HOW)
    return sums


def same(a: PowerSums, b: PowerSums) -> None:
    assert a.energy_j == pytest.approx(b.energy_j, rel=1e-9, abs=1e-9)
    assert a.unseen_j2 == pytest.approx(b.unseen_j2, rel=1e-9, abs=1e-9)
    assert a.gaps_j2 == pytest.approx(b.gaps_j2, rel=1e-9, abs=1e-9)
    assert a.gap_s == pytest.approx(b.gap_s, abs=1e-9)
    assert a.span_s == pytest.approx(b.span_s, abs=1e-9)
    assert a.samples == b.samples
    assert a.last == b.last


@given(STEPS, st.data())
def test_arrays_chunks_and_single_samples_agree(
    steps: list[tuple[float, float]], data: st.DataObject
) -> None:
    t, p = samples(steps)
    cut = data.draw(st.integers(0, len(t)))
    chunked = PowerSums().add_arrays(t[:cut], p[:cut], **HOW).add_arrays(t[cut:], p[cut:], **HOW)
    same(chunked, one_by_one(t, p))


@given(STEPS, st.data())
def test_adjoining_windows_add_up(steps: list[tuple[float, float]], data: st.DataObject) -> None:
    t, p = samples(steps)
    cut = data.draw(st.integers(1, len(t) - 1))
    whole, left = one_by_one(t, p), one_by_one(t[:cut], p[:cut])
    right = whole.minus(left)
    assert left.energy_j + right.energy_j == pytest.approx(whole.energy_j, abs=1e-9)
    assert right.energy_j == pytest.approx(np.trapezoid(p[cut - 1 :], t[cut - 1 :]), abs=1e-6)


@given(st.floats(1.0, 400.0), st.integers(3, 200), st.floats(0.01, 2.0))
def test_constant_power_is_power_times_time_and_hides_nothing(power: float, count: int, step: float) -> None:
    joules = integrate_power([step * k for k in range(count)], [power] * count)
    assert joules.value_j == pytest.approx(power * step * (count - 1))
    assert dict(joules.parts).get(UNSEEN, 0.0) == 0.0


@given(STEPS, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(steps: list[tuple[float, float]], scale: float) -> None:
    t, p = samples(steps)
    plain = integrate_power(t, p, limit_w=800.0)
    scaled = integrate_power(t, [scale * power for power in p], limit_w=800.0 * scale)
    assert scaled.value_j == pytest.approx(scale * plain.value_j, rel=1e-9, abs=1e-9)
    assert scaled.quantity.u == pytest.approx(scale * plain.quantity.u, rel=1e-9, abs=1e-9)


@given(STEPS)
def test_looking_less_of_the_time_is_known_less(steps: list[tuple[float, float]]) -> None:
    t, p = samples(steps)
    always = PowerSums().add_arrays(t, p, **{**HOW, "seen": 1.0})
    seldom = PowerSums().add_arrays(t, p, **{**HOW, "seen": 0.1})
    assert seldom.unseen_j2 >= always.unseen_j2
    assert seldom.energy_j == always.energy_j


def test_the_joules_of_a_gap_become_uncertainty_and_a_warning() -> None:
    t = [0.0, 0.1, 0.2, 5.2, 5.3, 5.4]
    joules = integrate_power(t, [100.0] * 6, limit_w=300.0)
    assert joules.value_j == pytest.approx(540.0)
    assert dict(joules.parts)[LOST] == pytest.approx(200.0 * 5.0 / math.sqrt(3))
    assert "5 s of 5.4 s" in joules.warnings[0]


def test_a_pause_is_no_gap() -> None:
    sums = one_by_one([0.0, 0.1], [100.0, 100.0]).paused()
    sums = sums.add(50.0, 10.0, **HOW).add(50.1, 10.0, **HOW)
    assert sums.energy_j == pytest.approx(11.0)
    assert sums.gap_s == 0.0


@pytest.mark.parametrize(
    ("period", "window", "seen", "delay"),
    [(0.1, 0.1, 1.0, 0.1), (0.1, 0.025, 0.25, 0.0625), (0.1, 1.0, 1.0, 0.55), (0.1, None, 0.25, 0.1)],
)
def test_what_a_gauge_sees_and_how_late(
    period: float, window: float | None, seen: float, delay: float
) -> None:
    channel = Channel("h/t/0", "t", "d", "gpu", "power", update_period_s=period, averaging_window_s=window)
    assert seen_fraction(period, window) == pytest.approx(seen)
    assert lag_s(channel) == pytest.approx(delay)


def test_a_known_delay_and_rise_are_part_of_the_lag() -> None:
    channel = Channel(
        "h/t/0",
        "t",
        "d",
        "gpu",
        "power",
        update_period_s=0.1,
        averaging_window_s=0.1,
        delay_s=0.03,
        rise_s=0.2,
    )
    assert lag_s(channel) == pytest.approx(0.33)
    assert answer_s(channel) == rest_s(channel) == pytest.approx(0.2 + 0.03 + 1.0)
    assert rest_s(attrs.evolve(channel, delay_s=None)) == pytest.approx(0.2 + 0.1 + 1.0)


@pytest.mark.parametrize(
    ("quantity", "window", "away"),
    [
        ("power", 0.1, 0.0),
        ("power", 1.0, 0.0),
        ("power", 0.025, 0.1),
        ("power", None, 0.1),
        ("energy", None, 0.0),
        ("energy", 0.025, 0.1),
    ],
)
def test_who_looks_away_is_said(quantity: str, window: float | None, away: float) -> None:
    channel = Channel("h/t/0", "t", "d", "gpu", quantity, update_period_s=0.1, averaging_window_s=window)
    assert looks_away_s(channel) == away
    assert bool(looks_away_warning(channel)) == bool(away)


def test_what_is_blind_at_the_end_is_an_edge() -> None:
    channel = Channel("h/t/0", "t", "d", "gpu", "power", update_period_s=0.1, averaging_window_s=0.1)
    sums = one_by_one([0.0, 0.5, 1.0], [100.0, 100.0, 100.0])
    assert dict(gauge_energy(sums, 1.0, channel).parts).get(EDGES, 0.0) == 0.0
    assert dict(gauge_energy(sums, 1.0, channel, blind_s=0.1).parts)[EDGES] == pytest.approx(5.0)


@pytest.mark.parametrize(("t", "p"), [([0.0], [1.0]), ([0.0, 1.0], [1.0]), ([[0.0], [1.0]], [[1.0], [1.0]])])
def test_runs_that_do_not_match_are_refused(t: object, p: object) -> None:
    with pytest.raises(ValueError, match="t_s and power_w"):
        integrate_power(t, p)
