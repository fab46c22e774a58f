"""Shares of a span: they add up to it, whoever ran when, and say how unsure they are."""

from __future__ import annotations

import itertools
import json
import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs import counter, simulated
from wattwhat import Measurement, Quantity
from wattwhat.acquisition.window import Window
from wattwhat.analysis.attribution import Attribution, attribute
from wattwhat.errors import ArgumentError
from wattwhat.testing import Piecewise

BEGUN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def span(energy_j: float = 100.0, idle_w: float | None = None) -> Measurement:
    idle = None if idle_w is None else Quantity(idle_w, 0.1, "W")
    return Measurement(
        label="serve",
        energy_j=Quantity(energy_j, 1.0, "J"),
        duration_s=10.0,
        started_at=BEGUN,
        idle_power_w=idle,
    )


requests = st.lists(
    st.tuples(st.floats(-2.0, 12.0), st.floats(0.0, 9.0), st.floats(0.0, 1e4)).map(
        lambda one: (one[0], one[0] + one[1], one[2])
    ),
    max_size=20,
)


@given(requests, st.sampled_from(["time", "tokens"]), st.sampled_from([None, 0.0, 4.0, 30.0]))
def test_shares_and_idle_add_up_to_the_span(given: Any, by: str, idle_w: float | None) -> None:
    whole = span(idle_w=idle_w)
    found = attribute(whole, given, by=by, clock="window")
    parts = [one.energy_j.value for one in found.shares]
    assert math.fsum([*parts, found.idle_j.value]) == pytest.approx(100.0, rel=1e-12)
    assert all(part >= 0.0 for part in parts)
    assert all(one.energy_j.u >= 0.0 for one in found.shares)
    assert Attribution.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@given(requests)
def test_a_request_that_never_ran_in_it_changes_nothing(given: Any) -> None:
    found = attribute(span(), given, clock="window")
    more = attribute(span(), [*given, (20.0, 30.0)], clock="window")
    assert more.shares[:-1] == found.shares
    assert more.shares[-1].energy_j.value == 0.0
    assert more.warnings


def test_moments_are_shared_and_nobody_has_the_rest() -> None:
    found = attribute(span(), [(0.0, 4.0), (2.0, 4.0)])
    assert [one.energy_j.value for one in found.shares] == pytest.approx([30.0, 10.0])
    assert found.idle_j.value == pytest.approx(60.0)
    by_tokens = attribute(span(), [(0.0, 4.0, 400), (0.0, 2.0, 600)], by="tokens")
    assert [one.energy_j.value for one in by_tokens.shares] == pytest.approx([20.0 * 0.25 + 20.0, 15.0])
    mine = attribute(span(), [(0.0, 10.0, 1), (0.0, 10.0, 3)], by=lambda one: one.tokens or 0.0)
    assert [one.energy_j.value for one in mine.shares] == pytest.approx([25.0, 75.0])


def test_power_at_rest_is_a_line_of_its_own() -> None:
    found = attribute(span(idle_w=4.0), [(0.0, 5.0)])
    assert found.idle_j.value == pytest.approx(4.0 * 5.0 + 50.0)
    assert found.shares[0].energy_j.value == pytest.approx(30.0)


def test_who_had_everything_is_as_sure_as_the_span_and_who_had_little_is_not() -> None:
    alone = attribute(span(), [(0.0, 10.0)])
    assert alone.shares[0].energy_j == alone.energy_j
    short = attribute(span(), [(0.0, 10.0), (4.0, 4.5)])
    assert short.shares[1].energy_j.u > 0.3 * short.shares[1].energy_j.value


@pytest.mark.parametrize("clock", ["unix", "auto"])
def test_times_are_datetimes_or_seconds(clock: str) -> None:
    later = [(BEGUN + timedelta(seconds=2), BEGUN + timedelta(seconds=7))]
    seconds = [{"begin": one.timestamp(), "end": two.timestamp(), "weight": 3} for one, two in later]
    for times in (later, seconds):
        assert attribute(span(), times, clock=clock).shares[0].duration_s == pytest.approx(5.0)


def test_twenty_overlapping_requests_as_windows_know_how_the_power_moved() -> None:
    powers, bounds = [100.0, 300.0, 150.0], [101.0, 105.0, 109.0]
    wave = Piecewise([10.0, *bounds[1:], 400.0], powers)
    simulation = simulated(counter(wave, period_s=0.02), max_power_w=700.0, gain_error=0.0)
    simulation.until(101.0)
    windows = [Window(f"r{n}", sync=False, meter_set=simulation.meter_set) for n in range(20)]
    with Window("serve", sync=False, meter_set=simulation.meter_set) as whole:
        for window in windows:
            window.start()
            simulation.advance(0.25)
        for window in windows:
            simulation.advance(0.35)
            window.stop()
    simulation.advance(0.1)
    found = attribute(whole, windows)
    plain = attribute(whole, [(n * 0.25, 5.0 + (n + 1) * 0.35) for n in range(20)], clock="window")
    assert math.fsum([*(one.energy_j.value for one in found.shares), found.idle_j.value]) == pytest.approx(
        whole.measurement.energy_j.value
    )
    # the first one ran from 101 to 106.35 s, when others joined every 0.25 s and left every 0.35 s
    cuts = [101.0 + 0.25 * n for n in range(20)] + [106.0, 106.35]
    true_j = 0.0
    for number, (begin_s, end_s) in enumerate(itertools.pairwise(cuts)):
        true_j += float(wave.energy_j(begin_s, end_s)) / min(number + 1, 20)
    first = found.shares[0].energy_j
    assert first.value == pytest.approx(true_j, rel=0.05)
    assert first.u < plain.shares[0].energy_j.u


@pytest.mark.parametrize(
    ("given", "by", "names"),
    [
        ([(3.0, 1.0)], "time", "requests"),
        ([(1.0, 3.0)], "tokens", "tokens"),
        ([(1.0, 3.0, -1.0)], "time", "tokens"),
        ([(1.0, BEGUN)], "time", "requests"),
        ([object()], "time", "requests"),
        ("abc", "time", "requests"),
        ([(1.0, 3.0)], "energy", "by"),
        ([(1.0, 3.0)], lambda one: -1.0, "by"),
        ([(1.0, math.nan)], "time", "requests"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(given: Any, by: Any, names: str) -> None:
    with pytest.raises(ArgumentError, match=names):
        attribute(span(), given, by=by)


def test_a_span_without_joules_is_refused() -> None:
    with pytest.raises(ArgumentError, match="span"):
        attribute(Measurement(label="a", energy_j=Quantity(1.0, 0.1, "J")), [(0.0, 1.0)])
    with pytest.raises(ArgumentError, match="span"):
        attribute(3.0, [(0.0, 1.0)])
