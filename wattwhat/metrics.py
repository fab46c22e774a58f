"""What is known of a workload besides its energy: numbers by name, accuracy as a fraction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = ["as_metrics", "check_metrics", "frozen_mapping"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def frozen_mapping(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A mapping that nobody can change; the same empty one for nothing."""
    if not value:
        return _EMPTY
    return value if isinstance(value, MappingProxyType) else MappingProxyType(dict(value))


def as_metrics(value: Mapping[str, float] | None) -> Mapping[str, float]:
    """Metrics as a frozen mapping of floats; NaN and what is no number are refused."""
    if value is not None and not isinstance(value, Mapping):
        raise ArgumentError(f"metrics: expected names with numbers, {{'accuracy': 0.91}}, got {value!r}")
    for name, number in (value or {}).items():
        if not isinstance(name, str):
            raise ArgumentError(f"metrics: expected names as texts, got {name!r}")
        if isinstance(number, str) or not hasattr(number, "__float__"):
            raise ArgumentError(f"metrics[{name!r}]: expected a number, got {number!r}")
        try:
            plain = float(number)
        except (TypeError, ValueError, OverflowError) as err:
            raise ArgumentError(f"metrics[{name!r}]: expected one number, got {number!r}") from err
        if not math.isfinite(plain):
            word = "NaN" if math.isnan(plain) else "infinite"
            raise ArgumentError(f"metrics[{name!r}] is {word}; leave out a metric that is not known")
    return frozen_mapping({name: float(number) for name, number in (value or {}).items()})


def check_metrics(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """The metrics as a frozen mapping of floats.

    Raises:
        ArgumentError: one is NaN or no number, or an accuracy lies outside [0, 1].

    Example:
        >>> dict(check_metrics({"accuracy": 0.91}))
        {'accuracy': 0.91}
    """
    known = as_metrics(metrics)
    accuracy = known.get("accuracy", 0.0)
    if not 0.0 <= accuracy <= 1.0:
        hint = f"; write {accuracy / 100:g} for {accuracy:g} %" if 1 < accuracy <= 100 else ""
        raise ArgumentError(f"accuracy: {accuracy!r} is not a fraction between 0 and 1{hint}")
    return known
