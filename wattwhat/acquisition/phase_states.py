"""Which phases are open together, a number for each such state, and what is counted of each name."""

from __future__ import annotations

import time

from wattwhat.acquisition.phase_tracks import OWN, PAUSE

__all__ = ["Names", "States", "Sum"]

# Sets of names that may be open together at one moment and are judged each by itself.
MOST_STATES = 200


class Sum:
    """What is counted of one name.

    Args:
        started_ns: when it first came, in ns since 1970.

    Attributes:
        open: spans that are open.
        calls: spans that have ended.
        items: samples, images or tokens in them; None where nobody counts.
    """

    __slots__ = ("calls", "items", "open", "started_ns")

    def __init__(self, started_ns: int) -> None:
        self.open = self.calls = 0
        self.items: float | None = None
        self.started_ns = started_ns


class States:
    """Numbers for the sets of names that are open together; seldom ones share the last number.

    Attributes:
        numbers: of each set that is judged by itself.
        crowd_s: of all others together, seconds in all (under None) and of each name.
    """

    def __init__(self) -> None:
        self.numbers: dict[frozenset[str], int] = {frozenset(): PAUSE}
        self.crowd_s: dict[str | None, float] = {}
        # where the state now is one of the crowd: since when, and its names
        self._crowded: tuple[int, frozenset[str]] | None = None

    @property
    def count(self) -> int:
        """How many states there are so far; the last one is the crowd, where there is one."""
        return len(self.numbers) - 1 + OWN + (len(self.numbers) > MOST_STATES)

    def number(self, names: frozenset[str], t_ns: int) -> int:
        """The number of the state that begins now.

        Args:
            names: that are open together.
            t_ns: now.
        """
        if self._crowded is not None:
            since_ns, before = self._crowded
            self._crowded = None
            for name in (*before, None):  # None: all of the crowd's time
                self.crowd_s[name] = self.crowd_s.get(name, 0.0) + (t_ns - since_ns) * 1e-9
        number = self.numbers.get(names)
        if number is None and len(self.numbers) <= MOST_STATES:
            number = self.numbers[names] = len(self.numbers) - 1 + OWN
        if number is None:
            number, self._crowded = len(self.numbers) - 1 + OWN, (t_ns, names)
        return number


class Names:
    """The names of phases: what is counted of each, which are open, and the state that these make.

    Attributes:
        sums: of each name, in the order in which they first came.
        open: those that are open, in the order in which they began.
        states: the numbers of the states.
    """

    def __init__(self) -> None:
        self.sums: dict[str, Sum] = {}
        self.open: dict[str, int] = {}
        self.states = States()

    def edge(self, t_ns: int, before: str | None, name: str | None, items: float | None) -> int | None:
        """A span ends, another one begins, or both; the state from now on, None where it stays."""
        moved = before in self.open and self.closed(before, items)
        moved = (name is not None and self.opened(name)) or moved
        return self.state(t_ns) if moved else None

    def opened(self, name: str) -> bool:
        """One more span of this name is open; whether it is the only one."""
        one = self.sums.get(name)
        if one is None:
            one = self.sums[name] = Sum(time.time_ns())
        one.open += 1
        self.open[name] = 1
        return one.open == 1

    def closed(self, name: str, items: float | None) -> bool:
        """A span of this name is open no more; whether none is."""
        one = self.sums[name]
        one.open -= 1
        one.calls += 1
        if items is not None:
            one.items = (one.items or 0) + items
        if not one.open:
            del self.open[name]
        return not one.open

    def state(self, t_ns: int) -> int:
        """The number of the state that begins now."""
        return self.states.number(frozenset(self.open), t_ns)
