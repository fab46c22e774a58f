"""Edges of windows at which a meter was not read: looks beside the program tell of them later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattwhat.energy.gauge import PowerSums
    from wattwhat.sensing.meter import Reading

__all__ = ["Edge", "Moment"]


class Moment:
    """A moment at which a counter was not read, as an edge of a window.

    Attributes:
        t_ns: its monotonic time.
        known: what the counter would have shown and its standard uncertainty in J, once that is settled.
    """

    __slots__ = ("__weakref__", "known", "t_ns")

    def __init__(self, t_ns: int) -> None:
        self.t_ns = t_ns
        self.known: tuple[Reading, float] | None = None


class Edge:
    """One edge of a window over a gauge, resolved when the gauge has shown all of the power around it.

    Attributes:
        t_ns: its monotonic time.
        sums: the running integral at the time when the gauge showed that moment; None until then.
        before: the integral when the gauge had shown nothing yet of what came after the edge.
        after: the integral when it had shown all of what came before it.
        unrest_w: the range of power shown around it, in W.
        step_w: how much more is shown after it than before, in W.
        given_up: whether the gauge showed nothing for so long that it was given up.
    """

    __slots__ = ("__weakref__", "after", "before", "given_up", "step_w", "sums", "t_ns", "unrest_w")

    def __init__(self, t_ns: int) -> None:
        self.t_ns = t_ns
        self.sums: PowerSums | None = None
        self.given_up = False
        self.before: PowerSums | None = None
        self.after: PowerSums | None = None
        self.unrest_w = 0.0
        self.step_w = 0.0
