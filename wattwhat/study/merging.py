"""Putting shards of one study together: rows of other results folders are added to one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence

from wattwhat.errors import ArgumentError
from wattwhat.study.folder import Study, open_study, prepare_study
from wattwhat.study.job import Outcome
from wattwhat.study.journal import key_of

__all__ = ["merge_studies"]


def merge_studies(into: str | os.PathLike[str], others: Sequence[str | os.PathLike[str]]) -> Study:
    """Add the rows of other results folders of the same plan to one folder; rows that it has are left alone.

    Args:
        into: the folder to add to; made where it is not there.
        others: folders of shards.

    Returns:
        The study of the first folder.

    Raises:
        ArgumentError: a folder holds no study, or one with none of the same cells; nothing was written then.
    """
    parts = [open_study(other) for other in others]
    if not parts:
        raise ArgumentError("name at least one other results folder", argument="merge")
    for part in parts[1:]:
        _check_alike(parts[0], part)
    if os.path.isdir(into) and os.listdir(into):
        study = open_study(into)
        _check_alike(study, parts[0])
    else:
        study = prepare_study(parts[0].plan, into, versions=parts[0].versions)
    have = study.journal.finished()
    for rows in _batches(_measured(parts, have)):
        study.journal.append_all(rows)
    for rows in _batches(_failed(parts, have)):
        study.journal.append_all(rows)
    return study


def _measured(parts: Sequence[Study], have: dict[str, bool]) -> Iterator[Outcome]:
    """Measured rows that are not there yet; ``have`` is kept up to date."""
    for part in parts:
        for row in part.journal.results():
            key = key_of(row)
            if not have.get(key, False):
                have[key] = True
                yield Outcome(key, row["details"]["cell"], row)


def _failed(parts: Sequence[Study], have: dict[str, bool]) -> Iterator[Outcome]:
    """Reasons for cells that have no row at all, after all measured ones."""
    for part in parts:
        for key, row in part.journal.failures().items():
            if key not in have:
                have[key] = False
                cell = {name: value for name, value in row["cell"].items() if name != "key"}
                yield Outcome(key, cell, None, row["reason"], row["kind"], row["seconds"])


def _batches(outcomes: Iterator[Outcome]) -> Iterator[list[Outcome]]:
    """A few hundred at a time: shards may hold more rows than memory does."""
    while batch := list(itertools.islice(outcomes, 500)):
        yield batch


def _check_alike(one: Study, other: Study) -> None:
    if set(one.cells) != set(other.cells):
        raise ArgumentError(
            f"{other.folder} is of another plan or other software than {one.folder}",
            argument="merge",
            remedy="merge shards of one plan",
        )
