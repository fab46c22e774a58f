"""Times that a spreadsheet turned into days are refused, and not read as seconds."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.parsing.cells import are_days

TABLES = {
    "nvidia-smi": ("timestamp, index, power.draw [W]\n", "{t}, 0, 100.00 W\n"),
    "own table": ("timestamp,power_w\n", "{t},100\n"),
    "amd-smi": ("timestamp,gpu,socket_power,gfx_voltage\n", "{t},0,100,900\n"),
    "zeus": ("Time,Power\n", "{t},100\n"),
}


def read(name: str, times: list[str]) -> logs.Measurements:
    header, row = TABLES[name]
    return logs.read(io.StringIO(header + "".join(row.format(t=t) for t in times)))


@pytest.mark.parametrize("name", sorted(TABLES))
@given(
    day=st.integers(36_526, 73_049),
    step_s=st.floats(0.5, 60.0),
    decimals=st.integers(4, 11),
    count=st.integers(20, 40),
)
def test_days_are_refused_with_what_to_do(name, day, step_s, decimals, count):
    times = [f"{day + k * step_s / 86_400:.{decimals}f}" for k in range(count)]
    with pytest.raises(LogError) as told:
        read(name, times)
    if len(set(times)) > 2:
        assert "days" in str(told.value)
        # rows of one stamp are told apart no further: the first that stands for more than one is named
        assert times[told.value.line - 2] in times[: 1 + times.count(times[0])]
        assert told.value.remedy


@pytest.mark.parametrize("name", sorted(TABLES))
@given(begin=st.integers(0, 80_000), step_s=st.sampled_from([0.01, 0.1, 1.0, 60.0]))
def test_seconds_of_a_clock_that_was_running_are_read(name, begin, step_s):
    found = read(name, [f"{begin + k * step_s:.3f}" for k in range(20)])
    assert found[0].duration_s == pytest.approx((18 if name == "zeus" else 19) * step_s, rel=1e-6)


@given(st.floats(0.0, 1e9), st.floats(1e-3, 1e6))
def test_steps_of_a_millisecond_and_more_are_seconds(first_s, step_s):
    assert not are_days(first_s, step_s)
