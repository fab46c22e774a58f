"""One open meter and what is remembered of it: anchors of a counter, the running integral of a gauge."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from wattwhat.channel import Channel
from wattwhat.counter import difference
from wattwhat.energy import period_s, power_limit_w
from wattwhat.gauge import PowerSums, delay_s, seen_fraction
from wattwhat.meter import Meter, Reading

__all__ = ["Anchor", "CounterLine", "Edge", "Gap", "GaugeLine", "Line", "is_reading", "open_line"]


class Gap(NamedTuple):
    """A reading that failed: when, and why."""

    t_ns: int
    reason: str


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


class Line:
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
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.channel: Channel = meter.channel
        self.provenance: str = getattr(meter, "provenance", "measured")
        self.counted = True
        self.error: str | None = None
        self.lost = False
        self.watched = False
        self.version: str | None = None

    def learn(self, channel: Channel) -> None:
        """Go by what was found out about the sensor: the same channel, with other figures."""
        self.channel = channel

    def close(self) -> None:
        """Close the meter, whatever it raises."""
        try:
            self.meter.close()
        except Exception as err:  # a meter that cannot be closed must not end the program
            self.error = f"close failed: {err}"


class CounterLine(Line):
    """A counter of joules. `gain` needs two readings and the anchors that were valid when they were taken."""

    @property
    def watch_s(self) -> float | None:
        """Seconds between two visits so that no wrap is missed; None for a counter that never wraps.

        Half of the time in which the device at its greatest power runs through the range.
        """
        wrap_j = self.channel.wrap_j
        return None if wrap_j is None else wrap_j / (2.0 * power_limit_w(self.channel))

    def visit(self, reading: Reading, before: Anchor | None) -> Anchor:
        """The anchor after this reading; missed wraps and resets widen what may have been spent."""
        if before is None:
            return Anchor(reading.t_ns, reading.value, 0.0, 0.0)
        sure_j, extra_j = self.step(before.t_ns, before.raw_j, reading)
        return Anchor(reading.t_ns, reading.value, before.sure_j + sure_j, before.extra_j + extra_j)

    def step(self, t_ns: int, raw_j: float, reading: Reading) -> tuple[float, float]:
        """Sure and possible further energy in J between an earlier value and a reading."""
        duration_s = (reading.t_ns - t_ns) * 1e-9
        wrap_j = self.channel.wrap_j
        most_j = power_limit_w(self.channel) * max(duration_s, 0.0)
        gained, kind = difference(raw_j, reading.value, wrap_j)
        # A "wrap" that would need thrice the device's limit was a reset: the limit may be a nominal one.
        if kind == "wrap" and gained > 3.0 * most_j + 1.0:
            gained, kind = max(reading.value, 0.0), "reset"
        if kind == "reset":
            return gained, max(most_j - gained, 0.0)
        if wrap_j is not None and most_j > 2.0 * wrap_j:
            # visits that came too late (a suspended or overloaded host) may have missed whole turns
            return gained, wrap_j * math.floor(max(most_j - gained, 0.0) / wrap_j)
        return gained, 0.0

    def gain(
        self, first: Reading, anchor: Anchor | None, last: Reading, anchor_last: Anchor | None
    ) -> tuple[float, float]:
        """Sure and possible further energy in J between two readings, each with the anchor of its time."""
        if anchor is anchor_last or anchor is None or anchor_last is None:
            return self.step(first.t_ns, first.value, last)
        head, _ = self.step(anchor.t_ns, anchor.raw_j, first)
        tail, tail_extra = self.step(anchor_last.t_ns, anchor_last.raw_j, last)
        sure_j = anchor_last.sure_j - anchor.sure_j - head + tail
        extra_j = anchor_last.extra_j - anchor.extra_j + tail_extra
        # after a reset the part before it is not in the sum, and taking the head off would count it twice
        return (sure_j if extra_j == 0.0 else max(sure_j, 0.0)), extra_j


class Edge:
    """One edge of a window over a gauge, resolved when the gauge has shown all of the power around it.

    Attributes:
        t_ns: its monotonic time.
        sums: the running integral at the time when the gauge showed that moment; None until then.
        before: the integral when the gauge had shown nothing yet of what came after the edge.
        after: the integral when it had shown all of what came before it.
        unrest_w: the range of power shown around it, in W.
        dark: whether the gauge showed nothing for so long that it was given up.
    """

    __slots__ = ("__weakref__", "after", "before", "dark", "sums", "t_ns", "unrest_w")

    def __init__(self, t_ns: int) -> None:
        self.t_ns = t_ns
        self.sums: PowerSums | None = None
        self.dark = False
        self.before: PowerSums | None = None
        self.after: PowerSums | None = None
        self.unrest_w = 0.0


class GaugeLine(Line):
    """A gauge of watts with its running integral; polled by the sampler while a window is open."""

    def __init__(self, meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(meter)
        self._clock = clock
        self.sums = PowerSums()
        self.recent: deque[tuple[float, float, PowerSums]] = deque(maxlen=64)
        self.open: weakref.WeakSet[Edge] = weakref.WeakSet()
        self.pending: list[Edge] = []
        self.lock = threading.Lock()
        self.learn(self.channel)

    def learn(self, channel: Channel) -> None:
        """Go by these figures, also for windows that are open now."""
        period = period_s(channel)
        with self.lock:
            self.channel = channel
            self.poll_s = min(max(period / 2.0, 0.002), 0.5)
            self.delay_s = delay_s(channel)
            self._how: dict[str, float] = {
                "period_s": period,
                "seen": seen_fraction(period, channel.averaging_window_s),
                "max_gap_s": max(5.0 * self.poll_s, 3.0 * period),
                "limit_w": power_limit_w(channel),
            }

    def begin(self) -> Edge:
        """The edge at which a window starts: the gauge is looked at once, and watched from now on."""
        with self.lock:
            if not self.busy:
                self.sums = self.sums.paused()
                self.recent.clear()
            edge = Edge(self._clock())
            self.open.add(edge)
            self.pending.append(edge)
        return edge

    def end(self, begin: Any) -> Edge:
        """The edge at which that window stops."""
        edge = Edge(self._clock())
        with self.lock:
            if isinstance(begin, Edge):
                self.open.discard(begin)
            self.pending.append(edge)
        return edge

    @property
    def busy(self) -> bool:
        """Whether a window is open over it, or the end of one is still to be shown."""
        return bool(self.open) or bool(self.pending)

    def take(self, reading: Reading) -> None:
        """One more look at the gauge."""
        t_s = reading.t_ns * 1e-9
        if not math.isfinite(reading.value):
            raise ValueError(f"the gauge showed {reading.value!r}")
        with self.lock:
            if self.sums.last is not None and t_s <= self.sums.last[0]:
                return
            self.sums = self.sums.add(t_s, reading.value, **self._how)
            self.recent.append((t_s, reading.value, self.sums))
            self._settle(t_s)

    def give_up(self, now_s: float) -> None:
        """Settle edges that the gauge will not show any more because its readings fail."""
        with self.lock:
            patience_s = self._how["max_gap_s"] + 2.0 * self.delay_s
            late = [edge for edge in self.pending if edge.t_ns * 1e-9 + patience_s <= now_s]
            for edge in late:
                edge.dark = not self.recent
                if self.recent:
                    edge.sums, _ = self._sums_at(edge.t_ns * 1e-9 + self.delay_s)
                self.pending.remove(edge)

    def at(self, edge: Edge) -> tuple[PowerSums | None, float]:
        """The sums at an edge and how many seconds before it the gauge went dark (0 if it was shown)."""
        if edge.sums is not None:
            return edge.sums, 0.0
        with self.lock:
            if not self.recent or edge.dark:
                return None, 0.0
            return self._sums_at(edge.t_ns * 1e-9 + self.delay_s)

    def _settle(self, t_s: float) -> None:
        waiting = []
        for edge in self.pending:
            edge_s = edge.t_ns * 1e-9
            if edge_s + 2.0 * self.delay_s > t_s:
                waiting.append(edge)
                continue
            edge.sums, _ = self._sums_at(edge_s + self.delay_s)
            edge.before, _ = self._sums_at(edge_s)
            edge.after, _ = self._sums_at(edge_s + 2.0 * self.delay_s)
            near = [power for when, power, _ in self.recent if when >= edge_s - self.poll_s]
            edge.unrest_w = max(near) - min(near) if near else 0.0
        self.pending = waiting

    def _sums_at(self, shown_s: float) -> tuple[PowerSums, float]:
        """The running sums at a moment: cut between two looks, or held on from the last one."""
        last_s, last_w, last = self.recent[-1]
        if shown_s >= last_s:
            return last.add(shown_s, last_w, **{**self._how, "max_gap_s": math.inf}), shown_s - last_s
        for before, after in _pairs_from_the_end(self.recent):
            if before[0] <= shown_s:
                share = (shown_s - before[0]) / (after[0] - before[0])
                return before[2].add(shown_s, before[1] + share * (after[1] - before[1]), **self._how), 0.0
        return self.recent[0][2], 0.0


def _pairs_from_the_end(recent: deque[Any]) -> Any:
    items = list(recent)
    return zip(reversed(items[:-1]), reversed(items[1:]), strict=True)


def open_line(meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> CounterLine | GaugeLine:
    """The line for a meter, by what its channel says it shows."""
    return CounterLine(meter) if meter.channel.is_counter else GaugeLine(meter, clock)


def is_reading(item: Any) -> bool:
    """Whether this is a usable reading of a counter: a time and a finite number."""
    return (
        isinstance(item, tuple)
        and not isinstance(item, Gap)
        and len(item) == 2
        and isinstance(item[0], int)
        and isinstance(item[1], (int, float))
        and math.isfinite(item[1])
    )
