"""Which models are Pareto-dominated: another is at least as accurate for no more energy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wattwhat.errors import ArgumentError

__all__ = ["epsilon_front", "pareto"]


def pareto(accuracies: Sequence[float], energies: Sequence[float]) -> tuple[bool, ...]:
    """Whether each model lies on the Pareto front of high accuracy and low energy.

    A model is dominated if another one is at least as good in both and better in one; equals do not
    dominate each other. Works in n log n.

    Args:
        accuracies: larger is better.
        energies: smaller is better, in any one unit; as many.

    Returns:
        True for each model that nothing dominates.

    Raises:
        ArgumentError: the two are of different length.

    Example:
        >>> pareto([0.9, 0.8, 0.7], [2.0, 3.0, 1.0])
        (True, False, True)
    """
    if len(accuracies) != len(energies):
        raise ArgumentError(
            f"{len(accuracies)} accuracies and {len(energies)} energies: expected as many of both"
        )
    order = sorted(range(len(energies)), key=lambda i: (energies[i], -accuracies[i]))
    front = [False] * len(order)
    best: tuple[float, float] | None = None  # the most accurate one so far, and the energy it takes
    for i in order:
        if best is None or accuracies[i] > best[0]:
            best = (accuracies[i], energies[i])
        front[i] = (accuracies[i], energies[i]) == best
    return tuple(front)


def epsilon_front(accuracies: Sequence[float], energies: Sequence[float], epsilon: float) -> tuple[bool, ...]:
    """The fewest models of the Pareto front that stand for all: an epsilon-Pareto set.

    A model stands for another if its accuracy times 1 + epsilon is at least the other's, and its energy at
    most 1 + epsilon times the other's (Laumanns and others, Evolutionary Computation 10, 2002). Gone
    through from the thriftiest to the most accurate; what nobody chosen stands for brings the last one
    that does.

    Args:
        accuracies: larger is better.
        energies: smaller is better, in any one unit; as many.
        epsilon: what difference does not matter, as a share; 0 gives the Pareto front, equals once.

    Returns:
        True for each model that is chosen.

    Raises:
        ArgumentError: the two are of different length, or epsilon is no number of at least 0.

    Example:
        >>> epsilon_front([0.80, 0.801, 0.90], [1.0, 1.02, 5.0], 0.05)
        (False, True, True)
    """
    if not (isinstance(epsilon, (int, float)) and 0.0 <= epsilon < math.inf):
        raise ArgumentError(
            argument="epsilon", expected="a share of at least 0, as 0.02 for 2 %", got=epsilon
        )
    on_front = pareto(accuracies, energies)
    rising = sorted((i for i, front in enumerate(on_front) if front), key=lambda i: energies[i])
    more = 1.0 + epsilon
    chosen: list[int] = []
    for place, i in enumerate(rising):
        if chosen and _stands_for(accuracies, energies, chosen[-1], i, more):
            continue
        able = [j for j in rising[place:] if _stands_for(accuracies, energies, j, i, more)]
        chosen.append(able[-1])
    return tuple(i in chosen for i in range(len(energies)))


def _stands_for(
    accuracies: Sequence[float], energies: Sequence[float], one: int, other: int, more: float
) -> bool:
    return accuracies[one] * more >= accuracies[other] and energies[one] <= more * energies[other]
