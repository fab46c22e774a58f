"""Letters for an excess, and how likely each letter is when the inputs are uncertain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity

__all__ = [
    "EDGES",
    "LETTERS",
    "LINKS",
    "check_edges",
    "check_link",
    "draw_letters",
    "letter_of",
    "link_slope",
    "linked",
]

LETTERS = "ABCDEFG"
EDGES = (1.1, 1.3, 1.6, 2.2, 3.2, 5.0)
LINKS = ("logit", "log error", "linear")


def check_edges(instance: object, attribute: Any, value: tuple[float, ...]) -> None:
    """An attrs validator: as many rising edges as part the letters."""
    if len(value) != len(LETTERS) - 1 or any(b <= a for a, b in zip((0.0, *value), value, strict=False)):
        raise ArgumentError(f"edges: expected {len(LETTERS) - 1} rising numbers above 0, got {value!r}")


def check_link(instance: object, attribute: Any, value: str) -> None:
    """An attrs validator: a link that `linked` knows."""
    if value not in LINKS:
        raise ArgumentError(f"link: {value!r} is not one of {', '.join(LINKS)}")


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
        raise ArgumentError(f"link: {link!r} is not one of {', '.join(LINKS)}")
    if accuracy in (0.0, 1.0):
        return math.inf if accuracy else -math.inf
    return math.log(accuracy / (1.0 - accuracy))


def link_slope(accuracy: float, link: str) -> float:
    """How much the linked accuracy changes with the accuracy: its derivative."""
    if link == "linear":
        return 1.0
    return 1.0 / (1.0 - accuracy) if link == "log error" else 1.0 / (accuracy * (1.0 - accuracy))


def draw_letters(
    log2_energy: Quantity,
    linked_accuracy: Quantity,
    edges: Sequence[float],
    draws: tuple[Any, Any, Any, Any],
    log2_excess: float,
) -> Mapping[str, float]:
    """Share of the draws that fall on each letter; half of all draws lie below the value, half above it.

    For that they are centred: the lines of bootstrap populations lie on the whole beside the frontier, as
    that of few members lies on the whole beside that of many. They tell how far the frontier may lie off,
    not where, and the probabilities printed beside a value must be that value's own.

    Args:
        log2_energy: log2 of the energy of one item, with its u.
        linked_accuracy: the accuracy on the frontier's scale, with its u.
        edges: of the excess, rising.
        draws: standard normal draws for the energy and for the accuracy, intercept and slope of the
            frontier in each draw; four arrays of one shape.
        log2_excess: the value that the draws are of.
    """
    import numpy as np

    for_energy, for_accuracy, intercepts, slopes = draws
    excess = for_accuracy * linked_accuracy.u
    excess += linked_accuracy.value
    excess *= slopes
    excess += intercepts
    np.subtract(for_energy * log2_energy.u, excess, out=excess)
    excess += log2_excess - np.median(excess)
    below = [int(np.count_nonzero(excess <= math.log2(edge))) for edge in edges] + [len(excess)]
    counts = [high - low for low, high in zip([0, *below], below, strict=False)]
    return {letter: count / len(excess) for letter, count in zip(LETTERS, counts, strict=False)}
