"""Ray: a task a cell, on a cluster or this machine; placement and retries are Ray's."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, error_text
from wattwhat.study.job import Job, Outcome
from wattwhat.study.launchers import checked

__all__ = ["launch", "run_task"]

_KNOWN: Mapping[str, Any] = {"address": None, "cpus": 1, "gpus": 1, "retries": 3, "in_flight": 1000}


def launch(jobs: Sequence[Job], keep: Callable[[Outcome], None], options: Mapping[str, Any]) -> None:
    """Run each job as a task of Ray.

    Args:
        jobs: what to run.
        keep: called with each outcome.
        options: of the plan's table ``[ray]``: address (``"auto"`` for a cluster that is there; without it,
            one is started on this machine), cpus and gpus of a task (gpus only where its device is one),
            retries after a node was lost, in_flight tasks at once.

    Raises:
        ArgumentError: Ray is not installed, no cluster answers, or an option is not known.
    """
    given = checked("ray", options, _KNOWN)
    ray = _library()
    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(address=given["address"], log_to_driver=False, logging_level="warning")
        except Exception as err:  # Ray has many kinds of errors
            raise ArgumentError(f"[ray] address: no cluster at {given['address']!r}: {err}") from err
    try:
        _run(ray, jobs, keep, given)
    finally:
        if ours:
            ray.shutdown()


def _run(ray: Any, jobs: Sequence[Job], keep: Callable[[Outcome], None], given: Mapping[str, Any]) -> None:
    remote = ray.remote(run_task)
    waiting = iter(jobs)
    running: dict[Any, Job] = {}
    while True:
        for job in itertools.islice(waiting, given["in_flight"] - len(running)):
            gpus = 0 if job.cell.device == "cpu" else given["gpus"]
            task = remote.options(num_cpus=given["cpus"], num_gpus=gpus, max_retries=given["retries"])
            running[task.remote(job.to_dict())] = job
        if not running:
            return
        done, _ = ray.wait(list(running), num_returns=1)
        for reference in done:
            keep(_outcome(ray, reference, running.pop(reference)))


def _outcome(ray: Any, reference: Any, job: Job) -> Outcome:
    try:
        return Outcome(**ray.get(reference))
    except ray.exceptions.RayError as err:
        reason = f"its node or worker was lost: {' '.join(str(err).split())[:300]}"
        return Outcome(job.key, job.cell.settings(), None, reason, "interrupted")


def run_task(data: Mapping[str, Any]) -> dict[str, Any]:
    """Run one cell on a node, in a process of its own; the plan's folder, if it is there, is the working one.

    Args:
        data: the job as plain data.
    """
    from wattwhat.study.process import run_in_process

    job = Job.from_dict(data)
    if not os.path.isdir(job.folder):
        job = attrs.evolve(job, folder=os.getcwd())
    return attrs.asdict(run_in_process(job), recurse=False)


def _library() -> Any:
    try:
        import ray
    except ImportError as err:
        raise ArgumentError(
            'the launcher ray needs ray, which is not installed; pip install "wattwhat[ray]"'
        ) from err
    except Exception as err:  # it looks for every kind of GPU, and a library of one may be broken
        raise ArgumentError(f"the launcher ray: ray cannot be imported: {error_text(err)}") from err
    return ray
