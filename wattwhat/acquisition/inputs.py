"""One open meter as windows use it: its readings at their edges, and the energy between two edges."""

from __future__ import annotations

import math
import numbers
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from wattwhat.errors import MeterLostError, error_text
from wattwhat.plugins import pass_on
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, MeterProvenance, Reading, provenance_of

if TYPE_CHECKING:
    from wattwhat.energy.joules import Joules
    from wattwhat.records.timeline_points import Place

__all__ = ["EDGE_BOUND_S", "Energy", "Gap", "Input", "Mark", "is_reading", "middle_ns"]

# Energy of one channel, None where it was lost, and warnings about it.
Energy = tuple["Joules | None", tuple[str, ...]]

# A reading that took longer than the first is not made in the program's own time any more; one that takes
# less than the second again is. In between it stays as it was.
_SLOW_S, _SOON_S = 0.004, 0.002
# A meter whose reading takes less is read without more ado, once one has shown it.
_QUICK_S = 0.0002
# No edge of a window holds the program longer than this for all its readings together.
EDGE_BOUND_S = 0.05


class Gap(NamedTuple):
    """A reading that failed: when, and why."""

    t_ns: int
    reason: str


class Mark(NamedTuple):
    """One meter at one edge of a window.

    Attributes:
        t_ns: monotonic time of the edge.
        item: what the meter's `Input` gave there; None where nothing of it was kept.
        anchor: of a counter, the anchor that was valid then.
        place: where the edge lies on the course of the channel, where that is known.
    """

    t_ns: int
    item: Any
    anchor: Any
    place: Place | None

    def energy_until(self, end: Mark) -> tuple[float, float, float] | None:
        """Joules by where two edges lie on the channel's course, with what `spent` says; None if unknown."""
        if self.place is None or end.place is None:
            return None
        from wattwhat.records.timeline_points import spent

        return spent(((end.place, 1.0), (self.place, -1.0)))


class Input:
    """An open meter; `CounterInput` and `GaugeInput` say how its readings become joules.

    Attributes:
        meter: the meter.
        clock: monotonic time in ns, that of its readings.
        channel: what it measures.
        provenance: ``"measured"`` or ``"estimated"``.
        counted: whether its energy is added to totals.
        error: why its latest reading failed, or None.
        lost: whether every further reading will fail.
        watched: whether its update period was looked for by watching.
        version: version of the vendor's library and driver behind it, or None.
        followers: what is told of each look beside the program, while it wants that.
        took_s: how long a reading takes, in s, as the latest ones showed; 0 before the first.
        beside: whether it is read beside the program only, because its readings take long.
        reading_ns: since when a reading beside the program has been under way, or None.
    """

    def __init__(self, meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.meter, self.clock = meter, clock
        self.channel: Channel = meter.channel
        self.provenance: MeterProvenance = provenance_of(meter)
        self.counted = True
        self.error: str | None = None
        self.lost = False
        self.watched = False
        self.version: str | None = None
        self.followers: tuple[Any, ...] = ()
        self.took_s, self.beside = 0.0, False
        self.reading_ns: int | None = None
        self._took: deque[float] = deque(maxlen=5)

    @property
    def quick(self) -> bool:
        """Whether its latest readings have shown that they take no time."""
        return len(self._took) > 0 and self.took_s < _QUICK_S and not self.beside

    def timed(self, seconds: float, may_be_left: bool = True) -> None:
        """Learn how long a reading takes: the middle of the latest few.

        Args:
            seconds: how long it took.
            may_be_left: whether readings can be made beside the program.
        """
        self._took.append(seconds)
        self.took_s = sorted(self._took)[len(self._took) // 2]
        slow = seconds > EDGE_BOUND_S or self.took_s > (_SOON_S if self.beside else _SLOW_S)
        self.beside = slow and may_be_left

    def doubt(self) -> None:
        """Something took long: it has to show anew that it is quick."""
        self._took.clear()

    def follow_s(self, now_s: float) -> float | None:
        """Seconds between two looks that its followers want now, None where none wants any."""
        if not self.followers:
            return None
        wanting = tuple(one for one in self.followers if one.wanted(now_s))
        if len(wanting) < len(self.followers):
            self.followers = wanting
        return min((one.every_s for one in wanting), default=None)

    def learn(self, channel: Channel) -> None:
        """Go by what was found out about the sensor: the same channel, with other figures."""
        self.channel = channel

    @property
    def settled_s(self) -> float:
        """Seconds after an edge until it is known what it showed there."""
        raise NotImplementedError

    @property
    def reader(self) -> Callable[[], Any]:
        """What is called at the begin of a window where nothing takes long; it may raise."""
        raise NotImplementedError

    def begin(self) -> Any:
        """What is kept of it at the begin of a window, its time included."""
        raise NotImplementedError

    def end(self, begin: Any, t_ns: int) -> Any:
        """What is kept of it at the end of that window, at this monotonic time in ns."""
        raise NotImplementedError

    def glance(self) -> Any:
        """What is kept of it in the middle of a window, which goes on."""
        raise NotImplementedError

    def waits(self, item: Any) -> bool:
        """Whether looks, and no reading, are to tell of an edge at which it gave this."""
        raise NotImplementedError

    def told_soon(self, item: Any, now_ns: int, patience_s: float) -> bool:
        """Whether a look that is soon to come, or has not been under way for long, will tell of this edge."""
        return False

    def missed(self) -> None:
        """Such a look was waited for in vain."""

    def curve(self) -> Any:
        """What the history of windows draws of it."""
        raise NotImplementedError

    def schedule(self, number: int) -> Any:
        """When the sampler is to look at it, as the meter set's input of this number."""
        raise NotImplementedError

    def after_fork(self) -> None:
        """In a forked child: its locks may be held by nobody."""
        self.reading_ns = None

    def energy(
        self,
        begin: Mark,
        end: Mark,
        around: Mark | None = None,
        aligned: bool = False,
        label: str | None = None,
    ) -> Energy:
        """Energy between two edges, and warnings about it.

        Args:
            begin: the earlier edge.
            end: the later one.
            around: an edge from before ``begin``, which tells the power around a short span.
            aligned: whether there is rest before and after the window.
            label: of the window, for its warnings.
        """
        raise NotImplementedError

    def tried(self, read: Callable[[], Any]) -> Any:
        """What a reading gave; a failure is remembered and gives a gap."""
        try:
            given = read()
        except MeterLostError as err:
            pass_on(err)
            self.lost, self.error = True, str(err)
        except BaseException as err:
            pass_on(err)
            self.error = error_text(err)
        else:
            self.error = None
            return given
        return self.gap()

    def understood(self, raw: bytes, t_ns: int) -> Any:
        """The reading, or the gap, that bytes of its meter's `raw_reader` are."""
        try:
            return self.meter.understood(raw, t_ns)
        except BaseException as err:
            pass_on(err)
            return Gap(t_ns, error_text(err))

    def gap(self) -> Gap:
        """That it gave nothing just now, and why."""
        return Gap(self.clock(), self.error or "lost")

    def close(self) -> None:
        """Close the meter, whatever it raises."""
        try:
            self.meter.close()
        except BaseException as err:  # a meter that cannot be closed must not end the program
            pass_on(err)
            self.error = f"close failed: {err}"


def is_reading(item: Any) -> bool:
    """Whether this is a usable reading of a counter: a time and a finite number."""
    if type(item) is Reading and type(item[0]) is int and type(item[1]) is float:
        return math.isfinite(item[1])  # nearly always; the abstract classes below take ten times as long
    try:
        return (
            isinstance(item, tuple)
            and not isinstance(item, Gap)
            and len(item) == 2
            and isinstance(item[0], numbers.Integral)
            and isinstance(item[1], numbers.Real)
            and math.isfinite(item[1])
        )
    except OverflowError:  # a whole number beyond what a float holds
        return False


def middle_ns(begin_ns: int, stamp_ns: int, end_ns: int) -> int:
    """When a value was obtained that was asked for at ``begin_ns`` and came at ``end_ns``, in ns.

    A meter may stamp it before it asks the sensor or after: the longer part was the asking, and its middle
    is the best guess. A stamp from before is the sensor's own time.
    """
    if stamp_ns < begin_ns:
        return stamp_ns
    return (
        (begin_ns + stamp_ns) // 2 if stamp_ns - begin_ns >= end_ns - stamp_ns else (stamp_ns + end_ns) // 2
    )
