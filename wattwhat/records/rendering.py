"""Measurements for people, as text that fits the terminal; every text of others is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.escaping import one_line
from wattwhat.records.terminal import shown

if TYPE_CHECKING:
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.measurement import Measurement

__all__ = ["describe"]


def describe(measurement: Measurement) -> str:
    """One measurement in a few lines: energy, where it was spent, how well it is known, what is doubtful.

    Args:
        measurement: what to show.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> print(describe(Measurement(label="a", energy_j=Quantity(12.0, 0.5, "J"), duration_s=2.0)))
        a: 12.0 ± 1.0 J (k=2), measured
          over 2 s, mean power 6.00 ± 0.50 W (k=2)
    """
    m = measurement
    lines = [f"{one_line(m.label)}: {m.energy_j:U}, {m.provenance}"]
    lines.extend(_between(m))
    if m.duration_s is not None:
        power = m.power_w
        lines.append(f"  over {m.duration_s:.4g} s" + ("" if power is None else f", mean power {power:U}"))
    for name, quantity in (("call", m.energy_per_call_j), ("item", m.energy_per_item_j)):
        if quantity is not None:
            lines.append(f"  per {name} {quantity:U}")
    if m.idle_power_w is not None and m.net_energy_j is not None:
        lines.append(f"  idle {m.idle_power_w:U}, above idle {m.net_energy_j:U}")
    lines.extend(f"  {_channel(channel)}" for channel in m.channels)
    lines.extend(f"  {one_line(name)} {value:g}" for name, value in m.metrics.items())
    lines.extend(f"  warning: {one_line(sentence)}" for sentence in m.warnings)
    return shown(lines)


def _between(m: Measurement) -> list[str]:
    """The lopsided interval of a prediction, which is known up to a factor."""
    ends = m.details.get("interval_j") if m.provenance == "predicted" else None
    if not (
        isinstance(ends, (list, tuple)) and len(ends) == 2 and all(isinstance(end, float) for end in ends)
    ):
        return []
    return [f"  95 % between {ends[0]:.3g} and {ends[1]:.3g} J"]


def _channel(entry: ChannelEnergy) -> str:
    energy = "lost" if entry.energy_j is None else f"{entry.energy_j:U}"
    note = "" if entry.counted else ", inside another channel, not added"
    return f"{one_line(entry.channel.id)}: {energy}, {entry.provenance}{note}"
