"""Letters for an excess, and how likely each letter is when the inputs are uncertain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.quantity import Quantity

__all__ = ["EDGES", "LETTERS", "LINKS", "draw_letters", "letter_of", "link_slope", "linked", "standard_draws"]

LETTERS = "ABCDEFG"
EDGES = (1.1, 1.3, 1.6, 2.2, 3.2, 5.0)
LINKS = ("logit", "log error", "linear")


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


@lru_cache(maxsize=4)
def standard_draws(draws: int, replicates: int, seed: int) -> tuple[Any, Any, Any]:
    """Two rows of standard normal draws and one of indices of replicates; the same for every measurement.

    Common random numbers make grades of similar models differ by what they are, not by the draw, and
    make ten thousand of them cheap.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    normal = generator.standard_normal((2, draws))
    picked = generator.integers(0, replicates, draws) if replicates else np.zeros(draws, dtype=int)
    for array in (normal, picked):
        array.flags.writeable = False
    return normal[0], normal[1], picked


def draw_letters(
    log2_energy: Quantity,
    linked_accuracy: Quantity,
    intercepts: Any,
    slopes: Any,
    edges: Any,
    draws: tuple[Any, Any],
) -> Mapping[str, float]:
    """Share of the draws that fall on each letter.

    Args:
        log2_energy: log2 of the energy of one item, with its u.
        linked_accuracy: the accuracy on the frontier's scale, with its u.
        intercepts: of the frontier in each draw, shape (draws,).
        slopes: of the frontier in each draw, shape (draws,).
        edges: log2 of the edges, rising.
        draws: two arrays of standard normal draws, shape (draws,).
    """
    import numpy as np

    x = linked_accuracy.value + linked_accuracy.u * draws[1]
    excess = log2_energy.u * draws[0] - slopes * x
    excess -= intercepts
    excess += log2_energy.value
    below = [int(np.count_nonzero(excess <= edge)) for edge in edges] + [len(excess)]
    counts = [high - low for low, high in zip([0, *below], below, strict=False)]
    return {letter: count / len(excess) for letter, count in zip(LETTERS, counts, strict=False)}
