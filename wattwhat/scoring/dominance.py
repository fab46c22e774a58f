"""Which models are Pareto-dominated: another is at least as accurate for no more energy."""

from __future__ import annotations

from collections.abc import Sequence

from wattwhat.errors import ArgumentError

__all__ = ["pareto"]


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
