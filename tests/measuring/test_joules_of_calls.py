"""Joules that calls take, and the time between blocks does not: none of them may be given to that time."""

from __future__ import annotations

import time

import pytest

import wattwhat
from wattwhat import Availability, Backend, Channel, Meter, Reading

CALL_J = 1e-5
taken = [0]


class Supply(Meter):
    """Gives the same joules to every call, however long it takes, and none to anything else."""

    channel = Channel(
        "lab1/made/supply", "made", "supply", "wall", "energy", update_period_s=1e-6, max_power_w=1000.0
    )

    def read(self) -> Reading:
        return Reading(time.monotonic_ns(), CALL_J * taken[0])


class Steady(Backend):
    def probe(self) -> Availability:
        return Availability(True, "reads a made supply")

    def meters(self) -> list[Meter]:
        return [Supply()]


def call() -> None:
    taken[0] += 1


def test_the_time_between_blocks_takes_nothing_from_the_calls() -> None:
    m = wattwhat.measure(call, backends=[Steady()], min_seconds=0.01, max_seconds=5.0, idle=False)
    assert m.energy_per_call_j.value == pytest.approx(CALL_J, rel=0.002)
