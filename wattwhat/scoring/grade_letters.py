"""Letters for an excess, and how likely each letter is when the inputs are uncertain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity

__all__ = [
    "EDGES",
    "FIRM",
    "LETTERS",
    "LINKS",
    "check_edges",
    "check_link",
    "check_quantile",
    "draw_letters",
    "fewest_for_odds",
    "letter_of",
    "link_slope",
    "linked",
    "log2_u",
]

LETTERS = "ABCDEFG"
EDGES = (1.1, 1.3, 1.6, 2.2, 3.2, 5.0)
# A letter is firm if its odds, which carry noise and bootstrap, are at least these.
FIRM = 0.8
LINKS = ("logit", "log error", "linear")


def check_edges(instance: object, attribute: Any, value: tuple[float, ...]) -> None:
    """An attrs validator: as many rising edges as part the letters."""
    if len(value) != len(LETTERS) - 1 or any(b <= a for a, b in zip((0.0, *value), value, strict=False)):
        raise ArgumentError(
            argument="edges", expected=f"{len(LETTERS) - 1} rising numbers above 0", got=value
        )


def check_quantile(instance: object, attribute: Any, value: float) -> None:
    """Validator: a quantile between 0 and 1."""
    if not 0 < value < 1:
        raise ArgumentError(
            f"{value!r} is not between 0 and 1",
            argument="quantile",
            remedy="0.1 is the tenth that spends least",
        )


def check_link(instance: object, attribute: Any, value: str) -> None:
    """An attrs validator: a link that `linked` knows."""
    if value not in LINKS:
        raise ArgumentError(argument="link", expected=f"one of {', '.join(LINKS)}", got=value)


def letter_of(excess: float, edges: Sequence[float] = EDGES) -> str:
    """A for an excess up to the first edge, then one letter an edge, and one more beyond the last.

    Example:
        >>> [letter_of(excess) for excess in (0.9, 1.1, 1.9, 7.0)]
        ['A', 'A', 'D', 'G']
    """
    return LETTERS[sum(excess > edge for edge in edges)]


def linked(accuracy: float, link: str) -> float:
    """The accuracy on the scale on which the frontier is straight.

    ``logit``: ln(a / (1 - a)); ``log error``: -ln(1 - a); ``linear``: a itself. Infinite at 0 or 1
    where the link has no value there.
    """
    if link == "linear":
        return accuracy
    if link == "log error":
        return -math.log1p(-accuracy) if accuracy < 1 else math.inf
    if link != "logit":
        raise ArgumentError(argument="link", expected=f"one of {', '.join(LINKS)}", got=link)
    if accuracy in (0.0, 1.0):
        return math.inf if accuracy else -math.inf
    return math.log(accuracy / (1.0 - accuracy))


def link_slope(accuracy: float, link: str) -> float:
    """How much the linked accuracy changes with the accuracy: its derivative."""
    if link == "linear":
        return 1.0
    return 1.0 / (1.0 - accuracy) if link == "log error" else 1.0 / (accuracy * (1.0 - accuracy))


def log2_u(relative: float) -> float:
    """Standard uncertainty of log2 of a log-normal quantity from its relative standard uncertainty.

    Example:
        >>> round(log2_u(0.1), 3), log2_u(math.inf)
        (0.144, inf)
    """
    return math.sqrt(math.log1p(relative * relative)) / math.log(2.0) if relative < math.inf else math.inf


def fewest_for_odds(quantile: float) -> int:
    """How many models a population must have before the odds of its letters hold.

    Twenty, and so many that two of them lie beyond the quantile; ``python -m benchmarks scoring`` prints
    how well odds hold from there on.

    Example:
        >>> fewest_for_odds(0.1), fewest_for_odds(0.05)
        (20, 40)
    """
    return max(20, math.ceil(2.0 / min(quantile, 1.0 - quantile) - 1e-9))


def draw_letters(
    log2_energy: Quantity,
    linked_accuracy: Quantity,
    edges: Sequence[float],
    draws: tuple[Any, Any, Any, Any],
) -> Mapping[str, float]:
    """Share of the draws that fall on each letter.

    They are not centred on the value: the frontier of few models lies on the whole above that of the
    population they come from, and its bootstrap lines lie where that may be.

    Args:
        log2_energy: log2 of the energy of one item, with its u.
        linked_accuracy: the accuracy on the frontier's scale, with its u.
        edges: of the excess, rising.
        draws: standard normal draws for the energy and for the accuracy, intercept and slope of the
            frontier in each draw; four arrays of one shape.
    """
    import numpy as np

    for_energy, for_accuracy, intercepts, slopes = draws
    excess = for_accuracy * linked_accuracy.u
    excess += linked_accuracy.value
    excess *= slopes
    excess += intercepts
    np.subtract(for_energy * log2_energy.u + log2_energy.value, excess, out=excess)
    below = [int(np.count_nonzero(excess <= math.log2(edge))) for edge in edges] + [len(excess)]
    counts = [high - low for low, high in zip([0, *below], below, strict=False)]
    return {letter: count / len(excess) for letter, count in zip(LETTERS, counts, strict=False)}
