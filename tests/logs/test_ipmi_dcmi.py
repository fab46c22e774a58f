"""A server's BMC: whole watts, an empty field shown as 0, clocks that were never set."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def reading(watts: object, at: str = "", state: str = "activated") -> str:
    time = f"    IPMI timestamp:                           {at}\n" if at else ""
    return (
        f"\n    Instantaneous power reading:              {watts!s:>8} Watts\n"
        f"    Minimum during sampling period:                  6 Watts\n{time}"
        f"    Power reading state is:                   {state}\n\n"
    )


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=30), st.floats(0.5, 60))
def test_watts_times_the_interval(watts: list[int], interval_s: float) -> None:
    (measurement,) = read("".join(map(reading, watts)), interval_s=interval_s)
    expected = interval_s * (sum(watts) - (watts[0] + watts[-1]) / 2)
    assert measurement.energy_j.value == pytest.approx(expected)
    assert measurement.duration_s == pytest.approx(interval_s * (len(watts) - 1))


def test_scope_accuracy_and_step_are_stated() -> None:
    (measurement,) = read(reading(300) + reading(300), interval_s=1.0)
    (channel,) = measurement.channels
    assert (channel.channel.component, channel.channel.gain_error) == ("host", 0.029)
    assert channel.channel.resolution == 1.0
    assert measurement.details["scope"] == "machine"


@pytest.mark.parametrize("state", ["activated", "deactivated"])
def test_a_0_is_an_empty_field_and_no_reading(state: str) -> None:
    text = reading(300) + reading(0, state=state) + reading(300) + reading(300)
    (measurement,) = read(text, interval_s=1.0)
    assert measurement.energy_j.value == pytest.approx(600.0)
    assert any("said 0 W" in one for one in measurement.warnings)
    with pytest.raises(LogError, match="all 3 rows say that there is no power reading"):
        read(reading(0) * 3, interval_s=1.0)


def test_a_measurement_that_the_bmc_calls_inactive_is_doubted() -> None:
    (measurement,) = read((reading(300, state="deactivated")) * 2, interval_s=1.0)
    assert any("deactivated" in one for one in measurement.warnings)


@pytest.mark.parametrize(
    ("first", "second", "utc"),
    [
        ("Sun Mar  1 10:00:00 2026", "Sun Mar  1 10:00:10 2026", False),
        ("03/01/26 10:00:00 UTC", "03/01/26 10:00:10 UTC", True),
        ("03/01/2026 10:00:00 UTC", "03/01/2026 10:00:10 UTC", True),
    ],
)
def test_the_bmcs_own_times(first: str, second: str, utc: bool) -> None:
    (measurement,) = read(reading(300, first) + reading(300, second))
    assert measurement.energy_j.value == pytest.approx(3000.0)
    assert (measurement.started_at is not None) == utc


def test_a_clock_that_was_never_set_tells_how_long_and_not_when() -> None:
    text = reading(300, "Thu Jan  1 00:00:05 1970") + reading(300, "Thu Jan  1 00:00:15 1970")
    (measurement,) = read(text, timezone="UTC")
    assert measurement.energy_j.value == pytest.approx(3000.0)
    assert measurement.started_at is None
    assert any("1970" in one for one in measurement.warnings)
    with pytest.raises(LogError, match="at one time"):
        read(reading(300, "Thu Jan  1 00:00:00 1970") * 3)


@pytest.mark.parametrize(
    "line", ["2026-03-01T10:00:{k}0+00:00", "17723592{k}0", "# 2026-03-01T10:00:{k}0+00:00"]
)
def test_a_time_of_the_users_own_counts_before_the_bmcs(line: str) -> None:
    bmc = "Sun Mar  1 10:00:00 2026"
    text = "".join(line.replace("{k}", str(k)) + reading(300, bmc) for k in range(3))
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(6000.0)


def test_freeipmis_words_are_read_too() -> None:
    row = (
        "Current Power                        : 332 Watts\n"
        "Minimum Power over sampling duration : 68 watts\n"
        "Time Stamp                           : 03/01/2026 - 10:00:{k}0\n"
        "Power Measurement                    : Active\n"
    )
    (measurement,) = read("".join(row.replace("{k}", str(k)) for k in range(2)))
    assert measurement.energy_j.value == pytest.approx(3320.0)


@pytest.mark.parametrize("watts", ["much", "-5", "1e999"])
def test_what_is_no_power_is_named_with_its_line(watts: str) -> None:
    with pytest.raises(LogError, match=r":2: expected whole watts, found"):
        read(reading(watts) + reading(300) * 2, interval_s=1.0, strict=True)


def test_readings_without_any_time_ask_for_the_interval() -> None:
    with pytest.raises(LogError, match="interval_s, the seconds between two samples, or print the date"):
        read(reading(300) * 2)
