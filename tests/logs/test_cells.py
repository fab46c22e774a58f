"""Numbers in every locale, units, stamps, and what counts as missing."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.logs.parsing import cells


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)))
def test_a_number_comes_back_in_every_locale(value):
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert cells.number(f"{value:.2f}") == value
    assert cells.number(english) == value
    assert cells.number(german) == value
    assert cells.number(f"{value:.2f}".replace(".", ",")) == value


@pytest.mark.parametrize(
    "text", ["1,234", "", "x", "nan", "inf", "1e999", "--1", "1.2.3", "1,2,3", "1 W", "0x10", "1_0"]
)
def test_what_is_no_number_or_may_be_two_is_none(text):
    assert cells.number(text) is None


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("5 W", "W"),
        ("5mW", "mW"),
        ("5 kW", "kW"),
        ("5 Watts", "W"),
        ("5 Joules", "J"),
        ("5 µW", "uW"),
        ("5 MW", None),
    ],
)
def test_units_are_spelled_in_many_ways(cell, unit):
    assert cells.split_unit(cell)[1] == unit


moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))


@given(moments, st.sampled_from(["%Y/%m/%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%m-%d-%Y %H:%M:%S.%f"]))
def test_a_stamp_comes_back(moment, form):
    found = cells.stamp(moment.strftime(form))
    assert found.kind == "local"
    assert found.t_s == pytest.approx(moment.replace(tzinfo=timezone.utc).timestamp(), abs=1e-5)
    assert cells.utc(found) is None
    assert cells.utc(found, timezone.utc).replace(tzinfo=None) == pytest.approx(
        moment, abs=timedelta(microseconds=9)
    )


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_a_stamp_with_a_zone_is_absolute(moment, minutes):
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    found = cells.stamp(aware.isoformat())
    assert found.kind == "utc"
    assert found.t_s == pytest.approx(aware.timestamp(), abs=1e-5)


@given(st.integers(600_000_000, 4_900_000_000), st.sampled_from([1, 1000, 10**6, 10**9]))
def test_unix_stamps_tell_their_unit_by_their_size(seconds, scale):
    found = cells.stamp(str(seconds * scale))
    assert (found.kind, found.t_s) == ("utc", pytest.approx(seconds))


@pytest.mark.parametrize(
    "text",
    [
        "2026/13/01 10:00:00",
        "2026/02/30 10:00:00",
        "2026/01/01 25:00:00",
        "2026/01/01 10:61:00",
        "-5",
        "soon",
        "",
    ],
)
def test_what_is_no_moment_is_none(text):
    assert cells.stamp(text) is None


@pytest.mark.parametrize(
    "cell", ["[N/A]", "N/A", " [Not Supported] ", "-", "", "NaN", "<not counted>", "[GPU is lost]"]
)
def test_missing_is_said_in_many_ways(cell):
    assert cells.is_missing(cell)
    assert cells.number(cell.strip("[]")) is None


@pytest.mark.parametrize("cell", ["0", "0.00 W", "00:00", "x"])
def test_nothing_else_is_missing(cell):
    assert not cells.is_missing(cell)
