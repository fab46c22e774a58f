"""Several runs in one file: each counts once, and none replaces another."""

from __future__ import annotations

import io

import pytest

from wattwhat import logs
from wattwhat.errors import LogError


def joules(text: str, **options: object) -> list[float]:
    return [m.energy_j.value for m in logs.read(io.StringIO(text), **options)]


HEADER, FOUND = (
    "PkgWatt RAMWatt\n",
    "x - CarbonTracker: The following components were found: GPU with device(s) A.\n",
)


TWO, THREE = [(60.0, 30.0), (60.2, 30.0)], [(60.0, 30.0), (61.0, 30.0), (62.0, 30.0)]


@pytest.mark.parametrize(("rows", "times"), [(TWO, 1), (THREE, 1), (THREE, 2), (THREE, 3)])
def test_turbostat_summaries_appended_to_one_file_count_every_row(
    rows: list[tuple[float, float]], times: int
) -> None:
    text = HEADER + "".join(f"{cpu:.2f} {ram:.2f}\n" for cpu, ram in rows)
    assert joules(text * times, interval_s=1.0) == [pytest.approx(times * sum(map(sum, rows)))]


def test_turbostat_rows_of_cpus_below_each_header_are_parts() -> None:
    sample = "Busy% PkgWatt RAMWatt\n3.0 100.0 9.0\n2.0 60.0 4.0\n2.0\n4.0 40.0 5.0\n"
    assert joules(sample * 3, interval_s=2.0) == [pytest.approx(654.0)]


def consumption(epochs: int, kwh: float) -> str:
    return (
        f"x - CarbonTracker: \nActual consumption for {epochs} epoch(s):\n\tTime:\t0:00:{epochs:02}\n"
        f"\tEnergy:\t{kwh:.6f} kWh\n\tCO2eq:\t1.0 g\n"
    )


def test_carbontracker_runs_in_one_output_are_one_record_each() -> None:
    text = "".join(FOUND + consumption(3, kwh) for kwh in (0.001, 0.002, 0.003))
    found = logs.read(io.StringIO(text))
    assert [m.energy_j.value for m in found] == [pytest.approx(3600.0 * k) for k in (1, 2, 3)]
    assert len({m.label for m in found}) == 3


def test_carbontracker_is_cumulative_within_a_run() -> None:
    run = FOUND + consumption(1, 0.001) + consumption(2, 0.002)
    assert joules(run) == [pytest.approx(7200.0)]
    assert joules(run + run) == [pytest.approx(7200.0)] * 2
    assert joules(run.replace(FOUND, "") + consumption(1, 0.001)) == [
        pytest.approx(7200.0),
        pytest.approx(3600.0),
    ]


def test_carbontracker_is_known_without_the_blank_at_the_ends_of_lines() -> None:
    text = consumption(3, 0.001).replace(": \n", ":\n")
    assert joules(text) == [pytest.approx(3600.0)]


def test_rows_of_powerjoular_below_another_header_are_listed_and_not_read() -> None:
    def part(minute: int, header: str, cells: str) -> str:
        return f"{header}\n" + "".join(f"2026-03-01 10:{minute:02d}:{s:02d},{cells}\n" for s in range(10))

    first = part(0, "Date,CPU Utilization,CPU Power", "0.5,80")
    found = logs.read(io.StringIO(first + part(1, "Date,CPU Power,CPU Utilization", "80,0.5")))
    assert [one.energy_j for one in found] == [one.energy_j for one in logs.read(io.StringIO(first))]
    assert len(found.problems) == 11


def test_a_later_header_of_turbostat_without_a_power_is_refused() -> None:
    text = "PkgWatt RAMWatt\n60.00 30.00\n60.20 30.00\nBusy% Bzy_MHz\n5 3000\n5 3000\n"
    with pytest.raises(LogError) as caught:
        logs.read(io.StringIO(text), interval_s=1)
    assert caught.value.line == 4
