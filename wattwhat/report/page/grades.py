"""Letters for the page: which reference grades which row, in words, and the bands to draw."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.records.measurement import Measurement
from wattwhat.report.page.rows import brief
from wattwhat.scoring.frontier import FrontierGrade
from wattwhat.scoring.population import TRAITS, traits_of

__all__ = ["FIT", "band_of", "grade_row", "references_of"]

FIT = "fit"
_STEPS = 60
_MANY = 300  # from here on fewer bootstrap populations are drawn: each costs a linear programme


def references_of(
    reference: Any, measurements: Sequence[Measurement], metric: str
) -> tuple[list[FrontierGrade], list[str]]:
    """The references to grade by, and sentences about what could not be fitted.

    Args:
        reference: None, a FrontierGrade, the path of a saved one, ``"fit"`` (each population of at least
            8 like measurements among these becomes a reference of its own), or a sequence of such.
        measurements: what is on the page.
        metric: name of the accuracy.

    Raises:
        ScoreError: a file is no reference.
        ArgumentError: it is none of these.
        OSError: a file cannot be opened.

    Example:
        >>> references_of(None, [], "accuracy")
        ([], [])
    """
    if reference is None:
        return [], []
    if isinstance(reference, FrontierGrade):
        return [reference], []
    if isinstance(reference, str) and reference == FIT:
        return _fitted(measurements, metric)
    if isinstance(reference, (str, os.PathLike)):
        return [FrontierGrade.load(reference)], []
    if isinstance(reference, Sequence):
        pairs = [references_of(one, measurements, metric) for one in reference]
        return [grade for grades, _ in pairs for grade in grades], [
            note for _, notes in pairs for note in notes
        ]
    raise ArgumentError(
        argument="reference",
        expected=f"a FrontierGrade, the path of one, {FIT!r} or a list of these",
        got=reference,
    )


def grade_row(
    measurement: Measurement, references: Sequence[FrontierGrade], number: Callable[[str], int]
) -> dict[str, Any]:
    """The grade by the first reference that takes this measurement, or the reason why none does.

    Args:
        measurement: what to grade.
        references: in the order in which they are asked.
        number: keeps a text once and gives its number.

    Returns:
        ``grade``, a list of letter, number of the reference, odds, excess, words and numbers of notes; or
        ``ungraded`` with the number of a sentence; or nothing where there is no reference.
    """
    refusals = []
    for place, reference in enumerate(references):
        try:
            result = reference(measurement)
        except WattwhatError as err:
            refusals.append(str(err))
            continue
        odds = {letter: round(p, 3) for letter, p in (result.probabilities or {}).items() if p >= 0.005}
        # The words name the reference in a bracket; the page puts that in again.
        text = result.details["words"].replace(_bracket(reference), "@", 1)
        notes = [number(note) for note in result.details["notes"]]
        return {"grade": [result.grade, place, odds or None, brief(result.value), text, notes]}
    if not refusals:
        return {}
    others = f" (and {len(refusals) - 1} other references neither)" if len(refusals) > 1 else ""
    return {"ungraded": number(refusals[0] + others)}


def _bracket(reference: FrontierGrade) -> str:
    return f"(reference {reference.reference}, {len(reference.members)} models)"


def band_of(reference: FrontierGrade) -> dict[str, Any]:
    """The efficient frontier over the reference's own range of accuracies, to draw its bands from.

    Outside that range a grade is an extrapolation, so nothing is drawn there.
    """
    low, high = reference.accuracy_range
    low, high = max(low, 1e-6), min(high, 1.0 - 1e-6)
    steps = [low + (high - low) * i / _STEPS for i in range(_STEPS + 1)]
    return {
        "name": reference.reference,
        "bracket": _bracket(reference),
        "members": len(reference.members),
        "edges": list(reference.edges),
        "frontier": [[accuracy, float(f"{reference.frontier_j(accuracy):.5g}")] for accuracy in steps],
        "about": [text for text in (reference.task, reference.protocol, reference.date) if text],
    }


def _lacks(measurement: Measurement, metric: str) -> str:
    """What a measurement lacks to be a member of a population; empty if nothing."""
    if metric not in measurement.metrics:
        return f"they carry no {metric!r}"
    if not measurement.energy_j.known:
        return "their energy is not known"
    return "" if measurement.items else "a grade is of the energy of one item, and they do not say how many"


def _fitted(measurements: Sequence[Measurement], metric: str) -> tuple[list[FrontierGrade], list[str]]:
    groups: dict[tuple[str | None, ...], list[Measurement]] = {}
    lacking: Counter[str] = Counter()
    for measurement in measurements:
        lacks = _lacks(measurement, metric)
        if not lacks:
            groups.setdefault(tuple(traits_of(measurement)[name] for name in TRAITS), []).append(measurement)
        lacking[lacks] += bool(lacks)
    grades: list[FrontierGrade] = []
    notes = [
        f"No grades for {count} of {len(measurements)} measurements: {what}."
        for what, count in lacking.items()
        if count
    ]
    for traits, group in groups.items():
        name = ", ".join(part for part in traits if part) or "these measurements"
        try:
            grades.append(
                FrontierGrade.fit(
                    group,
                    reference=f"this page: {name}",
                    metric=metric,
                    bootstrap=500 if len(group) < _MANY else 50,
                )
            )
        except WattwhatError as err:
            # what comes after a semicolon is advice to programmers
            notes.append(f"No grades for {name}: {str(err).partition(';')[0]}.")
    return grades, notes
