"""What a measurement that was read can be chosen by and labelled by: its fields, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, LogError
from wattwhat.logs.building.row_facts import plain_name
from wattwhat.logs.problems import Problem
from wattwhat.records.measurement import Measurement

__all__ = ["field_of", "fields_known", "fields_of", "label_by", "labelled"]

_MOST_NAMED = 20


def fields_of(measurement: Measurement) -> dict[str, Any]:
    """What its maker kept, its environment and the row that it came from, by name.

    Example:
        >>> from wattwhat import Quantity
        >>> run = Measurement(label="a", energy_j=Quantity(1, 0, "J"), details={"fields": {"seed": "7"}})
        >>> fields_of(run)
        {'seed': '7', 'label': 'a', 'provenance': 'measured'}
    """
    row = measurement.details.get("fields")
    own = {name: value for name, value in measurement.details.items() if value is not None}
    own.pop("fields", None)
    return {
        **(row if isinstance(row, Mapping) else {}),
        **measurement.environment,
        **own,
        "label": measurement.label,
        "provenance": measurement.provenance,
    }


def field_of(measurement: Measurement, name: str) -> Any:
    """One field, spelt as it is or as a column may be spelt; None where there is none."""
    known = fields_of(measurement)
    if name in known:
        return known[name]
    plain = plain_name(name)
    return next((value for field, value in known.items() if plain_name(field) == plain), None)


def label_by(measurements: Iterable[Measurement], field: str) -> tuple[list[Measurement], list[str]]:
    """The measurements under labels from one of their fields, such as CodeCarbon's ``project_name``.

    Args:
        measurements: as they were read.
        field: a name in ``details``, in ``environment`` or among the columns of the row.

    Returns:
        Those that have it, and sentences about those that do not and were left out.

    Raises:
        ArgumentError: none of them has it; the message names the fields there are.

    Example:
        >>> from wattwhat import Quantity
        >>> run = Measurement(label="run", energy_j=Quantity(1, 0, "J"), details={"project_name": "net"})
        >>> [m.label for m in label_by([run], "project_name")[0]]
        ['net']
    """
    problems: list[str] = []
    return list(labelled(measurements, field, problems)), problems


def labelled(measurements: Iterable[Measurement], field: str, problems: list[str]) -> Iterator[Measurement]:
    """As `label_by`, one by one; sentences about those left out are added to ``problems``."""
    some = False
    lacking: list[str] = []
    names: dict[str, None] = {}
    for one in measurements:
        value = field_of(one, field)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            some = True
            yield attrs.evolve(one, label=str(value))
            continue
        if not some:
            names.update(dict.fromkeys(fields_of(one)))
        error = LogError(
            f"expected {field!r} as the label of {one.label!r}, found none",
            path=str(one.details.get("file") or one.label),
            line=one.details.get("line"),
        )
        lacking.append(Problem(error))
    if lacking and not some:
        raise ArgumentError(
            f"none of {len(lacking)} measurement(s) has {field!r}",
            argument="label",
            remedy=fields_known(names),
        )
    problems += lacking


def fields_known(names: Iterable[str]) -> str:
    """The fields that there are, in words.

    Example:
        >>> fields_known(["label", "seed"])
        'fields to choose by: label, seed'
    """
    return f"fields to choose by: {', '.join(list(names)[:_MOST_NAMED])}"
