"""What a FrontierGrade says in words: formula, options, the verdict, and what is doubtful about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.scoring.grade_letters import fewest_for_odds
from wattwhat.scoring.result import ScoreOption
from wattwhat.scoring.score_inputs import METRIC

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.records.quantity import Quantity
    from wattwhat.scoring.frontier import FrontierGrade

__all__ = ["FORMULA", "OPTIONS", "SOURCE", "doubts", "from_options", "verdict", "why_no_odds"]

FORMULA = (
    "A to G by energy per item / frontier(accuracy); frontier: 10 % quantile regression of "
    "log2(energy per item) on logit(accuracy), slope >= 0; edges 1.1, 1.3, 1.6, 2.2, 3.2, 5"
)
SOURCE = "wattwhat's own; quantile regression after Koenker and Bassett, Econometrica 46 (1978)"
OPTIONS = (
    ScoreOption(
        "reference",
        "made by wattwhat reference fit",
        "FILE",
        needed="made by wattwhat reference fit LOG ... -o ref.json",
        is_file=True,
    ),
    METRIC,
)
_WIDEST = 0.4  # of the scatter: the largest uncertainty of a model with which odds hold


def from_options(
    cls: type[FrontierGrade], given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool
) -> FrontierGrade:
    """The grade of a saved reference, if it was fitted with the metric that is asked for."""
    grade = cls.load(given["reference"])
    metric = given.get("metric", "accuracy")
    if metric not in ("accuracy", grade.metric):
        raise ArgumentError(
            f"{metric!r} does not apply to this reference, which was fitted with {grade.metric!r}",
            argument="metric",
            remedy="leave it out, or fit a reference with it",
        )
    return grade


def verdict(
    grade: str,
    excess: float,
    accuracy: float,
    reference: str,
    cheaper: float | None,
    *,
    extrapolated: bool = False,
    firm: bool = True,
) -> str:
    """The grade in one sentence.

    Args:
        grade: the letter.
        excess: energy over what the frontier needs.
        accuracy: a fraction.
        reference: the population, in brackets.
        cheaper: energy of the cheapest reference model that is at least this accurate over this one's; None
            where there is none.
        extrapolated: whether the accuracy lies outside the population's.
        firm: whether it is known how likely the letter is.

    Example:
        >>> verdict("B", 1.2, 0.7, "(reference made)", None, firm=False)
        'B, how likely is not known: 1.2 times what the efficient frontier needs at 70 % (reference made); \
no other reference model is this accurate'
    """
    text = grade if firm else f"{grade}, how likely is not known"
    text += (
        f": {_times(excess)} times what the efficient frontier needs at {100 * accuracy:.3g} % {reference}"
    )
    text += ", extrapolated" if extrapolated else ""
    if cheaper is None:
        return f"{text}; no other reference model is this accurate"
    return f"{text}; the cheapest reference model at least this accurate uses {_times(cheaper)} times as much"


def doubts(
    accuracy: Quantity,
    covered: tuple[float, float],
    grade: str,
    odds: Mapping[str, float] | None,
    drawn: bool,
) -> tuple[str, ...]:
    """Sentences about what is doubtful in a grade.

    Args:
        accuracy: of what was graded.
        covered: lowest and highest accuracy of the population.
        grade: the letter that is printed.
        odds: the probabilities of the letters, or None.
        drawn: whether bootstrap populations tell how well the frontier is known.
    """
    low, high = covered
    sentences = []
    if not low <= accuracy.value <= high:
        sentences.append(
            f"an extrapolation: the reference reaches from {100 * low:.3g} % to {100 * high:.3g} %"
        )
    if accuracy.u == 0:
        sentences.append(
            "the accuracy is taken as exact: neither its u nor the number of test items is known"
        )
    likeliest = max(odds, key=lambda letter: odds[letter]) if odds else grade
    if odds and odds[likeliest] > odds[grade]:
        sentences.append(
            f"{likeliest} is likelier ({100 * odds[likeliest]:.0f} %) than the {grade} of the value "
            f"({100 * odds[grade]:.0f} %): the frontier of few models lies too high on the whole"
        )
    if not drawn:
        sentences.append("the frontier is taken as exact: it was fitted without bootstrap")
    return tuple(sentences)


def why_no_odds(grade: FrontierGrade, own: float, scatter: float) -> str:
    """Why the letters of a model get no probabilities; empty where they do.

    Args:
        grade: the reference.
        own: standard uncertainty of log2 of the model's excess from its own energy and accuracy.
        scatter: standard deviation of log2 of the members' excess.
    """
    if math.isinf(own):
        return "no probabilities: the uncertainty of the energy is not known"
    fewest = fewest_for_odds(grade.quantile)
    if grade.lines and len(grade.members) < fewest:
        return f"odds not calibrated: {len(grade.members)} models, and odds hold from {fewest} on"
    if grade.lines and own > _WIDEST * scatter:
        return "odds not calibrated: the model is nearly as uncertain as the population is scattered"
    return ""


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if 0.095 <= ratio < 9.95 else f"{ratio:.2g}"
