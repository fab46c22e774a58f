"""How long a gauge goes on showing a load that has ended: found by running it and watching. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

__all__ = ["SHOWN_PART", "Part", "shown_until_s"]

# A look counts as the load's while it is this far from rest, as a part of the farthest.
SHOWN_PART = 0.25
# Where the looks at rest scatter by more than this part of the load's swing, nothing is found.
_NOISE = 0.125


Part = tuple[Sequence[tuple[float, float]], float, float]


def shown_until_s(parts: Sequence[Part]) -> float | None:
    """Seconds after the end of a load at which a gauge last showed it.

    Args:
        parts: for each time that the load was run: looks (time in s, power in W) until long after it, and
            when the load began and ended, in s on the same clock.

    Returns:
        The longest time in s, 0 if no look after an end showed the load; None where rest and load cannot be
        told apart, where the end of the watch was not at rest as before the first load, or nothing was seen.

    Example:
        >>> looks = [(0.0, 60.0), (0.5, 300.0), (1.1, 300.0), (1.2, 60.0), (1.3, 60.0), (1.4, 60.0)]
        >>> round(shown_until_s([(looks, 0.1, 1.0)]), 3)
        0.1
    """
    swings: list[tuple[float, float]] = []  # (seconds after the end, how far from rest in W)
    noise_w, began_w, off_w = 0.0, None, 0.0
    for looks, begin_s, end_s in parts:
        seen = [(t_s - end_s, power_w) for t_s, power_w in looks if t_s > begin_s]
        after = [power_w for passed_s, power_w in seen if passed_s > 0.0]
        last = after[-max(1, len(after) // 3) :]
        if not last:
            continue
        rest_w = statistics.median(last)
        if began_w is None:
            before = [power_w for t_s, power_w in looks if t_s <= begin_s]
            began_w = before[-1] if before else rest_w
            off_w = abs(rest_w - began_w)
            # a mean that still holds work from before falls on the way to the load, and may do so just to
            # where the load then keeps it
            noise_w = max((abs(w - began_w) for w in before[-max(1, len(before) // 3) :]), default=0.0)
        noise_w = max(noise_w, *(abs(power_w - rest_w) for power_w in last))
        swings += [(passed_s, abs(power_w - rest_w)) for passed_s, power_w in seen]
    most_w = max((swing_w for _, swing_w in swings), default=0.0)
    if most_w <= 0.0 or noise_w > _NOISE * most_w:
        return None
    # a mean over more than the load stays where the load has put it for a while, and looks like rest
    if off_w > SHOWN_PART * max(most_w, off_w):
        return None
    return max(max(passed_s for passed_s, swing_w in swings if swing_w > SHOWN_PART * most_w), 0.0)
