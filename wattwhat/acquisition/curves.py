"""One channel as the history of its windows sees it: what it showed, and the course that is drawn of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.inputs import is_reading
from wattwhat.records.assumptions import power_limit_w
from wattwhat.sensing.meter import Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput
    from wattwhat.acquisition.gauge_input import GaugeInput
    from wattwhat.acquisition.snapshot import Snapshot
    from wattwhat.energy.course import Course
    from wattwhat.energy.gauge_course import GaugeCourse
    from wattwhat.energy.live_course import LiveCourse

__all__ = ["BEGIN", "END", "WITHIN", "CounterCurve", "GaugeCurve"]

BEGIN, WITHIN, END = 1, 0, -1
# Two threads that read a counter at the same time have their values within this many seconds.
_CROSSING_S = 0.02


class CounterCurve:
    """One counter, and what it counted up to the latest edge.

    Args:
        counter: the counter.
    """

    def __init__(self, counter: CounterInput) -> None:
        self.counter = counter
        self.live = counter.live
        self.course: Course | LiveCourse | None = None
        self.latest: tuple[Reading, Any] | None = None
        self.counted_j = 0.0

    def take(
        self, snapshot: Snapshot, number: int, step: int, states: tuple[int, int], crossing: bool
    ) -> None:
        """One more edge.

        Args:
            snapshot: the meters read at it.
            number: of the channel there.
            step: BEGIN, WITHIN or END.
            states: of the program before and after it.
            crossing: whether another thread had the edge before.
        """
        reading, anchor = snapshot.readings[number], snapshot.anchors[number]
        if self.counter.waits(reading):  # read beside the program: its looks tell, and not the edges
            self.restart()
            return
        if step == END:
            self._edge(snapshot, number, states[1])
            self._look(reading, anchor, states[0], crossing)
        elif self._look(reading, anchor, states[0], crossing):
            self._edge(snapshot, number, states[1])

    def restart(self) -> None:
        """Edges were lost."""
        if self.course is not None:
            self.course.restart()

    def answer(self, state: int) -> None:
        """Give all edges so far their places; the program is in this state."""
        if self.course is not None:
            self.course.answer()

    def _edge(self, snapshot: Snapshot, number: int, state: int) -> None:
        if self.course is not None:
            self.course.edge(snapshot.t_ns * 1e-9, state, snapshot.points, number)

    def _look(self, reading: Any, anchor: Any, state: int, crossing: bool) -> bool:
        """Whether this reading could be placed."""
        if not is_reading(reading):
            return False
        reading = Reading(*reading)
        if self.latest is not None:
            before, before_anchor = self.latest
            if self._crossed(before, reading, crossing):
                if self.live and self.course is not None:
                    self.course.look(
                        reading.t_ns * 1e-9, self.counted_j + reading.value - before.value, state
                    )
                return True
            gained = self.counter.gain(before, before_anchor, reading, anchor)
            if gained is None:
                return False
            if gained[1] and self.course is not None:
                self.course.restart()
            self.counted_j += max(gained[0], 0.0)
        self.latest = (reading, anchor)
        if self.course is None:
            self.course = self._begun()
        if self.course.channel is not self.counter.channel:
            self.course.learn(self.counter.channel)
        self.course.look(reading.t_ns * 1e-9, self.counted_j, state)
        return True

    def _begun(self) -> Course | LiveCourse:
        if self.live:
            from wattwhat.energy.live_course import LiveCourse

            return LiveCourse(self.counter.channel)
        from wattwhat.energy.course import Course

        return Course(self.counter.channel)

    def _crossed(self, before: Reading, reading: Reading, crossing: bool) -> bool:
        """Whether two threads read it at the same time, so that an earlier value comes later: no reset."""
        back_j, later_s = before.value - reading.value, (reading.t_ns - before.t_ns) * 1e-9
        if self.live:
            return back_j > 0.0
        most_j = _CROSSING_S * power_limit_w(self.counter.channel)
        return crossing and (later_s < 0.0 or (later_s < _CROSSING_S and 0.0 < back_j <= most_j))


class GaugeCurve:
    """One gauge, whose integral is known at some moments beside the edges.

    Args:
        gauge: the gauge.
    """

    def __init__(self, gauge: GaugeInput) -> None:
        self.gauge = gauge
        self.course: GaugeCourse | None = None

    def take(
        self, snapshot: Snapshot, number: int, step: int, states: tuple[int, int], crossing: bool
    ) -> None:
        """One more edge, as `CounterCurve.take` has it."""
        t_s = snapshot.t_ns * 1e-9
        self._learn(t_s, states[0])
        if self.course is not None:
            self.course.edge(t_s, states[1], snapshot.points, number)

    def restart(self) -> None:
        """Edges were lost."""
        if self.course is not None:
            self.course.restart()

    def answer(self, state: int) -> None:
        """Give all edges so far their places; the program is in this state."""
        self._learn(None, state)
        if self.course is not None:
            last = self.gauge.sums.last
            self.course.powers.shown_w = None if last is None else last[1]
            self.course.answer()

    def _learn(self, until_s: float | None, state: int) -> None:
        """Take in what was shown of the time until then; None: all."""
        for one in self.gauge.bounds.taken(until_s):
            if self.course is None:
                from wattwhat.energy.gauge_course import GaugeCourse

                self.course = GaugeCourse(self.gauge.channel)
            if self.course.channel is not self.gauge.channel:
                self.course.learn(self.gauge.channel)
            self.course.bound(one, state)
