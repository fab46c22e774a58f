"""Which measurements are meant, under which labels, and which of them are repeats of each other."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wattwhat.cli.sentences import option
from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["add_label_options", "averaged", "is_chosen", "pair", "relabelled"]


def pair(text: str, option: str) -> tuple[str, str]:
    """NAME=VALUE as a pair.

    Raises:
        ArgumentError: there is no name or no =.
    """
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise ArgumentError(argument=option, expected="NAME=VALUE", got=text)
    return name.strip(), value.strip()


def is_chosen(measurement: Measurement, wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether a measurement has all these fields; * and ? stand for any text, case does not count.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> m = Measurement(label="net", energy_j=Quantity(1, 0, "J"), details={"phase": "training"})
        >>> is_chosen(m, [("phase", "train*")]), is_chosen(m, [("label", "other")])
        (True, False)
        >>> is_chosen(m, [("origin", "sensor")])
        True
    """
    from fnmatch import fnmatch

    from wattwhat.logs.fields import field_of
    from wattwhat.scoring.population import TRAITS, traits_of

    def value_of(name: str) -> Any:
        value = field_of(measurement, name)
        return traits_of(measurement)[name] if value is None and name in TRAITS else value

    known = ((value_of(name), text) for name, text in wanted)
    return all(value is not None and fnmatch(str(value).casefold(), text.casefold()) for value, text in known)


def add_label_options(parser: Any) -> None:
    """Declare what measurements are labelled by, and whether those of one label are repeats."""
    parser.add_argument(
        "--label", metavar="FIELD", help="label by this field or column, such as project_name or model"
    )
    parser.add_argument(
        "--repeats",
        action="store_true",
        help="runs of one label, alike in all else, are repeats: take their mean, and their spread as its u",
    )


def relabelled(
    arguments: argparse.Namespace, measurements: list[Measurement], problems: list[str]
) -> list[Measurement]:
    """The measurements under the labels that ``--label`` chooses; those without are problems."""
    if arguments.label is None:
        return measurements
    from wattwhat.logs.fields import label_by

    labelled, lacking = label_by(measurements, arguments.label)
    problems += lacking
    return labelled


def averaged(
    arguments: argparse.Namespace, measurements: list[Measurement], notes: list[str]
) -> list[Measurement]:
    """The mean of each label's runs where ``--repeats`` says that they are repeats."""
    if not arguments.repeats:
        return measurements
    from wattwhat.analysis.repeats import average_repeats

    try:
        means, apart = average_repeats(measurements)
    except ArgumentError as err:
        raise err.renamed(
            lambda name, value: "--repeats" if name == "measurements" else option(name, value)
        ) from err
    notes += apart
    return means
