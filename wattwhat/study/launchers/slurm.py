"""Slurm through submitit: an array of tasks, each of which runs a share of the cells one after the other.

A task keeps a journal of its own in the results folder, which all nodes must see. So a task that Slurm starts
again (its node was lost, its time was up) goes on where it was, and so does a study whose driver was killed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.small_files import read_small_text
from wattwhat.study.job import Job, Outcome
from wattwhat.study.journal import Journal, key_of
from wattwhat.study.launchers import checked
from wattwhat.study.process import run_in_process

__all__ = ["launch", "run_share"]

_IDS = "jobs.txt"
# Names of the options: those of submitit that most clusters need; `extra` goes to sbatch as it is.
_KNOWN: Mapping[str, Any] = {
    "tasks": 16,
    "time_min": 60,
    "partition": None,
    "gpus": None,
    "cpus": None,
    "memory_gb": None,
    "extra": None,
    "poll_s": 5.0,
}


def launch(
    jobs: Sequence[Job],
    keep: Callable[[Outcome], None],
    options: Mapping[str, Any],
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Submit an array of tasks and keep their outcomes as they come.

    Args:
        jobs: what to run.
        keep: called with each outcome.
        options: of the plan's table ``[slurm]``: tasks, time_min, partition, gpus, cpus, memory_gb, poll_s,
            and ``extra``, a table of further options of sbatch.
        sleep: waits for seconds.

    Raises:
        ArgumentError: submitit or Slurm is not installed, an option is not known, or Slurm refuses the array.
    """
    given = checked("slurm", options, _KNOWN)
    folder = Path(options["folder"], "slurm")
    executor = _executor(folder, given)
    _cancel(folder)  # tasks of a driver that was killed: what they finished is kept below
    waiting = {job.key: job for job in jobs}
    _collect(folder, waiting, keep)
    _clear(folder)
    if not waiting:
        return
    shares = _shares(list(waiting.values()), given["tasks"])
    try:
        submitted = executor.map_array(run_share, shares, [str(folder)] * len(shares))
    except Exception as err:  # submitit's own kinds of errors
        raise ArgumentError(f"the array was refused: {' '.join(str(err).split())}", argument="slurm") from err
    ids = sorted({job.job_id.partition("_")[0] for job in submitted})
    write_atomically(folder / _IDS, "\n".join(ids) + "\n")
    try:
        while waiting and _alive(ids):
            sleep(float(given["poll_s"]))
            _collect(folder, waiting, keep)
        _collect(folder, waiting, keep)
    except BaseException:
        _cancel(folder)
        raise
    (folder / _IDS).unlink(missing_ok=True)  # what still runs has nothing left to do but to end
    _clear(folder)
    for job in waiting.values():
        keep(
            Outcome(job.key, job.cell.settings(), None, f"its Slurm task ended; see {folder}", "interrupted")
        )


def run_share(jobs: Sequence[Mapping[str, Any]], folder: str) -> int:
    """Run a share of the cells, on a node; what is finished already is passed over.

    Args:
        jobs: as plain data.
        folder: of the launcher, in the results folder.

    Returns:
        How many cells it ran.
    """
    name = (
        f"{os.environ.get('SLURM_ARRAY_JOB_ID', 'task')}-{os.environ.get('SLURM_ARRAY_TASK_ID', os.getpid())}"
    )
    home = Path(folder, name)
    home.mkdir(parents=True, exist_ok=True)
    journal = Journal(home)
    finished, count = journal.finished(), 0
    for job in map(Job.from_dict, jobs):
        if job.key in finished:
            continue
        outcome = run_in_process(job)
        if outcome.final:
            journal.append(outcome)
        count += 1
    return count


def _executor(folder: Path, given: Mapping[str, Any]) -> Any:
    try:
        import submitit
    except ImportError as err:
        raise ArgumentError(
            'the launcher slurm needs submitit, which is not installed; pip install "wattwhat[slurm]"'
        ) from err
    try:
        executor = submitit.AutoExecutor(folder=folder / "submitit", cluster="slurm")
    except RuntimeError as err:
        raise ArgumentError(f"the launcher slurm needs Slurm's sbatch on this machine: {err}") from err
    parameters = {
        "name": "wattwhat",
        "timeout_min": given["time_min"],
        "slurm_partition": given["partition"],
        "gpus_per_node": given["gpus"],
        "cpus_per_task": given["cpus"],
        "mem_gb": given["memory_gb"],
        "slurm_additional_parameters": {"requeue": True, **(given["extra"] or {})},
        "slurm_array_parallelism": given["tasks"],
    }
    executor.update_parameters(**{name: value for name, value in parameters.items() if value is not None})
    return executor


def _shares(jobs: Sequence[Job], tasks: int) -> list[list[dict[str, Any]]]:
    """As many shares as there are tasks, dealt like cards, so that each has of every kind."""
    count = min(max(int(tasks), 1), len(jobs))
    return [[job.to_dict() for job in jobs[number::count]] for number in range(count)]


def _collect(folder: Path, waiting: dict[str, Job], keep: Callable[[Outcome], None]) -> None:
    """Keep what tasks have finished since the last time."""
    for home in _homes(folder):
        journal = Journal(home)
        if not waiting.keys() & journal.finished().keys():
            continue
        for row in journal.results():
            job = waiting.pop(key_of(row), None)
            if job is not None:
                seconds = float(row["details"].get("cell_seconds", 0.0))
                keep(Outcome(job.key, job.cell.settings(), row, seconds=seconds))
        for key, row in journal.failures().items():
            job = waiting.pop(key, None)
            if job is not None:
                keep(Outcome(key, job.cell.settings(), None, row["reason"], row["kind"], row["seconds"]))


def _homes(folder: Path) -> list[Path]:
    """Where tasks keep what they finished."""
    return sorted(path for path in folder.glob("*-*") if path.is_dir())


def _clear(folder: Path) -> None:
    """Remove the tasks' own journals, once all of them is in the study's."""
    for home in _homes(folder):
        shutil.rmtree(home, ignore_errors=True)


def _alive(ids: Sequence[str]) -> bool:
    """Whether Slurm has any of the jobs in its queue; yes where it does not answer."""
    asked = ["squeue", "--noheader", "--jobs", ",".join(ids), "--format", "%T"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return "Invalid job id" not in answer.stderr
    return bool(answer.stdout.split())


def _cancel(folder: Path) -> None:
    """End what an earlier driver, or this one, submitted."""
    try:
        ids = read_small_text(folder / _IDS).split()
    except FileNotFoundError:
        return
    if ids and all(job_id.isdigit() for job_id in ids):
        subprocess.run(["scancel", *ids], capture_output=True, check=False)
    (folder / _IDS).unlink(missing_ok=True)
