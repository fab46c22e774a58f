"""phases(): many short spans under a few names, judged together so that each name's joules are known.

An edge of a span reads the meters and notes the time, nothing else. What each name took is worked out when
it is asked for, from all of them at once (`wattwhat.energy.timeline`). Where one phase follows another, spans
are counted many at a time too: between a program's own steps, with cold caches, it takes longer.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.items import check_items
from wattwhat.acquisition.phase_spans import Phase, Span, check_open
from wattwhat.acquisition.phase_states import Names
from wattwhat.acquisition.phase_tracks import Tracks
from wattwhat.acquisition.shared import opened_meter_set
from wattwhat.errors import ArgumentError
from wattwhat.workloads.accelerators import check_sync, leave_compiling, wait

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.records.measurement import Measurement

__all__ = ["Phases", "phases"]

# Switches that are noted before they are counted.
_MOST_NOTED = 64

_time = itemgetter(0)
_all: weakref.WeakSet[Phases] = weakref.WeakSet()


def phases(
    label: str = "phases",
    *,
    backends: Sequence[Any] | None = None,
    sync: str | bool | Callable[[], object] = "auto",
) -> Phases:
    """Measure short spans that come again and again, such as prefill and decode, or forward and backward.

    Args:
        label: name of the whole.
        backends: as `track` takes them.
        sync: as `track` takes it: what is waited for at each edge.

    Returns:
        A `Phases`: call it with a name for one span, index it with a name for what all its spans took.

    Raises:
        ArgumentError: an argument is outside what is allowed.

    Example:
        >>> import wattwhat
        >>> p = wattwhat.phases("generate")
        >>> for _ in range(3):
        ...     with p("prefill", items=512):
        ...         prompt = sum(n * n for n in range(20_000))
        ...     with p("decode", items=1):
        ...         token = sum(range(20_000))
        >>> p["prefill"].calls, p["prefill"].items, p["decode"].energy_per_item_j.unit
        (3, 1536, 'J')
        >>> parts = sum(float(m.energy_j) for m in p.measurements)
        >>> abs(parts - float(p.total.energy_j)) <= 1e-9 * parts
        True
    """
    return Phases(label, backends=backends, sync=sync)


class Phases:
    """Spans under a few names; made by `phases`.

    Spans may nest, overlap, and begin and end in different threads. A name that is open twice at one moment
    counts that moment once.

    Args:
        label: name of the whole.
        backends: as `track` takes them.
        sync: as `track` takes it.
        meter_set: the open meters; None opens the shared ones when the first span begins.
    """

    def __init__(
        self,
        label: str = "phases",
        *,
        backends: Sequence[Any] | None = None,
        sync: str | bool | Callable[[], object] = "auto",
        meter_set: MeterSet | None = None,
    ) -> None:
        import numpy  # noqa: F401 - here, and not in the middle of a span

        self.label = _name(label)
        check_sync(sync)
        self._sync, self._backends, self._meter_set = sync, backends, meter_set
        self._tracks: Tracks | None = None
        self._hold: object = None  # of the meters, while a span is open
        self._lock: Any = threading.RLock()
        self._counted = Names()
        # edges that were not counted yet: when, from which name to which, items, and what counters showed
        self._noted: list[tuple[int, str | None, str | None, float | None, Any]] = []
        self._version, self._at_edge = 0, False
        self._found: Any = None
        _all.add(self)

    def __call__(self, name: str, *, items: float | None = None) -> Span:
        """A span of this name, for ``with`` or start() and stop(); it may be used again.

        Args:
            name: the phase.
            items: samples, images or tokens in each span.

        Raises:
            ArgumentError: the name is no text, or items no number.
        """
        return Span(self, _name(name), None if items is None else check_items(items))

    def __getitem__(self, name: str) -> Phase:
        """What all spans of this name took; its start() and stop() open and close one."""
        return Phase(self, _name(name))

    def __iter__(self) -> Any:
        """The names, in the order in which they first came."""
        return iter(tuple(self._names.sums))

    def __len__(self) -> int:
        return len(self._names.sums)

    def __contains__(self, name: object) -> bool:
        return name in self._names.sums

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """One Measurement a name, in the order in which they first came; spans still open count until now."""
        return tuple(self._results().parts.values())

    @property
    def total(self) -> Measurement:
        """All moments at which any phase was open, each counted once.

        Raises:
            WindowError: no span has begun.
        """
        return self._results().total  # type: ignore[no-any-return]

    def switch(self, before: str, name: str, *, items: float | None = None) -> None:
        """A span ends and another one begins at the same moment, with one round of readings for both.

        For phases that follow each other without a gap, such as forward, backward and optimizer: this takes
        less than half of what stop() and start() take.

        Args:
            before: the phase of which a span ends.
            name: the phase of which one begins.
            items: samples, images or tokens in the span that ends.

        Raises:
            ArgumentError: the name is no text, or items no number.
            WindowError: no span of the phase before is open.

        Example:
            >>> import wattwhat
            >>> p = wattwhat.phases("train")
            >>> span = p["forward"].start()
            >>> p.switch("forward", "backward")
            >>> span = p["backward"].stop()
            >>> [(m.label, m.calls) for m in p.measurements]
            [('forward', 1), ('backward', 1)]
        """
        if items is not None:
            items = check_items(items)
        if self._sync:
            wait(self._sync)
        with self._lock:
            noted = self._noted
            known = name in self._counted.sums
            if not (known and noted and noted[-1][2] == before):
                name = _name(name)
                check_open(self, before)
            self._note(before, name, items)
            # when a name first came is the time of day at which it is counted
            if not known or len(noted) >= _MOST_NOTED:
                self._count()

    @property
    def _names(self) -> Names:
        """The names, with every edge counted."""
        if self._noted:
            self._count()
        return self._counted

    def _begin(self, name: str) -> None:
        if "torch" in sys.modules:
            leave_compiling(name)
        if self._tracks is None:
            self._first()
        self._edge(None, name)

    def _edge(self, before: str | None, name: str | None = None, items: float | None = None) -> None:
        if self._sync:
            wait(self._sync)
        with self._lock:
            self._note(before, name, items)
            self._count()

    def _note(self, before: str | None, name: str | None, items: float | None) -> None:
        """Read the counters: after the time is taken where a span ends, before that where one only begins."""
        tracks = self._tracks
        assert tracks is not None
        outer, self._at_edge = self._at_edge, True
        try:
            shown = tracks.note() if before is None else None
            t_ns = tracks.clock()
            self._noted.append((t_ns, before, name, items, tracks.note() if shown is None else shown))
        finally:
            self._at_edge = outer

    def _count(self) -> None:
        """Count what was noted; edges in a signal handler that interrupts this or a note come after it."""
        with self._lock:
            tracks, noted = self._tracks, self._noted
            if self._at_edge or tracks is None:
                return
            self._at_edge = True
            try:
                while noted:
                    noted.sort(key=_time)
                    for _ in range(len(noted)):
                        self._count_one(tracks, *noted.pop(0))
                self._version += 1
                tracks.take_in(self._counted.states.count)
            finally:
                self._at_edge = False

    def _count_one(
        self, tracks: Tracks, t_ns: int, before: str | None, name: str | None, items: float | None, shown: Any
    ) -> None:
        names, t_s = self._counted, t_ns * 1e-9
        if not names.open:
            tracks.watch()
            self._hold = tracks.meter_set.hold
        if (state := names.edge(t_ns, before, name, items)) is not None:
            tracks.edge(t_s, state)
        tracks.take(shown)
        if not names.open:
            tracks.watch(t_s)
            self._hold = None

    def _first(self) -> None:
        with self._lock:
            if self._tracks is None:
                meter_set = self._meter_set
                if meter_set is None or meter_set.closed:
                    meter_set = self._meter_set = opened_meter_set(self._backends)
                tracks = Tracks(meter_set, self._lock)
                self._tracks = self._tracks or tracks  # a signal handler may have begun meanwhile

    def _results(self) -> Any:
        from wattwhat.acquisition.phase_results import latest

        with self._lock:
            return latest(self, self._tracks)

    def __reduce__(self) -> Any:
        """As pickle and copy see it: phases that have not begun; their measurements travel by themselves."""
        return _made, (self.label, self._backends, self._sync)

    def __str__(self) -> str:
        from wattwhat.acquisition.phase_table import table

        return table(self) if len(self) else repr(self)

    def __repr__(self) -> str:
        return f"<Phases {self.label!r}: {', '.join(repr(name)[1:-1] for name in self) or 'none yet'}>"


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise ArgumentError(argument="label", expected="a name", got=name)
    return name


def _made(label: str, backends: Any, sync: Any) -> Phases:
    return Phases(label, backends=backends, sync=sync)


def _after_fork() -> None:
    for one in list(_all):
        one._lock, one._at_edge = threading.RLock(), False
        if one._tracks is not None:
            one._tracks.renew(one._lock)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
