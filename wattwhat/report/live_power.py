"""Live power: from looks at an open window to lines for a terminal; who looks, and when, is passed in."""

from __future__ import annotations

import math
import textwrap
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.records.escaping import one_line
from wattwhat.records.formatting import with_prefix
from wattwhat.records.terminal import WIDTH

if TYPE_CHECKING:
    from wattwhat.records.channel import Channel
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.measurement import Measurement

__all__ = ["Look", "Monitor", "looks", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"


@attrs.frozen
class Power:
    """One channel at one look.

    Args:
        id: of the channel.
        name: component and device, to be shown.
        power_w: mean power in W since the look before, or over so many steps of a coarse counter that it is
            known within a quarter; None if it is not known.
        energy_j: joules since the beginning; a counter's never fall; None if it was lost.
        counted: whether it is in the total.
        provenance: ``"measured"`` or ``"estimated"``.
    """

    id: str
    name: str
    power_w: float | None
    energy_j: float | None
    counted: bool
    provenance: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Look:
    """Everything at one look.

    Args:
        t_s: seconds since the beginning.
        power_w: mean power of all counted channels, each as `Power` has it, in W; None if not known.
        energy_j: their joules since the beginning; None if all were lost.
        u_energy_j: standard uncertainty of that, in J; None if it is not known.
        channels: one by one.
        warnings: sentences about what is doubtful.
    """

    t_s: float
    power_w: float | None
    energy_j: float | None
    u_energy_j: float | None
    channels: tuple[Power, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


class Monitor:
    r"""Remembers the power of every channel and shows it.

    Args:
        width: columns of the terminal.
        history: looks that the line of history goes back at most.
        ascii: whether the history is drawn without block letters.

    Example:
        >>> from wattwhat import Channel, Measurement, Quantity
        >>> from wattwhat.records.channel_energy import ChannelEnergy
        >>> gpu = Channel("h/x/0", "x", "a GPU", "gpu", "energy")
        >>> def after(seconds, joules):
        ...     energy = Quantity(joules, 0.5, "J")
        ...     return Measurement(label="", energy_j=energy, duration_s=seconds,
        ...                        channels=(ChannelEnergy(gpu, energy),))
        >>> monitor = Monitor(ascii=True)
        >>> for second, joules in enumerate((0.0, 50.0, 150.0, 300.0)):
        ...     look = monitor.take(after(float(second), joules))
        >>> print(*monitor.lines(look), sep="\n")
        3.0 s  150 W  300.0 ± 1.0 J so far (k=2)
        gpu a GPU                     150 W      300 J  -*@
    """

    def __init__(self, *, width: int = WIDTH, history: int = 200, ascii: bool = False) -> None:
        self._width = max(width, 20)
        self._ascii = ascii
        self._traces: dict[str, _Trace] = {}
        self._history: dict[str, deque[float]] = {}
        self._longest = history

    def take(self, measurement: Measurement) -> Look:
        """One more look at the window.

        Args:
            measurement: what the window has taken so far.
        """
        t_s = measurement.duration_s or 0.0
        energy = measurement.energy_j
        channels = tuple(self._channel(entry, t_s) for entry in measurement.channels)
        held_j = math.fsum(_held_j(*pair) for pair in zip(channels, measurement.channels, strict=True))
        # not from the total's joules: they drop when a channel is lost, and that is no power
        powers_w = [one.power_w for one in channels if one.counted and one.power_w is not None]
        return Look(
            t_s,
            math.fsum(powers_w) if powers_w else None,
            energy.value + held_j if energy.known else None,
            energy.u if math.isfinite(energy.u) else None,
            channels,
            measurement.warnings,
        )

    def lines(self, look: Look) -> list[str]:
        """A look as lines: the total, then one line a channel with its history."""
        shown = [self._headline(look)]
        shown += [self._line(channel) for channel in look.channels]
        if any(not channel.counted and channel.energy_j is not None for channel in look.channels):
            shown.append("(in brackets: inside another channel, not added)")
        for sentence in look.warnings[:3]:
            shown += textwrap.wrap(one_line(f"note: {sentence}"), self._width, subsequent_indent="  ")[:2]
        return [line[: self._width] for line in shown]

    def plain(self, look: Look) -> str:
        """A look as one line without a history, for a pipe or a log."""
        parts = [f"{look.t_s:.1f} s", _watts(look.power_w), f"{_joules(look.energy_j)} so far"]
        if len(look.channels) > 1:
            parts += [f"{channel.id} {_watts(channel.power_w)}" for channel in look.channels]
        return "  ".join(parts)

    def _channel(self, entry: ChannelEnergy, t_s: float) -> Power:
        channel, energy = entry.channel, entry.energy_j
        name = one_line(f"{channel.component} {channel.device}")
        power_w = energy_j = None
        if energy is None or not energy.known:
            self._traces.pop(channel.id, None)
        else:
            trace = self._traces.setdefault(channel.id, _Trace(channel))
            energy_j, power_w = trace.add(t_s, energy.value, energy.u)
        if power_w is not None:
            self._history.setdefault(channel.id, deque(maxlen=self._longest)).append(power_w)
        return Power(channel.id, name, power_w, energy_j, entry.counted, entry.provenance)

    def _headline(self, look: Look) -> str:
        energy = "energy lost" if look.energy_j is None else f"{_joules(look.energy_j)} so far"
        if look.energy_j is not None and look.u_energy_j is not None:
            from wattwhat.records.quantity import Quantity

            energy = f"{Quantity(look.energy_j, look.u_energy_j, 'J'):U}".replace(" (k=2)", " so far (k=2)")
        return f"{look.t_s:.1f} s  {_watts(look.power_w)}  {energy}"

    def _line(self, channel: Power) -> str:
        mark = " (estimated)" if channel.provenance == "estimated" else ""
        room = 26 - len(mark)
        name = one_line(channel.name, room)
        energy = "lost" if channel.energy_j is None else _joules(channel.energy_j)
        energy = energy if channel.counted or channel.energy_j is None else f"({energy})"
        left = f"{name + mark:<26} {_watts(channel.power_w):>8} {energy:>10}  "
        return left + sparkline(self._history.get(channel.id, ()), self._width - len(left), self._ascii)


class _Trace:
    """Energy of one channel from look to look: what power it tells, and joules that do not fall.

    A counter moves in steps, and near its beginning its joules lean on what is likely: from one look to the
    next that gives 0 W, then thrice the power, or less than nothing.
    """

    _LOOKS = 2000
    _SHORT = 5.0  # update periods below which joules are weighed rather than counted

    def __init__(self, channel: Channel) -> None:
        self._counts = channel.is_counter
        self._step_j = (channel.resolution or 0.0) if self._counts else 0.0
        self._period_s = (channel.update_period_s or 0.0) if self._counts else 0.0
        self._shown_j = -math.inf
        self._looks: deque[tuple[float, float]] = deque(maxlen=self._LOOKS)
        self._first: tuple[float, float] | None = None

    def add(self, t_s: float, energy_j: float, u_j: float) -> tuple[float, float | None]:
        """The joules to show, and the power in W, or None where it is not known."""
        if self._counts:
            energy_j = self._shown_j = max(self._shown_j, energy_j)
        power_w = None if self._first is None else self._power_w(t_s, energy_j, u_j)
        if self._first is None:
            self._first = (t_s, energy_j)
        elif t_s >= self._SHORT * self._period_s:
            self._looks.append((t_s, energy_j))
        return energy_j, power_w

    def _power_w(self, t_s: float, energy_j: float, u_j: float) -> float | None:
        assert self._first is not None
        passed_s, gained_j = t_s - self._first[0], energy_j - self._first[1]
        if not passed_s > 0.0:
            return None
        mean_w = gained_j / passed_s
        for before_s, before_j in (*reversed(self._looks), self._first):
            if t_s > before_s and self._tells(t_s - before_s, energy_j - before_j, mean_w):
                return (energy_j - before_j) / (t_s - before_s)
        return mean_w if 2.0 * u_j <= gained_j else None

    def _tells(self, passed_s: float, gained_j: float, mean_w: float) -> bool:
        """Whether a counter's last step, and the energy of one period, are little in this span."""
        # of the mean power too: a span without a tick has gained nothing and would tell 0 W
        slack_j = self._step_j + self._period_s * max(gained_j / passed_s, mean_w)
        return slack_j <= max(0.25 * gained_j, 0.02 * mean_w * passed_s)


def _held_j(shown: Power, entry: ChannelEnergy) -> float:
    """How many joules of a counted channel are shown besides those of this look."""
    energy = entry.energy_j
    if shown.energy_j is None or energy is None or not entry.counted:
        return 0.0
    return shown.energy_j - energy.value


def sparkline(values: Sequence[float] | deque[float], columns: int, ascii: bool = False) -> str:
    """The latest values as bars; the tallest is their greatest, the lowest is 0.

    Args:
        values: oldest first.
        columns: room for them; older ones are left out.
        ascii: draw without block letters.

    Example:
        >>> sparkline([0.0, 50.0, 100.0], 10)
        '▁▅█'
    """
    latest = list(values)[-max(columns, 0) :] if columns > 0 else []
    most = max(latest, default=0.0)
    bars = _ASCII_BARS if ascii else _BARS
    if not most > 0.0:
        return bars[0] * len(latest)
    return "".join(
        bars[min(max(round((len(bars) - 1) * value / most), 0), len(bars) - 1)] for value in latest
    )


def looks(
    read: Callable[[], Measurement],
    monitor: Monitor,
    *,
    interval_s: float,
    seconds: float = math.inf,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Look]:
    """Look again and again, at even intervals however long a look takes.

    Args:
        read: what the window has taken so far.
        monitor: remembers.
        interval_s: seconds between two looks.
        seconds: when to end.
        clock: time in s.
        sleep: waits so many seconds.
    """
    begun_s = clock()
    monitor.take(read())  # what there was before the first interval is no power yet
    number = 0
    while True:
        number = max(number + 1, math.ceil((clock() - begun_s) / interval_s))
        due_s = min(number * interval_s, seconds)
        sleep(max(begun_s + due_s - clock(), 0.0))
        yield monitor.take(read())
        if due_s >= seconds:
            return


def _watts(power_w: float | None) -> str:
    return "? W" if power_w is None else with_prefix(power_w, "W")


def _joules(energy_j: float | None) -> str:
    return "? J" if energy_j is None else with_prefix(energy_j, "J")
