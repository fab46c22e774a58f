"""Meters that failed are tried again: in a thread of its own, ever more seldom, and never within a window."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from wattwhat.acquisition.closing import close_when_forgotten
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.plugins import OwnThread, pass_on

__all__ = ["Retry"]

_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 300.0


class Retry:
    """Opens a lacking meter set anew after 5 s, 10 s, 20 s and so on, at most every 5 minutes.

    Args:
        meter_set: the one that lacks something; windows go on with it until a better one is there.
        reopen: opens the same backends again.
        adopt: puts a better one in its place, unless it is not in use any more.
    """

    def __init__(
        self, meter_set: MeterSet, reopen: Callable[[], MeterSet], adopt: Callable[[MeterSet, MeterSet], bool]
    ) -> None:
        self.meter_set = meter_set
        self._reopen, self._adopt = reopen, adopt
        self._wait_s = _FIRST_WAIT_S
        self._due_s = time.monotonic() + self._wait_s
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Begin another attempt if it is time; returns at once."""
        if time.monotonic() < self._due_s or (self._thread is not None and self._thread.is_alive()):
            return
        self._wait_s = min(2.0 * self._wait_s, _LONGEST_WAIT_S)
        self._due_s = time.monotonic() + self._wait_s
        self._thread = OwnThread(self._attempt, "wattwhat retry")
        with contextlib.suppress(RuntimeError):  # no more threads are allowed now
            self._thread.start()

    def _attempt(self) -> None:
        try:
            fresh = self._reopen()
        except BaseException as err:  # still not there
            pass_on(err)
            return
        if self._is_better(fresh) and self._adopt(self.meter_set, fresh):
            self.meter_set.retry = None  # nothing but open windows holds it from now on
            close_when_forgotten(self.meter_set)
        else:
            fresh.close()

    def _is_better(self, fresh: MeterSet) -> bool:
        """Whether something that was lacking is there, and nothing that is there is lacking now."""
        there = {sensor.channel.id for sensor in fresh.inputs if _reads(sensor.meter.read)}
        kept = {sensor.channel.id for sensor in self.meter_set.inputs if not sensor.lost}
        lost = {sensor.channel.id for sensor in self.meter_set.inputs if sensor.lost}
        served = set(self.meter_set.not_yet) - set(fresh.not_yet)
        return kept <= there and bool(served or lost & there)


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except BaseException as err:
        pass_on(err)
        return False
    return True
