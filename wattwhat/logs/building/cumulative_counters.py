"""Energy counters in logs: what was counted between the first and the last row, resets told apart."""

from __future__ import annotations

from wattwhat.logs.source import Source

__all__ = ["Counting"]


class Counting:
    """Differences of counters that only go up; one that goes back was reset.

    Args:
        source: is told of resets.

    Example:
        >>> counting = Counting(Source.of_text("", "made.txt"))
        >>> [counting.step("GPU 0", joules, line) for line, joules in enumerate([5.0, 7.5, 1.0, 2.0], 1)]
        [None, 2.5, None, 1.0]
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: dict[str, float] = {}

    def step(self, device: str, energy_j: float, line: int) -> float | None:
        """Joules since this device's last row, or None at the first one and after a reset."""
        before = self._last.get(device)
        self._last[device] = energy_j
        if before is None:
            return None
        if energy_j < before:
            self._source.problem(
                line,
                f"expected the counter of {device} to go up, not from {before:g} J to {energy_j:g} J: "
                "it was reset, and what it counted in between is not known",
            )
            return None
        return energy_j - before
