"""Conditions of the host, from made trees: what is there is told in its unit, what is not is absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.sensing.conditions import host_conditions

CPU, HWMON = "sys/devices/system/cpu", "sys/class/hwmon/hwmon2"


def write(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return str(root)


def test_a_laptop_on_battery(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            f"{CPU}/cpufreq/policy0/scaling_governor": "powersave",
            f"{CPU}/cpufreq/policy1/scaling_governor": "performance",
            f"{CPU}/cpufreq/policy0/energy_performance_preference": "balance_power",
            f"{CPU}/cpufreq/policy0/scaling_cur_freq": "1200000",
            f"{CPU}/cpufreq/policy1/scaling_cur_freq": "3400000",
            f"{CPU}/intel_pstate/no_turbo": "0",
            "sys/firmware/acpi/platform_profile": "low-power",
            "sys/class/thermal/thermal_zone0/type": "acpitz",
            "sys/class/thermal/thermal_zone0/temp": "20000",
            "sys/class/thermal/thermal_zone3/type": "x86_pkg_temp",
            "sys/class/thermal/thermal_zone3/temp": "61500",
            "proc/loadavg": "0.25 0.30 0.31 1/900 4242",
            "sys/class/power_supply/AC/type": "Mains",
            "sys/class/power_supply/AC/online": "0",
            "sys/class/power_supply/BAT0/type": "Battery",
        },
    )
    assert host_conditions(root) == {
        "governor": "powersave+performance",
        "energy_preference": "balance_power",
        "cpu_mhz": 2300.0,
        "turbo": True,
        "platform_profile": "low-power",
        "cpu_temperature_c": 61.5,
        "load_1min": 0.25,
        "power_source": "battery",
    }


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({f"{CPU}/cpufreq/boost": "0"}, {"turbo": False}),
        ({f"{CPU}/intel_pstate/no_turbo": "1", f"{CPU}/cpufreq/boost": "1"}, {"turbo": False}),
        ({f"{HWMON}/name": "k10temp", f"{HWMON}/temp1_input": "45250"}, {"cpu_temperature_c": 45.25}),
        ({"sys/class/power_supply/AC/type": "Mains", "sys/class/power_supply/AC/online": "1"}, {}),
        ({"sys/class/power_supply/m/type": "Battery", "sys/class/power_supply/m/scope": "Device"}, {}),
        ({"proc/loadavg": "nonsense"}, {}),
        ({f"{CPU}/cpufreq/policy0/scaling_cur_freq": "<unknown>"}, {}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_absent(
    tmp_path: Path, files: dict[str, str], told: dict[str, object]
) -> None:
    assert host_conditions(write(tmp_path, files)) == told


def test_a_pipe_in_the_place_of_a_file_holds_nobody(tmp_path: Path) -> None:
    import os

    (tmp_path / "proc").mkdir()
    os.mkfifo(tmp_path / "proc/loadavg")
    assert host_conditions(str(tmp_path)) == {}


@given(st.binary(max_size=60))
def test_no_content_of_a_file_breaks_it(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "conditions"
    for name in ("proc/loadavg", f"{CPU}/cpufreq/policy0/scaling_cur_freq", f"{CPU}/intel_pstate/no_turbo"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    assert host_conditions(str(root)).keys() <= {"load_1min", "cpu_mhz", "turbo"}
