"""What is taken for granted where a channel does not state it: periods, limits of power, spread."""

from __future__ import annotations

from wattwhat.records.channel import Channel

__all__ = ["ASSUMED_PERIOD_S", "SHORT_SPREAD", "SPREAD", "period_s", "power_limit_w", "reach_w"]


# Used where a channel does not say and nobody has watched it yet: NVML's energy counters and most power
# gauges renew their value about every 100 ms (arXiv 2312.02741).
ASSUMED_PERIOD_S = 0.1


# Standard uncertainty of the power of a moment that no reading shows, as a fraction of the mean around it:
# between a steady load (0) and one that is off half of the time (1).
SPREAD = 0.5


# In a short window the power may be all on or all off, however long it was the other around it.
SHORT_SPREAD = 0.6


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


def power_limit_w(channel: Channel) -> float:
    """The most that this channel can show, in W: what it states, else a generous bound for its kind.

    Example:
        >>> power_limit_w(Channel("h/x/0", "x", "a GPU", "gpu", "power", max_power_w=300))
        300
    """
    return channel.max_power_w or _LIMIT_W[channel.component]


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
