"""CodeCarbon's console: cumulative, coarse, without a date, and often several runs in one file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.machine_samples import CODECARBON
from wattwhat import logs
from wattwhat.errors import LogError


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def block(total: float, at: str = "10:00:00") -> str:
    stamp = f"[codecarbon INFO @ {at}]"
    return (
        f"{stamp} Energy consumed for RAM : {0.25 * total:.6f} kWh. RAM Power : 10.0 W\n"
        f"{stamp} Energy consumed for all CPUs : {0.75 * total:.6f} kWh. Total CPU Power : 42.5 W\n"
        f"{stamp} {total:.6f} kWh of electricity used since the beginning.\n"
    )


SETUP = "[codecarbon INFO @ 09:59:45] [setup] RAM Tracking...\n"


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_a_run_is_its_last_total(steps: list[int]) -> None:
    totals = [4e-6 * sum(steps[: k + 1]) for k in range(len(steps))]
    (measurement,) = read(SETUP + "".join(block(total) for total in totals))
    assert measurement.energy_j.value == pytest.approx(3.6e6 * totals[-1], rel=1e-9)


def test_parts_models_and_the_length_over_midnight_come_along() -> None:
    (measurement,) = read(CODECARBON)
    assert [c.channel.component for c in measurement.channels] == ["dram", "cpu", "gpu"]
    assert [c.energy_j.value for c in measurement.channels if c.energy_j] == pytest.approx([72, 288, 720])
    assert measurement.duration_s == 30.0
    assert measurement.started_at is None
    assert measurement.environment["cpu_model"] == "A CPU"
    assert measurement.details["scope"] == "machine"


def test_a_step_of_the_sixth_decimal_is_in_the_uncertainty() -> None:
    (measurement,) = read(SETUP + block(0.000004))
    assert measurement.budget.get("resolution") == pytest.approx(3.6 / 12**0.5 * 2**0.5)
    (nothing,) = read(SETUP + block(0.0))
    assert nothing.energy_j.value == 0.0
    assert nothing.energy_j.u > 1.0


@pytest.mark.parametrize("between", [SETUP, ""])
def test_several_runs_in_one_log_are_several_measurements(between: str) -> None:
    text = SETUP + block(0.0004) + block(0.0008) + between + block(0.0002, "11:00:00")
    found = read(text)
    assert [m.energy_j.value for m in found] == pytest.approx([2880.0, 720.0])
    assert len({m.label for m in found}) == 2
    assert any("two trackers" in one for one in found[1].warnings) == (not between)


def test_a_progress_bar_and_a_water_footprint_hide_nothing() -> None:
    text = (
        "\r 50%|#####     | 1/2 [codecarbon INFO @ 12:03:52] Energy consumed for RAM : 0.000028 kWh. RAM\n"
        "[codecarbon INFO @ 12:03:52] Delta energy consumed for CPU with constant : 0.000059 kWh, power : 4\n"
        "[codecarbon INFO @ 12:03:52] Energy consumed for All CPU : 0.000059 kWh\n"
        "[codecarbon INFO @ 12:03:52] 0.000087 kWh of electricity and 0.000000 L of water were used since "
        "the beginning.\n"
    )
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(0.000087 * 3.6e6)
    assert measurement.details["cpu_mode"] == "constant"
    assert measurement.duration_s is None


def test_a_cpu_that_was_read_by_rapl_is_known_better_than_a_model() -> None:
    said = "Delta energy consumed for CPU with intel_rapl : 0.000075 kWh, power : 9 W\n"
    model, sensor = read(SETUP + block(0.0001))[0], read(SETUP + said + block(0.0001))[0]
    assert sensor.channels[1].energy_j.relative < 0.03 < 0.3 < model.channels[1].energy_j.relative


def test_a_log_cut_before_its_first_total_says_so() -> None:
    (measurement,) = read(SETUP + block(0.0004).rsplit("[", 1)[0])
    assert any("before CodeCarbon's first total" in one for one in measurement.warnings)


def test_parts_that_are_not_the_total_are_said() -> None:
    text = SETUP + block(0.0004).replace("0.000400 kWh of", "0.000900 kWh of")
    assert any("parts together 0.000400 kWh" in one for one in read(text)[0].warnings)


def test_a_log_without_any_energy_is_refused() -> None:
    with pytest.raises(LogError, match="expected CodeCarbon's 'kWh of electricity"):
        read(SETUP)
