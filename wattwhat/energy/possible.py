"""What a channel can physically have shown or gained: a reading beyond it is no reading.

Vendors' counters and gauges sometimes give all bits set, or jump by megajoules in an instant. The bounds
(`wattwhat.energy.joules.beyond_w`) are wide: they tell nonsense from a measurement, not a surge from a
steady load.
"""

from __future__ import annotations

from wattwhat.energy.joules import beyond_w
from wattwhat.records.channel import Channel

__all__ = ["beyond_reason", "possible_j"]

# A counter whose update period nobody stated may have gathered this long for one step, in s: meters in the
# mains and of whole hosts often count once a minute.
_GATHERED_S = {"wall": 60.0, "host": 60.0}
_GATHERED_ELSE_S = 1.0
# The two readings of a counter may each be a step off, and steps come late.
_STEPS = 2.0


def possible_j(channel: Channel, duration_s: float) -> float:
    """The greatest gain in J that is taken for one of this counter's in so long a time.

    What `wattwhat.energy.joules.beyond_w` allows over that time and two update periods, and two steps.

    Args:
        channel: a counter's channel.
        duration_s: seconds between two readings.

    Example:
        >>> counter = Channel("h/x/0", "x", "a GPU", "gpu", "energy", max_power_w=300.0,
        ...                   update_period_s=0.1)
        >>> round(possible_j(counter, 1.0), 6)
        1801.0
    """
    gathered_s = channel.update_period_s or _GATHERED_S.get(channel.component, _GATHERED_ELSE_S)
    late_s = (channel.delay_s or 0.0) + (channel.rise_s or 0.0)
    span_s = max(duration_s, 0.0) + _STEPS * gathered_s + late_s
    return beyond_w(channel) * span_s + _STEPS * (channel.resolution or 0.0) + 1.0


def beyond_reason(channel: Channel) -> str:
    """The bound in words, for the reason of a gap.

    Example:
        >>> beyond_reason(Channel("h/x/0", "x", "a GPU", "gpu", "power", max_power_w=300.0))
        'more than 1500 W, which is beyond what a gpu limited to 300 W can draw'
    """
    limited = "" if channel.max_power_w is None else f" limited to {channel.max_power_w:g} W"
    return f"more than {beyond_w(channel):g} W, which is beyond what a {channel.component}{limited} can draw"
