"""A column called power says nothing of its sensor: what is not known is wider, and said."""

from __future__ import annotations

import io

import pytest

from wattwhat import logs
from wattwhat.errors import LogError

QUERIED = "timestamp, power.draw [W]\n" + "".join(f"2026/03/01 10:00:0{k}.000, 100.00 W\n" for k in range(4))


def one(text: str) -> logs.Measurement:
    (found,) = logs.read(io.StringIO(text))
    return found


@pytest.mark.parametrize("name", ["power_w", "power", "gpu_power_w", "watts"])
def test_a_power_of_unknown_origin_is_wider_than_nvmls_and_says_so(name: str) -> None:
    own = one(f"timestamp,{name}\n" + "".join(f"177235920{k},100.0\n" for k in range(4)))
    assert own.energy_j.value == pytest.approx(300.0)
    assert own.energy_j.u >= 0.1 * 300.0
    assert any("assumption" in said for said in own.warnings)
    assert one(QUERIED).energy_j.u < 0.06 * 300.0


@pytest.mark.parametrize("unit", ["%", "dBm", "VA", "MW", "J", "W/m2", "kWh"])
def test_a_power_in_no_unit_of_power_is_not_taken_for_watts(unit: str) -> None:
    rows = "".join(f"177235920{k},10.0\n" for k in range(4))
    try:
        found = logs.read(io.StringIO(f"timestamp,power ({unit})\n{rows}"))
    except LogError:
        return
    assert [measurement.energy_j.value for measurement in found] == [3.6e7] * 4  # a power consumption in kWh


@pytest.mark.parametrize("draw", ["power_w", "power.draw [W]"])
@pytest.mark.parametrize("other", ["temperature.gpu", "utilization.gpu [%]", "power (%)"])
@pytest.mark.parametrize("end", ["", ", 0"])
def test_rows_under_a_later_header_without_a_power_are_listed_and_not_read(
    draw: str, other: str, end: str
) -> None:
    def part(minute: int, name: str, value: str) -> str:
        header = f"timestamp, {name}{end and ', index'}\n"
        return header + "".join(f"2026/03/01 10:{minute:02d}:{k:02d}.000, {value}{end}\n" for k in range(20))

    alone = logs.read(io.StringIO(part(0, draw, "10.00 W")))
    found = logs.read(io.StringIO(part(0, draw, "10.00 W") + part(1, other, "55.00")))
    assert [one.energy_j for one in found] == [one.energy_j for one in alone]
    assert len(found.problems) == 21
    both = logs.read(io.StringIO(part(0, draw, "10.00 W") + part(1, other, "55") + part(2, draw, "10.00 W")))
    (whole,) = both
    assert whole.energy_j.value == pytest.approx(1390.0)
    assert len(both.problems) == 21


@pytest.mark.parametrize("what", ["W", "watts", "avg", "GPU 0", "0", ""])
def test_a_bracket_that_holds_no_unit_leaves_watts(what: str) -> None:
    rows = "".join(f"177235920{k},10.0,50\n" for k in range(4))
    assert one(f"timestamp,power ({what}),power (%)\n{rows}").energy_j.value == pytest.approx(30.0)


def test_powers_that_are_not_read_are_named() -> None:
    rows = "".join(f"177235920{k},100.0,40.0,7.0,300\n" for k in range(4))
    found = one("timestamp,power_w,cpu_power_w,RAM Power (W),power_limit_w\n" + rows)
    (said,) = [said for said in found.warnings if "left out" in said]
    assert "cpu_power_w" in said
    assert "RAM Power (W)" in said
    assert "limit" not in said


@pytest.mark.parametrize("begin", [0.0, 14_000.0, 1_772_359_200.0])
@pytest.mark.parametrize(
    ("column", "unit_s"),
    [
        ("elapsed (ms)", 1e-3), ("t_ms", 1e-3), ("milliseconds", 1e-3), ("time_us", 1e-6),
        ("Time [\u00b5s]", 1e-6), ("time_ns", 1e-9), ("timestamp_ns", 1e-9), ("elapsed [s]", 1.0),
        ("seconds", 1.0), ("elapsed (min)", 60.0),
    ],
)  # fmt: skip
def test_times_are_in_the_unit_that_their_header_states(column: str, unit_s: float, begin: float) -> None:
    rows = "".join(f"{round((begin + 60 * k) / unit_s)},100.0\n" for k in range(11))
    m = one(f"{column},power_w\n{rows}")
    assert (m.duration_s, m.energy_j.value) == (pytest.approx(600.0), pytest.approx(60_000.0))


@pytest.mark.parametrize("at", ["first", "last"])
def test_a_device_without_rows_at_an_end_of_the_log_is_named(at: str) -> None:
    header = "timestamp, index, name, power.draw [W]\n"
    seen = range(6) if at == "last" else range(5, 11)
    rows = [
        f"2026/03/01 10:00:{k:02d}.000, {gpu}, A100, 100.00 W\n"
        for k in range(11)
        for gpu in (0, 1)
        if gpu == 0 or k in seen
    ]
    assert ["GPU 1" in said for said in one(header + "".join(rows)).warnings] == [True]
    assert not one(header + "".join(row for row in rows if ", 0, " in row)).warnings
