"""A reading beyond what the device can have drawn is no reading: bounded or lost, and said, never counted."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.channel import Channel
from wattwhat.energy import beyond_w, power_limit_w
from wattwhat.line import CounterLine
from wattwhat.meter import Meter, Reading
from wattwhat.rig import Rig
from wattwhat.testing import VirtualClock
from wattwhat.window import Window

POWER_W, SECONDS = 100.0, 0.8
COMPONENTS = ["gpu", "memory", "cpu", "dram", "board", "host", "wall"]


class Scripted(Meter):
    """A constant load whose sensor shows something else in chosen readings."""

    def __init__(self, quantity: str, limit_w: float | None, wrong: dict[int, float]) -> None:
        self.channel = Channel(
            "h/x/0", "x", "0", "board", quantity, update_period_s=0.02, max_power_w=limit_w,
            averaging_window_s=None if quantity == "energy" else 0.02,
        )  # fmt: skip
        self.clock, self.wrong, self.reads = VirtualClock(start_ns=10**9), wrong, 0

    def read(self) -> Reading:
        self.reads += 1
        true = POWER_W * (self.clock.now_s if self.channel.quantity == "energy" else 1.0)
        wrong = self.wrong.get(self.reads, self.wrong.get(0, 0.0))
        return Reading(self.clock(), true + wrong)


def measured(meter: Scripted) -> tuple[float, float, tuple[str, ...]]:
    rig = Rig([meter], clock=meter.clock)
    window = Window("w", rig=rig).start()
    meter.clock.advance(SECONDS)
    window.stop()
    m = window.measurement
    return m.energy_j.value, m.energy_j.u, m.warnings


@pytest.mark.parametrize("wrong_j", [1e6, 2.0**64 * 1e-3, 4294967.295])
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("limit_w", [700.0, None])
def test_a_counters_impossible_gain_is_bounded_and_said(
    wrong_j: float, at: int, limit_w: float | None
) -> None:
    meter = Scripted("energy", limit_w, {at: wrong_j})
    value_j, u_j, warnings = measured(meter)
    most_j = power_limit_w(meter.channel) * SECONDS
    assert 0 <= value_j <= most_j
    if at == 2:  # a wrong first reading looks like a reset, which is bounded from below by the last one
        assert abs(value_j - POWER_W * SECONDS) <= 2 * u_j
    assert any(words.startswith("h/x/0") for words in warnings)


@given(
    st.sampled_from(COMPONENTS),
    st.none() | st.floats(1.0, 1e4),
    st.none() | st.floats(1.0, 1e6),
    st.lists(st.floats(-1e20, 1e20, allow_nan=False), min_size=2, max_size=6),
    st.floats(1e-6, 1e4),
)
def test_no_sequence_of_values_gives_more_than_a_device_can_draw(
    component: str, limit_w: float | None, wrap_j: float | None, values: list[float], span_s: float
) -> None:
    channel = Channel("h/x/0", "x", "0", component, "energy", max_power_w=limit_w, wrap_j=wrap_j)  # type: ignore[arg-type]
    line = CounterLine(_Still(channel))
    sure_j, extra_j = line.step(0, values[0], Reading(round(span_s * 1e9), values[-1]))
    most_j = beyond_w(channel) * (span_s + 1.0)
    assert 0 <= sure_j <= most_j * (1 + 1e-9)
    assert 0 <= extra_j <= most_j * (1 + 1e-9)


class _Still(Meter):
    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def read(self) -> Reading:
        return Reading(time.monotonic_ns(), 0.0)


def test_a_gauge_that_always_shows_the_largest_number_is_lost() -> None:
    from wattwhat.gauge_line import GaugeLine

    meter = Scripted("power", 700.0, {0: 4294967.295})
    line = GaugeLine(meter, meter.clock)
    for wrong_w in (4294967.295, -4294967.295, 3600.0):
        with pytest.raises(ValueError, match="can draw"):
            line.take(Reading(meter.clock(), wrong_w))
    line.take(Reading(meter.clock(), 900.0))  # a spike above the limit is one
