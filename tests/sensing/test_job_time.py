"""Processor time of a job and of its node, from made control groups of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattwhat.sensing.job_time import JobTime

STAT = "cpu  100 50 25 9000 700 15 10 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
V2 = "system.slice/slurmstepd.scope/job_7"


def tree(root: Path, group: str, file: str, text: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/stat").write_text(STAT)
    (root / "proc/self/cgroup").write_text(group)
    path = root / "sys/fs/cgroup" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("group", "file", "text", "later"),
    [
        (f"0::/{V2}/step_0/user/task_0\n", f"{V2}/cpu.stat",
         "usage_usec 1500000\nuser_usec 1\n", "usage_usec 2500000\n"),
        ("0::/{V2}\n4:cpu,cpuacct:/slurm/uid_0/job_7/step_0\n", "cpu,cpuacct/slurm/uid_0/job_7/cpuacct.usage",
         "1500000000\n", "2500000000\n"),
    ],
)  # fmt: skip
def test_the_control_group_of_the_job_and_not_of_its_step_is_read(
    tmp_path: Path, group: str, file: str, text: str, later: str
) -> None:
    path, now = tree(tmp_path, group, file, text), [0.0]
    times = JobTime("7", {}, str(tmp_path), lambda: now[0])
    assert times.by == "its control group"
    assert times.now() == pytest.approx((1.5, 2.0))  # neither idle time nor waiting nor what was stolen
    path.write_text(later)
    assert times.now() == pytest.approx((1.5, 2.0))  # for the other channels of the node
    now[0] = 1.0
    assert times.now() == pytest.approx((2.5, 2.0))
    path.unlink()
    now[0] = 2.0
    assert times.now() is None


def test_without_a_group_of_the_job_its_processes_times_its_tasks_are_taken(tmp_path: Path) -> None:
    tree(tmp_path, "0::/user.slice/job_70\n", "user.slice/job_70/cpu.stat", "usage_usec 9\n")
    one, four = (
        JobTime("7", {"SLURM_STEP_TASKS_PER_NODE": f"{tasks}(x2)"}, str(tmp_path)) for tasks in (1, 4)
    )
    assert one.by == "its processes"
    sum(range(3_000_000))
    first, last = one.now(), four.now()
    assert first is not None
    assert last is not None
    assert first.job_s > 0.0
    assert last.job_s > 2.0 * first.job_s


def test_a_system_without_accounts_tells_nothing(tmp_path: Path) -> None:
    assert JobTime("7", {}, str(tmp_path)).now() is None
