"""From readings to joules, the common part: the record of a result, sensor errors, and sums over channels.

Only pure functions live here and in `counter` and `gauge`; no clock is read and no meter is touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from wattwhat.records.budget import EDGES, GAIN, MODEL, OFFSET, Budget
from wattwhat.records.channel import Channel

if TYPE_CHECKING:
    from wattwhat.records.measurement import ChannelEnergy
    from wattwhat.records.quantity import Quantity

__all__ = [
    "ASSUMED_PERIOD_S",
    "SHORT_SPREAD",
    "SPREAD",
    "Joules",
    "during",
    "left_out",
    "period_s",
    "power_limit_w",
    "reach_w",
    "sensor_parts",
    "time_words",
    "total",
    "unstated_gains",
]

# Used where a channel does not say and nobody has watched it yet: NVML's energy counters and most power
# gauges renew their value about every 100 ms (arXiv 2312.02741).
ASSUMED_PERIOD_S = 0.1

# Standard uncertainty of the power of a moment that no reading shows, as a fraction of the mean around it:
# between a steady load (0) and one that is off half of the time (1).
SPREAD = 0.5
# In a short window the power may be all on or all off, however long it was the other around it.
SHORT_SPREAD = 0.6
# A part below this fraction of all others together changes no digit that is printed, and is left out.
_NOTABLE = 0.01

# What no device of this kind draws today, in W: bounds what is possible where nothing else is known.
# Ours, generous on purpose; a backend that knows the device's limit states it in Channel.max_power_w.
_LIMIT_W = {
    "gpu": 1500.0,
    "memory": 300.0,
    "cpu": 1000.0,
    "core": 1000.0,
    "uncore": 500.0,
    "dram": 300.0,
    "soc": 300.0,
    "module": 3000.0,
    "rail": 300.0,
    "board": 3000.0,
    "host": 15000.0,
    "wall": 15000.0,
}


# How many times its limit no device draws, see `beyond_w`.
_BEYOND = 5.0


@attrs.frozen(weakref_slot=False)
class Joules:
    """Energy of one channel over one span, with what it is uncertain by.

    Args:
        value_j: the energy in J.
        parts: pairs of (source, standard uncertainty in J), independent of each other.
        warnings: sentences about what went wrong or is doubtful.

    Example:
        >>> Joules(10.0, (("resolution", 0.3), ("stale edges", 0.4))).quantity
        Quantity(10.0(5) J)
    """

    value_j: float
    parts: tuple[tuple[str, float], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def quantity(self) -> Quantity:
        """Value and combined standard uncertainty in J."""
        return _quantity()(self.value_j, math.hypot(*[u for _, u in self.parts]), "J")


@lru_cache(maxsize=1)  # an import statement in a function takes half a microsecond each time
def _quantity() -> type[Quantity]:
    from wattwhat.records.quantity import Quantity

    return Quantity


def time_words(seconds: float) -> str:
    """A length of time for a sentence, in ms below a second.

    Example:
        >>> time_words(0.1), time_words(1.0004)
        ('100 ms', '1 s')
    """
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def during(joules: Joules, span_s: float, window_s: float) -> Joules:
    """Joules of a window, from those between two readings that lie around its edges.

    The mean power between the readings is taken for the window. In the time that only one of the two
    covers it may have been another one by half of itself, as wherever only two readings are known (a
    spread of ours; the energy of a part follows from that of the whole less the rest, GUM 5.1.2).

    Args:
        joules: energy between the readings.
        span_s: time between the readings in s.
        window_s: length of the window in s.

    Example:
        >>> during(Joules(125.0), span_s=1.25, window_s=1.0).quantity
        Quantity(100(12) J)
    """
    if span_s <= 0.0 or span_s == window_s:
        return joules
    share, apart_s = window_s / span_s, abs(span_s - window_s)
    parts = tuple((source, u * share) for source, u in joules.parts)
    edges_j = SPREAD * abs(joules.value_j) / span_s * min(window_s, apart_s)
    if edges_j > _NOTABLE * math.hypot(*[u for _, u in parts]):
        parts += ((EDGES, edges_j),)
    return Joules(joules.value_j * share, parts, joules.warnings)


def power_limit_w(channel: Channel) -> float:
    """The most that this channel can show, in W: what it states, else a generous bound for its kind.

    Example:
        >>> power_limit_w(Channel("h/x/0", "x", "a GPU", "gpu", "power", max_power_w=300))
        300
    """
    return channel.max_power_w or _LIMIT_W[channel.component]


def beyond_w(channel: Channel) -> float:
    """Power in W that a reading of this channel cannot mean: such a reading is none.

    Five times the limit: a limit set by the user or a nominal TDP is exceeded for milliseconds by two or
    three times, while the faults seen in the field (0xFFFFFFFF mW, a counter that jumps by a megajoule) are
    far beyond.
    """
    return _BEYOND * power_limit_w(channel)


def reach_w(power_w: float, limit_w: float) -> float:
    """Standard uncertainty in W of a power that may be anything up to the limit, whatever it was around it.

    A window is put around the work: what was drawn before may have been rest. Twice this reaches the limit.

    Example:
        >>> reach_w(100.0, 300.0)
        100.0
    """
    return max(SHORT_SPREAD * power_w, (limit_w - power_w) / 2.0)


def period_s(channel: Channel) -> float:
    """The update period that is stated, else `ASSUMED_PERIOD_S`."""
    return channel.update_period_s or ASSUMED_PERIOD_S


def sensor_parts(
    energy_j: float, duration_s: float, channel: Channel, provenance: str = "measured"
) -> tuple[tuple[str, float], ...]:
    """Type B parts that repeats do not shrink: gain times energy, offset times duration.

    Args:
        energy_j: energy in J.
        duration_s: length of the span in s.
        channel: states gain_error (fraction) and offset_w (W), both standard uncertainties.
        provenance: an estimate's gain error is that of its model and named so.

    Example:
        >>> channel = Channel("h/x/0", "x", "a GPU", "gpu", "energy", gain_error=0.03, offset_w=2.0)
        >>> sensor_parts(100.0, 0.5, channel)
        (('sensor gain', 3.0), ('sensor offset', 1.0))
    """
    gain = MODEL if provenance == "estimated" else GAIN
    parts = []
    if channel.gain_error:
        parts.append((gain, channel.gain_error * abs(energy_j)))
    if channel.offset_w:
        parts.append((OFFSET, channel.offset_w * duration_s))
    return tuple(parts)


def left_out(entries: Sequence[ChannelEnergy]) -> tuple[str, ...]:
    """Sentences about what a total lacks: counted channels that were lost, and gain errors nobody knows.

    Args:
        entries: the channels of a measurement.

    Example:
        >>> from wattwhat.records.measurement import ChannelEnergy
        >>> left_out([ChannelEnergy(Channel("h/plug/0", "plug", "a plug", "wall", "power"), None)])
        ('the total leaves out h/plug/0, whose energy was lost',)
    """
    lost = [entry.channel.id for entry in entries if entry.counted and entry.energy_j is None]
    words = (f"the total leaves out {', '.join(lost)}, whose energy was lost",) if lost else ()
    return words + unstated_gains(entries)


def unstated_gains(entries: Iterable[ChannelEnergy]) -> tuple[str, ...]:
    """One sentence that names the counted channels whose gain error nobody knows; none if there are none.

    Args:
        entries: the channels of a measurement.

    Example:
        >>> from wattwhat.records.measurement import ChannelEnergy
        >>> from wattwhat.records.quantity import Quantity
        >>> plug = Channel("h/plug/0", "plug", "a plug", "wall", "power")
        >>> unstated_gains([ChannelEnergy(plug, Quantity(1.0, 0.1, "J"))])
        ('the gain error of h/plug/0 is not known: the interval leaves it out',)
    """
    return _without_gain(
        tuple(
            entry.channel.id
            for entry in entries
            if entry.counted and entry.energy_j is not None and entry.channel.gain_error is None
        )
    )


@lru_cache(maxsize=256)
def _without_gain(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for the same channels, as thousands of windows carry it."""
    return (f"the gain error of {', '.join(ids)} is not known: the interval leaves it out",) if ids else ()


def total(energies: Iterable[tuple[Channel, Joules]]) -> tuple[Quantity, Budget]:
    """The sum over channels that do not contain each other, and its budget.

    Gain and offset of channels of one backend add linearly (sensors of one make tend to err alike, and
    the cautious side is theirs); every other part is independent between channels (GUM 5.1.2, 5.2.2).

    Args:
        energies: counted channels with their energies.

    Returns:
        The sum in J and its budget; NaN joules where there is no channel at all.

    Example:
        >>> a, b = (Channel(f"h/x/{n}", "x", "socket", "cpu", "energy") for n in "ab")
        >>> part = Joules(10.0, (("sensor gain", 3.0), ("resolution", 1.0)))
        >>> energy, budget = total([(a, part), (b, part)])
        >>> budget
        (('sensor gain', 6.0), ('resolution', 1.4142135623730951))
    """
    from wattwhat.records.quantity import Quantity

    values: list[float] = []
    alike: dict[tuple[str, str], float] = {}
    independent: list[tuple[str, float]] = []
    for channel, joules in energies:
        values.append(joules.value_j)
        for source, u in joules.parts:
            if source in (GAIN, OFFSET, MODEL):
                key = (source, channel.backend)
                alike[key] = alike.get(key, 0.0) + u
            else:
                independent.append((source, u))
    if not values:
        return Quantity(math.nan, math.inf, "J"), Budget()
    budget = Budget.of([*independent, *((source, u) for (source, _), u in alike.items())])
    return Quantity(math.fsum(values), budget.u, "J"), budget
