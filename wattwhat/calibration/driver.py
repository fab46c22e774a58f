"""Calibration: a known load is switched on and off, meters are read, and what they are like is found.

The driver is here: `calibrate` reads and switches. What the readings mean is worked out in `examine` and
the pure functions behind it. Time, chance and the load are passed in, so that tests wait for nothing.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from wattwhat.calibration.examine import Wave, examine
from wattwhat.calibration.loads import Load
from wattwhat.calibration.pattern import RATIOS, SHORTEST_S, random_pattern, square_period_s, square_wave
from wattwhat.calibration.record import Calibrated, Finding, Series, Timeline
from wattwhat.calibration.ticks import TOO_FAST, fast_counter_period, find_ticks
from wattwhat.errors import MeterLostError
from wattwhat.plugins import pass_on
from wattwhat.sensing.meter import Meter

__all__ = ["Calibrated", "Finding", "Series", "Timeline", "calibrate", "examine"]

Progress = Callable[[float, str], None]

# Never faster than a thousand looks a second: some sensors answer late or fall short when polled harder.
# Energy counters are looked at less often first, and only as often as they need.
_FASTEST_S = 0.001
_COUNTER_LOOKS_S = (0.05, 0.02, 0.01, 0.005, 0.002, _FASTEST_S)
_LOOKS_EACH = 6
# Distances between looks, in looks: at random, so that no period of the looks' own hides one. Between one
# and three, they show a tick that is faster than they are without any alias.
_SPACING, _WIDE_SPACING = 1.3, 3.0
_STEADY_S = 1.5
_UPDATES_PER_WAVE = 8


def calibrate(
    meters: Sequence[Meter],
    load: Load | None,
    *,
    seconds: float = 20.0,
    clock: Callable[[], int] = time.monotonic_ns,
    sleep: Callable[[float], None] = time.sleep,
    generator: random.Random | None = None,
    progress: Progress | None = None,
) -> list[Calibrated]:
    """Find out what meters are like: update period, averaging window, duty, delay, rise, resolution.

    Args:
        meters: open meters that this load moves.
        load: what is switched on and off; None looks without one, which tells the period at best.
        seconds: time to take in s; sensors slower than about 0.3 s make it longer, up to three times.
        clock: gives the monotonic time in ns, that of the meters' readings.
        sleep: waits for seconds.
        generator: source of the load's random pattern and of the looks' spacing.
        progress: called with the seconds passed and what is being done.

    Returns:
        One entry a meter; what could not be found has a reason.

    Example:
        >>> calibrate([], None)
        []
    """
    if not meters:
        return []
    return _Calibration(meters, load, seconds, clock, sleep, generator or random.Random(), progress).run()


class _Calibration:
    """One run of `calibrate` under way."""

    def __init__(
        self,
        meters: Sequence[Meter],
        load: Load | None,
        seconds: float,
        clock: Callable[[], int],
        sleep: Callable[[float], None],
        generator: random.Random,
        progress: Progress | None,
    ) -> None:
        self.meters, self.load, self.seconds = meters, load, seconds
        self.clock, self.sleep, self.generator, self.progress = clock, sleep, generator, progress
        self.spacing = _SPACING
        self.begun_s = self.now_s
        self.times: list[list[float]] = [[] for _ in meters]
        self.values: list[list[float]] = [[] for _ in meters]
        self.looks_s = [_COUNTER_LOOKS_S[0] if meter.channel.is_counter else _FASTEST_S for meter in meters]
        self.next_s = [self.now_s for _ in meters]
        self.failed = ["" for _ in meters]
        self.lost = [False for _ in meters]

    @property
    def now_s(self) -> float:
        return self.clock() * 1e-9

    def run(self) -> list[Calibrated]:
        fast = self.steady()
        random_s = self.now_s
        self.take(self.seconds / 2.0, random_pattern(self.now_s, self.seconds / 2.0, self.generator))
        waves = self.square_waves(random_s)
        timeline = Timeline([] if self.load is None else self.load.switches_s())
        load = "" if self.load is None else self.load.description
        return [
            self.examined(number, random_s, timeline, fast.get(number), waves, load)
            for number in range(len(self.meters))
        ]

    def steady(self) -> dict[int, Finding]:
        """Under a steady load, how often counters tick: coarse looks first; periods of the fast ones."""
        counters = [number for number, meter in enumerate(self.meters) if meter.channel.is_counter]
        if not counters:
            return {}
        self.switch(True)
        open_, settled = set(counters), {}
        for look_s in _COUNTER_LOOKS_S:
            begin_s = self.now_s
            for number in open_:
                self.looks_s[number] = look_s
            self.take(_LOOKS_EACH * _SPACING * look_s, only=open_)
            for number in list(open_):
                if self.new_values(number, begin_s) <= 0.4:
                    open_.discard(number)
                    self.looks_s[number] = max(look_s / 4.0, _FASTEST_S)
        begin_s = self.now_s
        if open_:
            self.spacing = _WIDE_SPACING
            self.take(_STEADY_S, only=open_)
            self.spacing = _SPACING
            for number in open_:
                steady = self.series(number, begin_s)
                if self.new_values(number, begin_s) > TOO_FAST / 2.0:
                    settled[number] = fast_counter_period(steady)
        self.switch(False)
        return settled

    def square_waves(self, random_s: float) -> list[Wave]:
        """Square waves for each update period that gauges have; else more of the random pattern."""
        periods: list[float] = []
        for number, meter in enumerate(self.meters):
            period = (
                None if meter.channel.is_counter else find_ticks(self.series(number, random_s)).period_s.value
            )
            if period is None or not self.fits(period):
                continue
            self.looks_s[number] = min(max(period / 100.0, _FASTEST_S), 0.01)
            if all(abs(period / other - 1.0) > 0.02 for other in periods):
                periods.append(period)
        if not periods or self.load is None:
            self.take(self.seconds / 2.0, random_pattern(self.now_s, self.seconds / 2.0, self.generator))
            return []
        waves = []
        share_s = self.seconds / 2.0 / len(periods) / len(RATIOS)
        for period in periods:
            updates = max(_UPDATES_PER_WAVE, round(share_s / period))
            for number in range(len(RATIOS)):
                wave_s, begin_s = square_period_s(period, number, updates), self.now_s
                self.take((updates + 2) * period, square_wave(begin_s, (updates + 2) * period, wave_s))
                waves.append((begin_s, self.now_s, wave_s))
        return waves

    def fits(self, period_s: float) -> bool:
        """Whether loads can be switched fast enough, and the time suffices, for square waves near it."""
        least_s = len(RATIOS) * (_UPDATES_PER_WAVE + 2) * period_s
        return period_s / 3.0 >= SHORTEST_S and least_s <= 2.5 * self.seconds

    def take(self, duration_s: float, switches_s: Sequence[float] = (), only: Any = None) -> None:
        """Read meters at random distances of at least their look, and switch the load, for so long."""
        end_s = self.now_s + duration_s
        edges = list(switches_s)[::-1]
        numbers = range(len(self.meters)) if only is None else sorted(only)
        due_s = {number: self.next_s[number] for number in numbers if not self.lost[number]}
        while True:
            now_s = self.now_s
            if now_s >= end_s:
                break
            if edges and now_s >= edges[-1]:
                edges.pop()
                self.switch((len(switches_s) - len(edges)) % 2 == 1)
            for number in [number for number, at_s in due_s.items() if at_s <= now_s]:
                due_s[number] = self.next_s[number] = self.now_s + self.looks_s[
                    number
                ] * self.generator.uniform(1.0, self.spacing)
                self.look(number)
                if self.lost[number]:
                    del due_s[number]
            if self.progress is not None:
                self.progress(now_s - self.begun_s, "switching the load and reading")
            until_s = min([end_s, *edges[-1:], *due_s.values()])
            self.sleep(max(until_s - self.now_s, 1e-6))
        self.switch(False)

    def look(self, number: int) -> None:
        try:
            t_ns, value = self.meters[number].read()
        except MeterLostError as err:
            self.lost[number], self.failed[number] = True, str(err)
        except Exception as err:  # whatever a plugin raises is a gap here
            pass_on(err)
            self.failed[number] = str(err) or type(err).__name__
        else:
            if math.isfinite(value):
                self.times[number].append(t_ns * 1e-9)
                self.values[number].append(float(value))

    def switch(self, on: bool) -> None:
        if self.load is not None:
            self.load.switch(on)

    def series(self, number: int, begin_s: float) -> Series:
        import numpy as np

        series = Series(np.asarray(self.times[number]), np.asarray(self.values[number]))
        return series.between(begin_s, math.inf)

    def new_values(self, number: int, begin_s: float) -> float:
        """The part of looks since then that saw a new value."""
        values = self.series(number, begin_s).values
        return float((values[1:] != values[:-1]).mean()) if len(values) > 1 else 0.0

    def examined(
        self,
        number: int,
        begin_s: float,
        timeline: Timeline,
        fast: Finding | None,
        waves: list[Wave],
        load: str,
    ) -> Calibrated:
        import attrs

        channel = self.meters[number].channel
        series = self.series(number, begin_s)
        result = examine(channel, series, timeline, fast_period=fast, waves=waves, load_description=load)
        if self.failed[number]:
            sentence = f"readings failed: {self.failed[number]}"
            result = attrs.evolve(result, notes=(*result.notes, sentence))
        return result
