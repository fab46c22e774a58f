"""Joules that calls take, and the time between blocks does not: none of them may be given to that time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Meter, Reading, Workload
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan

CALL_J = 1e-5
ASKED_NS = 50


class Calls(Workload):
    """Each call takes the same joules and as long as the clock says; nothing else takes any."""

    label = "calls"

    def __init__(self, call_ns: int, period_ns: int, between_ns: int) -> None:
        self.now_ns, self.joules, self.shown_j = 10**11, 0.0, 0.0
        self.call_ns, self.period_ns, self.between_ns = call_ns, period_ns, between_ns

    def clock(self) -> int:
        """Asking for the time takes a while too."""
        self.pass_by(ASKED_NS)
        return self.now_ns

    def run(self) -> None:
        self.pass_by(self.call_ns, CALL_J)

    def sleep(self, seconds: float) -> None:
        self.pass_by(round(seconds * 1e9))

    def pass_by(self, ns: int, joules: float = 0.0) -> None:
        """Time in which so much is drawn; a counter shows what was drawn until its latest tick."""
        end_ns = self.now_ns + ns
        tick_ns = end_ns // self.period_ns * self.period_ns
        if tick_ns > self.now_ns:
            self.shown_j = self.joules + joules * (tick_ns - self.now_ns) / ns
        self.now_ns, self.joules = end_ns, self.joules + joules


class Supply(Meter):
    """A counter; a reading takes a while."""

    def __init__(self, calls: Calls, read_ns: int) -> None:
        self.calls, self.read_ns = calls, read_ns
        self.channel = Channel(
            "lab1/made/supply",
            "made",
            "supply",
            "wall",
            "energy",
            update_period_s=calls.period_ns * 1e-9,
            max_power_w=1000.0 * CALL_J / calls.call_ns * 1e9,
        )

    def read(self) -> Reading:
        self.calls.pass_by(self.read_ns)
        return Reading(self.calls.now_ns, self.calls.shown_j)


def measured(calls: Calls, read_ns: int, min_seconds: float) -> Measurement:
    meter_set = MeterSet([Supply(calls, read_ns)], clock=calls.clock, threaded=False)

    def between(passed_s: float, doing: str) -> None:
        calls.pass_by(calls.between_ns if doing.startswith("block") else 0)

    return run_plan(
        calls,
        Plan(min_seconds=min_seconds, max_seconds=5.0, idle=False),
        meter_set,
        progress=between,
        sleep=calls.sleep,
        generator=random.Random(1),
    )


def test_the_time_between_blocks_takes_nothing_from_the_calls() -> None:
    m = measured(Calls(20_000, 1000, 0), 1000, min_seconds=0.01)
    assert m.energy_per_call_j is not None
    assert m.duration_s is not None
    held = m.details["blocks"] * (1000 + ASKED_NS) * 1e-9 / m.duration_s  # what readings may have drawn
    assert 0.0 < held < 0.01
    assert m.energy_per_call_j.value == pytest.approx(CALL_J, rel=1.1 * held)
    low, high = m.energy_per_call_j.interval(0.95)
    assert low <= CALL_J <= high


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1000, 1_000_000, 20_000_000, 100_000_000]),
    st.integers(1000, 1_000_000),
    st.integers(0, 100_000),
    st.integers(100_000, 3_000_000),
)
def test_whatever_readings_and_the_time_between_take_the_joules_of_calls_are_inside(
    period_ns: int, read_ns: int, between_ns: int, call_ns: int
) -> None:
    m = measured(Calls(call_ns, period_ns, between_ns), read_ns, min_seconds=0.3)
    assert m.energy_per_call_j is not None
    assert m.calls is not None
    low, high = m.energy_per_call_j.interval(0.99)
    tick_j = CALL_J * period_ns / call_ns / m.calls  # blocks that keep step with the counter hide one
    assert low - tick_j <= CALL_J <= high + tick_j
    assert (high - low) / 2.0 < 0.1 * CALL_J
