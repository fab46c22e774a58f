"""What each field of a Measurement takes, and what is said of a value that it does not take.

All of these run whenever a Measurement is made, and programs make 100,000 of them: each looks once, cheaply.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Literal, get_args

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.metrics import check_metrics, frozen_mapping
from wattwhat.records.quantity import Quantity, finite_or_none

__all__ = [
    "MODELLED",
    "PROVENANCES",
    "Provenance",
    "details",
    "environment",
    "flat_budget",
    "joules",
    "joules_or_lost",
    "known_provenance",
    "listed",
    "metrics_of",
    "number_or_none",
    "plain_copy",
    "sentences",
    "text",
    "true_or_false",
    "tuple_of",
    "utc_or_none",
    "watts_or_none",
    "whole_or_none",
]

Provenance = Literal["measured", "estimated", "predicted", "mixed", "imported"]
PROVENANCES: tuple[Provenance, ...] = get_args(Provenance)
# What a model says and no sensor: while it runs, and before it runs.
MODELLED: tuple[Provenance, ...] = ("estimated", "predicted")


def text(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a text, which may be empty."""
    if not isinstance(value, str):
        raise ArgumentError(argument=attribute.name, expected="a text", got=value)


def true_or_false(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: True or False, and nothing that merely passes for them."""
    if value is not True and value is not False:
        raise ArgumentError(argument=attribute.name, expected="True or False", got=value)


def known_provenance(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: one of `PROVENANCES`."""
    if value not in PROVENANCES:
        raise ArgumentError(argument=attribute.name, expected=f"one of {', '.join(PROVENANCES)}", got=value)


def joules(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a Quantity in J."""
    if value is None:
        raise ArgumentError(
            argument=attribute.name,
            expected="joules",
            remedy="an unknown energy is Quantity(math.nan, math.inf, 'J')",
        )
    _in_unit(attribute.name, value, "J", "joules")


def joules_or_lost(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a Quantity in J, or None for an energy that was lost."""
    if value is not None:
        _in_unit(attribute.name, value, "J", "joules")


def watts_or_none(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a Quantity in W, or None."""
    if value is not None:
        _in_unit(attribute.name, value, "W", "watts")


def _in_unit(name: str, value: Any, unit: str, expected: str) -> None:
    if not isinstance(value, Quantity):
        raise ArgumentError(
            argument=name, expected=expected, got=value, remedy=f"write Quantity(value, u, {unit!r})"
        )
    if value.unit != unit:
        raise ArgumentError(argument=name, expected=expected, got=value, remedy=f"convert with .to({unit!r})")


def number_or_none(value: Any) -> float | None:
    """A converter: a plain finite number >= 0 from any kind of number, so that JSON takes it; None stays."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise ArgumentError(
            argument="duration_s, calls and items", expected="a finite number >= 0 or None", got=value
        )
    return int(number) if number.is_integer() and not isinstance(value, float) else number


def whole_or_none(value: Any) -> int | None:
    """A converter: a plain whole number >= 0; None stays."""
    number = number_or_none(value)
    if number is not None and not float(number).is_integer():
        raise ArgumentError(argument="calls", expected="a whole number", got=value)
    return None if number is None else int(number)


def tuple_of(value: Any, kind: type, name: str, how: str) -> tuple[Any, ...]:
    """A tuple of things of one kind.

    Args:
        value: what was given.
        kind: the class of each.
        name: of the field.
        how: what to write instead, for the message.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ArgumentError(argument=name, expected="a tuple", got=value, remedy=how)
    items = tuple(value)
    for one in items:
        if not isinstance(one, kind):
            raise ArgumentError(f"{one!r:.200} is no {kind.__name__}", argument=name, remedy=how)
    return items


def sentences(value: Iterable[str]) -> tuple[str, ...]:
    """A converter: warnings as a tuple of texts."""
    return tuple_of(value, str, "warnings", "expected sentences, as in ('the counter was reset',)")


def environment(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A converter: a mapping that nobody can change; None is the empty one."""
    return _mapping(value, "environment")


def details(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A converter: a mapping that nobody can change; None is the empty one."""
    return _mapping(value, "details")


def _mapping(value: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise ArgumentError(argument=name, expected="a mapping of names to values", got=value)
    return frozen_mapping(value)


def metrics_of(value: Mapping[str, float] | None) -> Mapping[str, float]:
    """A converter: metrics as `wattwhat.records.metrics.check_metrics` takes them; None is none at all."""
    return check_metrics(value) if value else _mapping(value, "metrics")


def utc_or_none(value: Any) -> datetime | None:
    """A converter: a time in UTC from a time in any zone; None stays.

    Raises:
        ArgumentError: it is no time, or one without a zone: that would be another one on another machine.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ArgumentError(argument="started_at", expected="a datetime in UTC", got=value)
    if value.tzinfo is timezone.utc:
        return value
    if value.utcoffset() is None:
        raise ArgumentError(
            f"{value.isoformat()} has no zone",
            argument="started_at",
            remedy="use datetime.now(timezone.utc), or .replace(tzinfo=timezone.utc) where it is in UTC",
        )
    try:
        return value.astimezone(timezone.utc)
    except OverflowError as err:
        raise ArgumentError(f"{value.isoformat()} is no time in UTC: {err}", argument="started_at") from err


def plain_copy(value: Any) -> Any:
    """A copy that shares nothing with the original, for JSON: what is not finite becomes None.

    Example:
        >>> plain_copy({"watts": [1.5, math.nan], "at": (1, math.inf)})
        {'watts': [1.5, None], 'at': (1, None)}
    """
    if isinstance(value, float):
        return finite_or_none(value)
    if isinstance(value, Mapping):
        return {key: plain_copy(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain_copy, value))
    return value if value is None or isinstance(value, (str, int)) else copy.deepcopy(value)


@lru_cache(maxsize=256)
def _shared(sources: tuple[str, ...]) -> tuple[str, ...]:
    return sources


def _is_flat(pairs: tuple[Any, ...]) -> bool:
    # attrs.evolve hands on what the field keeps
    return isinstance(pairs[0], tuple) and len(pairs[0]) == len(pairs) - 1


def flat_budget(budget: Iterable[Any]) -> tuple[Any, ...]:
    """A converter: the names of the sources once for all, then each one's joules."""
    try:
        pairs = tuple(budget)
        if len(pairs) > 1 and isinstance(pairs[1], float) and _is_flat(pairs):
            return pairs
        names = tuple([source for source, _ in pairs])
        figures = [math.nan if isinstance(u, str) else float(u) for _, u in pairs]
    except (TypeError, ValueError, OverflowError) as err:
        raise ArgumentError(
            argument="budget", expected="pairs of (source, standard uncertainty in J)", got=budget
        ) from err
    for name, u in zip(names, figures, strict=True):
        if not isinstance(name, str):
            raise ArgumentError(argument="budget", expected="the name of a source", got=name)
        if not u >= 0.0:
            raise ArgumentError(
                f"{name!r} has the standard uncertainty {u!r}, expected joules >= 0",
                argument="budget",
                remedy="what is not known is math.inf",
            )
    return (_shared(names), *figures) if names else ()


def listed(name: str, values: Any) -> list[Any]:
    """Several values as a list: of a list, an array, a generator; not of a text, a mapping, or of none.

    Raises:
        ArgumentError: it is nothing that values can be taken from, in order; the message names the argument.

    Example:
        >>> listed("energies", (100.0, 101.0))
        [100.0, 101.0]
    """
    refused = isinstance(values, (str, bytes, Mapping, set, frozenset))
    if refused or not isinstance(values, Iterable) or getattr(values, "ndim", 1) != 1:
        raise ArgumentError(argument=name, expected="a list such as [100.0, 101.5]", got=values)
    return list(values)


def timeline_or_none(_: Any, attribute: Any, value: Any) -> None:
    """A validator: where a span lies on its run's timeline, or None."""
    if value is not None and type(value).__name__ != "TimelinePoints":
        raise ArgumentError(f"{attribute.name}: expected TimelinePoints or None, got {value!r:.80}")
