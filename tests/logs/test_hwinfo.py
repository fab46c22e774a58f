"""HWiNFO: columns of one name, cores inside the package, dates of several countries, names at the end."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def log(names: list[str], watts: list[float], owners: list[str] | None = None, seconds: int = 2) -> str:
    header = ",".join(["Date", "Time", *(f"{name} [W]" for name in names), ""])
    cells = ",".join(f"{value:.3f}" for value in watts)
    rows = [f"1.3.2026,10:00:0{k}.000,{cells}," for k in range(seconds + 1)]
    end = [header, ",".join(["", "", *owners, ""])] if owners else []
    return "\n".join([header, *rows, *end]) + "\n"


@given(st.floats(1, 200), st.floats(0, 1), st.floats(0, 1))
def test_what_lies_inside_the_package_is_never_added(package_w: float, cores: float, rest: float) -> None:
    names = ["IA Cores Power", "CPU Package Power", "GT Cores Power", "System Agent Power"]
    watts = [package_w * cores, package_w, package_w * (1 - cores) * rest, 0.1]
    (measurement,) = read(log(names, watts))
    assert measurement.energy_j.value == pytest.approx(2 * round(package_w, 3), rel=1e-9)
    assert [c.counted for c in measurement.channels] == [False, True, False, False]


def test_sensors_accuracies_and_scope_are_stated() -> None:
    owners = ["CPU [#0]: A CPU", "CPU [#0]: A CPU", "GPU [#0]: NVIDIA A", "GPU [#1]: AMD Radeon B"]
    names = ["CPU Package Power", "Total DRAM Power", "GPU Power", "GPU Power"]
    (measurement,) = read(log(names, [50, 5, 100, 40], owners))
    by_device = {c.channel.device: c for c in measurement.channels}
    assert measurement.energy_j.value == pytest.approx(2 * 195)
    assert by_device["GPU Power"].channel.gain_error == 0.029
    assert by_device["GPU Power #2"].channel.gain_error == 0.058
    assert by_device["CPU Package Power"].channel.component == "cpu"
    assert measurement.details["scope"] == "components"
    assert measurement.details["sensors"]["GPU Power #2"] == "GPU [#1]: AMD Radeon B"
    assert measurement.details["started_local"] == "2026-03-01T10:00:00.000"


def test_a_column_that_comes_again_counts_once_unless_the_last_line_tells_two_devices() -> None:
    names, watts = ["CPU Package Power", "CPU Package Power"], [50.0, 50.0]
    unnamed = read(log(names, watts))[0]
    assert unnamed.energy_j.value == pytest.approx(100.0)
    assert any("not added" in one for one in unnamed.warnings)
    one = read(log(names, watts, ["CPU [#0]: A: DTS", "CPU [#0]: A: Enhanced"]))[0]
    assert one.energy_j.value == pytest.approx(100.0)
    two = read(log(names, watts, ["CPU [#0]: A", "CPU [#1]: A"]))[0]
    assert two.energy_j.value == pytest.approx(200.0)
    assert not any("not added" in sentence for sentence in two.warnings)


def test_powers_of_one_gpu_count_once_by_the_widest() -> None:
    (measurement,) = read(log(["GPU ASIC Power", "Total Board Power (TBP)"], [80, 100]))
    assert measurement.energy_j.value == pytest.approx(200.0)


def test_the_systems_power_holds_everything() -> None:
    (measurement,) = read(log(["CPU Package Power", "Total System Power", "GPU Power"], [50, 200, 100]))
    assert measurement.energy_j.value == pytest.approx(400.0)
    assert measurement.details["scope"] == "machine"


def test_other_powers_are_named_and_limits_are_not() -> None:
    (measurement,) = read(log(["CPU Package Power", "Pump Power", "PL2 Power Limit (Dynamic)"], [50, 9, 250]))
    assert measurement.energy_j.value == pytest.approx(100.0)
    (said,) = [one for one in measurement.warnings if "left out" in one]
    assert "Pump Power" in said
    assert "PL2" not in said


@pytest.mark.parametrize("date", ["1.3.2026", "01.03.2026", "2026-03-01", "2026-3-1"])
def test_dates_with_the_day_or_the_year_first(date: str) -> None:
    (measurement,) = read(log(["CPU Package Power"], [50]).replace("1.3.2026", date), timezone="UTC")
    assert measurement.started_at is not None
    assert measurement.started_at.isoformat() == "2026-03-01T10:00:00+00:00"


def test_decimal_commas_between_semicolons() -> None:
    text = log(["CPU Package Power"], [50.125]).replace(",", ";").replace("50.125", "50,125")
    assert read(text)[0].energy_j.value == pytest.approx(100.25)


def test_latin_1_degrees_are_no_obstacle() -> None:
    text = (
        log(["CPU Package Power"], [50]).replace("Time,", "Time,CPU [°C],").replace(".000,50", ".000,40,50")
    )
    assert logs.read(io.BytesIO(text.encode("latin-1")))[0].energy_j.value == pytest.approx(100.0)


GOOD = log(["CPU Package Power"], [50])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("3/1/2026,10:00:05.000,50.0,", ":5: expected a date and a time such as"),
        ("1.3.2026,25:00:05.000,50.0,", ":5: expected a date and a time such as"),
        ("31.2.2026,10:00:05.000,50.0,", ":5: expected a date and a time such as"),
        ("1.3.2026,10:00:05.000,much,", r":5: expected a power in CPU Package Power \[W\], found 'much'"),
        ("1.3.2026,10:00:05.000,50.0,7,", ":5: expected 3 cells as in the header, found 4"),
        ("1.3.2026,10:00", ":5: expected 3 cells"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(row: str, words: str) -> None:
    found = read(GOOD + row + "\n")
    assert found[0].energy_j.value == pytest.approx(100.0)
    assert len(found.problems) == 1
    with pytest.raises(LogError, match=words):
        read(GOOD + row + "\n", strict=True)


def test_a_log_without_watts_of_what_counts_is_refused() -> None:
    with pytest.raises(LogError, match=r":1: expected CPU Package Power \[W\].*found Pump Power"):
        read(log(["Pump Power"], [5]))
    with pytest.raises(LogError, match="none in watts"):
        read("Date,Time,CPU [C],GPU [C],Fan [RPM],\n1.3.2026,10:00:00.000,40,40,900,\n")


def test_another_choice_of_sensors_in_one_file_is_another_measurement() -> None:
    found = read(GOOD + log(["CPU Package Power", "GPU Power"], [50, 100]))
    assert [m.energy_j.value for m in found] == pytest.approx([100.0, 300.0])
