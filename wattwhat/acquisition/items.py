"""Items (samples, images, tokens) that somebody counts into a window or a phase."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = ["check_items"]


def check_items(count: Any) -> float:
    """Refuse what is no number of items.

    Raises:
        ArgumentError: it is not a finite number of 0 or more.
    """
    if isinstance(count, (str, bool)) or not hasattr(count, "__float__") or not 0.0 <= count < math.inf:
        raise ArgumentError(argument="items", expected="a number of 0 or more", got=count)
    return int(count) if isinstance(count, int) else float(count)
