"""What a logger gets of a measurement: plain numbers, and in words where they come from."""

from __future__ import annotations

from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import one_line
from wattwhat.records.measurement import Measurement

__all__ = ["facts", "taken"]

# MLflow refuses a tag of more than 8000 signs.
_LONGEST = 4000


def taken(measured: Any) -> Measurement:
    """The Measurement of what was given to a logger: itself, or that of a window that has stopped.

    So that ``track("train", on_end=log)`` works too, which hands over the window.

    Raises:
        ArgumentError: it is neither.
        WindowError: the window has not stopped.

    Example:
        >>> import wattwhat
        >>> with wattwhat.track("train") as window:
        ...     squares = [n * n for n in range(1000)]
        >>> taken(window) is taken(window.measurement)
        True
    """
    measurement = measured if isinstance(measured, Measurement) else getattr(measured, "measurement", None)
    if not isinstance(measurement, Measurement):
        raise ArgumentError(argument="measured", expected="a Measurement or a window", got=measured)
    return measurement


def facts(measurement: Measurement, prefix: str) -> dict[str, str]:
    """Where the numbers come from, and the warnings that go with them, each as one line by name."""
    tags = {f"{prefix}provenance": str(measurement.provenance)}
    if measurement.warnings:
        tags[f"{prefix}warnings"] = one_line("; ".join(map(str, measurement.warnings)), _LONGEST)
    return tags
