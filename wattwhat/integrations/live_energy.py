"""Joules and watts of every channel now: what monitors ask for again and again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from wattwhat.acquisition.tracking import track
from wattwhat.acquisition.window import Window
from wattwhat.records.channel import Channel
from wattwhat.records.escaping import controls_shown
from wattwhat.records.measurement import Measurement

__all__ = ["LiveChannel", "LiveEnergy", "LiveReading"]

# A power over less than this is mostly the ticks of counters. Where two monitors ask at nearly the same time,
# both get the power since the last question that was long enough ago.
_SHORTEST_S = 1.0


@attrs.frozen
class LiveChannel:
    """One channel now.

    Attributes:
        channel: what is read.
        energy_j: joules since the beginning; they never fall.
        u_j: their standard uncertainty.
        power_w: mean power since the question before, or since an earlier one where that was less than a
            second ago; None at the first.
        provenance: as `wattwhat.records.ChannelEnergy` has it.
        counted: False where another channel contains this one.
    """

    channel: Channel
    energy_j: float
    u_j: float
    power_w: float | None
    provenance: str
    counted: bool

    def names(self) -> dict[str, str]:
        """What tells it from others, as texts that every monitor can hold."""
        channel = self.channel
        names = {
            "channel": channel.id,
            "backend": channel.backend,
            "device": channel.device,
            "component": channel.component,
            "provenance": self.provenance,
            "counted": str(self.counted).lower(),
        }
        return {name: controls_shown(text) for name, text in names.items()}


@attrs.frozen
class LiveReading:
    """All channels now.

    Attributes:
        channels: those that can be read.
        lost: those that cannot, which are absent from the others and never 0.
    """

    channels: tuple[LiveChannel, ...]
    lost: tuple[Channel, ...]


class LiveEnergy:
    """A window that stays open, asked by monitors from any thread.

    What a counter lost, wrapped or reset is bridged as in any window, so the joules of a channel never fall.

    Args:
        backends: names of backends to use; None takes every available one.
        window: an open window to ask, in place of one of its own.
        clock: seconds; for tests.

    Raises:
        BackendError: a backend that was asked for cannot serve.

    Example:
        >>> live = LiveEnergy(["estimate"])
        >>> all(one.energy_j >= 0.0 for one in live.read().channels)
        True
        >>> live.close()
    """

    def __init__(
        self,
        backends: Sequence[Any] | None = None,
        *,
        window: Window | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = window or track("live", backends=backends, sync=False).start()
        self._clock, self._lock = clock, threading.Lock()
        self._highest: dict[str, float] = {}
        self._points: deque[tuple[float, dict[str, float]]] = deque()

    def measured(self) -> Measurement:
        """What was taken since the beginning."""
        return self._window.so_far()

    def read(self) -> LiveReading:
        """Every channel now."""
        with self._lock:
            entries, now_s = self.measured().channels, self._clock()
            seen = {
                one.channel.id: one.energy_j
                for one in entries
                if one.energy_j is not None and one.energy_j.known
            }
            for name, joules in seen.items():
                self._highest[name] = max(joules.value, self._highest.get(name, 0.0))
            known = {name: self._highest[name] for name in seen}
            powers = self._powers(now_s, known)
        channels = tuple(
            LiveChannel(
                channel=one.channel,
                energy_j=known[one.channel.id],
                u_j=seen[one.channel.id].u,
                power_w=powers.get(one.channel.id),
                provenance=one.provenance,
                counted=one.counted,
            )
            for one in entries
            if one.channel.id in seen
        )
        return LiveReading(channels, tuple(one.channel for one in entries if one.channel.id not in seen))

    def _powers(self, now_s: float, known: dict[str, float]) -> dict[str, float]:
        """Mean power since the latest question that is long enough ago, else the first, of what it knew."""
        points = self._points
        while len(points) > 1 and now_s - points[1][0] >= _SHORTEST_S:
            points.popleft()
        then_s, then_j = points[0] if points else (now_s, {})
        if not points or now_s - points[-1][0] >= _SHORTEST_S:
            points.append((now_s, known))
        passed_s = now_s - then_s
        if passed_s <= 0.0:
            return {}
        return {name: (joules - then_j[name]) / passed_s for name, joules in known.items() if name in then_j}

    def close(self) -> None:
        """Stop measuring."""
        self._window.stop()
