"""A reading beyond what the device can have drawn is no reading: bounded or lost, and said, never counted."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.unusable import unusable_reason
from wattwhat.acquisition.window import Window
from wattwhat.energy.possible import possible_j
from wattwhat.records.assumptions import power_limit_w
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing import VirtualClock

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
    meter_set = MeterSet([meter], clock=meter.clock)
    window = Window("w", meter_set=meter_set).start()
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
    line = CounterInput(_Still(channel))
    span_s = round(span_s * 1e9) * 1e-9  # as readings are stamped
    found = line.step(0, values[0], Reading(round(span_s * 1e9), values[-1]))
    sure_j, extra_j = found or (0.0, 0.0)
    assert -1e-6 * (wrap_j or 0.0) <= sure_j <= possible_j(channel, span_s)
    assert 0 <= extra_j <= power_limit_w(channel) * span_s * (1 + 1e-9)
    anchor = None
    for number, value in enumerate(values):
        anchor = line.visit(Reading(round(number * span_s * 1e9), value), anchor)
    assert anchor is not None
    assert math.isfinite(anchor.sure_j)
    assert anchor.sure_j + anchor.extra_j <= len(values) * possible_j(channel, 2.0 * len(values) * span_s)


class _Still(Meter):
    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def read(self) -> Reading:
        return Reading(time.monotonic_ns(), 0.0)


def test_a_gauge_that_always_shows_the_largest_number_is_lost() -> None:
    from wattwhat.acquisition.gauge_input import GaugeInput

    meter = Scripted("power", 700.0, {0: 4294967.295})
    line = GaugeInput(meter, meter.clock)
    for wrong_w in (4294967.295, -4294967.295, 3600.0):
        with pytest.raises(ValueError, match="can draw"):
            line.take(Reading(meter.clock(), wrong_w))
    line.take(Reading(meter.clock(), 900.0))  # a spike above the limit is one


@given(
    st.sampled_from(["gpu", "cpu", "wall"]),
    st.floats(10.0, 1000.0),
    st.floats(0.001, 5.0),
    st.floats(0.0, 1.0),
    st.floats(1e-6, 100.0),
)
def test_what_a_device_at_twice_its_limit_counts_is_a_gain_however_short_the_window(
    component: str, limit_w: float, period_s: float, phase: float, span_s: float
) -> None:
    channel = Channel("h/x/0", "x", "0", component, "energy", max_power_w=limit_w, update_period_s=period_s)

    def shown(t_s: float) -> float:
        return 2.0 * limit_w * period_s * math.floor(t_s / period_s + phase)

    line = CounterInput(_Still(channel))
    assert line.step(0, shown(0.0), Reading(round(span_s * 1e9), shown(span_s))) is not None


@pytest.mark.parametrize("wrong_j", [2.0**64, 1e6, -50.0])
def test_one_wrong_visit_of_the_watch_changes_nothing(wrong_j: float) -> None:
    """A watched counter showed nonsense once between the edges of a window: the edges tell the energy."""
    channel = Channel(
        "h/x/0", "x", "0", "cpu", "energy", update_period_s=0.001, max_power_w=125.0, wrap_j=262143.3
    )
    line = CounterInput(_Still(channel))
    anchor = line.visit(Reading(0, 1000.0), None)
    same = line.visit(Reading(10**9, wrong_j), anchor)
    later = line.visit(Reading(2 * 10**9, 1200.0), same)
    first, last = Reading(10**8, 1010.0), Reading(3 * 10**9, 1300.0)
    if wrong_j > 0.0:
        assert line.gain(first, anchor, last, same) == pytest.approx((290.0, 0.0))
        assert line.gain(first, anchor, last, later) == pytest.approx((290.0, 0.0))
    else:
        sure_j, extra_j = line.gain(first, anchor, last, later) or (0.0, 0.0)
        assert sure_j <= 290.0 <= sure_j + extra_j


def test_a_counter_that_jumped_for_good_is_believed_again_after_two_visits() -> None:
    channel = Channel("h/x/0", "x", "0", "gpu", "energy", update_period_s=0.02, max_power_w=700.0, wrap_j=1e9)
    line = CounterInput(_Still(channel))
    anchor = line.visit(Reading(0, 1000.0), None)
    anchor = line.visit(Reading(10**9, 1e6), anchor)
    jumped = line.visit(Reading(2 * 10**9, 1e6 + 100.0), anchor)
    assert jumped.sure_j == 0.0
    assert jumped.extra_j == pytest.approx(1400.0)
    after = line.visit(Reading(3 * 10**9, 1e6 + 200.0), jumped)
    assert after.sure_j == pytest.approx(100.0)
    assert after.extra_j == jumped.extra_j


@pytest.mark.parametrize("wrong_w", [4294967.295, 1e9, 70000.0])
def test_nonsense_of_a_gauge_for_a_moment_is_a_gap_that_is_bounded_and_said(wrong_w: float) -> None:
    """0.11 s of all bits set within 2 s."""
    meter = Scripted("power", 700.0, {})
    meter_set = MeterSet([meter], clock=meter.clock, threaded=False)
    for line in meter_set.gauges.values():
        line.take(meter.read())
    window = Window("w", meter_set=meter_set).start()
    for look in range(300):
        meter.clock.advance(0.01)
        if look == 200:
            window.stop()
        meter.wrong = {0: wrong_w} if 50 <= look < 61 else {}
        meter_set.sampler.tick(meter.clock.now_s)
    m = window.measurement
    assert abs(m.energy_j.value - POWER_W * m.duration_s) <= 2.0 * m.energy_j.u
    assert m.energy_j.value < 2.0 * POWER_W * m.duration_s
    assert 700.0 * 0.05 < m.energy_j.u < 700.0 * 0.3
    assert any("700 W" in words and "left out" in words for words in m.warnings)


def test_an_estimate_may_be_told_late_of_what_a_child_used() -> None:
    still = _Still(Channel("h/x/0", "x", "0", "cpu", "energy", max_power_w=10.0))
    still.provenance = "estimated"  # type: ignore[attr-defined]
    assert CounterInput(still).step(0, 0.0, Reading(1000, 5000.0)) == (5000.0, 0.0)


@given(
    age_ns=st.integers(0, 10**9),
    since_start_s=st.floats(3, 1e9),
    value=st.floats(-1e6, 1e9),
)
def test_swapped_numbers_are_told_however_long_the_machine_runs(
    age_ns: int, since_start_s: float, value: float
) -> None:
    now_ns = round(since_start_s * 1e9)
    t_ns = now_ns - age_ns
    assert unusable_reason(Reading(t_ns, value), now_ns) is None
    assert "they are swapped" in str(unusable_reason(Reading(round(value), t_ns), now_ns))
