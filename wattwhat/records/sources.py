"""The sources of uncertainty that a budget names, and what of them repeats cannot shrink."""

from __future__ import annotations

import math

__all__ = [
    "EDGES",
    "GAIN",
    "HELD",
    "IDLE",
    "LOST",
    "MODEL",
    "OFFSET",
    "REPEATS",
    "RESOLUTION",
    "STATED",
    "SYSTEMATIC",
    "UNSEEN",
    "remaining_u",
]


GAIN = "sensor gain"


OFFSET = "sensor offset"


RESOLUTION = "resolution"


EDGES = "stale edges"


UNSEEN = "unseen time"


# What was drawn while the readings themselves held the program: more or less of it at each edge alike.
HELD = "time held by readings"


REPEATS = "repeats"


IDLE = "idle baseline"


LOST = "lost readings"


# A file says how uncertain a number is, and not by what.
STATED = "as the file states"


MODEL = "model"


# What more blocks, or a longer run, do not shrink: one sensor is wrong by the same factor every time.


_REMEDIES = {
    GAIN: "sensor-limited: repeats will not help; a better calibrated meter would",
    OFFSET: "sensor-limited: repeats will not help; a better calibrated meter would",
    MODEL: "model-limited: repeats will not help; a sensor, or a measured watts_per_core, would",
    RESOLUTION: "run longer: the step of the sensor matters less",
    EDGES: "run longer: the two edges of a window weigh less",
    HELD: "run longer: readings that take a while weigh less",
    UNSEEN: "repeat with phase delays, as measure() does",
    REPEATS: "repeat more often: raise max_seconds",
    IDLE: "measure the idle baseline for longer",
    LOST: "readings were lost: see the warnings",
    STATED: "the file states it as a whole: ask who made it by what",
}


def remaining_u(u: float, part: float) -> float:
    """What remains of a standard uncertainty without an independent part of it: sqrt(u**2 - part**2).

    Worked out so that no square leaves the range of a float; 0 where the part is the larger one.

    Example:
        >>> remaining_u(5.0, 3.0), remaining_u(3.0, 5.0), remaining_u(1e200, 0.0)
        (4.0, 0.0, 1e+200)
    """
    share = part / u if u > 0.0 else 1.0
    return u * math.sqrt(max(1.0 - share * share, 0.0))


# What every reading of one sensor has in common, so that it is the same in two measurements.
SYSTEMATIC = (GAIN, MODEL, OFFSET)
