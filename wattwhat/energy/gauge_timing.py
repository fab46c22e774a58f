"""When a gauge shows what: its lag, how long it answers a load, and what part of the time it looks."""

from __future__ import annotations

from functools import lru_cache

from wattwhat.records.assumptions import period_s
from wattwhat.records.caution import Caution
from wattwhat.records.channel import Channel

__all__ = [
    "answer_s",
    "lag_s",
    "looks_away_s",
    "looks_away_warning",
    "rest_s",
    "seen_fraction",
    "smear_s",
]

# Share of the time that a gauge is taken to look where nobody stated its averaging window: 25 ms of every
# 100 ms is the worst that was published (A100 and H100, arXiv 2312.02741).
_SEEN_IF_UNKNOWN = 0.25
# After so many rise times a step is shown but for 1 %.
_RISES = 5.0


def seen_fraction(update_period_s: float, averaging_window_s: float | None) -> float:
    """The share of the time that the gauge looks at: W / U, at most 1.

    Example:
        >>> seen_fraction(0.1, 0.025)
        0.25
    """
    if averaging_window_s is None:
        return _SEEN_IF_UNKNOWN
    return min(1.0, averaging_window_s / update_period_s)


def looks_away_s(channel: Channel) -> float:
    """The update period in s of a sensor that looks at a part of it only, else 0.

    Of a counter that is taken only where calibration saw it; a gauge of unknown window may always do so.

    Example:
        >>> gauge = Channel("h/x/0", "x", "a GPU", "gpu", "power", update_period_s=0.1,
        ...                 averaging_window_s=0.02)
        >>> looks_away_s(gauge)
        0.1
    """
    if channel.is_counter and channel.averaging_window_s is None:
        return 0.0
    period = period_s(channel)
    return period if seen_fraction(period, channel.averaging_window_s) < 1.0 else 0.0


@lru_cache(maxsize=64)  # one sentence for all windows over a sensor
def looks_away_warning(channel: Channel) -> tuple[str, ...]:
    """What the interval of a single window cannot hold on a sensor that looks away part of the time."""
    if not looks_away_s(channel):
        return ()
    if channel.averaging_window_s is None:
        looks = "it is not known what part of the time this sensor looks (wattwhat calibrate finds out)"
    else:
        seen = seen_fraction(period_s(channel), channel.averaging_window_s)
        looks = f"this sensor looks {100.0 * seen:.0f} % of the time"
    warning = (
        f"{looks}; if the load repeats in step with it, the true energy may lie outside of ±: "
        "measure() guards against that"
    )
    return (Caution("looks-away", warning),)


def lag_s(channel: Channel) -> float:
    """How far the shown power lags the real one, in s: (U + W) / 2, the delay and the rise time.

    Example:
        >>> gauge = Channel("h/x/0", "x", "a GPU", "gpu", "power", update_period_s=0.1,
        ...                 averaging_window_s=0.025)
        >>> lag_s(gauge)
        0.0625
    """
    return smear_s(channel) / 2.0 + (channel.delay_s or 0.0) + (channel.rise_s or 0.0)


def answer_s(channel: Channel) -> float:
    """Until when after a moment the gauge shows what was drawn then, in s: U + W, delay and rise as known."""
    return smear_s(channel) + (channel.delay_s or 0.0) + _RISES * (channel.rise_s or 0.0)


def rest_s(channel: Channel) -> float:
    """`answer_s`, and an update period more where nobody stated how late values come."""
    return answer_s(channel) + (period_s(channel) if channel.delay_s is None else 0.0)


def smear_s(channel: Channel) -> float:
    """For how long after a moment a value holds some of it, in s: U + W."""
    period = period_s(channel)
    window = channel.averaging_window_s
    return period + (period if window is None else window)
