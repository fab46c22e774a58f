"""What is wrong with a reading that windows cannot use, in words."""

from __future__ import annotations

import math
import numbers
from typing import Any

from wattwhat.acquisition.inputs import is_reading

__all__ = ["unusable_reason"]

# Within ten minutes of now, or half of the time since the machine started where that is less:
# no number of J or W comes so close to the nanoseconds of that time.
_NEAR_NS = 600 * 10**9


def unusable_reason(item: Any, now_ns: int) -> str | None:
    """Why a window could make nothing of a reading; None if it can.

    Args:
        item: what a meter's read() gave.
        now_ns: ``time.monotonic_ns()`` right after that.

    Example:
        >>> print(unusable_reason((5_000_000_000, 12.5), 5_000_000_100))
        None
        >>> unusable_reason((12.5, 5_000_000_000), 5_000_000_100)
        'the time is 12.5; expected t_ns in whole nanoseconds (time and value may be swapped)'
    """
    if is_reading(item):
        t_ns, value = item
        if abs(value - now_ns) <= min(_NEAR_NS, now_ns // 2) < abs(t_ns - now_ns):
            return (
                f"the time is {t_ns} and the value {value}; expected Reading(t_ns, value): they are swapped"
            )
        return None
    if not isinstance(item, tuple) or len(item) != 2:
        return f"read() gave {item!r}; expected a Reading(t_ns, value)"
    t_ns, value = item
    if not isinstance(t_ns, numbers.Integral):
        return f"the time is {t_ns!r}; expected t_ns in whole nanoseconds (time and value may be swapped)"
    if isinstance(value, numbers.Real) and not math.isfinite(value):
        return f"the value is {value!r}; expected a finite number, or a MeterError where there is none"
    return f"the value is {value!r}; expected a number, or a MeterError where there is none"
