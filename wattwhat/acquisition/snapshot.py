"""The meters of a meter set read once, at an edge of a window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from wattwhat.acquisition.counter_input import Anchor
from wattwhat.acquisition.inputs import Input, Mark

__all__ = ["Snapshot"]


_new: Any = tuple.__new__  # of a named tuple, its own is a function of Python's


class Snapshot(NamedTuple):
    """All meters read once.

    Attributes:
        t_ns: monotonic time at the edge of the measured span.
        readings: what each input gave, see `Input.begin`.
        anchors: the counters' anchors that were valid then.
        points: filled later with where the edge lies on each channel's course; None where nobody asks.
        other_ns: where meters gave bytes that are to be understood yet (`Meter.raw_reader`), the monotonic
            time at the other end of the readings, which ``t_ns`` is one end of; else None.
    """

    t_ns: int
    readings: list[Any]
    anchors: tuple[Anchor | None, ...]
    points: list[Any] | None = None
    other_ns: int | None = None

    def understand(self, inputs: Sequence[Input]) -> None:
        """Make readings of the bytes that meters gave; each was asked for in its part of the time it took."""
        readings, other_ns = self.readings, self.other_ns
        if other_ns is None or type(readings[-1]) is not bytes:
            return
        begun_ns, took_ns = min(self.t_ns, other_ns), abs(self.t_ns - other_ns)
        for number, raw in enumerate(readings):
            if type(raw) is bytes:  # another thread may be at it too
                asked_ns = begun_ns + took_ns * number // len(readings)
                readings[number] = inputs[number].understood(raw, asked_ns)

    def at(self, number: int) -> Mark:
        """What it tells of the input with this number."""
        place = self.points[number] if self.points else None
        mark: Mark = _new(Mark, (self.t_ns, self.readings[number], self.anchors[number], place))
        return mark

    def without_edges(self, inputs: Iterable[tuple[int, Input]]) -> Snapshot:
        """A snapshot to remember: an edge of these inputs in it would look like an open window for ever."""
        kept = self.readings.copy()
        for number, sensor in inputs:
            if sensor.waits(kept[number]):
                kept[number] = None
        return self._replace(readings=kept)
