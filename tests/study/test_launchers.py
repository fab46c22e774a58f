"""Launchers on real engines: a Slurm of two nodes, a Ray of two nodes; each loses a node in the middle."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slurm_lab import lab  # noqa: F401
from tests.study.made import measured, plan_of, rows_of
from wattwhat.errors import ArgumentError
from wattwhat.study import Plan, open_study, run_study, status_of
from wattwhat.study.cell import Cell
from wattwhat.study.job import Job
from wattwhat.study.journal import Journal
from wattwhat.study.launchers import checked, slurm
from wattwhat.study.plan import MeasureSettings

ROOT = Path(__file__).resolve().parent.parent.parent
NETS = """
import os, signal, time

def plain(batch_size):
    return lambda: sum(range(1000 * batch_size))

def crash():
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Six cells, three of which crash."""
    monkeypatch.setenv("WATTWHAT_BACKENDS", "estimate")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "nets.py").write_text(NETS)
    return Plan(
        str(tmp_path / "plan.toml"),
        {"model": ("nets:plain", "nets:crash"), "batch_size": (1, 2, 3)},
        measure=MeasureSettings(max_seconds=0.3, min_seconds=0.1, idle=False),
        launchers={"slurm": {"tasks": 2, "poll_s": 0.2, "time_min": 5}},
    )


def assert_whole(folder):
    status = status_of(open_study(folder))
    assert (status.measured, len(status.failed), status.left) == (3, 3, 0)
    assert len(rows_of(folder)) == 6


@pytest.mark.parametrize("name", ["local", "slurm", "ray"])
def test_an_option_that_is_not_known_is_told(tmp_path, name):
    known = {"tasks": 4, "partition": None}
    with pytest.raises(ArgumentError, match=rf"\[{name}\] moon: is not known"):
        checked(name, {"folder": "x", "moon": 1}, known)
    with pytest.raises(ArgumentError, match="tasks: expected something like 4, got 'x'"):
        checked(name, {"tasks": "x"}, known)


def test_a_share_that_is_started_again_repeats_nothing(tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(slurm, "run_in_process", lambda job: ran.append(job.key) or measured(job))
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "7")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    jobs = [
        Job(f"{number:04x}", Cell("m:f", batch_size=number + 1), {}, ".").to_dict() for number in range(4)
    ]
    assert slurm.run_share(jobs[:2], str(tmp_path)) == 2
    assert slurm.run_share(jobs, str(tmp_path)) == 2
    assert ran == [job["key"] for job in jobs]
    assert len(Journal(tmp_path / "7-1").finished()) == 4


def test_what_tasks_of_a_killed_driver_finished_is_kept(tmp_path, monkeypatch):
    """The driver is gone, its tasks have rows: the next one takes these and submits the rest."""
    submitted = []

    class Submitted:
        job_id = "9_0"

    class Executor:
        def map_array(self, function, shares, folders):
            submitted.extend(job["key"] for share in shares for job in share)
            for number, (share, folder) in enumerate(zip(shares, folders, strict=True)):
                monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(number))
                function(share, folder)
            return [Submitted()]

    monkeypatch.setattr(slurm, "_executor", lambda folder, given: Executor())
    monkeypatch.setattr(slurm, "_alive", lambda ids: False)
    monkeypatch.setattr(slurm.subprocess, "run", lambda *words, **how: None)
    monkeypatch.setattr(slurm, "run_in_process", measured)
    out = tmp_path / "out"
    run_study(plan_of(), out, launcher=lambda jobs, keep, options: keep(measured(jobs[0])))
    keys = list(open_study(out).cells)
    early = tmp_path / "out" / "slurm" / "3-0"
    early.mkdir(parents=True)
    Journal(early).append(measured(Job(keys[1], open_study(out).cells[keys[1]], {}, ".")))
    run_study(plan_of(), out, launcher=slurm.launch)
    assert sorted(submitted) == sorted(keys[2:])
    assert sorted(key for _, key, _, _ in rows_of(out)) == sorted(keys)
    assert not [path for path in (out / "slurm").iterdir() if path.is_dir()]


def test_slurm_runs_a_study_and_survives_a_lost_task(plan, lab, tmp_path, monkeypatch):  # noqa: F811
    pytest.importorskip("submitit")
    monkeypatch.setenv("SLURM_CONF", lab)
    lost = []

    def told(outcome, done, total):
        if not lost:
            (job,) = (tmp_path / "out" / "slurm" / "jobs.txt").read_text().split()
            lost.append(subprocess.run(["scancel", "--signal=KILL", f"{job}_0"]).returncode)

    first = run_study(plan, tmp_path / "out", launcher="slurm", on_outcome=told)
    assert lost == [0]
    second = run_study(plan, tmp_path / "out", launcher="slurm")
    assert second.measured + second.failed == first.interrupted
    assert_whole(tmp_path / "out")


RAY = """
import json, sys
from ray.cluster_utils import Cluster
from wattwhat.study import read_plan, run_study

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
node = cluster.add_node(num_cpus=1)
import ray
ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
lost = []

def told(outcome, done, total):
    if not lost:
        lost.append(1)
        cluster.remove_node(node, allow_graceful=False)

run_study(sys.argv[1], sys.argv[2], launcher="ray", on_outcome=told)
run_study(sys.argv[1], sys.argv[2], launcher="ray")
ray.shutdown()
cluster.shutdown()
print(json.dumps({"lost": len(lost)}))
"""


def test_ray_runs_a_study_and_survives_a_lost_node(plan, tmp_path, monkeypatch):
    if importlib.util.find_spec("ray") is None:  # not imported here: it looks for every kind of GPU
        pytest.skip("ray is not installed")
    (tmp_path / "plan.toml").write_text(
        'models = ["nets:plain", "nets:crash"]\nbatch_size = [1, 2, 3]\n'
        "[measure]\nmax_seconds = 0.3\nmin_seconds = 0.1\nidle = false\n"
    )
    (tmp_path / "driver.py").write_text(RAY)
    # the wheel of amdsmi cannot be imported without ROCm, and Ray asks it for GPUs
    (tmp_path / "amdsmi.py").write_text("raise ImportError('no ROCm here')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    words = [sys.executable, "driver.py", "plan.toml", "out"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"lost": 1}
    assert_whole(tmp_path / "out")
