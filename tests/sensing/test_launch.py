"""Which rank this process is, and what its job shares with others: read from what launchers put there."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Quantity
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.sensing.launch import Rank, job_of, rank_of, ranked, shared_warnings

TORCHRUN = {"RANK": "1", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "TORCHELASTIC_RESTART_COUNT": "2"}
SRUN = {"SLURM_JOB_ID": "9", "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}


@pytest.mark.parametrize(
    ("environ", "rank"),
    [
        ({}, None),
        (TORCHRUN, Rank("torchrun", 1, 8, 2)),
        ({**SRUN, **TORCHRUN}, Rank("torchrun", 1, 8, 2)),  # torchrun that srun started
        ({"RANK": "0", "WORLD_SIZE": "2"}, Rank("torchrun", 0, 2)),  # accelerate, DeepSpeed
        ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, Rank("mpirun", 1, 2)),
        ({"PMI_RANK": "0", "PMI_SIZE": "3"}, Rank("mpiexec", 0, 3)),
        (SRUN, Rank("srun", 3, 4)),
        ({**SRUN, "SLURM_RESTART_COUNT": "1"}, Rank("srun", 3, 4, 1)),
        ({"SLURM_JOB_ID": "9", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, None),  # a batch script
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "0"}, None),
        ({"RANK": "first", "WORLD_SIZE": "2"}, None),
        ({"RANK": "5", "WORLD_SIZE": "2"}, None),
        ({"RANK": "-1", "WORLD_SIZE": "2"}, None),
    ],
)
def test_the_rank_is_what_the_innermost_launcher_says(environ: dict[str, str], rank: Rank | None) -> None:
    assert rank_of(environ) == rank


@given(of=st.integers(2, 120), attempts=st.integers(1, 3))
def test_no_two_ranks_and_no_two_attempts_share_a_file(of: int, attempts: int) -> None:
    names = [ranked("a/m.jsonl", Rank("x", n, of, k)) for n, k in product(range(of), range(attempts))]
    assert len(set(names)) == len(names)
    firsts = [ranked("m.jsonl", Rank("x", n, of)) for n in range(of)]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize(
    ("counts", "node", "cpus"),
    [("4", "0", 4), ("4(x2)", "1", 4), ("4(x2),8", "2", 8), ("4(x2),8", "7", None), ("", "0", None)],
)
def test_the_share_of_this_node(counts: str, node: str, cpus: int | None) -> None:
    job = job_of({"SLURM_JOB_ID": "9", "SLURM_JOB_CPUS_PER_NODE": counts, "SLURM_NODEID": node}, 16)
    assert job is not None
    assert job.get("cpus") == cpus
    assert job.get("cpu_share") == (None if cpus is None else cpus / 16)
    assert job_of({}, 16) is None


def entry(component: str, provenance: str = "measured", counted: bool = True) -> ChannelEnergy:
    kind = component.partition("/")[0]
    channel = Channel(f"h/x/{component}", "x", component, kind, "energy")
    return ChannelEnergy(channel, Quantity(1.0, 0.1, "J"), provenance, counted)


JOB = {"SLURM_JOB_ID": "9", "SLURM_JOB_CPUS_PER_NODE": "4"}


@pytest.mark.parametrize(
    ("environ", "channels", "expected"),
    [
        ({}, [entry("cpu"), entry("board")], 0),
        (JOB, [entry("cpu"), entry("dram")], 1),
        (JOB, [entry("cpu/job-9")], 1),  # of which a share is the job's
        ({"SLURM_JOB_ID": "9"}, [entry("cpu")], 1),  # a share that is not known is no whole node
        ({**JOB, "SLURM_JOB_CPUS_PER_NODE": "16"}, [entry("cpu")], 0),
        (JOB, [entry("cpu", "estimated")], 0),  # of this process alone
        (JOB, [entry("cpu", counted=False)], 0),
        (JOB, [entry("board")], 1),  # no GPU was given, and one is counted
        ({**JOB, "SLURM_JOB_GPUS": "0"}, [entry("board")], 0),
        ({**JOB, "CUDA_VISIBLE_DEVICES": "0"}, [entry("board")], 0),
        (JOB, [entry("wall"), entry("board")], 2),
    ],
)
def test_a_shared_node_is_never_silently_the_jobs(
    environ: dict[str, str], channels: list[ChannelEnergy], expected: int
) -> None:
    words: tuple[Any, ...] = shared_warnings(channels, environ, 16)
    assert [one.code for one in words] == ["shared-node"] * expected
