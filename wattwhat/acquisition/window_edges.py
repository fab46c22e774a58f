"""Where a window begins and ends: the meters are read, and nothing else happens that can wait.

Between the steps of a program, with cold caches, an edge takes as long as it has code to load. So there is
one short way for meters that are all quick and give bytes (`MeterSet.quick`), where nothing has to be waited
for; whatever is out of the ordinary takes the long way, `_start` and `_stop`, which can do everything.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from wattwhat.acquisition.curves import BEGIN, END
from wattwhat.acquisition.meter_set import LONG_NS, MeterSet
from wattwhat.acquisition.shared import opened_meter_set
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.errors import WindowError
from wattwhat.plugins import pass_on
from wattwhat.workloads.accelerators import IMPORTED, check_sync, leave_compiling, wait

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["WindowEdges"]

W = TypeVar("W", bound="WindowEdges")

_AUTO = "auto"
_modules = sys.modules
_monotonic_ns, _time_ns, _thread = time.monotonic_ns, time.time_ns, threading.get_ident
_new: Any = tuple.__new__  # of a named tuple, its own is a function of Python's


class WindowEdges:
    """A window as its two edges see it; `wattwhat.acquisition.window.Window` says what it took."""

    __slots__ = (
        "__weakref__",
        "_backends",
        "_begin",
        "_context",
        "_end",
        "_hold",
        "_items",
        "_journal",
        "_marks",
        "_measurement",
        "_meter_set",
        "_on_end",
        "_plain",
        "_save",
        "_started_ns",
        "_sync",
        "label",
    )

    def __init__(
        self,
        label: str = "window",
        *,
        backends: Sequence[Any] | None = None,
        sync: str | bool | Callable[[], object] = "auto",
        on_end: Callable[[Any], object] | None = None,
        meter_set: MeterSet | None = None,
        items: float | None = None,
        save: tuple[Any, float] | None = None,
    ) -> None:
        if sync is not _AUTO:
            check_sync(sync)
        self.label, self._items = label, items
        self._backends, self._meter_set = backends, meter_set
        self._sync, self._on_end, self._save = sync, on_end, save
        self._plain = save is None and (sync is _AUTO or not callable(sync))
        self._journal: Any = None
        self._marks: list[tuple[float, float, float]] | None = None  # of forecasts
        self._begin: Snapshot | None = None
        self._end: Snapshot | None = None
        self._context: Snapshot | None = None
        self._measurement: Measurement | None = None
        self._hold: object = None  # of the meters, while it is open
        self._started_ns = 0

    def start(self: W) -> W:
        """Open the window; the meters are read last, so that opening is not part of it.

        Raises:
            WindowError: it is open already.
            BackendError: a backend that was asked for cannot serve, or a setting of the estimate is needed
                and cannot be understood.
        """
        compiling = IMPORTED.compiling
        if (compiling is not None and compiling()) or len(_modules) != IMPORTED.count:
            return self._start()
        meter_set = self._meter_set
        if meter_set is None:
            meter_set = self._meter_set = opened_meter_set(self._backends)
        quick = meter_set.quick
        if quick is None or not self._plain or (self._begin is not None and self._end is None):
            return self._start()
        reads, note = quick
        self._begin = self._end = self._measurement = self._marks = None
        self._context, self._hold, anchors = meter_set.context, meter_set.hold, meter_set.anchors
        self._started_ns = _time_ns()
        asked_ns = _monotonic_ns()
        try:
            readings = [read() for read in reads]
        except BaseException as err:
            pass_on(err)
            return self._start()
        t_ns = _monotonic_ns()
        if t_ns - asked_ns > LONG_NS or not all(readings):  # nothing has begun yet: all is read again
            return self._start()
        self._begin = begin = _new(Snapshot, (t_ns, readings, anchors, [], asked_ns))
        note((t_ns, begin, self.label, BEGIN, _thread()))
        if t_ns > meter_set.remember_ns:
            meter_set.remember(begin)
        return self

    __enter__ = start

    def stop(self: W) -> W:
        """Close the window; the meters are read first.

        Raises:
            WindowError: it is not open.
        """
        meter_set = self._meter_set
        if (
            meter_set is None
            or (quick := meter_set.quick) is None
            or not self._plain
            or len(_modules) != IMPORTED.count
            or self._begin is None
            or self._end is not None
        ):
            return self._stop()
        (reads, note), anchors = quick, meter_set.anchors
        t_ns = _monotonic_ns()
        try:
            readings = [read() for read in reads]
        except BaseException as err:
            pass_on(err)
            return self._stop(t_ns)
        other_ns = _monotonic_ns()
        if not all(readings):
            return self._stop(t_ns)
        self._end = end = _new(Snapshot, (t_ns, readings, anchors, [], other_ns))
        if other_ns - t_ns > LONG_NS:
            meter_set.took_long(end)
        note((t_ns, end, self.label, END, _thread()))
        self._hold = None
        if self._on_end is not None:
            self._on_end(self)
        return self

    def _start(self: W) -> W:
        if self._begin is not None and self._end is None:
            raise WindowError(f"window {self.label!r} is open already; stop it first, or make another one")
        if "torch" in _modules:
            leave_compiling(self.label)
        meter_set = self._meter_set
        if meter_set is None or meter_set.closed:
            meter_set = self._meter_set = opened_meter_set(self._backends)
        self._begin = self._end = self._measurement = self._marks = None
        self._context = meter_set.context
        if meter_set.quick is not None:
            IMPORTED.look()
        if self._sync:
            wait(self._sync)
        self._hold = meter_set.hold
        self._started_ns = _time_ns()
        self._begin = begin = meter_set.begin()
        meter_set.history.note(begin, self.label, BEGIN)
        if self._save is not None:
            from wattwhat.acquisition.journal import Journal

            self._journal = Journal(*self._save, self._until_now)
        return self

    def _stop(self: W, t_ns: int | None = None) -> W:
        """Close it the long way; the short one, if it was tried, did so at this time."""
        begin, meter_set = self._begin, self._meter_set
        if begin is None or self._end is not None or meter_set is None:
            raise WindowError(f"window {self.label!r} is not open; start it first")
        if meter_set.quick is not None:
            IMPORTED.look()
        if self._sync and t_ns is None:
            wait(self._sync)
        self._end = end = meter_set.end(begin, t_ns)
        meter_set.history.note(end, self.label, END)
        self._hold = None
        if self._journal is not None:
            self._journal.end()
        if self._on_end is not None:
            self._on_end(self)
        return self

    def _until_now(self) -> Any:
        raise NotImplementedError
