"""A Slurm job's share of a node: shares add up, faults stay what they are, and what is not known is in u."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.job_meters import JobMeter, job_meters, share_of
from wattwhat.energy.counter import difference
from wattwhat.sensing.job_time import Times
from wattwhat.sensing.meter import Meter, Reading

JOB = {"job_id": "7", "cpus": 4, "node_cpus": 16, "cpu_share": 0.25}
ENVIRON = {"SLURM_JOB_ID": "7", "SLURM_JOB_CPUS_PER_NODE": "4"}
DRAM = "h/rapl/dram-0"
PACKAGE = Channel("h/rapl/package-0", "rapl", "package 0", "cpu", "energy", (DRAM,), gain_error=0.02)


class Shown(Meter):
    """Shows what it is told to."""

    def __init__(self, channel: Channel, value: float = 0.0, provenance: Any = "measured") -> None:
        self.channel, self.value, self.provenance = channel, value, provenance

    def read(self) -> Reading:
        return Reading(round(self.value * 1e7), self.value)


def shared(channel: Channel = PACKAGE, of_time: float = 0.5) -> tuple[JobMeter, Shown, list[float]]:
    """A meter of the job, the node's meter, and the node's processor seconds; the job has a part of them."""
    node, seconds = Shown(channel), [0.0]
    return JobMeter(node, channel, JOB, lambda: Times(of_time * seconds[0], seconds[0])), node, seconds


@given(of_cpus=st.floats(0.01, 1.0), of_time=st.floats(0.0, 1.0))
def test_a_share_lies_between_cpus_and_processor_time(of_cpus: float, of_time: float) -> None:
    share, u = share_of(of_cpus, of_time)
    assert min(of_cpus, of_time) - 1e-12 <= share <= max(of_cpus, of_time) + 1e-12
    # both ends, idle power alone and none of it, are inside of the interval
    assert abs(of_cpus - share) <= 2.0 * u + 1e-12
    assert u <= share_of(of_cpus, None)[1]


@given(
    steps=st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 2.0)), min_size=1, max_size=20),
    of_time=st.floats(0.0, 1.0),
)
def test_shares_of_tiles_add_up_and_no_more_than_the_node_is_the_jobs(
    steps: list[tuple[float, float]], of_time: float
) -> None:
    own, node, seconds = shared(of_time=of_time)
    shown = [own.read().value]
    for joules, busy_s in steps:
        node.value += joules
        seconds[0] += busy_s
        shown.append(own.read().value)
        assert own.read().value == shown[-1]  # nothing new of the node is nothing new of the job
    gained = [after - before for before, after in pairwise(shown)]
    for (joules, _), part in zip(steps, gained, strict=True):
        assert -1e-9 <= part <= joules * (1.0 + 1e-9) + 1e-9
    assert sum(gained) == pytest.approx(shown[-1] - shown[0], abs=1e-9)


def test_the_share_of_a_step_is_that_of_its_own_time() -> None:
    own, node, seconds = shared(of_time=0.75)
    before = own.read().value
    node.value, seconds[0] = 100.0, 4.0
    assert own.read().value - before == pytest.approx(50.0)  # between 25 % of CPUs and 75 % of time


@given(wrap_j=st.floats(50.0, 1000.0), steps=st.lists(st.floats(0.0, 45.0), min_size=1, max_size=30))
def test_a_counter_that_wraps_is_the_same_counter(wrap_j: float, steps: list[float]) -> None:
    import attrs

    channel = attrs.evolve(PACKAGE, wrap_j=wrap_j)
    own, node, seconds = shared(channel)
    total = gained = 0.0
    before = own.read().value
    for step in steps:
        total += step
        seconds[0] += 1.0
        node.value = total % wrap_j
        now = own.read().value
        gained += difference(before, now, wrap_j)[0]
        before = now
    assert gained == pytest.approx(0.375 * total, abs=1e-6)


def test_a_reset_stays_one_and_a_gauge_shows_the_jobs_watts() -> None:
    own, node, seconds = shared()
    node.value = 90.0
    before = own.read().value
    node.value, seconds[0] = 8.0, 1.0
    gained, kind = difference(before, own.read().value)
    assert (kind, gained) == ("reset", pytest.approx(0.375 * 8.0))
    gauge = Channel("h/x/cpu", "x", "package 0", "cpu", "power")
    own, node, seconds = shared(gauge)
    node.value, seconds[0] = 80.0, 1.0
    assert own.read().value == pytest.approx(30.0)


def test_the_input_learns_how_far_the_share_is_known_and_keeps_what_it_found_out_itself() -> None:
    import attrs

    own, _, seconds = shared(of_time=0.25)
    sensor = own.sensor = CounterInput(own)
    assert sensor.channel.gain_error > 1.0  # nobody has told of processor time yet
    sensor.learn(attrs.evolve(sensor.channel, update_period_s=0.02))
    seconds[0] = 1.0
    own.meter.value = 1.0
    own.read()
    own.meter.value, seconds[0] = 2.0, 2.0
    own.read()
    share, u = share_of(0.25, 0.25)
    assert sensor.channel.gain_error == pytest.approx((0.02**2 + (u / share) ** 2) ** 0.5)
    assert sensor.channel.update_period_s == 0.02
    assert "job 7 has 4 of 16 CPUs and 25 % of the processor time" in sensor.channel.source


def test_what_is_shared_is_the_nodes_and_nothing_else(tmp_path: Path) -> None:
    board = Channel("h/nvml/0", "nvml", "a GPU", "board", "energy")
    own = Channel("h/estimate/cpu", "estimate", "cpu", "cpu", "energy")
    meters = [Shown(PACKAGE), Shown(board), Shown(own, provenance="estimated")]
    kept, words = job_meters(meters, lambda meter: meter.channel, ENVIRON, 16, str(tmp_path))
    assert [isinstance(one, JobMeter) for one in kept] == [True, False, False]
    assert kept[0].channel.id == "h/rapl/package-0/job-7"
    assert kept[0].channel.contains == (f"{DRAM}/job-7",)
    assert not words
    for environ, cpus in (({}, 16), (ENVIRON, 4), ({"SLURM_JOB_ID": "7"}, 16)):
        assert job_meters(meters, lambda meter: meter.channel, environ, cpus)[0] == meters


def test_a_sensor_of_the_whole_host_is_left_out_where_its_parts_are_known(tmp_path: Path) -> None:
    wall = Shown(Channel("h/bmc/host", "bmc", "the host", "host", "power", ("h/rapl/package-0",)))
    kept, words = job_meters([wall, Shown(PACKAGE)], lambda meter: meter.channel, ENVIRON, 16, str(tmp_path))
    assert [one.channel.id for one in kept] == ["h/rapl/package-0/job-7"]
    assert [one.code for one in words] == ["shared-node"]  # type: ignore[attr-defined]
    kept, _ = job_meters([wall], lambda meter: meter.channel, ENVIRON, 16, str(tmp_path))
    assert [one.channel.id for one in kept] == ["h/bmc/host/job-7"]
