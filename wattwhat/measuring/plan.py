"""What measure() was asked for, checked before anything is run."""

from __future__ import annotations

import math
import numbers
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, Remedy

__all__ = ["Plan", "is_number"]


def is_number(value: Any) -> bool:
    """Whether this is a finite number, and no bool."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _fraction(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not (is_number(value) and 0.0 < value < 1.0):
        raise ArgumentError(
            argument=attribute.name, expected="a fraction between 0 and 1 such as 0.05", got=value
        )


def _seconds(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not (is_number(value) and value > 0.0):
        raise ArgumentError(argument=attribute.name, expected="seconds > 0", got=value)


@attrs.frozen
class Plan:
    """What `measure` was asked for, checked.

    Args:
        precision: relative half-width to reach.
        min_seconds: least time in s.
        max_seconds: most time in s.
        warmup: "auto" or a number of calls.
        idle: "auto", seconds, or None.
        min_calls: least number of measured calls, as far as the time goes.
    """

    precision: float = attrs.field(default=0.05, validator=_fraction)
    min_seconds: float = attrs.field(default=1.0, validator=_seconds)
    max_seconds: float = attrs.field(default=60.0, validator=_seconds)
    warmup: Any = "auto"
    idle: Any = "auto"
    min_calls: int = 1

    def __attrs_post_init__(self) -> None:
        if self.min_seconds > self.max_seconds:
            raise ArgumentError(
                f"{self.min_seconds:g} is more than the greatest length, {self.max_seconds:g}",
                argument="min_seconds",
                remedy=Remedy("lower it or raise {max_seconds}", max_seconds=...),
            )
        if not isinstance(self.min_calls, numbers.Integral) or self.min_calls < 1:
            raise ArgumentError(f"min_calls: expected a number of calls >= 1, got {self.min_calls!r}")
        if self.warmup != "auto" and not (
            isinstance(self.warmup, numbers.Integral) and int(self.warmup) >= 0
        ):
            raise ArgumentError(
                argument="warmup", expected="'auto' or a number of calls >= 0", got=self.warmup
            )
        if self.idle not in ("auto", None, False) and not (is_number(self.idle) and self.idle >= 0):
            raise ArgumentError(argument="idle", expected="'auto', seconds or None", got=self.idle)
