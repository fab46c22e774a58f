"""A job's whole energy and time from the part that is done: laws of the forecast, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Quantity
from wattwhat.analysis.forecast import forecast
from wattwhat.analysis.series_laws import sum_ahead
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.scoring.scaling import extrapolate_epochs, fit_growth

pieces = st.lists(st.floats(50.0, 150.0), min_size=2, max_size=12)


@settings(max_examples=40)
@given(pieces, st.floats(1.0, 30.0))
def test_a_forecast_lies_in_its_interval_and_above_what_is_spent(values, times):
    found = forecast(values, 1.0, times)
    spent = math.fsum(values)
    assert spent * (1 - 1e-9) <= found.low_j <= found.energy_j.value * (1 + 1e-9)
    assert found.energy_j.value <= found.high_j * (1 + 1e-9)
    low, high = found.energy_j.interval()
    assert low <= found.low_j * (1 + 1e-9)
    assert high >= found.high_j * (1 - 1e-9)


@settings(max_examples=20)
@given(pieces, st.sampled_from([1e-6, 1e-3, 3.6e6]), st.floats(0.1, 50.0))
def test_neither_the_unit_of_energy_nor_that_of_progress_matters(values, factor, unit):
    plain = forecast(values, 2.0, 7.0)
    other = forecast([factor * value for value in values], 2.0 * unit, 7.0 * unit)
    for name in ("low_j", "high_j"):
        assert getattr(other, name) == pytest.approx(factor * getattr(plain, name), rel=1e-6)
    assert (other.law, other.reach) == (plain.law, pytest.approx(plain.reach))


def test_what_is_done_is_exact():
    found = forecast([10.0, 12.0, 11.0], 3, 3)
    assert (found.low_j, found.energy_j.value, found.high_j) == (33.0, 33.0, 33.0)


def test_pieces_alike_need_no_interval():
    found = forecast([100.0] * 5, 5, 90, durations_s=[2.0] * 5)
    assert (found.low_j, found.high_j) == (pytest.approx(9000.0), pytest.approx(9000.0))
    assert (found.duration_s.value, found.duration_s.unit, found.low_s, found.high_s) == (
        180.0,
        "s",
        180.0,
        180.0,
    )
    assert "180 s, 95 % 180 to 180 s" in str(found)


def test_time_is_forecast_as_energy_is():
    values = [100.0, 103.0, 98.0, 101.0, 99.0, 100.0]
    found = forecast(values, 6, 20, durations_s=values)
    assert (found.low_s, found.high_s) == (found.low_j, found.high_j)


def test_quantities_come_in_any_unit_of_energy():
    joules = forecast([3600.0, 3610.0, 3590.0], 3, 9)
    watt_hours = forecast([Quantity(value / 3600.0, 0.0, "Wh") for value in (3600.0, 3610.0, 3590.0)], 3, 9)
    assert watt_hours.energy_j.value == pytest.approx(joules.energy_j.value)


def test_many_pieces_are_put_together_and_say_the_same():
    values = np.random.default_rng(1).normal(100.0, 3.0, 640)
    fine, coarse = forecast(values, 640, 6400), forecast(values.reshape(64, 10).sum(axis=1), 640, 6400)
    assert (fine.low_j, fine.high_j) == (pytest.approx(coarse.low_j), pytest.approx(coarse.high_j))


def test_an_error_in_common_grows_with_the_whole():
    plain, shared = (forecast([100.0, 100.0, 100.0], 3, 30, gain=gain) for gain in (0.0, 0.03))
    assert plain.energy_j.u == 0.0
    assert shared.energy_j.u == pytest.approx(0.03 * 3000.0)


def test_one_law_and_no_correlation_give_the_prediction_interval_of_a_line():
    """Against the textbook: without settling (four pieces) and with the uncorrelated component alone."""
    y = np.array([1.0, 2.0, 2.5, 4.0])
    found = sum_ahead(y, 2)
    x = np.arange(4.0)
    slope, height = np.polyfit(x, y, 1)
    variance = np.square(y - height - slope * x).sum() / 2
    design = np.stack([np.ones(4), x], axis=1)
    reach = np.array([2.0, 9.0])  # two pieces, at 4 and 5
    spread = reach @ np.linalg.inv(design.T @ design) @ reach + 2.0
    assert found.means[0] == pytest.approx(2 * height + 9 * slope)
    assert found.scales[0] == pytest.approx(math.sqrt(variance * spread))
    assert found.degrees == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: forecast([1.0], 1, 2), ScoreError, "at least 2"),
        (lambda: forecast([1.0, 2.0], 3, 2), ArgumentError, "of: 2 in all is less than the 3"),
        (lambda: forecast([1.0, 2.0], 0, 2), ArgumentError, "done: expected"),
        (lambda: forecast([1.0, 2.0], 1, math.nan), ArgumentError, "of: expected"),
        (lambda: forecast([1.0, -2.0], 1, 2), ArgumentError, r"energies\[1\]: expected"),
        (lambda: forecast([1.0, "2"], 1, 2), ArgumentError, r"energies\[1\]"),
        (lambda: forecast([1.0, 2.0], 1, 2, durations_s=[1.0]), ArgumentError, "durations_s: 1 beside 2"),
    ],
)
def test_what_cannot_be_forecast_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@given(
    st.lists(st.floats(0.0, 1e9), min_size=1, max_size=40),
    st.floats(0.5, 100.0),
    st.floats(0.0, 0.2),
    st.integers(0, 50),
)
def test_of_a_finished_job_is_said_what_it_took(energies, done, gain, skip):
    found = forecast(energies, done, done, durations_s=energies, gain=gain, skip=skip)
    assert found.energy_j.value == found.duration_s.value == math.fsum(energies)
    assert found.low_j <= found.energy_j.value <= found.high_j
    half = found.high_j - found.energy_j.value
    assert half == pytest.approx(1.96 * gain * found.energy_j.value, rel=1e-3, abs=1e-9 * found.high_j)
    assert found.reach == 1.0


@pytest.mark.parametrize("wrong", [None, 5, "100", {1.0: 2.0}, {1.0, 2.0}, np.float64(3.0)])
def test_what_is_no_list_of_energies_is_refused_by_name(wrong):
    with pytest.raises(ArgumentError, match="energies: expected a list"):
        forecast(wrong, 1, 2)
    with pytest.raises(ArgumentError, match="energies: expected a list"):
        extrapolate_epochs(wrong, 5)
    with pytest.raises(ArgumentError, match="x: expected a list"):
        fit_growth(wrong, [1.0, 2.0, 3.0])
