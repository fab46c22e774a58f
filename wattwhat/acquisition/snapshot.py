"""The meters of a meter set read once, at an edge of a window."""

from __future__ import annotations

from typing import Any, NamedTuple

from wattwhat.acquisition.counter_input import Anchor
from wattwhat.acquisition.counter_looks import Moment
from wattwhat.acquisition.gauge_input import Edge

__all__ = ["Snapshot", "stamp"]


class Snapshot(NamedTuple):
    """All meters read once.

    Attributes:
        t_ns: monotonic time at the edge of the measured span.
        readings: a Reading, Gap or Edge for each line.
        anchors: the counters' anchors that were valid then.
        points: filled later with where the edge lies on each counter's curve; None where nobody asks.
    """

    t_ns: int
    readings: list[Any]
    anchors: tuple[Anchor | None, ...]
    points: list[Any] | None = None

    def without_edges(self) -> Snapshot:
        """A snapshot to remember: an edge in it would look like an open window for ever."""
        kept = [None if isinstance(item, (Edge, Moment)) else item for item in self.readings]
        return self._replace(readings=kept)


def stamp(readings: list[Any], t_ns: int) -> None:
    """Give edges that were not read the time of their snapshot: reading took a while."""
    for item in readings:
        if isinstance(item, (Edge, Moment)):
            item.t_ns = t_ns
