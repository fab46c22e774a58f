"""A unit that stands for nothing but energy makes a column of energy, whatever the column is called."""

from __future__ import annotations

import io

import pytest

from wattwhat import logs

TABLES = {
    "a total in kWh": ("variant,total_kwh,runtime_s,f1", "a,0.5,100,0.9", 1.8e6),
    "no name of a model": ("dataset,time,energy(kWh),epochs", "iris,5,0.001,3", 3600.0),
    "Wh without the word": ("step,used_wh", "1,2.0", 7200.0),
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_unit_of_energy_in_the_header_is_enough(name: str) -> None:
    header, row, joules = TABLES[name]
    (found,) = logs.read(io.StringIO(f"{header}\n{row}\n"))
    assert found.energy_j.value == pytest.approx(joules)


@pytest.mark.parametrize("column", ["duration_sec", "duration_seconds", "window_s", "runtime_seconds"])
def test_energy_is_held_against_power_and_time_under_other_names(column: str) -> None:
    text = f"algorithm,{column},power_w,energy_wh\nA,100,72,0.002\n"
    (found,) = logs.read(io.StringIO(text))
    assert found.duration_s == 100.0
    assert len(found.warnings) > 1


def test_energy_is_held_against_the_powers_of_the_parts_together() -> None:
    header = "algorithm,Duration_sec,CPU_Power_W,RAM_Power_W,Total_Energy_Wh"
    right, wrong = (logs.read(io.StringIO(f"{header}\nA,3600,40,10,{wh}\n"))[0] for wh in (50.0, 0.05))
    assert not any("times its duration" in said for said in right.warnings)
    assert any("times its duration" in said for said in wrong.warnings)


def test_the_name_of_a_column_is_no_device() -> None:
    kwh, wh = (
        logs.read(io.StringIO(f"model,{name},accuracy\nA,1,0.9\n"))[0] for name in ("energy_kwh", "energy_wh")
    )
    assert [c.channel.device for c in kwh.channels] == [c.channel.device for c in wh.channels]


def test_the_phase_of_a_row_reaches_its_measurement() -> None:
    text = "model,energy_kwh,accuracy,phase\nA,1,0.9,training\nA,0.1,0.9,inference\n"
    assert [m.details["phase"] for m in logs.read(io.StringIO(text))] == ["training", "inference"]
