"""This machine: one cell after the other, each in a fresh process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattwhat.study.job import Job, Outcome
from wattwhat.study.launchers import checked
from wattwhat.study.process import run_in_process

__all__ = ["launch"]


def launch(jobs: Sequence[Job], keep: Callable[[Outcome], None], options: Mapping[str, Any]) -> None:
    """Run jobs one after the other.

    Args:
        jobs: what to run.
        keep: called with each outcome.
        options: none are known.

    Raises:
        ArgumentError: an option was given.
    """
    checked("local", options, {})
    for job in jobs:
        keep(run_in_process(job))
