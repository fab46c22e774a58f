"""What calibration sees and says: readings of one channel, the times of the load, and findings with reasons.

Times here are seconds of the monotonic clock. Nothing here reads a meter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.records.channel import Channel
from wattwhat.sensing.profiles import Profile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["Calibrated", "Finding", "Series", "Timeline"]


def _array(times: Any) -> Array:
    import numpy as np

    return np.asarray(times, dtype=float)


@attrs.frozen
class Finding:
    """One quantity that was looked for: its value, or why there is none.

    Args:
        value: what was found, in the unit that the name of the field says; None if it was not.
        u: its standard uncertainty, in the same unit.
        reason: a sentence: why there is no value, or what is doubtful about it; empty if all is well.

    Example:
        >>> bool(Finding(0.1, 0.001)), bool(Finding(reason="the readings never changed"))
        (True, False)
    """

    value: float | None = None
    u: float | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.value is not None

    def known_within(self, part: float) -> bool:
        """Whether it was found, with an uncertainty of at most this part of the value."""
        return self.value is not None and self.u is not None and self.u <= part * abs(self.value)


@attrs.frozen(eq=False)
class Series:
    """Readings of one channel.

    Args:
        t_s: times in s, rising.
        values: joules or watts.
    """

    t_s: Array
    values: Array

    @property
    def look_s(self) -> float:
        """The usual time between two looks, in s."""
        import numpy as np

        return float(np.median(np.diff(self.t_s))) if len(self.t_s) > 1 else math.inf

    def between(self, begin_s: float, end_s: float) -> Series:
        """The readings of a span."""
        kept = (self.t_s >= begin_s) & (self.t_s < end_s)
        return Series(self.t_s[kept], self.values[kept])


@attrs.frozen(eq=False)
class Timeline:
    """When the load was on: off before the first time, then on, off, on, ...

    Args:
        switches_s: times in s at which it was switched, rising.

    Example:
        >>> Timeline([1.0, 3.0, 4.0]).on_s([0.0, 2.0, 3.5, 6.0])
        array([0., 1., 2., 4.])
    """

    switches_s: Array = attrs.field(converter=_array)

    def on_s(self, t_s: Any) -> Array:
        """Seconds for which the load was on until these times."""
        import numpy as np

        t = np.asarray(t_s, dtype=float)
        edges = self.switches_s
        if not len(edges):
            return np.zeros_like(t)
        lengths = np.where(np.arange(len(edges) - 1) % 2 == 0, np.diff(edges), 0.0)
        at_edges = np.concatenate([[0.0], np.cumsum(lengths)])
        place = np.searchsorted(edges, t, side="right") - 1
        known = np.maximum(place, 0)
        return at_edges[known] + np.where((place >= 0) & (place % 2 == 0), t - edges[known], 0.0)

    def level(self, t_s: Any, rise_s: float) -> Array:
        """The load (0 to 1) behind a first-order filter of this time constant, in s; 0 for none."""
        import numpy as np

        t = np.asarray(t_s, dtype=float)
        edges = self.switches_s
        place = np.searchsorted(edges, t, side="right") - 1
        on = np.where(place % 2 == 0, 1.0, 0.0) * (place >= 0)
        if rise_s <= 0.0 or not len(edges):
            return on
        level, levels, target = 0.0, [0.0], 1.0
        for factor in np.exp(-np.diff(edges) / rise_s).tolist():
            level = target + (level - target) * factor
            levels.append(level)
            target = 1.0 - target
        known = np.maximum(place, 0)
        passed = np.maximum(t - edges[known], 0.0)
        return np.where(place < 0, 0.0, on + (np.asarray(levels)[known] - on) * np.exp(-passed / rise_s))

    def mean(self, begin_s: Any, end_s: Any, rise_s: float) -> Array:
        """Mean of the filtered load over spans; a filter holds back its time constant times its level."""
        import numpy as np

        both = np.stack(
            np.broadcast_arrays(begin_s, end_s)
        )  # what is worked out of the edges is worked out once
        energy = np.diff(self.on_s(both), axis=0)[0]
        if rise_s > 0.0:
            energy = energy - rise_s * np.diff(self.level(both, rise_s), axis=0)[0]
        mean: Array = energy / (both[1] - both[0])
        return mean


@attrs.frozen
class Calibrated:
    """What calibration found of one channel.

    Args:
        channel: as its backend declares it.
        update_period_s: time between two new values.
        averaging_window_s: time whose power one value holds.
        duty: part of the time that it looks at, 0 to 1.
        delay_s: from the end of that window until the value can be read.
        rise_s: time constant of the first-order rise.
        resolution: step of the value in J or W, as seen.
        load: the load that was used, in words; empty where there was none for it.
        notes: sentences about what is doubtful.
    """

    channel: Channel
    update_period_s: Finding = Finding()
    averaging_window_s: Finding = Finding()
    duty: Finding = Finding()
    delay_s: Finding = Finding()
    rise_s: Finding = Finding()
    resolution: Finding = Finding()
    load: str = ""
    notes: tuple[str, ...] = ()

    def profile(self, version: str | None, day: str) -> Profile | None:
        """What is worth keeping; None where not even the update period was found.

        Args:
            version: version of the vendor's library and driver.
            day: when it was found, as 2026-11-02.
        """
        if self.update_period_s.value is None:
            return None
        return Profile(
            self.channel.id,
            self.channel.device,
            day,
            version=version,
            update_period_s=self.update_period_s.value,
            averaging_window_s=self.averaging_window_s.value,
            delay_s=self.delay_s.value,
            rise_s=self.rise_s.value,
            resolution=self.resolution.value,
            load=self.load,
            notes=self.notes,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the declared channel, and each finding with its uncertainty and reason."""
        data = attrs.asdict(self, filter=lambda field, _: field.name not in ("channel", "notes"))
        return {"channel": self.channel.to_dict(), **data, "notes": list(self.notes)}
