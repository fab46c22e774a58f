"""The rig: the meters that are open in this process, read together in one snapshot.

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

from wattwhat.records.channel import counted_ids
from wattwhat.errors import ArgumentError, MeterLostError
from wattwhat.guard import pass_on
from wattwhat.acquisition.closing import close_when_forgotten, enrol, enrolled
from wattwhat.acquisition.inputs import Anchor, CounterLine, Edge, Gap, is_reading, open_line
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.acquisition.sampler import Sampler

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeLine

__all__ = ["Rig", "Snapshot", "shared_rig"]

# Snapshots about this old are kept as context: they tell the power around windows that are too short to
# tell it themselves.
_CONTEXT_NS = 500_000_000


class Snapshot(NamedTuple):
    """All meters read once.

    Attributes:
        t_ns: monotonic time at the edge of the measured span.
        readings: a Reading, Gap or Edge for each line.
        anchors: the counters' anchors that were valid then.
    """

    t_ns: int
    readings: list[Any]
    anchors: tuple[Anchor | None, ...]


class Rig:
    """Open meters with their memory; made by `shared_rig`, or from meters of your own in tests.

    Args:
        meters: open meters with different channel ids.
        warnings: sentences every measurement of this rig carries.
        versions: versions of vendor libraries by backend name.
        backends: the open backends, asked for their conditions.
        clock: monotonic time in ns, that of the meters' readings.
        threaded: whether the sampler may start its thread; without it, whoever made the rig calls
            ``rig.sampler.tick(now_s)``, as tests in virtual time do.
    """

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
        self.lines: list[CounterLine | GaugeLine] = [open_line(meter, clock) for meter in meters]
        self.warnings = tuple(warnings)
        self.versions = dict(versions or {})
        self.backends = tuple(backends)
        counted = counted_ids(line.channel for line in self.lines)
        for line in self.lines:
            line.counted = line.channel.id in counted
        self.gauges = [line for line in self.lines if not isinstance(line, CounterLine)]
        self.anchors: tuple[Anchor | None, ...] = (None,) * len(self.lines)
        self.context: Snapshot | None = None
        self._newer: Snapshot | None = None
        self._newer_ns = 0
        self._reads = [self._counter_read(line) for line in self.lines]
        self.sampler = Sampler(self)
        self.closed = False
        self.pid = os.getpid()
        self.windows: weakref.WeakSet[Any] = weakref.WeakSet()  # those that are open, so that exit waits
        enrol(self)

    def _counter_read(self, line: CounterLine | GaugeLine) -> Callable[[], Any]:
        return line.meter.read if isinstance(line, CounterLine) else line.begin

    def begin(self) -> Snapshot:
        """Read everything at the start of a span; the time is taken last."""
        if self.sampler.needed:
            self.sampler.ensure()
        anchors = self.anchors  # after ensure(): a first window needs the anchors of its first visits
        try:
            readings = [read() for read in self._reads]
        except BaseException as err:
            pass_on(err)
            readings = [self._careful(number) for number in range(len(self.lines))]
        t_ns = self.clock()
        if self.gauges:
            _stamp(readings, t_ns)
            self.sampler.look()
        snapshot = Snapshot(t_ns, readings, anchors)
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
            readings = [self._careful(number, begin) for number in range(len(self.lines))]
            _stamp(readings, t_ns)
            return Snapshot(t_ns, readings, anchors)
        try:
            return Snapshot(t_ns, [read() for read in self._reads], anchors)
        except BaseException as err:
            pass_on(err)
            return Snapshot(t_ns, [self._careful(number) for number in range(len(self.lines))], anchors)

    def glance(self, begin: Snapshot) -> Snapshot:
        """Read everything in the middle of a span, which goes on."""
        readings = []
        for number, line in enumerate(self.lines):
            if not isinstance(line, CounterLine):
                readings.append(line.end(None))
            else:
                readings.append(self._careful(number))
        return Snapshot(self.clock(), readings, self.anchors)

    def _careful(self, number: int, begin: Snapshot | None = None) -> Any:
        """One line's reading where another one failed; a failure is tried once more, then it is a gap."""
        line = self.lines[number]
        if not isinstance(line, CounterLine):
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
                line.error = f"{type(err).__name__}: {err}"
            else:
                line.error = None
                return reading
        return Gap(self.clock(), line.error or "lost")

    def visit(self, number: int) -> None:
        """Move a counter's anchor on; called by the sampler only."""
        line = self.lines[number]
        if not isinstance(line, CounterLine):
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
        for line in self.gauges:
            line.lock = threading.RLock()

    def close(self, wait_s: float = 5.0) -> None:
        """Stop the sampler and close the meters; windows still open end in gaps.

        Args:
            wait_s: how long to wait for the sampler; nothing is closed under a reading that hangs.
        """
        self.closed = True
        ended = self.sampler.stop(wait_s)
        for line in self.lines:
            line.lost, line.error = True, "the meters were closed"
            if ended:
                line.close()


def _stamp(readings: list[Any], t_ns: int) -> None:
    """Give the edges over gauges the time of their snapshot: reading the other meters took a while."""
    for item in readings:
        if isinstance(item, Edge):
            item.t_ns = t_ns


_shared: dict[tuple[Any, ...] | None, Rig] = {}
_own: dict[tuple[Any, ...], tuple[tuple[Any, ...], Rig]] = {}
_MOST_OWN = 4
_lock = threading.Lock()


def shared_rig(backends: Sequence[Any] | None = None) -> Rig:
    """The rig of these backends, opened on first use and shared by all windows of the process.

    Args:
        backends: names or Backend objects; None takes every available one, and the estimate for what
            no sensor covers.

    Raises:
        BackendError: a name is not known, or it cannot serve; the message says why and what would help.
    """
    key = _key(backends)
    if key is not None and any(not isinstance(one, str) for one in key):
        return _rig_of_objects(key)
    found = _shared.get(key)
    if found is not None and not found.closed:
        return found
    with _lock:
        found = _shared.get(key)
        if found is None or found.closed:
            from wattwhat.acquisition.discovery import open_rig

            found = _shared[key] = open_rig(key)
    return found


def _rig_of_objects(key: tuple[Any, ...]) -> Rig:
    """The rig of somebody's own backend objects: the latest few are kept, others while windows use them."""
    identity = tuple(one if isinstance(one, str) else id(one) for one in key)
    with _lock:
        kept = _own.get(identity)
        if kept is not None and not kept[1].closed:
            return kept[1]
        from wattwhat.acquisition.discovery import open_rig

        rig = open_rig(key)
        close_when_forgotten(rig)
        _own[identity] = (key, rig)  # the objects are kept with it, so that their identities stay theirs
        while len(_own) > _MOST_OWN:
            del _own[next(iter(_own))]
        return rig


def _key(backends: Sequence[Any] | None) -> tuple[Any, ...] | None:
    if backends is None:
        return None
    if isinstance(backends, str):
        raise ArgumentError(f"backends: expected a list of names such as [{backends!r}], got {backends!r}")
    try:
        return tuple(backends)
    except TypeError as err:
        raise ArgumentError(f"backends: expected a list of names, got {backends!r}") from err


def close_all() -> None:
    """Close every rig; the next window opens a new one."""
    rigs = enrolled()  # before they are let go: whoever holds none of them would find none to close
    with _lock:
        _shared.clear()
        _own.clear()
    for rig in rigs:
        rig.close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
