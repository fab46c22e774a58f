"""The meter set: the meters that are open in this process, read together in one snapshot.

Windows hold two snapshots each and nothing else; what happened between them is worked out later, in
`ledger`. Nothing here may raise because of a meter, except before anything is measured.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.aside import Aside, InPlace, Threads
from wattwhat.acquisition.closing import enrol
from wattwhat.acquisition.counter_input import Anchor, CounterInput
from wattwhat.acquisition.counter_looks import Moment
from wattwhat.acquisition.history import History
from wattwhat.acquisition.inputs import Gap, is_reading, middle_ns
from wattwhat.acquisition.opening import open_input
from wattwhat.acquisition.sampler import Sampler
from wattwhat.acquisition.snapshot import Snapshot, stamp
from wattwhat.errors import MeterLostError, error_text
from wattwhat.plugins import pass_on
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeInput

__all__ = ["MeterSet"]

# Snapshots about this old are kept as context: they tell the power around windows that are too short to
# tell it themselves.
_CONTEXT_NS = 500_000_000
# Readings at an edge that took so long together were not all quick.
_LONG_NS = 2_000_000


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
        self.inputs: list[CounterInput | GaugeInput] = [open_input(meter, clock) for meter in meters]
        self.warnings = tuple(warnings)
        self.versions = dict(versions or {})
        self.backends = tuple(backends)
        counted = counted_ids(line.channel for line in self.inputs)
        for line in self.inputs:
            line.counted = line.channel.id in counted
        self.gauges = [line for line in self.inputs if not isinstance(line, CounterInput)]
        self.anchors: tuple[Anchor | None, ...] = (None,) * len(self.inputs)
        self.context: Snapshot | None = None
        self._newer: Snapshot | None = None
        self._newer_ns = 0
        self._reads: list[Callable[[], Any]] = [
            line.meter.read if isinstance(line, CounterInput) else line.begin for line in self.inputs
        ]
        self._plain = self._bare = False  # whether all counters are known to be quick; and there is no gauge
        self.sampler = Sampler(self)
        self.history = History(self)
        self.closed = False
        self.pid = os.getpid()
        self._anchoring = threading.Lock()
        self.windows: weakref.WeakSet[Any] = weakref.WeakSet()  # those that are open, so that exit waits
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
                readings = self._each(err)
            t_ns = self.clock()
            if t_ns - begun_ns > _LONG_NS:  # nothing has begun yet: what took long is read again
                self._doubt(readings, begun_ns)
        if not self._plain:
            readings, t_ns = self._with_care(None), self.clock()
        if not self._bare:
            stamp(readings, t_ns)
            self.sampler.look()
        snapshot = Snapshot(t_ns, readings, anchors, [])
        if t_ns - self._newer_ns > _CONTEXT_NS:
            self.context, self._newer, self._newer_ns = self._newer, snapshot.without_edges(), t_ns
        return snapshot

    def end(self, begin: Snapshot) -> Snapshot:
        """Read everything at the end of a span; the time is taken first."""
        t_ns = self.clock()
        anchors = self.anchors
        if self._bare:
            try:
                readings = [read() for read in self._reads]
            except BaseException as err:
                readings = self._each(err)
            if self.clock() - t_ns > _LONG_NS:
                self._doubt(readings, t_ns)
            return Snapshot(t_ns, readings, anchors, [])
        if not self._plain:
            readings = self._with_care(begin)
        else:
            readings = [self._careful(number, begin) for number in range(len(self.inputs))]
            if self.clock() - t_ns > _LONG_NS:
                self._doubt(readings, t_ns)
        stamp(readings, t_ns)
        return Snapshot(t_ns, readings, anchors, [])

    def _doubt(self, readings: list[Any], asked_ns: int) -> None:
        """Something took long: which it was is seen at the next edges."""
        from wattwhat.acquisition.edge_reads import took_long

        took_long(readings, asked_ns, self.clock())
        self._plain = self._bare = False
        for line in self.inputs:
            line.doubt()

    def _each(self, err: BaseException) -> list[Any]:
        """Readings one by one, where one of them failed."""
        pass_on(err)
        return [self._careful(number) for number in range(len(self.inputs))]

    def _with_care(self, begin: Snapshot | None) -> list[Any]:
        """Readings at an edge where not all counters are known to be quick."""
        from wattwhat.acquisition.edge_reads import edge_readings

        readings = edge_readings(self, begin)
        counters = [line for line in self.inputs if isinstance(line, CounterInput)]
        self._plain = all(line.quick or line.lost for line in counters)
        self._bare = self._plain and not self.gauges
        if self._plain:
            self.sampler.rest()
        elif any(isinstance(item, Moment) for item in readings):
            self.sampler.wanted()
        return readings

    def glance(self, begin: Snapshot) -> Snapshot:
        """Read everything in the middle of a span, which goes on."""
        readings: list[Any] = []
        for number, line in enumerate(self.inputs):
            if not isinstance(line, CounterInput):
                readings.append(line.end(None))
            elif line.beside:
                readings.append(line.looks.ask(self.clock()))
                self.sampler.look()
            else:
                readings.append(self._careful(number))
        return Snapshot(self.clock(), readings, self.anchors, [])

    def _careful(self, number: int, begin: Snapshot | None = None, tries: int = 2) -> Any:
        """One line's reading where another one failed; a failure is tried once more, then it is a gap."""
        line = self.inputs[number]
        if not isinstance(line, CounterInput):
            return line.begin() if begin is None else line.end(begin.readings[number])
        if line.lost:
            return Gap(self.clock(), line.error or "lost")
        for _ in range(tries):
            try:
                reading = line.meter.read()
            except MeterLostError as err:
                pass_on(err)
                line.lost, line.error = True, str(err)
                # further snapshots get the gap at once, and the other meters their quick way back
                self._reads[number] = lambda: Gap(self.clock(), line.error or "lost")
                break
            except BaseException as err:
                pass_on(err)
                line.error = error_text(err)
            else:
                line.error = None
                return reading
        return Gap(self.clock(), line.error or "lost")

    def look(self, number: int) -> Any:
        """Read a counter beside the program, or to see how long that takes; gives what it gave."""
        line, reading = self.inputs[number], self._looked(number)
        if isinstance(line, CounterInput) and (line.beside or line.looks.asked):
            self.sampler.look()  # it found the counter being read, and knows no time for the next look
        return reading

    def _looked(self, number: int) -> Any:
        line = self.inputs[number]
        begin_ns = line.reading_ns = self.clock()
        try:
            reading = self._careful(number, tries=1)
            if not is_reading(reading) and self.clock() - begin_ns < _LONG_NS:
                reading = self._careful(number, tries=1)
        finally:
            end_ns, line.reading_ns = self.clock(), None
        line.timed((end_ns - begin_ns) * 1e-9, may_be_left=self.aside.leaves)
        if not (isinstance(line, CounterInput) and is_reading(reading)):
            line.failed(end_ns * 1e-9)
            return reading
        t_ns = middle_ns(begin_ns, int(reading[0]), end_ns)
        for follower in line.followers:
            follower.look(t_ns, reading[1])
        # moments that were asked for while it was slow are told by looks, also where it is quick again
        if line.beside or line.looks.asked:
            line.looks.take(begin_ns, t_ns, float(reading[1]), end_ns * 1e-9)
            if line.watch_s is not None:
                self._anchor(number, Reading(t_ns, float(reading[1])))
        return reading

    def visit(self, number: int) -> None:
        """Move a counter's anchor on; called by the sampler only."""
        reading = self._careful(number)
        if is_reading(reading):
            self._anchor(number, Reading(*reading))

    def _anchor(self, number: int, reading: Reading) -> None:
        line = self.inputs[number]
        if isinstance(line, CounterInput):
            with self._anchoring:
                anchors = list(self.anchors)
                anchors[number] = line.visit(reading, anchors[number])
                self.anchors = tuple(anchors)

    @property
    def settled_s(self) -> float:
        """Seconds after which all of an edge was shown and looked at."""
        return max((line.settled_s for line in self.inputs), default=0.0)

    def after_fork(self) -> None:
        """In a forked child: the sampler's thread is gone and its locks may be held by nobody."""
        self.aside.rest()
        self.aside = Threads() if self.threaded else InPlace()
        self.sampler = Sampler(self)
        self.history.lock = threading.RLock()
        self._anchoring = threading.Lock()
        for line in self.inputs:
            line.reading_ns = None
            if isinstance(line, CounterInput):
                line.looks.lock = threading.RLock()
            else:
                line.lock = line.bounds.lock = threading.RLock()

    def close(self, wait_s: float = 5.0) -> None:
        """Stop the sampler and close the meters; windows still open end in gaps.

        Args:
            wait_s: how long to wait for the sampler; nothing is closed under a reading that hangs.
        """
        self.closed = True
        ended = self.sampler.stop(wait_s)
        self.aside.rest()
        for line in self.inputs:
            line.lost, line.error = True, "the meters were closed"
            if ended:
                line.close()
