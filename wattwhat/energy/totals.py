"""Energies of several channels added up: what is counted, what is left out, what all gains share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from wattwhat.energy.joules import Joules, quantity_class
from wattwhat.records.budget import Budget
from wattwhat.records.caution import Caution
from wattwhat.records.channel import Channel
from wattwhat.records.sources import GAIN, HELD, MODEL, OFFSET

if TYPE_CHECKING:
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.quantity import Quantity


__all__ = ["left_out", "total", "total_j", "unstated_gains"]


def left_out(entries: Sequence[ChannelEnergy]) -> tuple[str, ...]:
    """Sentences about what a total lacks: counted channels that were lost, and gain errors nobody knows.

    Args:
        entries: the channels of a measurement.

    Example:
        >>> from wattwhat.records.channel_energy import ChannelEnergy
        >>> left_out([ChannelEnergy(Channel("h/plug/0", "plug", "a plug", "wall", "power"), None)])
        ('the total leaves out h/plug/0, whose energy was lost',)
    """
    lost = [entry.channel.id for entry in entries if entry.counted and entry.energy_j is None]
    warning = f"the total leaves out {', '.join(lost)}, whose energy was lost"
    return (*((Caution("lost", warning),) if lost else ()), *unstated_gains(entries))


def unstated_gains(entries: Iterable[ChannelEnergy]) -> tuple[str, ...]:
    """One sentence that names the counted channels whose gain error nobody knows; none if there are none.

    Args:
        entries: the channels of a measurement.

    Example:
        >>> from wattwhat.records.channel_energy import ChannelEnergy
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
    the cautious side is theirs), and so does the time that readings held, which is the program's and alike
    for all; every other part is independent between channels (GUM 5.1.2, 5.2.2).

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
    values, parts = _parts(energies)
    if not values:
        return quantity_class()(math.nan, math.inf, "J"), Budget()
    budget = Budget.of(parts)
    return quantity_class()(math.fsum(values), budget.u, "J"), budget


def total_j(energies: Iterable[tuple[Channel, Joules]]) -> tuple[float, float]:
    """The sum in J that `total` gives, and its standard uncertainty: for who wants no more now.

    Args:
        energies: counted channels with their energies.

    Example:
        >>> plug = Channel("h/plug/0", "plug", "a plug", "wall", "power")
        >>> total_j([(plug, Joules(10.0, (("sensor gain", 3.0), ("resolution", 4.0))))])
        (10.0, 5.0)
    """
    values, parts = _parts(energies)
    if not values:
        return math.nan, math.inf
    squares_j2 = 0.0
    for _, u in parts:
        squares_j2 += u * u
    # of infinity less infinity nothing is known either
    return math.fsum(values), math.inf if math.isnan(squares_j2) else math.sqrt(squares_j2)


def _parts(energies: Iterable[tuple[Channel, Joules]]) -> tuple[list[float], list[tuple[str, float]]]:
    """Each channel's joules, and what all of them are uncertain by: what errs alike is added up."""
    values: list[float] = []
    alike: dict[tuple[str, str], float] = {}
    parts: list[tuple[str, float]] = []
    for channel, joules in energies:
        values.append(joules.value_j)
        for source, u in joules.parts:
            if source in (GAIN, OFFSET, MODEL, HELD):
                key = (source, "" if source == HELD else channel.backend)
                alike[key] = alike.get(key, 0.0) + u
            else:
                parts.append((source, u))
    for (source, _), u in alike.items():
        parts.append((source, u))
    return values, parts
