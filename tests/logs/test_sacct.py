"""Slurm's accounting: the job's row counts, its steps are inside it, and what was not counted is not 0."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.machine_samples import SACCT
from wattwhat import logs
from wattwhat.errors import LogError

HEADER = "JobID|JobName|State|ElapsedRaw|NNodes|NodeList|ConsumedEnergyRaw"


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def job(energy: str, ident: str = "9", elapsed: str = "100", state: str = "COMPLETED", nodes: int = 1) -> str:
    return f"{HEADER}\n{ident}|a|{state}|{elapsed}|{nodes}|n01|{energy}\n"


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**9), max_size=5))
def test_steps_are_never_added_to_their_job(energy_j: int, steps: list[int]) -> None:
    rows = [f"9.{k}|s|COMPLETED|100|1|n01|{step}\n" for k, step in enumerate(steps)]
    (measurement,) = read(job(str(energy_j)) + "".join(rows))
    assert measurement.energy_j.value == energy_j


def test_what_a_job_says_comes_along() -> None:
    first, second = read(SACCT, timezone="UTC")
    assert (first.label, second.label) == ("train", "eval")
    assert (first.duration_s, first.details["scope"], first.details["nodes"]) == (600.0, "node", 2)
    assert first.details["job_id"] == "701"
    assert first.started_at is not None
    assert first.started_at.isoformat() == "2026-03-01T10:00:00+00:00"
    (channel,) = first.channels
    assert (channel.channel.component, channel.channel.device) == ("host", "n[01-02]")
    assert channel.channel.gain_error == 0.1
    assert any("--exclusive" in sentence for sentence in first.warnings)


@pytest.mark.parametrize("energy", ["", "0", "18446744073709551614", "4294967294", "N/A", "-5", "1e9"])
def test_a_job_without_a_reading_is_listed_and_is_not_0(energy: str) -> None:
    with pytest.raises(LogError, match=r":2: expected joules in consumedenergyraw of job 9, .*absent, not 0"):
        read(job(energy))
    found = read(job(energy) + "10|b|COMPLETED|100|1|n01|5000\n")
    assert [m.energy_j.value for m in found] == [5000.0]
    assert len(found.problems) == 1


@pytest.mark.parametrize("end", ["|", ""])
def test_the_mark_at_the_end_of_each_row_changes_nothing(end: str) -> None:
    text = "".join(line + end + "\n" for line in job("5000").splitlines())
    assert [m.energy_j.value for m in read(text)] == [5000.0]


def test_a_last_column_that_is_empty_is_not_the_mark_at_the_end() -> None:
    text = "JobID|ElapsedRaw|ConsumedEnergyRaw|Comment\n9|100|5000|\n"
    found = read(text)
    assert [m.energy_j.value for m in found] == [5000.0]
    assert found.problems == ()


def test_steps_without_their_job_are_refused() -> None:
    with pytest.raises(LogError, match=r":2: expected the row of job 9 itself.*overlap"):
        read(HEADER + "\n9.batch|batch|COMPLETED|100|1|n01|5000\n9.0|a|COMPLETED|100|1|n01|4000\n")


@pytest.mark.parametrize("ident", ["9_3", "9+1", "9_[4-7%2]"])
def test_parts_of_arrays_and_of_mixed_jobs_are_jobs(ident: str) -> None:
    (measurement,) = read(job("5000", ident))
    assert measurement.details["job_id"] == ident


def test_a_prefixed_energy_has_few_digits_and_says_so() -> None:
    (measurement,) = read("JobID|Elapsed|ConsumedEnergy\n9|1-01:00:10|1.25M\n")
    assert measurement.energy_j.value == 1.25e6
    assert measurement.duration_s == 90_010.0
    assert measurement.budget.get("resolution") == pytest.approx(1e4 / 12**0.5)
    assert any("ConsumedEnergyRaw has all digits" in sentence for sentence in measurement.warnings)


def test_a_short_job_is_uncertain_by_the_age_of_the_readings() -> None:
    short, long = (read(job(str(300 * s), elapsed=str(s)))[0] for s in (60, 60_000))
    assert short.energy_j.relative > 0.2 > 0.11 > long.energy_j.relative


def test_a_state_that_is_not_the_end_is_said() -> None:
    assert any("TIMEOUT" in one for one in read(job("5000", state="TIMEOUT"))[0].warnings)
    assert any("RUNNING" in one for one in read(job("5000", state="RUNNING"))[0].warnings)


def test_more_than_nodes_can_draw_is_doubted() -> None:
    assert any("more than a host draws" in one for one in read(job("9000000"))[0].warnings)
    assert not any("more than" in one for one in read(job("9000000", nodes=8))[0].warnings)


def test_a_row_that_does_not_fit_its_header_is_listed() -> None:
    found = read(job("5000") + "10|b|COMPLETED|100|1|n01|extra|7000\n")
    assert [m.energy_j.value for m in found] == [5000.0]
    assert found.problems == ("<stream>:3: expected 7 cells as in the header, found 8",)
