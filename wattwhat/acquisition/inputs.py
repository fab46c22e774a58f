"""One open meter and what is remembered of it: a counter's anchors; a gauge's are in `gauge_line`."""

from __future__ import annotations

import math
import numbers
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from wattwhat.plugins import pass_on
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, MeterProvenance, Reading, provenance_of

if TYPE_CHECKING:
    pass

__all__ = ["EDGE_BOUND_S", "Gap", "Input", "is_reading", "middle_ns"]

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


class Input:
    """An open meter; subclasses know counters and gauges.

    Attributes:
        meter: the meter.
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

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
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

    def failed(self, now_s: float) -> None:
        """A reading beside the program gave nothing."""

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
    return (
        isinstance(item, tuple)
        and not isinstance(item, Gap)
        and len(item) == 2
        and isinstance(item[0], numbers.Integral)
        and isinstance(item[1], numbers.Real)
        and math.isfinite(item[1])
    )


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
