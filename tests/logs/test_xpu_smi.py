"""Intel's xpu-smi: a time of day without its day, cells without a value, a counter beside the power."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.building.day_clock import DayClock

HEADER = "Timestamp, DeviceId, GPU Power (W)\n"


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def of_day(second: float) -> str:
    return f"{int(second // 3600) % 24:02d}:{int(second // 60) % 60:02d}:{second % 60:06.3f}"


@given(st.integers(0, 86_399), st.lists(st.integers(1, 3500), min_size=1, max_size=60))
def test_seconds_run_on_over_midnight(start: int, steps: list[int]) -> None:
    times = [start + sum(steps[:k]) for k in range(len(steps) + 1)]
    clock = DayClock()
    read_s = [clock.seconds(of_day(time)) for time in times]
    assert [round((s or 0.0) - (read_s[0] or 0.0)) for s in read_s] == [time - start for time in times]


@pytest.mark.parametrize("text", ["24:00:00", "10:60:00", "10:00", "2026-03-01 10:00:00", "", "aa:bb:cc"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert DayClock().seconds(text) is None


def test_a_recording_of_another_day_is_no_step_over_midnight() -> None:
    text = HEADER + "".join(f"{at}, 0, 100.0\n" for at in ("16:00:00", "16:00:01", "09:00:00", "09:00:01"))
    rows = "".join(f"09:00:0{k}, 0, 100.0\n" for k in range(2, 6))
    found = read(text + rows)
    assert [m.energy_j.value for m in found] == pytest.approx([100.0, 500.0])


def test_gpus_are_channels_and_cells_without_a_value_are_absent() -> None:
    rows = [f"10:00:0{k}.000, {gpu}, {100 + 50 * gpu}.00\n" for k in range(4) for gpu in range(2)]
    rows[2] = "10:00:01.000, 0, N/A\n"
    (measurement,) = read(HEADER + "".join(rows))
    assert [c.energy_j.value for c in measurement.channels if c.energy_j] == pytest.approx([300.0, 450.0])
    assert any("1 row(s) without a power reading" in one for one in measurement.warnings)
    assert {c.channel.component for c in measurement.channels} == {"gpu"}
    assert all(c.channel.gain_error == 0.058 for c in measurement.channels)


def test_the_counter_is_preferred_to_its_samples() -> None:
    header = "Timestamp, DeviceId, GPU Power (W), GPU Energy Consumed (J)\n"
    text = header + "10:00:00.000, 0, 10.0, 100.25\n10:00:10.000, 0, 10.0, 2100.25\n"
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(2000.0)
    assert measurement.duration_s == 10.0
    assert measurement.channels[0].channel.quantity == "energy"
    without = read(text.replace("100.25", "N/A").replace("2N/A", "N/A"))
    assert without[0].energy_j.value == pytest.approx(100.0)


def test_a_counter_that_goes_back_is_a_reset_and_said() -> None:
    header = "Timestamp, DeviceId, GPU Energy Consumed (J)\n"
    rows = [("10:00:00", 100), ("10:00:10", 300), ("10:00:20", 50), ("10:00:30", 150)]
    found = read(header + "".join(f"{at}, 0, {joules}\n" for at, joules in rows))
    assert [m.energy_j.value for m in found] == [300.0]
    assert any("it was reset" in one for one in found.problems)


def test_appended_dumps_are_measurements_of_their_own() -> None:
    dump = HEADER + "10:00:00.000, 0, 100.0\n10:00:01.000, 0, 100.0\n"
    found = read(dump + dump)
    assert [m.energy_j.value for m in found] == pytest.approx([100.0, 100.0])
    assert len({m.label for m in found}) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Timestamp, DeviceId, GPU Utilization (%)\n10:00:00, 0, 5\n",
            ":1: expected GPU Power .* dump with -m 1,8",
        ),
        (HEADER, "holds no usable power sample"),
        (HEADER + "10:00:00.000, 0, 100.0\n", "at least 2"),
        (HEADER + "10:00:00.000, 0, 1, 2\n", ":2: expected 3 cells"),
        (HEADER + "yesterday, 0, 1\n", ":2: expected a time such as"),
        (HEADER + "10:00:00.000, a, 1\n", ":2: expected the numbers of a device"),
        (HEADER + "10:00:00.000, 0, much\n", ":2: expected a power, found 'much'"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, words: str) -> None:
    with pytest.raises(LogError, match=words):
        read(text)
