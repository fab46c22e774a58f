"""Samples that all stand at one time hold no energy: one sentence, never a crash or a number."""

from __future__ import annotations

import io

import pytest

from wattwhat import logs
from wattwhat.energy.gauge import integrate_power
from wattwhat.errors import LogError

ONE_STAMP = {
    "nvidia-smi": "timestamp, index, power.draw [W]\n" + "2026/03/01 10:00:00.000, 0, 100.00 W\n" * 3,
    "own table": "timestamp,power_w\n" + "1772359200,100\n" * 4,
    "dmon": "#Date       Time        gpu    pwr\n#YYYYMMDD   HH:MM:SS    Idx      W\n"
    + " 20260301   10:00:00      0     70\n" * 3,
    "tegrastats": "03-01-2026 10:00:00 RAM 1/2MB VDD_IN 5000mW/5000mW\n" * 3,
    "amd-smi": "timestamp,gpu,socket_power,gfx_voltage\n" + "1772359200,0,200,900\n" * 3,
}


@pytest.mark.parametrize("name", sorted(ONE_STAMP))
def test_samples_at_one_time_are_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(LogError) as told:
        logs.read(io.StringIO(ONE_STAMP[name]))
    assert "\n" not in str(told.value)
    assert "time" in str(told.value)


def test_a_device_at_one_time_is_listed_beside_one_that_ran() -> None:
    rows = ["1772359200,0,200,900", "1772359201,0,200,900", "1772359200,1,100,900", "1772359200,1,100,900"]
    found = logs.read(io.StringIO("timestamp,gpu,socket_power,gfx_voltage\n" + "\n".join(rows) + "\n"))
    assert sum(m.energy_j.value for m in found) == pytest.approx(200.0)
    assert len(found.problems) == 1
    assert "1" in found[0].warnings[-1]


def test_power_that_takes_no_time_is_not_integrated() -> None:
    with pytest.raises(ValueError, match="t_s"):
        integrate_power([5.0, 5.0], [100.0, 100.0])
