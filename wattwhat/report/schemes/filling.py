"""Filling a scheme in: what was stated, then what a measurement tells, and never anything else."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.report.schemes.scheme import Field, Known, Scheme

__all__ = ["Filled", "fill"]


@attrs.frozen(kw_only=True)
class Filled:
    """A scheme with what is known of its fields.

    Args:
        scheme: which one.
        known: the measurements and what was stated.
        values: by the names of fields; what is not known is not in it.
        missing: fields that the scheme requires and nobody stated.
        optional: fields that could be stated besides.
    """

    scheme: Scheme
    known: Known
    values: Mapping[str, Any]
    missing: tuple[Field, ...]
    optional: tuple[Field, ...]

    def text(self) -> str:
        """The scheme as it is written; what is not known is left out."""
        return self.scheme.render(self)


def fill(scheme: Scheme, measurements: Sequence[Measurement], stated: Mapping[str, Any]) -> Filled:
    """Fill a scheme in.

    Args:
        scheme: what is asked for.
        measurements: at least one; where the scheme reports a whole, they are added up with
            `wattwhat.combine`.
        stated: values by the names of fields, or mappings of them for names with dots.

    Raises:
        ArgumentError: a field is not one of the scheme's, or its value is none; the message names it.
        ComparisonError: several measurements cannot be added up.
    """
    given = _checked(scheme, dict(_flat(scheme, stated)))
    known = Known(measurements=tuple(measurements), stated=given)
    values: dict[str, Any] = {}
    for field in scheme.fields:
        value = given[field.name] if field.name in given else field.known(known)
        if _says(value):
            values[field.name] = value
    lacking = list(_lacking(scheme.fields, values))
    return Filled(
        scheme=scheme,
        known=known,
        values=values,
        missing=tuple(field for field in lacking if _required(field, values)),
        optional=tuple(field for field in lacking if field.stated and not _required(field, values)),
    )


def _required(field: Field, values: Mapping[str, Any]) -> bool:
    if isinstance(field.required, str):
        return any(name.startswith(field.required) for name in values)
    return field.required


def _says(value: Any) -> bool:
    if isinstance(value, (float, Quantity)):
        return math.isfinite(float(value))
    return value is not None and value != "" and value != [] and value != {}


def _flat(scheme: Scheme, stated: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Names with dots for mappings in mappings, as TOML and JSON have them."""
    names = {field.name for field in scheme.fields}
    for key, value in stated.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and name not in names:
            yield from _flat(scheme, value, f"{name}.")
        else:
            yield name, value


def _checked(scheme: Scheme, stated: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field.name: field for field in scheme.fields}
    facts = {}
    for name, value in stated.items():
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, fields, 1) or [
                ", ".join(field.name for field in scheme.fields if field.stated)
            ]
            raise ArgumentError(f"{scheme.name} has no such field", argument=name, remedy=f"it has {near[0]}")
        if not field.stated:
            raise ArgumentError(
                "follows from the measurement, and is not for anybody to state", argument=name
            )
        facts[name] = _value(field, value, name)
    return {name: value for name, value in facts.items() if _says(value)}


def _value(field: Field, value: Any, place: str) -> Any:
    if field.parts:
        return _things(field, value, place)
    assert field.kind is not None
    try:
        return field.kind(value)
    except ValueError as err:
        raise ArgumentError(argument=place, expected=str(err), got=value) from None


def _things(field: Field, value: Any, place: str) -> list[dict[str, Any]]:
    """A list of things, each checked part by part; a text is taken as its JSON."""
    if isinstance(value, str):
        import json

        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    things = [value] if isinstance(value, Mapping) else value
    if not isinstance(things, list) or not things or not all(isinstance(one, Mapping) for one in things):
        example = ", ".join(f'"{part.name}": ...' for part in field.parts if part.required)
        raise ArgumentError(argument=place, expected=f"a list of objects such as [{{{example}}}]")
    parts = {part.name: part for part in field.parts}
    checked = []
    for count, one in enumerate(things):
        if unknown := sorted(set(one) - set(parts)):
            raise ArgumentError(f"{place}[{count}]: {unknown[0]!r} is not one of {', '.join(parts)}")
        checked.append({k: _value(parts[k], v, f"{place}[{count}].{k}") for k, v in one.items()})
    return checked


def _lacking(fields: Sequence[Field], values: Mapping[str, Any]) -> Iterator[Field]:
    """Fields without a value; of lists of things also what each of them lacks."""
    for field in fields:
        if field.name not in values:
            yield field
        elif field.parts:
            for count, one in enumerate(values[field.name]):
                for part in field.parts:
                    if part.name not in one:
                        yield attrs.evolve(part, name=f"{field.name}[{count}].{part.name}")
