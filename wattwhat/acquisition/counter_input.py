"""Counters of joules as they are read in a running process: wraps, resets and impossible steps."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from wattwhat.acquisition.counter_looks import CounterLooks
from wattwhat.acquisition.edges import Moment
from wattwhat.acquisition.held_power import HeldPower
from wattwhat.acquisition.inputs import Energy, Gap, Input, Mark, is_reading, middle_ns
from wattwhat.energy.counter import difference
from wattwhat.energy.possible import possible_j
from wattwhat.records.assumptions import power_limit_w
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.curves import CounterCurve
    from wattwhat.acquisition.schedules import CounterSchedule

__all__ = ["Anchor", "CounterInput", "raw_reader"]

# A look that failed sooner than this is made once more.
_LONG_NS = 2_000_000
# A time that is rounded up may lie so far ahead of the call that gave it.
_AHEAD_NS = 1_000_000


class Anchor(NamedTuple):
    """Where a counter stood at one of the watch's visits, wraps and resets before it accounted for.

    Attributes:
        t_ns: monotonic time of the visit.
        raw_j: what the counter showed.
        sure_j: energy since the line was opened that was surely counted.
        extra_j: energy that may have been spent besides, hidden by resets or missed wraps.
    """

    t_ns: int
    raw_j: float
    sure_j: float
    extra_j: float


class _Restamped:
    """A meter whose times are those of another clock: the time at which a reading came takes their place."""

    def __init__(self, meter: Meter, clock: Callable[[], int]) -> None:
        self.meter, self.clock = meter, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.meter, name)

    def read(self) -> Any:
        reading = self.meter.read()
        return Reading(self.clock(), reading[1]) if is_reading(reading) else reading


class CounterInput(Input):
    """A counter of joules. `gain` needs two readings and the anchors that were valid when they were taken."""

    # the latest visit's reading, where it was one that cannot be
    _beyond: Reading | None = None

    def __init__(self, meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(meter, clock)
        self.looks, self.held = CounterLooks(self), HeldPower()
        self.latest: Reading | None = None  # the latest reading that held the program

    @property
    def reader(self) -> Callable[[], Any]:
        """The meter's own read; of one that is gone, what tells so."""
        return self.read if self.lost else self.meter.read

    def read(self, tries: int = 2) -> Any:
        """A reading; a failure is tried once more, then it is a gap."""
        given: Any = None
        while tries and not self.lost:
            given, tries = self.tried(self.meter.read), tries - 1
            if given is None:
                self.error = "read() gave None"
            elif not isinstance(given, Gap):
                return given
        return given or self.gap()

    def begin(self) -> Any:
        """A reading or a gap, at once."""
        return self.read()

    def end(self, begin: Any, t_ns: int) -> Any:
        """A reading or a gap, at once."""
        return self.read()

    def glance(self) -> Any:
        """A reading or a gap; of one that takes long, a moment that looks are to tell of."""
        return self.looks.ask(self.clock()) if self.beside else self.read()

    def waits(self, item: Any) -> bool:
        """Whether it was not read there."""
        return isinstance(item, Moment)

    def told_soon(self, item: Any, now_ns: int, patience_s: float) -> bool:
        """Whether a look that is soon to come, or has not been under way for long, will tell of this edge."""
        looks = self.looks
        if not isinstance(item, Moment) or self.lost or looks.failures or looks.missed or looks.shown(item):
            return False
        return self.reading_ns is None or (now_ns - self.reading_ns) * 1e-9 < patience_s

    def missed(self) -> None:
        """Such a look was waited for in vain."""
        self.looks.missed = True

    def look(self, visit: Callable[[Reading], None], may_be_left: bool = True) -> Any:
        """Read it beside the program, or to see how long that takes.

        Args:
            visit: told of the reading, where it has to be visited before it wraps.
            may_be_left: whether readings can be made beside the program.

        Returns:
            What it gave.
        """
        begin_ns = self.reading_ns = self.clock()
        try:
            reading = self.read(tries=1)
            if not is_reading(reading) and self.clock() - begin_ns < _LONG_NS:
                reading = self.read(tries=1)
        finally:
            end_ns, self.reading_ns = self.clock(), None
        self.timed((end_ns - begin_ns) * 1e-9, may_be_left)
        if not is_reading(reading):
            self.looks.failed(end_ns * 1e-9)  # the next one can wait
            return reading
        if reading[0] > end_ns + _AHEAD_NS and not self.restamped:
            self.meter = cast(Meter, _Restamped(self.meter, self.clock))
        t_ns = middle_ns(begin_ns, min(int(reading[0]), end_ns), end_ns)
        for follower in self.followers:
            follower.look(t_ns, reading[1])
        # moments that were asked for while it was slow are told by looks, also where it is quick again
        if self.beside or self.looks.asked:
            self.looks.take(begin_ns, t_ns, float(reading[1]), end_ns * 1e-9)
            if self.watch_s is not None:
                visit(Reading(t_ns, float(reading[1])))
        return Reading(t_ns, reading[1]) if self.restamped else reading

    @property
    def restamped(self) -> bool:
        """Whether its own times were of another clock than ours, and ours took their place."""
        return isinstance(self.meter, _Restamped)

    def curve(self) -> CounterCurve:
        """What it counted up to the edges of windows."""
        from wattwhat.acquisition.curves import CounterCurve

        return CounterCurve(self)

    def schedule(self, number: int) -> CounterSchedule:
        """When to visit it, and when to look at it beside the program."""
        from wattwhat.acquisition.schedules import CounterSchedule

        return CounterSchedule(self, number)

    def after_fork(self) -> None:
        """In a forked child: its locks may be held by nobody."""
        super().after_fork()
        self.looks.lock = threading.RLock()

    @property
    def live(self) -> bool:
        """Whether it is new at each look, as an estimate is."""
        return self.provenance == "estimated" and self.channel.update_period_s is None

    @property
    def settled_s(self) -> float:
        """Seconds after which an edge was looked at, where that is done beside the program."""
        return self.looks.settled_s if self.beside else 0.0

    def shown(self, item: Any) -> tuple[Any, float]:
        """What it showed at an edge, and in J how uncertain that is because it was read at other times."""
        if not isinstance(item, Moment):
            return item, 0.0
        return self.looks.at(item) or (Gap(item.t_ns, self._unread()), 0.0)

    def _unread(self) -> str:
        """Why there is no look to tell what it showed."""
        again = f"; it is tried again every {retry_s:.0f} s" if (retry_s := self.looks.retry_s()) else ""
        return f"{self.error}{again}" if self.error else "a reading of this meter has not come back yet"

    def energy(
        self,
        begin: Mark,
        end: Mark,
        around: Mark | None = None,
        aligned: bool = False,
        label: str | None = None,
    ) -> Energy:
        """Energy between two edges, and warnings about it; see `Input.energy`."""
        from wattwhat.acquisition.counter_windows import counter_window

        return counter_window(self, begin, end, around, label)

    @property
    def watch_s(self) -> float | None:
        """Seconds between two visits so that no wrap is missed; None for a counter that never wraps.

        Half of the time in which the device at its greatest power runs through the range.
        """
        wrap_j = self.channel.wrap_j
        return None if wrap_j is None else wrap_j / (2.0 * power_limit_w(self.channel))

    def visit(self, reading: Reading, before: Anchor | None) -> Anchor:
        """The anchor after this reading; missed wraps and resets widen what may have been spent.

        A reading that cannot be leaves the anchor where it is. If the next one goes on from there, the
        counter has jumped for good, and what it counted in between is not known.
        """
        if before is None:
            return Anchor(reading.t_ns, reading.value, 0.0, 0.0)
        step = self.step(before.t_ns, before.raw_j, reading)
        if step is None:
            jumped, self._beyond = self._beyond, reading
            if jumped is None or self.step(jumped.t_ns, jumped.value, reading) is None:
                return before
            most_j = power_limit_w(self.channel) * (reading.t_ns - before.t_ns) * 1e-9
            step = (0.0, most_j)
        self._beyond = None
        return Anchor(reading.t_ns, reading.value, before.sure_j + step[0], before.extra_j + step[1])

    def step(self, t_ns: int, raw_j: float, reading: Reading) -> tuple[float, float] | None:
        """Sure and possible further energy in J from an earlier value to a reading; None if it cannot be."""
        duration_s = (reading.t_ns - t_ns) * 1e-9
        wrap_j = self.channel.wrap_j
        most_j = power_limit_w(self.channel) * max(duration_s, 0.0)
        gained, kind = difference(raw_j, reading.value, wrap_j)
        # A "wrap" that would need thrice the device's limit was a reset: the limit may be a nominal one.
        if kind == "wrap" and gained > 3.0 * most_j + 1.0:
            gained, kind = max(reading.value, 0.0), "reset"
        # an estimate may be told late of what a child process used
        if self.provenance == "measured" and not self._possible(gained, duration_s):
            return None
        if kind == "reset":
            return gained, max(most_j - gained, 0.0)
        if wrap_j is not None and most_j - gained >= wrap_j:
            # visits that came too late (an overloaded host) or not at all may have missed whole turns
            return gained, wrap_j * math.floor((most_j - gained) / wrap_j)
        return gained, 0.0

    def _possible(self, gained_j: float, duration_s: float) -> bool:
        # values just beyond the range that is stated come from its rounding
        return -1e-6 * (self.channel.wrap_j or 0.0) <= gained_j <= possible_j(self.channel, duration_s)

    def gain(
        self, first: Reading, anchor: Anchor | None, last: Reading, anchor_last: Anchor | None
    ) -> tuple[float, float] | None:
        """Sure and possible further energy in J between two readings, each with the anchor of its time.

        None where the counter cannot have gained so much: one of the readings is none.
        """
        if anchor is anchor_last or anchor is None or anchor_last is None:
            return self.step(first.t_ns, first.value, last)
        before = self.step(anchor.t_ns, anchor.raw_j, first)
        after = self.step(anchor_last.t_ns, anchor_last.raw_j, last)
        if before is None or after is None:
            return self._unanchored(first, last)
        head, (tail, tail_extra) = before[0], after
        sure_j = anchor_last.sure_j - anchor.sure_j - head + tail
        extra_j = anchor_last.extra_j - anchor.extra_j + tail_extra
        if sure_j < -1e-6 * head and extra_j == 0.0:
            # a reset that no visit saw: one reading went back where the next visit was higher again
            return self._unanchored(first, last)
        # after a reset the part before it is not in the sum, and taking the head off would count it twice
        return (sure_j if extra_j == 0.0 else max(sure_j, 0.0)), extra_j

    def _unanchored(self, first: Reading, last: Reading) -> tuple[float, float] | None:
        """The gain between two readings that do not fit to the visits: what else was spent is not known."""
        direct = self.step(first.t_ns, first.value, last)
        if direct is None:
            return None
        most_j = power_limit_w(self.channel) * (last.t_ns - first.t_ns) * 1e-9
        return direct[0], max(direct[1], most_j - direct[0], 0.0)


def raw_reader(sensor: Input) -> Callable[[], bytes] | None:
    """The `Meter.raw_reader` of an input, where it goes with its meter's `read`; of one that is gone, None.

    A meter that changes what another one reads, and leaves all else to it, means its own `read`.
    """
    meter = sensor.meter
    if sensor.lost or not sensor.channel.is_counter or "read" in getattr(meter, "__dict__", ()):
        return None
    for kind in type(meter).__mro__:
        if "raw_reader" in vars(kind):
            return meter.raw_reader()
        if "read" in vars(kind):
            break
    return None
