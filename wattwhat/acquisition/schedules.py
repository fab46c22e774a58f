"""When the sampler is to look at an input: gauges while a window is open, counters before they wrap."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattwhat.acquisition.counter_input import CounterInput
    from wattwhat.acquisition.gauge_input import GaugeInput
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.acquisition.sampler import Sampler

__all__ = ["CounterSchedule", "GaugeSchedule"]

# A sensor that takes long to read is left alone for so many times as long.
_PAUSES = 9.0
# Looks that follow each other faster than this are made in this thread: handing them over takes as long.
_FAST_S = 0.01


class CounterSchedule:
    """A counter's visits, and the looks that phases or slow readings ask for.

    Args:
        counter: the counter.
        number: of it in the meter set.
    """

    def __init__(self, counter: CounterInput, number: int) -> None:
        self._counter, self._number = counter, number
        self._visit_s: float | None = None
        self._look_s: float | None = None

    @property
    def needed(self) -> bool:
        """Whether something will be due without anybody asking for it."""
        return self._counter.watch_s is not None

    def begin(self, sampler: Sampler, meter_set: MeterSet) -> None:
        """Visit it for the first time."""
        if (every_s := self._counter.watch_s) is not None:
            sampler.aside(self._counter, partial(meter_set.visit, self._number))
            self._visit_s = meter_set.clock() * 1e-9 + every_s

    def due_s(self, sampler: Sampler, meter_set: MeterSet, now_s: float) -> float:
        """Do what is due, and give the time in s at which something is due next; infinite if nothing is."""
        counter = self._counter
        if counter.lost:
            return math.inf
        if counter.beside or counter.looks.asked:
            return self._beside_s(sampler, meter_set, now_s)
        due_s = self._followed_s(sampler, meter_set, now_s)
        every_s = counter.watch_s
        if every_s is None:
            return due_s
        if self._visit_s is None:
            self._visit_s = now_s + every_s
        if now_s >= self._visit_s:
            if counter.quick:
                meter_set.visit(self._number)
            else:
                sampler.aside(counter, partial(meter_set.visit, self._number))
            self._visit_s = now_s + every_s
        return min(self._visit_s, due_s)

    def _beside_s(self, sampler: Sampler, meter_set: MeterSet, now_s: float) -> float:
        """Look at a slow counter beside the program: after edges, while windows are open, before it wraps."""
        counter = self._counter
        wanted = [every_s for every_s in (counter.follow_s(now_s), counter.watch_s) if every_s is not None]
        every_s = min(wanted, default=None)
        if now_s >= counter.looks.due_s(now_s, every_s):
            sampler.aside(counter, partial(meter_set.look, self._number))
        return counter.looks.due_s(now_s, every_s)

    def _followed_s(self, sampler: Sampler, meter_set: MeterSet, now_s: float) -> float:
        """Look at a counter beside the program, where phases run over it."""
        every_s = self._counter.follow_s(now_s)
        if every_s is None:
            self._look_s = None
            return math.inf
        if self._look_s is None or now_s >= self._look_s:
            took_s = sampler.timed(meter_set.look, self._number)
            self._look_s = now_s + max(every_s, _PAUSES * took_s)
        return self._look_s


class GaugeSchedule:
    """A gauge's looks while a window is open over it.

    Args:
        gauge: the gauge.
    """

    needed = True  # once a window opens

    def __init__(self, gauge: GaugeInput) -> None:
        self._gauge = gauge
        self._look_s: float | None = None

    def begin(self, sampler: Sampler, meter_set: MeterSet) -> None:
        """Nothing is to be done before the first window."""

    def due_s(self, sampler: Sampler, meter_set: MeterSet, now_s: float) -> float:
        """Do what is due, and give the time in s at which something is due next; infinite if nothing is."""
        gauge = self._gauge
        every_s = gauge.follow_s(now_s)
        if gauge.lost or not gauge.busy:
            self._look_s = None
            return math.inf
        if gauge.reading_ns is not None:
            gauge.give_up(now_s)
            return now_s + gauge.poll_s
        if self._look_s is None or now_s >= self._look_s:
            if every_s is not None and every_s < _FAST_S and gauge.quick:
                gauge.look()
            else:
                sampler.aside(gauge, gauge.look)
            gauge.give_up(now_s)
            took_s = 0.0 if gauge.quick else gauge.took_s
            pause_s = max(gauge.poll_s, 2.0 * took_s)
            every_s = pause_s if every_s is None else min(pause_s, max(every_s, _PAUSES * took_s))
            self._look_s = now_s + every_s
        elif every_s is not None:  # phases began since the latest look
            self._look_s = min(self._look_s, now_s + every_s)
        return self._look_s
