"""What the meters show while phases run: one timeline a channel, and the states of the program they share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.edge_reads import prove, read_aside
from wattwhat.acquisition.inputs import EDGE_BOUND_S, is_reading, middle_ns
from wattwhat.energy.joint import Posterior, possible
from wattwhat.energy.label_time import Pieces
from wattwhat.energy.timeline import CounterTimeline, Timeline
from wattwhat.energy.timeline_gauge import GaugeTimeline
from wattwhat.energy.timeline_live import LiveTimeline
from wattwhat.errors import error_text
from wattwhat.plugins import pass_on
from wattwhat.records.assumptions import period_s
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["AFTER", "BEFORE", "OWN", "PAUSE", "Track", "Tracks", "timeline_of"]

# States of a program in which no phase is open: before the first one, in the short pauses between two, and in
# long pauses and after the last one. They may draw different powers. Numbers of other states begin with OWN.
BEFORE, PAUSE, AFTER, OWN = range(4)

# A counter that is slower than this is watched beside the program; a faster one is read at the edges only.
_SLOW_S = 0.005
# A watched sensor is looked at so many times an update period: no whole number, so that the looks of several
# periods together find its ticks.
_LOOKS = 16.18
# A look at a slow sensor serves for so many times as long as the next one is due after: a busy program keeps
# the thread that looks waiting for some milliseconds.
_SERVES = 2.0
# Edges that are kept before they are taken in.
_MOST_EDGES = 8192
# Grains of an update period: where more edges than that lie in one, when they were is kept to a grain.
_GRAINS = 64.0
# Phases that are this many update periods apart are watched through.
_AFTER = 3.0


def timeline_of(channel: Channel, provenance: str = "measured") -> tuple[Timeline, float]:
    """A timeline for this channel, and seconds between two looks beside the program; 0 where none are needed.

    Args:
        channel: what is measured.
        provenance: ``"measured"`` or ``"estimated"``.
    """
    period = period_s(channel)
    if not channel.is_counter:
        return GaugeTimeline(channel), period / _LOOKS
    if provenance == "estimated" and channel.update_period_s is None:
        return LiveTimeline(channel), 0.0
    return CounterTimeline(channel), period / _LOOKS if period >= _SLOW_S else 0.0


class Track:
    """One channel of the meter set, as phases see it; the sampler calls `wanted` and `look`."""

    def __init__(self, sensor: Input, lock: Any) -> None:
        self.sensor, self.lock = sensor, lock
        self.is_counter = sensor.channel.is_counter
        self.timeline, self.every_s = timeline_of(sensor.channel, sensor.provenance)
        if sensor.beside:
            self.every_s = max(self.every_s, sensor.took_s, _SLOW_S)
        self.until_s = -math.inf
        self.looks = 0
        self.latest_s = -math.inf
        self.failed: str | None = None  # why its readings could not be judged

    def take_in(self, pieces: Pieces, states: int) -> None:
        """Move what is complete into sums; what fails here must not reach the program."""
        try:
            self.timeline.take_in(pieces, states)
        except Exception as err:
            pass_on(err)
            self.failed = error_text(err)
            self.timeline = type(self.timeline)(self.sensor.channel)
            self.timeline.taken_s = float(pieces.bounds_s[-1])

    def posterior(self, pieces: Pieces, states: int, now_s: float) -> Posterior | None:
        """Joules of each state until now; None where its readings could not be judged."""
        try:
            timeline = self.timeline
            return possible(timeline.posterior(pieces, states, now_s), timeline.limit_w)
        except Exception as err:
            pass_on(err)
            self.failed = error_text(err)
            return None

    def wanted(self, now_s: float) -> bool:
        """Whether it is still to be looked at beside the program."""
        return now_s <= self.until_s

    def look(self, t_ns: int, value: float) -> None:
        """One more look at the sensor, from any thread."""
        with self.lock:
            self._look(t_ns, value)

    def take(self, begin_ns: int, reading: Any, end_ns: int) -> None:
        """A reading of a counter, asked for at ``begin_ns``, which came at ``end_ns``; under the lock."""
        if is_reading(reading):
            self.sensor.error = None
            self._look(middle_ns(begin_ns, reading[0], end_ns), reading[1])

    def _look(self, t_ns: int, value: float) -> None:
        self.looks += 1
        self.latest_s = t_ns * 1e-9
        self.timeline.look(self.latest_s, value)


# A counter's reading: when it was asked for, what came, and when.
Noted = tuple[Track, int, Any, int]


class Tracks:
    """The states of a program and the timelines of all channels.

    Args:
        meter_set: the open meters.
        lock: held by whoever calls anything here; looks from the sampler take it.
    """

    def __init__(self, meter_set: MeterSet, lock: Any) -> None:
        self.meter_set, self.clock = meter_set, meter_set.clock
        prove(meter_set)
        self.all = [Track(sensor, lock) for sensor in meter_set.inputs]
        self._counters = [track for track in self.all if track.is_counter]
        self._watched = [track for track in self.all if track.every_s]
        longest_s = max((track.timeline.settled_s for track in self.all), default=0.0)
        self._after_s = max(_AFTER * longest_s, 0.0)
        self.first_s = self.clock() * 1e-9
        self._times_s: list[float] = [0.0] * OWN
        self._pieces: Pieces | None = None
        self._edges: list[float] = [self.first_s - longest_s]
        self._states: list[int] = [BEFORE]

    def read(self) -> None:
        """Read the counters; gauges are looked at by the sampler."""
        self.take(self.note())

    def note(self) -> list[Noted]:
        """Read the counters, and give back for `take` what those showed that nobody else looks at.

        A slow counter that was looked at a moment ago has nothing new to tell: what it shows is as old as its
        update period, and the looks beside the program find its ticks. A failure leaves the input's error.
        """
        noted: list[Noted] = []
        now_s = self.clock() * 1e-9
        for track in self._counters:
            sensor, every_s = track.sensor, track.every_s
            if now_s - track.latest_s < _SERVES * every_s and track.timeline.slow:
                continue
            if sensor.quick:
                begin_ns = self.clock()
                try:
                    reading = sensor.meter.read()
                except BaseException as err:
                    pass_on(err)
                    sensor.error = error_text(err)
                    continue
                if every_s:  # before the next look beside the program
                    track.take(begin_ns, reading, self.clock())
                else:
                    noted.append((track, begin_ns, reading, self.clock()))
            elif not sensor.lost and not sensor.beside:
                self._read_aside(track)
        return noted

    def take(self, noted: list[Noted]) -> None:
        """Take in what was noted, in the order in which it was."""
        for track, begin_ns, reading, end_ns in noted:
            track.take(begin_ns, reading, end_ns)

    def _read_aside(self, track: Track) -> None:
        """A reading that may take long; it is learned how long, and one that hangs is left alone."""
        begin_ns = self.clock()
        reading = read_aside(self.meter_set, self.meter_set.inputs.index(track.sensor), EDGE_BOUND_S)
        if is_reading(reading):
            track.look(middle_ns(begin_ns, int(reading[0]), self.clock()), reading[1])

    def watch(self, until_s: float = math.inf) -> None:
        """Have slow sensors looked at beside the program until a time, and some while after it."""
        asleep = False
        for track in self._watched:
            track.until_s = until_s + self._after_s
            sensor = track.sensor
            if track not in sensor.followers:
                sensor.followers, asleep = (*sensor.followers, track), True
        if asleep:
            self.meter_set.sampler.ensure()
            self.meter_set.sampler.look()

    def edge(self, t_s: float, state: int) -> None:
        """From now on the program is in this state."""
        times_s, before = self._times_s, self._states[-1]
        while len(times_s) <= state:
            times_s.append(0.0)
        times_s[before] += t_s - self._edges[-1]
        if before == PAUSE and t_s - self._edges[-1] > self._after_s:
            self._states[-1] = AFTER
        self._edges.append(t_s)
        self._states.append(state)

    def take_in(self, states: int, *, only_if_full: bool = True) -> None:
        """Keep memory bounded: move what is complete into sums.

        Args:
            states: how many states there are.
            only_if_full: False does it at once.
        """
        if only_if_full and len(self._edges) <= _MOST_EDGES:  # asked at every edge
            for track in self.all:
                if track.timeline.full:
                    break
            else:
                return
        pieces = self._until(self._edges[-1])
        if pieces is None:
            return
        for track in self.all:
            track.take_in(pieces, states)
        needed_s = min(track.timeline.needed_from_s for track in self.all)
        pieces = pieces.since(needed_s)
        if len(pieces.states) > _MOST_EDGES // 2:
            watched_s = max(period_s(track.sensor.channel) for track in self.all)
            pieces = pieces.coarser(watched_s / _GRAINS, states)
        self._pieces, self._edges, self._states = pieces, self._edges[-1:], self._states[-1:]

    def renew(self, lock: Any) -> None:
        """In a forked child: the lock may be held by nobody."""
        for track in self.all:
            track.lock = lock

    def last_s(self, now_s: float) -> float:
        """The time in s of the latest edge; now, while a span is open."""
        return self._edges[-1] if self._states[-1] < OWN else now_s

    def time_s(self, now_s: float, states: int) -> Any:
        """Seconds of each state until now, all in all.

        Args:
            now_s: the time in s.
            states: how many states there are.
        """
        import numpy as np

        time_s = np.zeros(states)
        time_s[: len(self._times_s)] = self._times_s
        time_s[self._states[-1]] += max(now_s - self._edges[-1], 0.0)
        return time_s

    def pieces(self, now_s: float) -> Pieces | None:
        """The states until now that were not taken in yet."""
        return self._until(max(now_s, self._edges[-1]))

    def _until(self, end_s: float) -> Pieces | None:
        import numpy as np

        bounds, states = np.array([*self._edges, end_s]), np.array(self._states)
        if states[-1] == PAUSE and end_s > bounds[-2]:
            states[-1] = AFTER  # no span has followed yet
        kept = np.diff(bounds) > 0.0
        if not kept.any() and self._pieces is None:
            return None
        bounds, states = np.concatenate([bounds[:-1][kept], bounds[-1:]]), states[kept]
        before = self._pieces
        if before is None:
            return Pieces(bounds, states)
        squares = before.squares_s2
        if squares is not None:
            squares = np.concatenate([squares, np.diff(bounds) ** 2])
        return Pieces(
            np.concatenate([before.bounds_s[:-1], bounds]),
            np.concatenate([before.states, states]),
            squares,
        )
