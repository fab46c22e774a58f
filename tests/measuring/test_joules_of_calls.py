"""Joules that calls take, and the time between blocks does not: none of them may be given to that time."""

from __future__ import annotations

import random

import pytest

from wattwhat import Channel, Meter, Reading, Workload
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan

CALL_J = 1e-5
ASKED_NS, READ_NS = 50, 1000


class Calls(Workload):
    """Each call takes the same joules and as long as the clock says; nothing else takes any."""

    label = "calls"

    def __init__(self) -> None:
        self.now_ns, self.done = 10**11, 0

    def clock(self) -> int:
        """Asking for the time takes a while too."""
        self.now_ns += ASKED_NS
        return self.now_ns

    def run(self) -> None:
        self.now_ns += 20_000
        self.done += 1

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


class Supply(Meter):
    """Counts at once what the calls take; a reading takes a microsecond."""

    channel = Channel(
        "lab1/made/supply", "made", "supply", "wall", "energy", update_period_s=1e-6, max_power_w=1000.0
    )

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def read(self) -> Reading:
        self.calls.now_ns += READ_NS
        return Reading(self.calls.now_ns, CALL_J * self.calls.done)


def test_the_time_between_blocks_takes_nothing_from_the_calls() -> None:
    calls = Calls()
    meter_set = MeterSet([Supply(calls)], clock=calls.clock, threaded=False)
    plan = Plan(min_seconds=0.01, max_seconds=5.0, idle=False)
    m = run_plan(calls, plan, meter_set, sleep=calls.sleep, generator=random.Random(1))
    assert m.energy_per_call_j is not None
    assert m.duration_s is not None
    held = m.details["blocks"] * (READ_NS + ASKED_NS) * 1e-9 / m.duration_s  # what readings may have drawn
    assert 0.0 < held < 0.01
    assert m.energy_per_call_j.value == pytest.approx(CALL_J, rel=1.1 * held)
    low, high = m.energy_per_call_j.interval(0.95)
    assert low <= CALL_J <= high
