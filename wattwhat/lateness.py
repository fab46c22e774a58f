"""How long a gauge goes on showing a load that has ended: found by running it once and watching. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

__all__ = ["shown_until_s"]

# A look counts as the load's while it is this far from rest, as a part of the farthest.
_PART = 0.25
# Where the looks at rest scatter by more than this part of the load's swing, nothing is found.
_NOISE = 0.125


def shown_until_s(looks: Sequence[tuple[float, float]], begin_s: float, end_s: float) -> float | None:
    """Seconds after the end of a load at which the gauge last showed it.

    Args:
        looks: (time in s, power in W) from before the end of the load until long after it.
        begin_s: when the load began.
        end_s: when it ended, in s on the same clock.

    Returns:
        The time in s, 0 if no look after the end showed the load; None where rest and load cannot be told
        apart, or nothing was seen.

    Example:
        >>> looks = [(0.0, 60.0), (0.5, 300.0), (1.1, 300.0), (1.2, 60.0), (1.3, 60.0), (1.4, 60.0)]
        >>> round(shown_until_s(looks, 0.1, 1.0), 3)
        0.1
    """
    seen = [(t_s, power_w) for t_s, power_w in looks if t_s > begin_s]
    after = [(t_s, power_w) for t_s, power_w in seen if t_s > end_s]
    if not after:
        return None
    last = [power_w for _, power_w in after[-max(1, len(after) // 3) :]]
    rest_w = statistics.median(last)
    swing_w = max(abs(power_w - rest_w) for _, power_w in seen)
    if swing_w <= 0.0 or max(abs(power_w - rest_w) for power_w in last) > _NOISE * swing_w:
        return None
    late = [t_s - end_s for t_s, power_w in after if abs(power_w - rest_w) > _PART * swing_w]
    return max(late, default=0.0)
