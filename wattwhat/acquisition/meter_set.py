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
from typing import TYPE_CHECKING, Any, NamedTuple

from wattwhat.acquisition.closing import enrol
from wattwhat.acquisition.counter_input import Anchor, CounterInput
from wattwhat.acquisition.gauge_input import Edge
from wattwhat.acquisition.history import History
from wattwhat.acquisition.inputs import Gap, is_reading, middle_ns
from wattwhat.acquisition.sampler import Sampler
from wattwhat.errors import MeterLostError, error_text
from wattwhat.plugins import pass_on
from wattwhat.records.caution import Caution
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.meter import Meter, Reading

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeInput

__all__ = ["MeterSet", "Snapshot", "open_input", "unseen_gpu"]

# Snapshots about this old are kept as context: they tell the power around windows that are too short to
# tell it themselves.
_CONTEXT_NS = 500_000_000


class Snapshot(NamedTuple):
    """All meters read once.

    Attributes:
        t_ns: monotonic time at the edge of the measured span.
        readings: a Reading, Gap or Edge for each line.
        anchors: the counters' anchors that were valid then.
        points: filled later with where the edge lies on each counter's curve; None where nobody asks.
    """

    t_ns: int
    readings: list[Any]
    anchors: tuple[Anchor | None, ...]
    points: list[Any] | None = None


class MeterSet:
    """Open meters with their memory; made by `shared_meter_set`, or from meters of your own in tests.

    Args:
        meters: open meters with different channel ids.
        warnings: sentences every measurement of this meter set carries.
        versions: versions of vendor libraries by backend name.
        backends: the open backends, asked for their conditions.
        clock: monotonic time in ns, that of the meters' readings.
        threaded: whether the sampler may start its thread; without it, whoever made the meter set calls
            ``meter_set.sampler.tick(now_s)``, as tests in virtual time do.
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
    ) -> None:
        self.clock, self.threaded = clock, threaded
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
        self._reads = [self._counter_read(line) for line in self.inputs]
        self.sampler = Sampler(self)
        self.history = History(self)
        self.closed = False
        self.pid = os.getpid()
        self.windows: weakref.WeakSet[Any] = weakref.WeakSet()  # those that are open, so that exit waits
        enrol(self)

    def _counter_read(self, line: CounterInput | GaugeInput) -> Callable[[], Any]:
        return line.meter.read if isinstance(line, CounterInput) else line.begin

    def begin(self) -> Snapshot:
        """Read everything at the start of a span; the time is taken last."""
        if self.sampler.needed:
            self.sampler.ensure()
        anchors = self.anchors  # after ensure(): a first window needs the anchors of its first visits
        try:
            readings = [read() for read in self._reads]
        except BaseException as err:
            pass_on(err)
            readings = [self._careful(number) for number in range(len(self.inputs))]
        t_ns = self.clock()
        if self.gauges:
            _stamp(readings, t_ns)
            self.sampler.look()
        snapshot = Snapshot(t_ns, readings, anchors, [])
        if t_ns - self._newer_ns > _CONTEXT_NS:
            self.context, self._newer, self._newer_ns = self._newer, self._without_edges(snapshot), t_ns
        return snapshot

    def _without_edges(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot to remember: an edge in it would look like an open window for ever."""
        if not self.gauges:
            return snapshot
        kept = [None if isinstance(item, Edge) else item for item in snapshot.readings]
        return snapshot._replace(readings=kept)

    def end(self, begin: Snapshot) -> Snapshot:
        """Read everything at the end of a span; the time is taken first."""
        t_ns = self.clock()
        anchors = self.anchors
        if self.gauges:
            readings = [self._careful(number, begin) for number in range(len(self.inputs))]
            _stamp(readings, t_ns)
            return Snapshot(t_ns, readings, anchors, [])
        try:
            return Snapshot(t_ns, [read() for read in self._reads], anchors, [])
        except BaseException as err:
            pass_on(err)
            return Snapshot(t_ns, [self._careful(number) for number in range(len(self.inputs))], anchors, [])

    def glance(self, begin: Snapshot) -> Snapshot:
        """Read everything in the middle of a span, which goes on."""
        readings = []
        for number, line in enumerate(self.inputs):
            if not isinstance(line, CounterInput):
                readings.append(line.end(None))
            else:
                readings.append(self._careful(number))
        return Snapshot(self.clock(), readings, self.anchors, [])

    def _careful(self, number: int, begin: Snapshot | None = None) -> Any:
        """One line's reading where another one failed; a failure is tried once more, then it is a gap."""
        line = self.inputs[number]
        if not isinstance(line, CounterInput):
            return line.begin() if begin is None else line.end(begin.readings[number])
        if line.lost:
            return Gap(self.clock(), line.error or "lost")
        for _ in range(2):
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

    def look(self, number: int) -> None:
        """Read a counter for those who follow it; called by the sampler only."""
        line = self.inputs[number]
        begin_ns = self.clock()
        reading = self._careful(number)
        if is_reading(reading):
            t_ns = middle_ns(begin_ns, reading[0])
            for follower in line.followers:
                follower.look(t_ns, reading[1])

    def visit(self, number: int) -> None:
        """Move a counter's anchor on; called by the sampler only."""
        line = self.inputs[number]
        if not isinstance(line, CounterInput):
            return
        reading = self._careful(number)
        if not is_reading(reading):
            return
        anchors = list(self.anchors)
        anchors[number] = line.visit(Reading(*reading), anchors[number])
        self.anchors = tuple(anchors)

    def conditions(self) -> tuple[str, ...]:
        """What backends find doubtful right now: throttling, other processes on a device."""
        found: list[str] = []
        for backend in self.backends:
            ask = getattr(backend, "conditions", None)
            if ask is None:
                continue
            try:
                found.extend(str(sentence) for sentence in ask())
            except BaseException as err:
                pass_on(err)
                found.append(f"{type(backend).__name__}.conditions() failed: {err}")
        return tuple(found)

    def after_fork(self) -> None:
        """In a forked child: the sampler's thread is gone and its locks may be held by nobody."""
        self.sampler = Sampler(self)
        self.history.lock = threading.RLock()
        for line in self.gauges:
            line.lock = threading.RLock()

    def close(self, wait_s: float = 5.0) -> None:
        """Stop the sampler and close the meters; windows still open end in gaps.

        Args:
            wait_s: how long to wait for the sampler; nothing is closed under a reading that hangs.
        """
        self.closed = True
        ended = self.sampler.stop(wait_s)
        for line in self.inputs:
            line.lost, line.error = True, "the meters were closed"
            if ended:
                line.close()


def _stamp(readings: list[Any], t_ns: int) -> None:
    """Give the edges over gauges the time of their snapshot: reading the other meters took a while."""
    for item in readings:
        if isinstance(item, Edge):
            item.t_ns = t_ns


def open_input(meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> CounterInput | GaugeInput:
    """The line for a meter, by what its channel says it shows."""
    if meter.channel.is_counter:
        return CounterInput(meter)
    # imported for machines that have a gauge: the first window shall not wait for more than it needs
    from wattwhat.acquisition.gauge_input import GaugeInput

    return GaugeInput(meter, clock)


# Channels of these components show what a GPU draws, alone or with the rest.
_SHOW_GPU = frozenset({"gpu", "board", "module", "host", "wall"})


_UNSEEN_GPU = (
    Caution(
        "unseen-device",
        "a GPU is in use that no backend measures: its energy is missing from this number; "
        "run 'wattwhat doctor' to see why",
    ),
)


def unseen_gpu(meter_set: MeterSet, in_use: bool) -> tuple[str, ...]:
    """A warning where a GPU is in use and no channel of the meter set shows it.

    Args:
        meter_set: the open meters.
        in_use: whether the workload or this process uses a GPU.
    """
    if not in_use or any(line.channel.component in _SHOW_GPU for line in meter_set.inputs):
        return ()
    return _UNSEEN_GPU
