"""CPU time of living descendants where no /proc lists them, as on macOS and Windows: psutil's."""

from __future__ import annotations

import importlib
import math
import time
from typing import Any

__all__ = ["PsutilDescendants"]

# To find them psutil goes over all processes of the machine, which is made as seldom as it takes this part of
# the time; between two looks those that are known are asked.
_RESCAN_S, _MOST_OF_TIME = 0.1, 0.001


class PsutilDescendants:
    """Seconds of CPU time that living descendants have spent; see `wattwhat.sensing.estimate.descendants`.

    Raises:
        ImportError: psutil is not installed.
        NotImplementedError: it does not know this system.
    """

    def __init__(self) -> None:
        self._psutil: Any = importlib.import_module("psutil")
        self.forget()

    def forget(self) -> None:
        """Know nothing any more: in a forked child they are another process's."""
        self._known: list[Any] = []
        self._look_at_s = -math.inf

    def seconds(self) -> float:
        """Seconds of CPU time of all of them, none of which has been waited for by this process."""
        now_s = time.monotonic()
        if now_s > self._look_at_s:
            begun_s = time.thread_time()
            self._known = self._found()
            self._look_at_s = now_s + max(_RESCAN_S, (time.thread_time() - begun_s) / _MOST_OF_TIME)
        return math.fsum(map(self._spent_s, self._known))

    def _found(self) -> list[Any]:
        try:
            return list(self._psutil.Process().children(recursive=True))
        except (self._psutil.Error, OSError):
            return []

    def _spent_s(self, process: Any) -> float:
        try:
            times = process.cpu_times()
        except (self._psutil.Error, OSError):  # it has ended, or is another user's
            return 0.0
        # on Linux alone psutil knows the time of children of its own that have ended
        ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return float(times.user + times.system + ended_s)
