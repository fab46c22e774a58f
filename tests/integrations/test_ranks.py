"""Ranks for real: torchrun, mpirun and srun write a file a rank, and their sum counts each joule once."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.slurm_lab import lab  # noqa: F401
from wattwhat.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = [sys.executable, "-m", "wattwhat", "run", "--json", "out.jsonl", "--save", "kept.jsonl", "--"]
WORK = [sys.executable, "-c", "sum(range(10**6))"]
GATHER = """
import sys
from datetime import datetime, timezone
from mpi4py import MPI
import wattwhat
from wattwhat import Channel, Measurement, Quantity
from wattwhat.records.channel_energy import ChannelEnergy

rank = MPI.COMM_WORLD.Get_rank()
host = "one" if rank < 2 else "two"
channel = Channel(f"{host}/rapl/package-0", "rapl", "package 0", "cpu", "energy")
entry = ChannelEnergy(channel, Quantity(100.0, 1.0, "J"))
m = Measurement(label="train", energy_j=entry.energy_j, duration_s=10.0, items=64, channels=(entry,),
                started_at=datetime(2026, 1, 1, tzinfo=timezone.utc))
for group in (None, MPI.COMM_WORLD):
    whole = wattwhat.gather(m, group)
    assert (whole.energy_j.value, whole.items) == (200.0, 192), whole
"""

# A package of 100 J in the window, in a node that a job of one CPU has a part of.
ON_A_NODE = """
import os, sys
from pathlib import Path
import attrs
import torch.distributed as dist
import wattwhat

node = os.environ["SLURMD_NODENAME"]
root = Path(sys.argv[1], node)
zone = root / "sys/class/powercap/intel-rapl:0"
zone.mkdir(parents=True)
for name, value in {"name": "package-0", "energy_uj": 5, "max_energy_range_uj": 262143328850}.items():
    (zone / name).write_text(f"{value}\\n")
os.environ.update(WATTWHAT_BACKENDS="rapl", WATTWHAT_RAPL_ROOT=str(root), WATTWHAT_RAPL_SOURCES="powercap")
dist.init_process_group("gloo")
with wattwhat.track("train", items=8) as window:
    sum(range(10**7))
    (zone / "energy_uj").write_text("100000005\\n")
m = window.measurement
entry, = m.channels
job = os.environ["SLURM_JOB_ID"]
assert entry.channel.id.endswith(f"/rapl/package-0/job-{job}"), entry
assert 0.0 < m.energy_j.value < 100.0, m
assert [one.code for one in m.warnings] == ["shared-node"], m.warnings
# both nodes of this cluster are one machine; a host of its own each has its own name
there = attrs.evolve(entry, channel=attrs.evolve(entry.channel, id=f"{node}/rapl/package-0/job-{job}"))
for own, hosts in ((m, 1), (attrs.evolve(m, channels=(there,)), 2)):
    whole = wattwhat.gather(own)
    assert whole.items == 16
    assert len({one.channel.id for one in whole.channels if one.counted}) == hosts, whole
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def launched(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "WATTWHAT_BACKENDS": "estimate", **more}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def the_sum(folder: Path, ranks: int, capsys: Any) -> dict[str, Any]:
    """Of all files of all ranks: what a journal kept of a rank is in its result already."""
    assert sorted(path.name for path in folder.glob("*.jsonl")) == sorted(
        f"{kind}-rank{rank}.jsonl" for kind in ("kept", "out") for rank in range(ranks)
    )
    parts = [json.loads(path.read_text()) for path in sorted(folder.glob("out-rank*.jsonl"))]
    assert [part["environment"]["rank"]["number"] for part in parts] == list(range(ranks))
    assert main(["combine", str(folder), "--json", "-"]) == 0
    whole: dict[str, Any] = json.loads(capsys.readouterr().out)
    # estimates are of processes, so here they add; a sensor that all see counts once
    assert whole["energy_j"]["value"] == pytest.approx(sum(part["energy_j"]["value"] for part in parts))
    assert whole["calls"] == ranks
    return whole


def test_torchrun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="torch, whose launcher is used")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = launched([*torchrun, "--no-python", *RUN, *WORK], tmp_path)
    assert done.stderr.count("wattwhat combine out-rank*.jsonl") == 1
    the_sum(tmp_path, 2, capsys)


def mpirun(ranks: int) -> list[str]:
    if not shutil.which("mpirun"):
        pytest.skip("mpirun is not here")
    as_root = ["--allow-run-as-root"] if hasattr(os, "geteuid") and not os.geteuid() else []
    return ["mpirun", *as_root, "--oversubscribe", "-n", str(ranks)]


def test_mpirun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    launched([*mpirun(2), *RUN, *WORK], tmp_path)
    the_sum(tmp_path, 2, capsys)


def test_gather_over_mpi(tmp_path: Path) -> None:
    command = mpirun(3)
    found = subprocess.run([sys.executable, "-c", "from mpi4py import MPI"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("mpi4py or the library of MPI is not here")
    launched([*command, sys.executable, "-c", GATHER], tmp_path)


def test_gather_under_torchrun_on_two_nodes_and_the_share_of_each(
    lab: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch", reason="torch, whose launcher is used")
    (tmp_path / "train.py").write_text(ON_A_NODE)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1",
                "--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{free_port()}"]  # fmt: skip
    launched(["srun", "-N2", "-n2", *torchrun, "train.py", "roots"], tmp_path, SLURM_CONF=lab)


def test_srun_on_two_nodes(
    lab: str,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    launched(["srun", "-N2", "-n2", *RUN, *WORK], tmp_path, SLURM_CONF=lab)
    whole = the_sum(tmp_path, 2, capsys)
    job = whole["environment"]["slurm"]
    assert job["cpus"] == 1
    assert job["cpu_share"] == 1 / job["node_cpus"]
