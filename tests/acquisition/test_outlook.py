"""Forecasts and budgets of an open window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs import counter, simulated
from wattwhat import Measurement, Quantity
from wattwhat.acquisition.outlook import _shares, exceeds
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError, WindowError
from wattwhat.testing import constant


def test_a_steady_job_is_forecast_and_the_interval_narrows() -> None:
    simulation = simulated(counter(constant(100.0), 0.001))
    window = Window("train", meter_set=simulation.meter_set, sync=False).start()
    widths = []
    for epoch in range(1, 9):
        simulation.advance(2.0)
        ahead = window.forecast(epoch, 90)
        assert ahead.low_j <= 90 * 200.0 <= ahead.high_j
        assert ahead.duration_s is not None
        assert ahead.duration_s.value == pytest.approx(180.0, rel=0.01)
        widths.append(ahead.high_j - ahead.low_j)
    assert widths[-1] < 0.05 * widths[0]
    assert window.forecast(8, 8).energy_j.value == pytest.approx(1600.0, rel=0.01)


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=10), st.integers(1, 20))
def test_shares_add_up_to_what_is_done(steps: list[float], pieces: int) -> None:
    points, at, value = [], 0.0, 0.0
    for step in steps:
        at, value = at + step, value + 3.0 * step
        points.append((at, value))
    found = _shares(points, pieces)
    assert math.fsum(found) == pytest.approx(value)
    assert found == pytest.approx([value / pieces] * pieces)


def test_progress_that_cannot_be_is_refused_by_name() -> None:
    simulation = simulated(counter(constant(100.0)))
    window = Window("train", meter_set=simulation.meter_set, sync=False)
    with pytest.raises(WindowError):
        window.forecast(1, 2)
    window.start()
    simulation.advance(1.0)
    window.forecast(2, 4)
    for done, of, name in (
        (1, 4, "done"),
        (0, 4, "done"),
        (5, 4, "of"),
        (3, math.inf, "of"),
        ("3", 4, "done"),
    ):
        with pytest.raises(ArgumentError, match=rf"^{name}:"):
            window.forecast(done, of)  # type: ignore[arg-type]


@pytest.mark.parametrize(("joules", "certain"), [(90.0, False), (80.0, True), (100.0, False), (130.0, False)])
def test_a_budget_is_exceeded_only_where_that_is_certain(joules: float, certain: bool) -> None:
    assert exceeds(Measurement(label="a", energy_j=Quantity(100.0, 10.0, "J")), joules, 0.95) is certain


def test_exceeds_of_a_window() -> None:
    simulation = simulated(counter(constant(100.0)))
    window = Window("train", meter_set=simulation.meter_set, sync=False).start()
    simulation.advance(10.0)
    assert window.exceeds(900.0)
    assert not window.exceeds(1100.0)
    with pytest.raises(ArgumentError, match="confidence"):
        window.exceeds(1.0, confidence=1.5)
