"""From readings to joules, the common part: the record of a result, sensor errors, and sums over channels.

Only pure functions live here and in `counter` and `gauge`; no clock is read and no meter is touched.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from wattwhat.records.assumptions import (
    SPREAD,
    power_limit_w,
)
from wattwhat.records.channel import Channel
from wattwhat.records.sources import EDGES, GAIN, HELD, LOST, MODEL, OFFSET
from wattwhat.records.validators import MODELLED

if TYPE_CHECKING:
    from wattwhat.records.quantity import Quantity

__all__ = ["HELD_S", "Joules", "beyond_w", "bounded", "during", "quantity_class", "sensor_parts"]


# A part below this fraction of all others together changes no digit that is printed, and is left out.
_NOTABLE = 0.01


# Readings around a window that take longer than this in all hold the program for a time worth a thought.
HELD_S = 0.0002
# So many spreads, so that nothing at all being drawn then is inside the interval as well; where it is not
# known at all, also that a tick in between took with it what the window had drawn before.
_DOWN_TO_NOTHING, _AND_A_TICK = 1.2, 2.1
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

    def with_edges(self, u_j: float) -> Joules:
        """The same energy, with edges that are uncertain by so many J more."""
        edges_j = math.hypot(dict(self.parts).get(EDGES, 0.0), u_j)
        rest = tuple(pair for pair in self.parts if pair[0] != EDGES)
        return Joules(self.value_j, ((EDGES, edges_j), *rest), self.warnings)

    @property
    def quantity(self) -> Quantity:
        """Value and combined standard uncertainty in J."""
        return quantity_class()(self.value_j, math.hypot(*[u for _, u in self.parts]), "J")


@lru_cache(maxsize=1)  # an import statement in a function takes half a microsecond each time
def quantity_class() -> type[Quantity]:
    """`Quantity`, loaded on first use."""
    from wattwhat.records.quantity import Quantity

    return Quantity


def during(
    joules: Joules, span_s: float, window_s: float, held_w: tuple[float, float, float] | None = None
) -> Joules:
    """Joules of a window, from those between two readings that lie around its edges.

    The mean power between the readings is taken for the window. In the time that only one of the two
    covers it may have been another one by half of itself, as wherever only two readings are known (a
    spread of ours; the energy of a part follows from that of the whole less the rest, GUM 5.1.2).

    Where the readings begin before the window and end after it, the program did nothing of its own in the
    time between. Where it is known what is drawn then, the window took the rest; else anything down to
    nothing is allowed for. That is so at each edge alike, and repeats do not average it away.

    Args:
        joules: energy between the readings.
        span_s: time between the readings in s.
        window_s: length of the window in s.
        held_w: what is drawn while readings hold the program, its standard uncertainty in W, and how often
            that was seen, if known.

    Example:
        >>> during(Joules(125.0), span_s=1.25, window_s=1.0).quantity
        Quantity(100(26) J)
        >>> during(Joules(125.0), span_s=1.25, window_s=1.0, held_w=(20.0, 2.0, 100.0)).quantity
        Quantity(120.0(16) J)
        >>> during(Joules(75.0), span_s=0.75, window_s=1.0).quantity
        Quantity(100(12) J)
    """
    if span_s <= 0.0 or span_s == window_s:
        return joules
    apart_s, source = abs(span_s - window_s), EDGES
    share, edges_j = window_s / span_s, SPREAD * abs(joules.value_j) / span_s * min(window_s, apart_s)
    if span_s > window_s:
        source, unknown_j = HELD, edges_j
        edges_j = unknown_j * (_AND_A_TICK if apart_s > HELD_S else _DOWN_TO_NOTHING)
        if apart_s > HELD_S and held_w is not None and joules.value_j > 0.0:
            share = max(1.0 - held_w[0] * apart_s / joules.value_j, 0.0)
            # what was seen once or twice may have been chance: a load that goes on whoever reads
            edges_j = math.hypot(held_w[1] * apart_s, _DOWN_TO_NOTHING * unknown_j / math.sqrt(held_w[2]))
    parts, squares_j2 = [], 0.0
    for name, u in joules.parts:
        parts.append((name, u * share))
        squares_j2 += (u * share) ** 2
    if edges_j > _NOTABLE * math.sqrt(squares_j2):
        parts.append((source, edges_j))
    return Joules(joules.value_j * share, tuple(parts), joules.warnings)


def beyond_w(channel: Channel) -> float:
    """Power in W that a reading of this channel cannot mean: such a reading is none.

    Five times the limit: a limit set by the user or a nominal TDP is exceeded for milliseconds by two or
    three times, while the faults seen in the field (0xFFFFFFFF mW, a counter that jumps by a megajoule) are
    far beyond.
    """
    return _BEYOND * power_limit_w(channel)


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
    gain = MODEL if provenance in MODELLED else GAIN
    parts = []
    if channel.gain_error:
        parts.append((gain, channel.gain_error * abs(energy_j)))
    if channel.offset_w:
        parts.append((OFFSET, channel.offset_w * duration_s))
    return tuple(parts)


def bounded(
    sure_j: float, extra_j: float, duration_s: float, channel: Channel, provenance: str = "measured"
) -> Joules:
    """Energy between sure_j and sure_j + extra_j, each value alike (GUM 4.3.7).

    Args:
        sure_j: what was surely spent, in J.
        extra_j: what may have been spent besides, in J.
        duration_s: length of the span in s.
        channel: whose energy it is, for its sensor's errors.
        provenance: ``"measured"`` or ``"estimated"``.

    Example:
        >>> bounded(10.0, 6.0, 1.0, Channel("h/x/0", "x", "a GPU", "gpu", "energy")).quantity
        Quantity(13.0(17) J)
    """
    value_j = sure_j + extra_j / 2.0
    parts = ((LOST, extra_j / math.sqrt(12.0)), *sensor_parts(value_j, duration_s, channel, provenance))
    return Joules(value_j, parts)
