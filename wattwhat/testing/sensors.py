"""Virtual sensors: what a real one would publish of a waveform, as a pure function of time.

A sensor looks at the power at its ticks, may average or look away in between, and publishes a
quantised value late. `VirtualSensor.published` takes arrays, so that a benchmark can ask for
thousands of windows at once. Published models of real sensors: Yang, Adamek, Armour, SC24, arXiv 2312.02741.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.channel import Channel
from wattwhat.sensing.host import host_name
from wattwhat.testing._piecewise import Waveform, like

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wattwhat.testing._piecewise import Times

    Array = npt.NDArray[np.float64]

__all__ = ["Faults", "VirtualSensor"]

Span = tuple[float, float]

# A time that falls on a tick must count as past it, whatever the last bit of the division says.
_TICK_SLACK = 1e-9


@attrs.frozen
class Faults:
    """When reads fail; times in s of the sensor's own clock.

    Args:
        gaps: spans in which a read raises MeterError.
        denied: spans in which it raises MeterError for want of permission.
        lost_at_s: from here on it raises MeterLostError, for ever.
    """

    gaps: tuple[Span, ...] = ()
    denied: tuple[Span, ...] = ()
    lost_at_s: float = math.inf

    def at(self, t_s: float) -> str:
        """``"lost"``, ``"permission"``, ``"error"``, or an empty text where the read works."""
        if t_s >= self.lost_at_s:
            return "lost"
        if any(begin <= t_s < end for begin, end in self.denied):
            return "permission"
        return "error" if any(begin <= t_s < end for begin, end in self.gaps) else ""


@attrs.frozen(eq=False)
class VirtualSensor:
    """A sensor over a waveform.

    Args:
        waveform: the true power.
        quantity: ``"energy"`` (a counter from 0 at ``t = 0``) or ``"power"`` (a gauge).
        update_period_s: time between two new values; 0 for a value that is always new.
        phase_s: time of one tick; the others follow by the period.
        averaging_window_s: time before a tick whose power goes into its value. A gauge shows the mean over it
            (None: the power at the tick); a counter adds that mean times the period (None: all energy).
            Shorter than the period, it is a part-time sensor.
        rise_s: time constant of a first-order filter between power and sensor; 0 for none.
        quantum: step of the published value, in J or W; 0 for none. Counters round down, gauges to nearest.
        gain: factor between true and published.
        offset_w: constant power added to the true one, after the gain.
        delay_s: time from a tick to its publication.
        wrap_j: range after which a counter begins again at 0.
        start_j: what a counter shows at ``t = 0``.
        resets_s: times at which a counter begins again at 0.
        stalls: spans in which nothing new is published; a counter catches up afterwards.
        latency_s: how long one read takes; the value is that of its middle.
        faults: when reads fail.
        intervals_s: of an irregular sensor the times between its ticks, again and again from ``phase_s`` on;
            their mean is the update period.

    Example:
        >>> from wattwhat.testing.waveforms import constant
        >>> counter = VirtualSensor(constant(100.0), update_period_s=0.1)
        >>> counter.published(0.25), round(counter.published(0.31), 9)
        (20.0, 30.0)
    """

    waveform: Waveform
    quantity: str = "energy"
    update_period_s: float = 0.0
    phase_s: float = 0.0
    averaging_window_s: float | None = None
    rise_s: float = 0.0
    quantum: float = 0.0
    gain: float = 1.0
    offset_w: float = 0.0
    delay_s: float = 0.0
    wrap_j: float | None = None
    start_j: float = 0.0
    resets_s: tuple[float, ...] = attrs.field(default=(), converter=tuple)
    stalls: tuple[Span, ...] = attrs.field(default=(), converter=tuple)
    latency_s: float = 0.0
    faults: Faults = Faults()
    intervals_s: tuple[float, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        mean_s = math.fsum(self.intervals_s) / max(len(self.intervals_s), 1)
        if self.intervals_s and not math.isclose(mean_s, self.update_period_s, rel_tol=1e-9):
            raise ArgumentError(
                f"{self.update_period_s} s is not the mean of intervals_s, {mean_s} s",
                argument="update_period_s",
            )
        if self.intervals_s and self.quantity == "energy" and self.averaging_window_s:
            raise ArgumentError(
                "a counter that looks part of the time has regular ticks here", argument="intervals_s"
            )
        if self.quantity not in ("energy", "power"):
            raise ArgumentError(f"{self.quantity!r} is neither 'energy' nor 'power'", argument="quantity")
        if self.quantity == "energy" and self.averaging_window_s and not self.update_period_s:
            raise ArgumentError(
                "a counter that looks part of the time needs an update_period_s",
                argument="averaging_window_s",
            )

    def ticks_s(self, t_s: Times) -> Times:
        """The time of the tick whose value is shown at ``t_s``."""
        import numpy as np

        tick = self._tick(np.asarray(t_s, dtype=float) - self.delay_s)
        for begin, end in self.stalls:
            before = self._tick(np.nextafter(begin, -math.inf) - 2.0 * _TICK_SLACK * self.update_period_s)
            tick = np.where((tick >= begin) & (tick < end), before, tick)
        return like(t_s, tick)

    def _tick(self, t: Any) -> Any:
        import numpy as np

        if not self.update_period_s:
            return t
        if self.intervals_s:
            ends = np.cumsum((0.0, *self.intervals_s))
            slack = _TICK_SLACK * self.update_period_s
            rounds, within = np.divmod(t - self.phase_s + slack, ends[-1])
            return rounds * ends[-1] + ends[np.searchsorted(ends, within, side="right") - 1] + self.phase_s
        return (
            np.floor((t - self.phase_s) / self.update_period_s + _TICK_SLACK) * self.update_period_s
            + self.phase_s
        )

    def published(self, t_s: Times) -> Times:
        """What a read at ``t_s`` shows, in J (counter) or W (gauge), if it does not fail."""
        return self.shown_at(self.ticks_s(t_s))

    def shown_at(self, tick_s: Times) -> Times:
        """What is shown from the tick at ``tick_s`` until the next one, in J or W."""
        import numpy as np

        tick = np.asarray(tick_s, dtype=float)
        return like(tick_s, self._counted(tick) if self.quantity == "energy" else self._shown(tick))

    def _shown(self, tick: Array) -> Array:
        import numpy as np

        window_s = self.averaging_window_s
        power = (
            self._seen_power(tick)
            if window_s is None
            else self._seen_energy(tick - window_s, tick) / window_s
        )
        value = self.gain * power + self.offset_w
        return np.round(value / self.quantum) * self.quantum if self.quantum else value

    def _counted(self, tick: Array) -> Array:
        import numpy as np

        value = self.start_j + self._gained(tick)
        for reset_s in sorted(self.resets_s):
            value = np.where(tick >= reset_s, self._gained(tick) - self._gained(np.asarray(reset_s)), value)
        if self.quantum:
            # Just below a whole step means the step itself: 0.3 J in steps of 0.1 J is three, not two.
            value = np.floor(value / self.quantum + 1e-7) * self.quantum
        return value if self.wrap_j is None else np.mod(value, self.wrap_j)

    def _gained(self, tick: Array) -> Array:
        """Energy counted from t = 0 to the tick, gain and offset in."""
        import numpy as np

        if self.averaging_window_s is None:
            energy = self._seen_energy(np.zeros_like(tick), tick)
        else:
            energy = self._part_time(tick)
        return np.asarray(self.gain * energy + self.offset_w * tick)

    def _part_time(self, tick: Array) -> Array:
        """Sum over the ticks since t = 0 of period times the mean power in the window before each."""
        import numpy as np

        period_s, window_s = self.update_period_s, self.averaging_window_s or self.update_period_s
        number = np.round((tick - self.phase_s) / period_s).astype(int)
        first = math.floor(-self.phase_s / period_s + _TICK_SLACK) + 1
        last = max(int(number.max()), first)
        at: Array = self.phase_s + period_s * np.arange(first, last + 1, dtype=float)
        sums = np.concatenate([[0.0], np.cumsum(self._seen_energy(at - window_s, at))])
        return np.asarray(sums[np.clip(number - first + 1, 0, len(sums) - 1)] * (period_s / window_s))

    def _seen_power(self, t: Array) -> Array:
        if self.rise_s:
            return _risen_w(self.waveform, self.rise_s, t)
        return self.waveform.power_w(t)

    def _seen_energy(self, t0: Array, t1: Array) -> Array:
        """Energy that reaches the sensor; a filter holds back tau times the change of its output."""
        energy = self.waveform.energy_j(t0, t1)
        if not self.rise_s:
            return energy
        held = _risen_w(self.waveform, self.rise_s, t1) - _risen_w(self.waveform, self.rise_s, t0)
        return energy - self.rise_s * held

    def channel(self, name: str = "sensor", **fields: Any) -> Channel:
        """A channel that tells the truth about this sensor; ``fields`` replace what it says.

        Args:
            name: the last part of the id ``host/virtual/<name>``.
            **fields: fields of `Channel` to set otherwise.
        """
        stated: dict[str, Any] = {
            "id": f"{host_name()}/virtual/{name}",
            "backend": "virtual",
            "device": f"virtual {name}",
            "component": "gpu",
            "quantity": self.quantity,
            "update_period_s": self.update_period_s or None,
            "averaging_window_s": self.averaging_window_s,
            "resolution": self.quantum or None,
            "wrap_j": self.wrap_j,
            # the one that a sensor with this fault would honestly state
            "gain_error": abs(self.gain - 1.0),
            "source": "a waveform",
        }
        return Channel(**{**stated, **fields})


def _risen_w(waveform: Waveform, tau_s: float, t: Array) -> Array:
    """The waveform behind a first-order filter, exact for a power that is linear between edges.

    For power a + b s, s seconds after an edge, y(s) = a + b (s - tau) + (y(0) - a + b tau) exp(-s / tau).
    """
    import numpy as np

    times = np.unique(t)
    begin = float(times[0]) - 25.0 * tau_s  # exp(-25) of the unknown past is below any sensor's last digit
    knots = np.concatenate([[begin], waveform.edges_s(begin, float(times[-1])), times[-1:]])
    knots = knots[np.diff(knots, append=math.inf) > 1e-9]  # a nanosecond holds nothing, and divides badly
    lengths = np.diff(knots)
    # The line through two points well inside: just at a step, rounding may give either side's power.
    early_w, late_w = (waveform.power_w(knots[:-1] + part * lengths) for part in (0.25, 0.75))
    slopes = (late_w - early_w) / (lengths / 2.0)
    starts = early_w - slopes * lengths / 4.0
    at_knots = [float(starts[0])]
    for a, b, s in zip(starts.tolist(), slopes.tolist(), lengths.tolist(), strict=True):
        at_knots.append(a + b * (s - tau_s) + (at_knots[-1] - a + b * tau_s) * math.exp(-s / tau_s))
    i = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, len(lengths) - 1)
    s, y0 = t - knots[i], np.asarray(at_knots)[i]
    return np.asarray(
        starts[i] + slopes[i] * (s - tau_s) + (y0 - starts[i] + slopes[i] * tau_s) * np.exp(-s / tau_s)
    )
