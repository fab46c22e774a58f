"""What is wrong in a file: sentences that keep the errors they are of, listed up to a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.errors import LogError

__all__ = ["Problem", "Problems"]

_LISTED = 50


class Problem(str):
    """A sentence about a file, which keeps the error that it is the sentence of.

    Example:
        >>> Problem(LogError("is empty", path="a.csv")).error.path
        'a.csv'
    """

    error: LogError

    def __new__(cls, error: LogError) -> Problem:
        """The sentence of this error."""
        made = super().__new__(cls, error)
        made.error = error
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Problem, (self.error,)


class Problems:
    """What was wrong in one file: the first sentences in full, and how many there were."""

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict
        self.listed: list[str] = []
        self.count = 0

    def add(self, problem: LogError | str) -> None:
        """Keep one sentence.

        Args:
            problem: the error, or its sentence alone, as readers of others give it.

        Raises:
            LogError: problems are not tolerated (strict).
        """
        error = LogError(problem) if isinstance(problem, str) else problem
        if self.strict:
            raise error
        self.count += 1
        if len(self.listed) < _LISTED:
            self.listed.append(Problem(error))

    def __iter__(self) -> Iterator[str]:
        yield from self.listed
        if self.count > len(self.listed):
            yield f"and {self.count - len(self.listed)} more like these"
