"""Running a study: the cells that have no row yet are launched, and each that ends is journalled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.study.accuracies import Accuracies
from wattwhat.study.expansion import shard_of
from wattwhat.study.folder import Study, prepare_study
from wattwhat.study.job import Job, Outcome
from wattwhat.study.locks import Lock
from wattwhat.study.plan import Plan
from wattwhat.study.registry import LAUNCHERS, loaded

__all__ = ["Launcher", "Summary", "run_study"]

# Runs jobs and calls what it is given with each outcome, in this process and one at a time.
Launcher = Callable[[Sequence[Job], Callable[[Outcome], None], Mapping[str, Any]], object]


@attrs.frozen
class Summary:
    """What a run of a study did.

    Args:
        total: cells of the study, or of this shard.
        before: cells that had a row when it began.
        measured: cells that were measured in this run.
        failed: cells that have a reason instead, from this run.
        interrupted: cells that ended from outside, and have no row.
    """

    total: int
    before: int
    measured: int = 0
    failed: int = 0
    interrupted: int = 0


def run_study(
    plan: Plan | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    shard: tuple[int, int] = (1, 1),
    launcher: str | Launcher = "local",
    retry: bool = False,
    changed: bool = False,
    on_outcome: Callable[[Outcome, int, int], object] | None = None,
) -> Summary:
    """Measure every cell of a plan that has no row in the results folder yet.

    It may be killed at any moment: the next run goes on, and repeats nothing that is finished.

    Args:
        plan: the plan or its file.
        out: the results folder; made where it is not there.
        shard: (I, N): only every N-th cell from the I-th on, for a share of the work on each of N machines.
        launcher: where cells run: name of an entry point of ``wattwhat.launchers``, or such a function.
        retry: run cells again that failed before.
        changed: go on where plan or versions have changed, see `wattwhat.study.folder.prepare_study`.
        on_outcome: called with each outcome, and how many cells are done of how many.

    Raises:
        ArgumentError: the plan or the folder makes no sense, or another run is at work there.
        OSError: a row cannot be written, for instance because the disk is full; nothing is lost.

    Example:
        >>> import tempfile
        >>> def stand_in(jobs, keep, options):
        ...     for job in jobs:
        ...         keep(Outcome(job.key, job.cell.settings(), None, "made up", "error"))
        >>> plan, folder = Plan("plan.toml", {"model": ("m:a", "m:b")}), tempfile.mkdtemp()
        >>> [run_study(plan, folder, launcher=stand_in).failed for _ in range(2)]
        [2, 0]
    """
    number, count = shard
    if not 1 <= number <= count:
        raise ArgumentError(f"--shard: expected I/N with I from 1 to N, such as 2/8, got {number}/{count}")
    launch = loaded(LAUNCHERS, launcher) if isinstance(launcher, str) else launcher
    study = prepare_study(plan, out, changed=changed)
    lock = Lock(os.path.join(study.folder, f".run-{number}-of-{count}.lock"))
    try:
        free = lock.take(wait=False)
    except OSError as err:
        raise ArgumentError(
            f"{out} cannot be written ({err.strerror})", argument="--out", remedy="name another folder"
        ) from err
    if not free:
        raise ArgumentError(
            f"another run is at work in {out}",
            argument="--out",
            remedy="wait for it, or share the work with --shard",
        )
    try:
        return _run(study, shard, launch, launcher, retry, on_outcome)
    finally:
        lock.give_back()


def _run(
    study: Study,
    shard: tuple[int, int],
    launch: Launcher,
    name: str | Launcher,
    retry: bool,
    on_outcome: Callable[[Outcome, int, int], object] | None,
) -> Summary:
    keys = shard_of(list(study.cells), *shard)
    finished = study.journal.finished()
    # a key that has no row is pending, and one that failed where that is to be tried again
    pending = [key for key in keys if key not in finished or (retry and not finished[key])]
    counts = {"measured": 0, "failed": 0, "interrupted": 0}
    before = len(keys) - len(pending)

    def keep(outcome: Outcome) -> None:
        if not outcome.final:
            counts["interrupted"] += 1
        else:
            study.journal.append(outcome)
            counts["failed" if outcome.measurement is None else "measured"] += 1
        if on_outcome is not None:
            on_outcome(outcome, before + counts["measured"] + counts["failed"], len(keys))

    asked = study.plan.launchers.get(name, {}) if isinstance(name, str) else {}
    if pending:
        launch(list(_jobs(study, pending)), keep, {**asked, "folder": os.fspath(study.folder)})
    return Summary(total=len(keys), before=before, **counts)


def _jobs(study: Study, keys: Iterable[str]) -> Iterable[Job]:
    plan = study.plan
    known = Accuracies.read(plan)
    measure = {name: value for name, value in attrs.asdict(plan.measure).items() if value is not None}
    for key in keys:
        cell = study.cells[key]
        metrics, details = known.of(cell)
        yield Job(key, cell, measure, plan.folder, metrics, details)
