"""One device's power samples in the order of the file: gaps, times that go back, and sums in chunks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone, tzinfo
from typing import Any

import attrs

from wattwhat.energy.gauge import PowerSums
from wattwhat.energy.gauge_timing import seen_fraction
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.parsing.cells import are_days
from wattwhat.logs.source import Source

__all__ = ["Part", "Run"]

_CHUNK = 65_536
_PARTS_AT_MOST = 1000
_STRAY = 3
_HOUR_S = 3600.0
# No zone has put its clocks forward by less than 20 minutes since logs are written by machines.
_SHORTEST_SET_S = 1200.0


@attrs.define
class Part:
    """A stretch of samples whose times do not go back.

    Args:
        sums: over its samples.
        first_s: time of its first sample in s.
        last_s: time of its last sample in s.
        first_line: line of its first sample.
        median_s: median step of the run in s.
        warnings: sentences.
    """

    first_s: float
    first_line: int
    sums: PowerSums = attrs.field(factory=PowerSums)
    last_s: float = 0.0
    median_s: float = 0.0
    warnings: list[str] = attrs.field(factory=list)

    def beyond(self, begin_s: float, end_s: float) -> Iterator[str]:
        """That a device was not seen at the begin or the end of what the file shows of others, if so."""
        for silent_s, which in ((self.first_s - begin_s, "first"), (end_s - self.last_s, "last")):
            if self.median_s and silent_s > 3.0 * self.median_s:
                yield f"shows no power in the {which} {silent_s:.3g} s: what it drew then is not counted"


class Run:
    """Samples of one device, handed to `wattwhat.energy.gauge.PowerSums` in chunks.

    The median step of the first chunk (65,536 samples) is what a gap is judged by: a step longer than five
    of them is one.

    Args:
        source: takes complaints about rows.
        sensor: update period, averaging window.
        local: whether the times come from a clock without a zone, which may be put back by an hour.
        limit_w: the most that the device draws, if the file says; else twice the largest sample.
        zone: the zone of that clock, if the user said it: it knows when clocks were put forward.
        beyond_w: a row of more than this in W is no reading, unless half of the rows are, as in a file whose
            unit is another one.
    """

    def __init__(
        self,
        source: Source,
        sensor: Sensor,
        *,
        local: bool,
        limit_w: float | None,
        zone: tzinfo | None = None,
        beyond_w: float = math.inf,
    ) -> None:
        self._source, self._sensor, self._local, self._limit_w = source, sensor, local, limit_w
        self._zone = zone if local else None
        self._beyond_w = beyond_w
        self._last_local_s: float | None = None
        self._skipped: list[str] = []
        self._t: list[float] = []
        self._p: list[float] = []
        self._lines: list[int] = []
        self._waiting: list[tuple[Any, Any, Any]] = []
        self._count = 0
        self._median_s: float | None = None
        self._shift_s = 0.0
        self._parts: list[Part] = []

    def add(self, t_s: float, power_w: float, line: int) -> None:
        """One sample: time in s, power in W, line number."""
        self._t.append(t_s)
        self._p.append(power_w)
        self._lines.append(line)
        if len(self._t) >= _CHUNK:
            self._flush()

    def add_arrays(self, t_s: Any, power_w: Any, lines: Any) -> None:
        """Many samples (numpy arrays of equal length)."""
        self._gather()
        self._waiting.append((t_s, power_w, lines))
        self._count += len(t_s)
        if self._count >= _CHUNK:
            self._flush()

    def finish(self) -> list[Part]:
        """The parts, in the order of the file."""
        self._flush()
        if self._parts:
            self._parts[0].warnings.extend(self._skipped)
            self._skipped = []
        return self._parts

    def _gather(self) -> None:
        """Single samples become arrays and wait with the others."""
        if not self._t:
            return
        import numpy as np

        self._waiting.append((np.array(self._t), np.array(self._p), np.array(self._lines)))
        self._count += len(self._t)
        self._t, self._p, self._lines = [], [], []

    def _flush(self) -> None:
        self._gather()
        if not self._count:
            return
        import numpy as np

        t, p, lines = (np.concatenate(arrays) for arrays in zip(*self._waiting, strict=True))
        self._waiting, self._count = [], 0
        t, p, lines = self._believed(t, p, lines)
        if self._median_s is None:
            self._settle(t[:_CHUNK], p[:_CHUNK])
            self._refuse_days(t, lines)
        self._take(t, p, lines)

    def _believed(self, t: Any, p: Any, lines: Any) -> tuple[Any, Any, Any]:
        """The rows that a device can have drawn; the others are listed, and are time without a reading."""
        import numpy as np

        beyond = p > self._beyond_w
        if not beyond.any() or float(np.median(p)) > self._beyond_w:
            return t, p, lines
        for line, power_w in zip(lines[beyond].tolist(), p[beyond].tolist(), strict=True):
            self._source.problem(
                int(line),
                f"expected a power that a device can draw, below {self._beyond_w:g} W, found {power_w:g} W",
            )
        return t[~beyond], p[~beyond], lines[~beyond]

    def _take(self, t: Any, p: Any, lines: Any) -> None:
        """Sums over the chunk, cut where the time goes back."""
        import numpy as np

        t = self._running(t, lines)
        while len(t):
            part = self._parts[-1] if self._parts else None
            if part is None or t[0] >= part.last_s:
                back = np.flatnonzero(np.diff(t) < 0.0)
                end = int(back[0]) + 1 if len(back) else len(t)
                self._extend(t[:end], p[:end], lines[:end])
                t, p, lines = t[end:], p[end:], lines[end:]
            else:
                t, p, lines = self._went_back(part, t, p, lines)

    def _running(self, local_s: Any, lines: Any) -> Any:
        """Times of a clock that is never set, out of those of the file, as far as the user's zone tells."""
        import numpy as np

        t = local_s + self._shift_s
        if self._zone is None or not len(t):
            return t
        before = float(local_s[0]) if self._last_local_s is None else self._last_local_s
        self._last_local_s = float(local_s[-1])
        steps = np.diff(local_s, prepend=before)
        for place in np.flatnonzero(steps >= _SHORTEST_SET_S).tolist():
            after = float(local_s[place])
            skipped = _offset_s(self._zone, after) - _offset_s(self._zone, after - float(steps[place]))
            if 0.0 < skipped <= steps[place]:
                t[place:] -= skipped
                self._shift_s -= skipped
                self._skipped.append(
                    f"line {int(lines[place])}: clocks were put forward by {skipped / 60.0:g} min there, as "
                    "the time zone tells: no energy is counted for the time that was skipped"
                )
        return t

    def _settle(self, t: Any, p: Any) -> None:
        """Interval, gap and limit, from the first chunk."""
        import numpy as np

        steps = np.diff(t)
        forward = steps[steps > 0.0]
        self._median_s = float(np.median(forward)) if len(forward) else 0.0
        if len(steps) and np.median(steps) <= 0.0:
            # Stamps coarser than the interval: several rows share one, so the mean step is the interval.
            self._median_s = float(forward.sum() / len(steps)) or 1.0
            self._median_s = max(self._median_s, float(np.min(forward)) / 5.0 if len(forward) else 0.0)
        if self._limit_w is None:
            self._limit_w = 2.0 * float(np.max(np.abs(p))) if len(p) else 0.0

    def _refuse_days(self, t: Any, lines: Any) -> None:
        if len(t) and are_days(float(t[0]), self._median_s or 0.0):
            raise self._source.error(
                int(lines[0]),
                f"expected times in seconds, found {float(t[0]):.10g} and steps of {self._median_s:.2g}: "
                "these are days, as a spreadsheet keeps times",
                "format the column there as yyyy-mm-dd hh:mm:ss.000 and save the file again",
            )

    def _extend(self, t: Any, p: Any, lines: Any) -> None:
        if not self._parts:
            self._parts.append(Part(float(t[0]), int(lines[0])))
        part = self._parts[-1]
        median = self._median_s or 1.0
        period = self._sensor.update_period_s or median
        window = self._sensor.averaging_window_s
        seen = 1.0 if self._sensor.update_period_s is None else seen_fraction(period, window)
        part.sums = part.sums.add_arrays(
            t, p, period_s=period, seen=seen, max_gap_s=5.0 * median, limit_w=self._limit_w or 0.0
        )
        self._look_for_summer_time(part, part.last_s or float(t[0]), t, lines)
        part.last_s, part.median_s = float(t[-1]), median

    def _look_for_summer_time(self, part: Part, before: float, t: Any, lines: Any) -> None:
        """A pause of just an hour on a local clock may be none: say so, for only the user knows."""
        if not self._local or self._zone is not None or float(t[-1]) - before < _HOUR_S:
            return
        import numpy as np

        rest = np.diff(t, prepend=before) - _HOUR_S
        at = np.flatnonzero((rest >= 0.0) & (rest <= max(5.0 * (self._median_s or 1.0), 1.0)))
        if len(at):
            part.warnings.append(
                f"line {int(lines[at[0]])}: a pause of an hour: if the clock was put forward there, for "
                "summer time, no time is missing and the energy of that hour was never used"
            )

    def _went_back(self, part: Part, t: Any, p: Any, lines: Any) -> tuple[Any, Any, Any]:
        """The time went back: a clock put back by an hour, a few stray rows, or another recording."""
        import numpy as np

        median = self._median_s or 1.0
        back_s = part.last_s - float(t[0])
        if self._local and 0.0 <= _HOUR_S - back_s <= max(5.0 * median, 1.0):
            self._shift_s += _HOUR_S
            part.warnings.append(
                f"line {int(lines[0])}: the time goes back by an hour, taken for a change of the clocks "
                "(end of summer time): later times count an hour more"
            )
            return t + _HOUR_S, p, lines
        late = int(np.argmax(t >= part.last_s)) if bool(np.any(t >= part.last_s)) else len(t)
        if late <= _STRAY and late < len(t):
            for line in lines[:late]:
                self._source.problem(
                    int(line), f"expected times in order, but this one is {back_s:.3g} s back"
                )
            return t[late:], p[late:], lines[late:]
        if len(self._parts) >= _PARTS_AT_MOST:
            raise self._source.error(
                int(lines[0]), "expected rows in the order of time, but they jump back again and again"
            )
        sentence = (
            f"line {int(lines[0])}: the time goes back by {back_s:.4g} s: what follows is another recording"
        )
        part.warnings.append(sentence)
        self._parts.append(Part(float(t[0]), int(lines[0]), last_s=float(t[0]), warnings=[sentence]))
        return t, p, lines


def _offset_s(zone: tzinfo, local_s: float) -> float:
    """What a zone's clocks are ahead of UTC by, in s, when they show this; 0 outside the calendar."""
    try:
        plain = datetime.fromtimestamp(local_s, timezone.utc)
        offset = plain.replace(tzinfo=zone).utcoffset()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return offset.total_seconds() if offset is not None else 0.0
