"""What a FrontierGrade says of a measurement, in words: the verdict, and what is doubtful about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattwhat.records.quantity import Quantity

__all__ = ["doubts", "verdict"]


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
    said = grade if firm else f"{grade}, how likely is not known"
    said += (
        f": {_times(excess)} times what the efficient frontier needs at {100 * accuracy:.3g} % {reference}"
    )
    said += ", extrapolated" if extrapolated else ""
    if cheaper is None:
        return f"{said}; no other reference model is this accurate"
    return f"{said}; the cheapest reference model at least this accurate uses {_times(cheaper)} times as much"


def doubts(
    accuracy: Quantity, covered: tuple[float, float], odds: Mapping[str, float] | None, drawn: bool
) -> tuple[str, ...]:
    """Sentences about what is doubtful in a grade.

    Args:
        accuracy: of what was graded.
        covered: lowest and highest accuracy of the population.
        odds: the probabilities of the letters, or None.
        drawn: whether bootstrap populations tell how well the frontier is known.
    """
    low, high = covered
    found = []
    if not low <= accuracy.value <= high:
        found.append(f"an extrapolation: the reference reaches from {100 * low:.3g} % to {100 * high:.3g} %")
    if accuracy.u == 0:
        found.append("the accuracy is taken as exact: neither its u nor the number of test items is known")
    if odds is None:
        found.append("no probabilities: the uncertainty of the energy is not known")
    if not drawn:
        found.append("the frontier is taken as exact: it was fitted without bootstrap")
    return tuple(found)


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if 0.095 <= ratio < 9.95 else f"{ratio:.2g}"
