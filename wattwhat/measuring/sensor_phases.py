"""At which phases of a sensor's period blocks begin, and how long the load runs before."""

from __future__ import annotations

import math

from wattwhat.energy.gauge_timing import answer_s, looks_away_s
from wattwhat.records.assumptions import period_s
from wattwhat.records.channel import Channel

__all__ = ["lead_s_of", "phases_of"]

# A sensor that looks at a part of its period only is met at so many phases, evenly spaced (at least the eight
# delays of arXiv 2312.02741): a load as long as its period would show it the same moment every time.
_PHASES, _MOST_PHASES = 8, 20


def phases_of(channel: Channel) -> int:
    """At how many phases of its period a sensor is met; 1 for one that always looks.

    So many that the time it looks is a whole number of their distances, as near as may be: then a load that
    repeats as often as the phases do shows its mean, for the looks overlap it evenly.
    """
    period = looks_away_s(channel)
    if not period:
        return 1
    window_s = channel.averaging_window_s
    if window_s is None:
        return _PHASES
    share = window_s / period
    return min(
        range(_PHASES, _MOST_PHASES + 1),
        key=lambda n: (round(abs(math.sin(math.pi * n * share)) / (math.pi * n * share), 3), n),
    )


def lead_s_of(channel: Channel) -> float:
    """How long the load is to run before a part on a counter that looks away: window, delay and rise."""
    if not (channel.is_counter and looks_away_s(channel)):
        return 0.0
    return answer_s(channel) - period_s(channel)
