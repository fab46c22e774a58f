"""The meter set: the meters that are open in this process, read together in one snapshot.

Windows hold two snapshots each and nothing else; what happened between them is worked out later, in
`evaluation`. Nothing here may raise because of a meter, except before anything is measured.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from wattwhat.acquisition.aside import Aside, InPlace, Threads
from wattwhat.acquisition.closing import enrol
from wattwhat.acquisition.counter_input import Anchor, raw_reader
from wattwhat.acquisition.history import History
from wattwhat.acquisition.inputs import is_reading
from wattwhat.acquisition.opening import open_input
from wattwhat.acquisition.sampler import Sampler
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.plugins import pass_on
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput
    from wattwhat.acquisition.gauge_input import GaugeInput
    from wattwhat.acquisition.inputs import Input

__all__ = ["LONG_NS", "MeterSet"]

# Snapshots about this old are kept as context: they tell the power around windows that are too short to
# tell it themselves.
_CONTEXT_NS = 500_000_000
# Readings at an edge that took so long together were not all quick.
LONG_NS = 2_000_000


class MeterSet:
    """Open meters with their memory; made by `shared_meter_set`, or from meters of your own in tests.

    Args:
        meters: open meters with different channel ids.
        warnings: sentences every measurement of this meter set carries.
        versions: versions of vendor libraries by backend name.
        backends: the open backends, asked for their conditions.
        clock: monotonic time in ns, that of the meters' readings.
        threaded: whether threads may be started; without them, whoever made the meter set calls
            ``meter_set.sampler.tick(now_s)``, as tests in virtual time do.
        aside: where readings are made that may take long; None: in threads, or in place without them.
    """

    not_yet: tuple[str, ...] = ()  # names of backends that could not serve when it was opened, and may later
    kept_environment: Any = None  # see `wattwhat.acquisition.conditions`
    # power at rest as `wattwhat.idle` found it: ids of the channels it is of, in W, and what is doubtful
    baseline: tuple[frozenset[str], Any, tuple[str, ...]] | None = None
    retry: Any = None  # opens it anew where it lacks something; see `wattwhat.acquisition.retry`

    def __init__(
        self,
        meters: Sequence[Meter],
        warnings: Sequence[str] = (),
        versions: dict[str, str] | None = None,
        backends: Sequence[Any] = (),
        clock: Callable[[], int] = time.monotonic_ns,
        threaded: bool = True,
        aside: Aside | None = None,
    ) -> None:
        self.clock, self.threaded = clock, threaded
        self.aside: Aside = aside or (Threads() if threaded else InPlace())
        self.inputs: list[Input] = [open_input(meter, clock) for meter in meters]
        self.warnings = tuple(warnings)
        self.versions = dict(versions or {})
        self.backends = tuple(backends)
        counted = counted_ids(sensor.channel for sensor in self.inputs)
        for sensor in self.inputs:
            sensor.counted = sensor.channel.id in counted
        counting = [(number, one) for number, one in enumerate(self.inputs) if one.channel.is_counter]
        self.counters = {number: cast("CounterInput", one) for number, one in counting}
        showing = [(number, one) for number, one in enumerate(self.inputs) if not one.channel.is_counter]
        self.gauges = {number: cast("GaugeInput", one) for number, one in showing}
        self._waiting: tuple[tuple[int, Input], ...] = tuple(self.gauges.items())  # looks tell of their edges
        self.anchors: tuple[Anchor | None, ...] = (None,) * len(self.inputs)
        self.context: Snapshot | None = None
        self._newer: Snapshot | None = None
        self.remember_ns = _CONTEXT_NS  # until then no further snapshot is kept as context
        self._reads: list[Callable[[], Any]] = [sensor.reader for sensor in self.inputs]
        self._plain = self._bare = False  # whether all counters are known to be quick; and there is no gauge
        # what an edge of a window needs where all counters are quick and give bytes; else None
        self.quick: tuple[tuple[Callable[[], bytes], ...], Callable[[Any], None]] | None = None
        self._all_raw = clock is time.monotonic_ns and all(map(raw_reader, self.inputs))
        self.sampler = Sampler(self)
        self.history = History(self)
        self.closed = False
        self.pid = os.getpid()
        self._anchoring = threading.RLock()
        # whatever is open over it holds this, so that exit waits
        self.hold = object()
        self._holders = sys.getrefcount(self.hold)
        enrol(self)

    def begin(self) -> Snapshot:
        """Read everything at the start of a span; the time is taken last."""
        if self.sampler.needed:
            self.sampler.ensure()
        anchors = self.anchors  # after ensure(): a first window needs the anchors of its first visits
        if self._plain:
            begun_ns = self.clock()
            try:
                readings = [read() for read in self._reads]
            except BaseException as err:
                pass_on(err)
                readings = [sensor.begin() for sensor in self.inputs]
                self._renew()
            t_ns = self.clock()
            if t_ns - begun_ns > LONG_NS:  # nothing has begun yet: what took long is read again
                self._doubt(readings, begun_ns)
        if not self._plain:
            readings, t_ns = self._with_care(None, 0), self.clock()
        if self._bare:
            if self.quick is None and self._all_raw:  # after a fork, or when something took long
                self._renew()
        else:
            for number, sensor in self._waiting:
                if sensor.waits(readings[number]):
                    readings[number].t_ns = t_ns
            self.sampler.look()
        snapshot = Snapshot(t_ns, readings, anchors, [])
        if t_ns > self.remember_ns:
            self.remember(snapshot)
        return snapshot

    def remember(self, snapshot: Snapshot) -> None:
        """Keep it as context for the windows that come later."""
        self.context, self.remember_ns = self._newer, snapshot.t_ns + _CONTEXT_NS
        self._newer = snapshot.without_edges(self._waiting)

    def end(self, begin: Snapshot, t_ns: int | None = None) -> Snapshot:
        """Read everything at the end of a span; the time is taken first, or was taken already."""
        t_ns = self.clock() if t_ns is None else t_ns
        anchors = self.anchors
        if self._bare:
            try:
                readings = [read() for read in self._reads]
            except BaseException as err:
                pass_on(err)
                readings = self._ends(begin, t_ns)
                self._renew()
        elif self._plain:
            readings = self._ends(begin, t_ns)
        else:
            return Snapshot(t_ns, self._with_care(begin, t_ns), anchors, [])
        if self.clock() - t_ns > LONG_NS:
            self._doubt(readings, t_ns)
        return Snapshot(t_ns, readings, anchors, [])

    def _ends(self, begin: Snapshot, t_ns: int) -> list[Any]:
        """What each input keeps of the end of a window."""
        pairs = zip(self.inputs, begin.readings, strict=True)
        return [sensor.end(item, t_ns) for sensor, item in pairs]

    def _renew(self) -> None:
        """An input may be gone: further snapshots get its gap at once, and the others are quick again."""
        self._reads = [sensor.reader for sensor in self.inputs]
        self.quick = None
        if self._all_raw and self._bare and not self.closed and self.sampler.cared_for:
            reads = tuple(filter(None, map(raw_reader, self.inputs)))
            if len(reads) == len(self.inputs):
                self.quick = reads, self.history.append

    def took_long(self, end: Snapshot) -> None:
        """Where meters gave bytes and were not all quick."""
        end.understand(self.inputs)
        self._doubt(end.readings, end.t_ns)

    def _doubt(self, readings: list[Any], asked_ns: int) -> None:
        """Something took long: which it was is seen at the next edges."""
        from wattwhat.acquisition.edge_reads import took_long

        took_long(readings, asked_ns, self.clock())
        self._plain = self._bare = False
        self.quick = None
        for sensor in self.inputs:
            sensor.doubt()

    def _with_care(self, begin: Snapshot | None, t_ns: int) -> list[Any]:
        """Readings at an edge where not all counters are known to be quick."""
        from wattwhat.acquisition.edge_reads import edge_readings

        readings = edge_readings(self, begin, t_ns)
        self._plain = all(counter.quick or counter.lost for counter in self.counters.values())
        self._bare = self._plain and not self.gauges
        self._renew()
        self._waiting = tuple(self.gauges.items() if self._plain else enumerate(self.inputs))
        if self._plain:
            self.sampler.rest()
        elif any(counter.waits(readings[number]) for number, counter in self.counters.items()):
            self.sampler.wanted()
        return readings

    def glance(self) -> Snapshot:
        """Read everything in the middle of a span, which goes on."""
        if self.quick is not None:
            begun_ns = self.clock()
            try:
                raws: list[Any] = [read() for read in self.quick[0]]
            except BaseException as err:
                pass_on(err)
            else:
                if all(raws):
                    return Snapshot(self.clock(), raws, self.anchors, [], begun_ns)
        readings = [sensor.glance() for sensor in self.inputs]
        if not self._plain:
            self.sampler.look()
        return Snapshot(self.clock(), readings, self.anchors, [])

    def look(self, number: int) -> Any:
        """Read a counter beside the program, or to see how long that takes; gives what it gave."""
        counter = self.counters[number]
        reading = counter.look(partial(self._anchor, number), self.aside.leaves)
        if counter.lost:
            self._renew()
        if counter.beside or counter.looks.asked:
            self.sampler.look()  # it found the counter being read, and knows no time for the next look
        return reading

    def visit(self, number: int) -> None:
        """Move a counter's anchor on; called by the sampler only."""
        counter = self.counters[number]
        reading = counter.read()
        if is_reading(reading):
            self._anchor(number, Reading(*reading))
        if counter.lost:
            self._renew()

    def _anchor(self, number: int, reading: Reading) -> None:
        with self._anchoring:
            anchors = list(self.anchors)
            anchors[number] = self.counters[number].visit(reading, anchors[number])
            self.anchors = tuple(anchors)

    @property
    def in_use(self) -> bool:
        """Whether a window or a phase is open over it."""
        return sys.getrefcount(self.hold) > self._holders

    @property
    def settled_s(self) -> float:
        """Seconds after which all of an edge was shown and looked at."""
        return max((sensor.settled_s for sensor in self.inputs), default=0.0)

    def after_fork(self) -> None:
        """In a forked child: the sampler's thread is gone and its locks may be held by nobody."""
        self.quick = None
        self.aside.rest()
        self.aside = Threads() if self.threaded else InPlace()
        self.sampler = Sampler(self)
        self.history.lock = threading.RLock()
        self._anchoring = threading.RLock()
        for sensor in self.inputs:
            sensor.after_fork()

    def close(self, wait_s: float = 5.0) -> None:
        """Stop the sampler and close the meters; windows still open end in gaps.

        Args:
            wait_s: how long to wait for the sampler; nothing is closed under a reading that hangs.
        """
        self.closed, self.quick = True, None
        ended = self.sampler.stop(wait_s)
        self.aside.rest()
        for sensor in self.inputs:
            sensor.lost, sensor.error = True, "the meters were closed"
            if ended:
                sensor.close()
