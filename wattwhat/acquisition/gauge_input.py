"""An open gauge: its running integral, and the edges of windows that wait until it has shown their power."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.acquisition.edges import Edge
from wattwhat.acquisition.gauge_bounds import GaugeBounds
from wattwhat.acquisition.inputs import Energy, Input, Mark, is_reading, middle_ns
from wattwhat.energy.gauge import PowerSums, leak_s
from wattwhat.energy.gauge_timing import answer_s, lag_s, rest_s, seen_fraction, smear_s
from wattwhat.energy.joules import beyond_w
from wattwhat.energy.possible import beyond_reason
from wattwhat.records.assumptions import SPREAD, period_s, power_limit_w
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.curves import GaugeCurve
    from wattwhat.acquisition.schedules import GaugeSchedule

__all__ = ["GaugeInput"]

# A short load leaks out at both ends alike: how many times what leaks across one edge a moment between two
# values errs by (with less, windows of half an update period around the work hold 83 % of requests).
_LEAKS = 1.8
# Moments until which the integral is kept come a little sooner than they are due, so that no look is missed.
_ONE = 0.95
# A reading's time may differ from now by what a slow sensor takes, not by the years between two clocks.
_CLOCK_SLACK_S = 60.0


class GaugeInput(Input):
    """A gauge of watts with its running integral; polled by the sampler while a window is open."""

    def __init__(self, meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(meter, clock)
        self.sums = PowerSums()
        self.recent: deque[tuple[float, float, PowerSums]] = deque()
        self.open: weakref.WeakSet[Edge] = weakref.WeakSet()
        self.pending: list[Edge] = []
        self.lock = threading.RLock()
        self.bounds = GaugeBounds(self.lock)
        self._refused = 0  # readings beyond what can be, since the latest that was taken
        self.learn(self.channel)

    def learn(self, channel: Channel) -> None:
        """Go by these figures, also for windows that are open now."""
        period = period_s(channel)
        with self.lock:
            self.channel = channel
            self._smear_s = smear_s(channel)
            # nearer to each other than values are, or than half of what one smears, nothing more is known
            self._every_s = _ONE * max(period, self._smear_s / 2.0)
            self._leak_s = _LEAKS * leak_s(channel, 0.0)
            self.poll_s = min(max(period / 2.0, 0.002), 0.5)
            self.lag_s, self.answer_s, self.rest_s = lag_s(channel), answer_s(channel), rest_s(channel)
            self._how: dict[str, float] = {
                "period_s": period,
                "seen": seen_fraction(period, channel.averaging_window_s),
                "max_gap_s": max(5.0 * self.poll_s, 3.0 * period),
                "limit_w": power_limit_w(channel),
            }
            # whether it was watched for how long it shows a load that has ended: not with these figures
            self.rest_found = False
            # enough looks to find a moment again that the gauge shows only now
            self.rest_longer(self.rest_s)

    def rest_longer(self, rest_s: float) -> None:
        """Take this long for the time after which the gauge shows nothing more of a load, from now on."""
        with self.lock:
            self.rest_s = max(self.rest_s, rest_s)
            self.remember(self.rest_s + self._how["max_gap_s"])

    def remember(self, seconds: float) -> None:
        """Keep looks of so many seconds, at least."""
        with self.lock:
            most = max(64 + int(seconds / self.poll_s), self.recent.maxlen or 0)
            self.recent = deque(self.recent, maxlen=most)

    def looks(self) -> list[tuple[float, float]]:
        """The latest looks: time in s on the monotonic clock, and power in W."""
        with self.lock:
            return [(t_s, power_w) for t_s, power_w, _ in self.recent]

    @property
    def settled_s(self) -> float:
        """Seconds after which all of an edge was shown and looked at."""
        return self.rest_s + 2.0 * max(self.poll_s, 2.0 * self.took_s)

    def timed(self, seconds: float, may_be_left: bool = True) -> None:
        """Learn how long a reading takes; what counts as a gap goes by the looks that can be had."""
        super().timed(seconds, may_be_left)
        with self.lock:
            figures = (5.0 * self.poll_s, 3.0 * period_s(self.channel), 3.0 * 2.0 * self.took_s)
            self._how["max_gap_s"] = max(figures)

    def begin(self) -> Edge:
        """The edge at which a window starts: the gauge is looked at once, and watched from now on."""
        with self.lock:
            edge = Edge(self.clock())
            if not self.busy:
                self.sums = self.sums.paused()
                self.recent.clear()
                self.bounds.begin(edge.t_ns * 1e-9)
            self.bounds.edge(edge.t_ns * 1e-9)
            self.open.add(edge)
            self.pending.append(edge)
        return edge

    def end(self, begin: Any, t_ns: int) -> Edge:
        """The edge at which that window stops."""
        edge = Edge(t_ns)
        with self.lock:
            if isinstance(begin, Edge):
                self.open.discard(begin)
            self.pending.append(edge)
            self.bounds.edge(edge.t_ns * 1e-9)
        return edge

    def glance(self) -> Edge:
        """An edge in the middle of a window."""
        return self.end(None, self.clock())

    def waits(self, item: Any) -> bool:
        """Always: it is never read there."""
        return True

    @property
    def reader(self) -> Callable[[], Any]:
        """What makes an edge."""
        return self.begin

    def look(self) -> None:
        """Read it once; a failure is remembered and leaves a gap."""
        asked_ns = self.reading_ns = self.clock()
        try:
            self.tried(partial(self._read, asked_ns))
        finally:
            self.reading_ns = None

    def _read(self, asked_ns: int) -> None:
        reading = self.meter.read()
        self.timed((self.clock() - asked_ns) * 1e-9)
        self.take(reading, asked_ns)

    def curve(self) -> GaugeCurve:
        """Its integral at some moments beside the edges of windows."""
        from wattwhat.acquisition.curves import GaugeCurve

        return GaugeCurve(self)

    def schedule(self, number: int) -> GaugeSchedule:
        """When to look at it."""
        from wattwhat.acquisition.schedules import GaugeSchedule

        return GaugeSchedule(self)

    def after_fork(self) -> None:
        """In a forked child: its locks may be held by nobody."""
        super().after_fork()
        self.lock = self.bounds.lock = threading.RLock()

    def energy(
        self,
        begin: Mark,
        end: Mark,
        around: Mark | None = None,
        aligned: bool = False,
        label: str | None = None,
    ) -> Energy:
        """Energy between two edges, and warnings about it; see `Input.energy`."""
        from wattwhat.acquisition.gauge_windows import gauge_window

        return gauge_window(self, begin, end, aligned)

    @property
    def busy(self) -> bool:
        """Whether a window is open over it, or the end of one is still to be shown."""
        return bool(self.open) or bool(self.pending) or bool(self.followers)

    def take(self, reading: Reading, asked_ns: int | None = None) -> None:
        """One more look at the gauge, asked for at ``asked_ns``."""
        if not is_reading(reading):
            raise ValueError(f"the gauge gave {reading!r}, expected a time and a number")
        now_ns, power_w = self.clock(), float(reading[1])
        t_ns = min(int(reading[0]), now_ns)  # nothing is known of what is to come
        obtained_ns = t_ns if asked_ns is None else middle_ns(asked_ns, t_ns, now_ns)
        t_s = (t_ns if self.quick else obtained_ns) * 1e-9
        if abs(int(reading[0]) - now_ns) * 1e-9 > _CLOCK_SLACK_S:
            raise ValueError("the reading's time is not that of the monotonic clock; use time.monotonic_ns()")
        if not abs(power_w) <= beyond_w(self.channel):
            with self.lock:
                self._refused += 1
            raise ValueError(f"the gauge showed {power_w:.6g} W, {beyond_reason(self.channel)}")
        for one in self.followers:
            one.look(obtained_ns, power_w)
        with self.lock:
            # looks that only followers asked for are not kept: those that are have to reach back far enough
            least_s = 0.8 * self.poll_s if self.followers else 0.0
            if self.sums.last is not None and t_s <= self.sums.last[0] + least_s:
                return
            self.sums = self._after_refused(t_s, power_w) or self.sums.add(t_s, power_w, **self._how)
            self.recent.append((t_s, power_w, self.sums))
            self._settle(t_s)
            self._bound(t_s, power_w)

    def _bound(self, t_s: float, power_w: float) -> None:
        """Keep a moment until which the integral is known, every now and then and after the last edge."""
        begun_s, reach_s = self.bounds.begun_s, 0.49 * self._smear_s
        if begun_s is not None:
            # the first look shows what was drawn before the edge, unless it came late
            at_s = min(t_s - self.lag_s, begun_s)
            early_s = t_s - self.lag_s - at_s
            error_j = math.hypot(self._leak_s * SPREAD * power_w, power_limit_w(self.channel) / 3.0 * early_s)
            self.bounds.add(at_s, self.sums.energy_j - power_w * early_s, error_j, 0.0, self.sums.unseen_j2)
            return
        shown_s = t_s - reach_s
        at_s = shown_s - self.lag_s
        if at_s < self.bounds.reached_s + (self._every_s if self.busy else 1e-9):
            return
        sums, _ = self._sums_at(shown_s)
        near = [power for when, power, _ in self.recent if when >= shown_s - reach_s]
        moved_j, leaked_j = self._leak_s * (max(near) - min(near)), self._leak_s * (near[-1] - near[0])
        self.bounds.add(at_s, sums.energy_j, moved_j, leaked_j, sums.unseen_j2)

    def _after_refused(self, t_s: float, power_w: float) -> PowerSums | None:
        """The sums with a gap up to this look, where readings before it were refused; else None."""
        refused, self._refused = self._refused, 0
        if not refused:
            return None
        sums = attrs.evolve(self.sums, refused=self.sums.refused + refused)
        return sums.add(t_s, power_w, **{**self._how, "max_gap_s": 0.0})

    def give_up(self, now_s: float) -> None:
        """Settle edges that the gauge will not show any more because its readings fail."""
        with self.lock:
            patience_s = self._how["max_gap_s"] + self.rest_s
            late = [
                edge
                for edge in self.pending
                # the begin of a window that is open may still be reckoned back to from the first look
                if edge.t_ns * 1e-9 + patience_s <= now_s and (self.recent or edge not in self.open)
            ]
            for edge in late:
                edge.given_up = not self.recent
                if self.recent and edge.sums is None:
                    edge.sums, _ = self._sums_at(edge.t_ns * 1e-9 + self.lag_s)
                self.pending.remove(edge)

    def at(self, edge: Edge) -> tuple[PowerSums | None, float]:
        """The sums at an edge and how many seconds before it the gauge was last seen (0 if shown)."""
        if edge.sums is not None:
            return edge.sums, 0.0
        with self.lock:
            if not self.recent or edge.given_up:
                return None, 0.0
            return self._sums_at(edge.t_ns * 1e-9 + self.lag_s)

    def _settle(self, t_s: float) -> None:
        waiting = []
        for edge in self.pending:
            edge_s = edge.t_ns * 1e-9
            if edge_s + self.rest_s > t_s:
                waiting.append(edge)
            else:
                edge.after, _ = self._sums_at(edge_s + self.rest_s)
            if edge.sums is None and edge_s + self.answer_s <= t_s:
                self._shown(edge, edge_s)
        self.pending = waiting

    def _shown(self, edge: Edge, edge_s: float) -> None:
        edge.sums, _ = self._sums_at(edge_s + self.lag_s)
        edge.before, _ = self._sums_at(edge_s)
        if near := [power for when, power, _ in self.recent if when >= edge_s - self.poll_s]:
            edge.unrest_w, edge.step_w = max(near) - min(near), near[-1] - near[0]

    def _sums_at(self, shown_s: float) -> tuple[PowerSums, float]:
        """The running sums at a moment: cut between two looks, or held on from the last or first one."""
        last_s, last_w, last = self.recent[-1]
        if shown_s >= last_s:
            return last.add(shown_s, last_w, **{**self._how, "max_gap_s": math.inf}), shown_s - last_s
        for after, before in pairwise(reversed(self.recent)):
            if before[0] <= shown_s:
                share = (shown_s - before[0]) / (after[0] - before[0])
                return before[2].add(shown_s, before[1] + share * (after[1] - before[1]), **self._how), 0.0
        first_s, first_w, first = self.recent[0]
        how = {name: self._how[name] for name in ("max_gap_s", "limit_w")}
        return first.back(first_s - shown_s, first_w, **how), 0.0
