"""Fitting a FrontierGrade to measurements, and how far its letters hang on single members."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, Remedy, ScoreError
from wattwhat.scoring.grade_letters import EDGES, letter_of, link_slope, linked, log2_u
from wattwhat.scoring.population import Member, common_traits, members_of
from wattwhat.scoring.score_inputs import ADD_TEST_ITEMS

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.frontier import FrontierGrade

__all__ = ["FEWEST", "fit_frontier", "leave_one_out"]

FEWEST = 8
_FEW_U = 5.0
_NARROW = 0.005  # half a point of accuracy


def fit_frontier(
    grade: type[FrontierGrade],
    measurements: Iterable[Measurement],
    *,
    reference: str = "unnamed",
    task: str = "",
    device: str | None = None,
    scope: str | None = None,
    protocol: str = "",
    date: str = "",
    metric: str = "accuracy",
    quantile: float = 0.1,
    link: str = "logit",
    edges: Sequence[float] = EDGES,
    bootstrap: int = 500,
    seed: int = 0,
    force: bool = False,
) -> FrontierGrade:
    """The efficient frontier of a population of models measured alike.

    Args:
        grade: the class to make: FrontierGrade, or one derived from it.
        measurements: one a model, each with accuracy, energy and items.
        reference: name of the reference; say task, device and date in it.
        task: what the models do, in words.
        device: the device of all of them, for those that do not say; must not contradict the others.
        scope: what the energy is of (``"gpu"``, ``"cpu+dram"``), likewise.
        protocol: how they were measured, in words.
        date: of the measurements; by default that of the latest one that has a date.
        metric: name of the accuracy in their metrics.
        quantile: share of the population that should lie below the frontier.
        link: scale of the accuracy, one of ``logit``, ``log error``, ``linear``.
        edges: six rising edges of the excess.
        bootstrap: number of populations drawn to find how well the frontier is known; 0 for none.
        seed: of these draws and of those behind the probabilities.
        force: fit fewer than 8 members, unlike members and repeated labels, and note it.

    Raises:
        ScoreError: there are fewer than 8 members, they have one accuracy, one lacks something, or
            scipy is not installed.
        ComparisonError: members are unlike (scope, device, phase, item, estimated beside measured).
    """
    population = list(measurements)
    members = members_of(population, metric, force)
    traits, notes = common_traits(population, {"device": device, "scope": scope}, force)
    if len(members) < FEWEST:
        if not force or len(members) < 2:
            raise ScoreError(
                f"a frontier of {len(members)} models says little: at least {FEWEST} are needed",
                remedy=_FORCE,
            )
        notes += (f"forced: only {len(members)} members, fewer than {FEWEST}",)
    bare = grade(
        reference=reference,
        members=members,
        intercept=0.0,
        slope=0.0,
        quantile=quantile,
        link=link,
        edges=tuple(edges),
        metric=metric,
        traits=traits,
        task=task,
        protocol=protocol,
        date=date or _latest(population),
        notes=notes,
        seed=seed,
    )
    fitted = _with_line(bare, bootstrap)
    return attrs.evolve(fitted, notes=(*notes, *_doubts(fitted)))


def leave_one_out(grade: FrontierGrade) -> Mapping[str, tuple[str, str]]:
    """How far the letter of each member hangs on single members; needs scipy.

    Args:
        grade: the fitted reference.

    Returns:
        For each member's label: its letter, and all letters it gets (in order) when the members are left
        out one by one, itself among them.
    """
    full = {member.label: letter_of(_excess(grade, member), grade.edges) for member in grade.members}
    letters = {label: {letter} for label, letter in full.items()}
    for left_out in grade.members:
        others = tuple(member for member in grade.members if member is not left_out)
        refitted = _with_line(attrs.evolve(grade, members=others), 0)
        for member in grade.members:
            letters[member.label].add(letter_of(_excess(refitted, member), grade.edges))
    return {label: (letter, "".join(sorted(letters[label]))) for label, letter in full.items()}


def _doubts(grade: FrontierGrade) -> tuple[str, ...]:
    """What is doubtful in a frontier because of the accuracies it was fitted to."""
    accuracies = [member.accuracy for member in grade.members]
    span = max(accuracies) - min(accuracies)
    typical = sorted(member.u_accuracy or 0.0 for member in grade.members)[len(accuracies) // 2]
    doubts = []
    if span < max(_FEW_U * typical, _NARROW):
        doubts.append(
            f"the accuracies span {100 * span:.2g} points"
            + (f", {span / typical:.1f} times their uncertainty" if typical else "")
            + ": the price of accuracy, the frontier's slope, is hardly known"
        )
    if grade.slope == 0.0:
        doubts.append("accuracy plays no part: the frontier's slope is 0, so the letters judge energy alone")
    return tuple(doubts)


_FORCE = Remedy("add models, or pass {force} to have it noted instead", force=True)


def _excess(grade: FrontierGrade, member: Member) -> float:
    x = linked(_inner(member, grade.link), grade.link)
    height: float = 2.0 ** (grade.intercept + grade.slope * x)
    return member.energy_per_item_j / height


def _inner(member: Member, link: str) -> float:
    """The member's accuracy, drawn in by half a hit where it is exactly 0 or 1 and the link has no value."""
    if not math.isinf(linked(member.accuracy, link)):
        return member.accuracy
    if member.test_items is None:
        raise ScoreError(
            f"{member.label!r}: an accuracy of exactly {member.accuracy:g} has no {link}",
            remedy=ADD_TEST_ITEMS,
        )
    return (member.accuracy * member.test_items + 0.5) / (member.test_items + 1.0)


def _with_line(grade: FrontierGrade, bootstrap: int) -> FrontierGrade:
    import numpy as np

    from wattwhat.scoring.quantile_regression import bootstrap_lines, quantile_line

    if bootstrap < 0:
        raise ArgumentError(argument="bootstrap", expected="0 or more populations", got=bootstrap)
    inner = [_inner(member, grade.link) for member in grade.members]
    x = np.array([linked(accuracy, grade.link) for accuracy in inner])
    y = np.log2([member.energy_per_item_j for member in grade.members])
    if np.ptp(x) == 0:
        raise ScoreError("all models have one accuracy, so nothing is known of its price; add others")
    line = quantile_line(x, y, grade.quantile)
    lines: Any = bootstrap_lines(
        x,
        y,
        grade.quantile,
        bootstrap,
        np.random.default_rng(grade.seed),
        line=line,
        u_x=[
            (member.u_accuracy or 0.0) * link_slope(accuracy, grade.link)
            for member, accuracy in zip(grade.members, inner, strict=True)
        ],
        u_y=[log2_u((member.u_energy_j or 0.0) / member.energy_per_item_j) for member in grade.members],
    )
    return attrs.evolve(grade, intercept=line[0], slope=line[1], lines=lines)


def _latest(measurements: Iterable[Measurement]) -> str:
    dates = [measurement.started_at for measurement in measurements if measurement.started_at is not None]
    return max(dates).date().isoformat() if dates else ""
