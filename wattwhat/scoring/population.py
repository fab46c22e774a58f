"""The members of a reference population, and the refusal to mix measurements that are unlike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.analysis.comparability import TRAITS, difference, facts_of, unlike_facts
from wattwhat.errors import ComparisonError, Remedy, ScoreError
from wattwhat.scoring.score_inputs import (
    accuracy_of,
    check_accuracy,
    check_measurement,
    check_positive,
    item_energy_of,
    items_tested,
)

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = [
    "TRAITS",
    "Member",
    "check_like",
    "check_together",
    "check_traits",
    "common_traits",
    "common_traits_of",
    "members_of",
    "traits_of",
]


def _fraction(instance: object, attribute: Any, value: float) -> None:
    check_accuracy(value, attribute.name)


@attrs.frozen
class Member:
    """One model of a reference population.

    Args:
        label: its name.
        accuracy: fraction from 0 to 1.
        energy_per_item_j: joules of one item.
        test_items: how many items the accuracy was counted on, or None.
        u_energy_j: standard uncertainty of the energy of one item, or None if unknown.
        u_accuracy: standard uncertainty of the accuracy, or None if unknown.
    """

    label: str
    accuracy: float = attrs.field(validator=_fraction)
    energy_per_item_j: float = attrs.field(validator=check_positive)
    test_items: float | None = attrs.field(default=None, validator=attrs.validators.optional(check_positive))
    u_energy_j: float | None = None
    u_accuracy: float | None = None


def members_of(measurements: Sequence[Measurement], metric: str, force: bool = False) -> tuple[Member, ...]:
    """The members that these measurements make; a label may come once.

    Raises:
        ScoreError: a measurement lacks accuracy, energy or items, or its energy is not above 0.
        ComparisonError: a label comes twice and `force` is not set.
    """
    seen: set[str] = set()
    members = []
    for measurement in measurements:
        check_measurement(measurement)
        if measurement.label in seen and not force:
            raise ComparisonError(
                f"{measurement.label!r} comes twice and would weigh double; give each label once"
            )
        seen.add(measurement.label)
        energy = item_energy_of(measurement)
        if not energy.value > 0:
            raise ScoreError(
                f"{measurement.label!r}: {energy} an item is not above 0, so it has no logarithm"
            )
        accuracy = accuracy_of(measurement, metric)
        members.append(
            Member(
                measurement.label,
                accuracy.value,
                energy.value,
                items_tested(measurement, metric),
                energy.u if energy.u < float("inf") else None,
                accuracy.u or None,
            )
        )
    return tuple(members)


def traits_of(measurement: Measurement) -> dict[str, str | None]:
    """What a measurement's energy is of; None for what it does not say.

    See `wattwhat.analysis.comparability.facts_of`.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(1, 0, "J"), provenance="estimated")
        >>> traits_of(net)["origin"]
        'estimate'
    """
    check_measurement(measurement)
    return facts_of(measurement, TRAITS)


def common_traits(
    measurements: Iterable[Measurement], stated: Mapping[str, str | None], force: bool = False
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The traits that all measurements share, what was stated filling in for what they do not say.

    Args:
        measurements: the population.
        stated: what the caller says of all of them; None where nothing is said.
        force: note a difference instead of refusing it; the trait is then None.

    Returns:
        The traits, and a sentence for each difference that was forced through.

    Raises:
        ComparisonError: two of them differ; both are named.
    """
    return common_traits_of(map(_named_traits, measurements), stated, force)


def _named_traits(measurement: Measurement) -> tuple[str, dict[str, str | None]]:
    traits = traits_of(measurement)  # first: it refuses what is no measurement, and has no label
    return measurement.label, traits


def common_traits_of(
    named: Iterable[tuple[str, Mapping[str, str | None]]],
    stated: Mapping[str, str | None],
    force: bool = False,
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """As `common_traits`, of labels with their `traits_of`."""
    by_trait: dict[str, dict[str | None, str]] = {name: {} for name in TRAITS}
    for label, traits in named:
        for name, value in traits.items():
            by_trait[name].setdefault(value if value is not None else stated.get(name), label)
    common: dict[str, str | None] = {}
    notes = []
    for name, values in by_trait.items():
        common[name] = next(iter(values), None) if len(values) < 2 else None
        difference = _difference(name, values, stated.get(name))
        if difference and not force:
            raise ComparisonError(
                difference,
                remedy=Remedy("leave one out, or pass {force} to have it noted instead", force=True),
            )
        notes += [f"forced: {difference}"] if difference else []
        common[name] = stated.get(name) or common[name]
    return common, tuple(notes)


def check_together(measurements: Iterable[Measurement], force: bool = False) -> tuple[str, ...]:
    """The one rule of what may stand in one order or on one front: what is alike in all `TRAITS`.

    What a measurement does not say counts as no difference. Two that are compared must agree in
    `wattwhat.analysis.comparability.SENSORS` too, and in the items of a call.

    Args:
        measurements: of the models.
        force: return the differences instead of refusing them.

    Raises:
        ComparisonError: two of them differ; the message names both and the choice there is.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> nets = [Measurement(label=name, energy_j=Quantity(1, 0, "J"), details={"dataset": name})
        ...         for name in ("mnist", "cifar10")]
        >>> check_together(nets, force=True)
        ("dataset differs: 'mnist' (mnist), 'cifar10' (cifar10)",)
    """
    return check_traits([(one.label, traits_of(one)) for one in measurements], force)


def check_traits(
    named: Iterable[tuple[str, Mapping[str, str | None]]], force: bool = False
) -> tuple[str, ...]:
    """As `check_together`, of labels with their `traits_of`."""
    problems = unlike_facts(named)
    for name, sentence in problems.items():
        if not force:
            by = "phase" if name == "phase" else "details"
            remedy = Remedy(f"choose one {name} ({{{by}}}), or pass {{force}}", **{by: ..., "force": True})
            raise ComparisonError(f"{sentence}; they are not ranked together", remedy=remedy)
    return tuple(problems.values())


def check_like(measurement: Measurement, traits: Mapping[str, str | None], reference: str) -> tuple[str, ...]:
    """Refuse a measurement unlike the reference; say what it leaves open.

    Returns:
        Notes: a sentence for each trait that the reference states and the measurement does not.

    Raises:
        ComparisonError: a trait differs.
    """
    own = traits_of(measurement)
    notes = []
    for name in TRAITS:
        wanted, actual = traits.get(name), own[name]
        if wanted is None or actual == wanted:
            continue
        if actual is None:
            notes.append(f"its {name} is not known; taken to be the reference's ({wanted})")
        else:
            raise ComparisonError(
                f"{measurement.label!r} does not compare with reference {reference}: "
                f"{name} is {actual!r}, the reference's is {wanted!r}"
            )
    return tuple(notes)


def _difference(name: str, values: Mapping[str | None, str], stated: str | None) -> str:
    if stated is not None:
        values = {stated: f"{name}=", **values}
    if len(values) < 2:
        return ""
    (first, first_label), (second, second_label) = list(values.items())[:2]
    if None in (first, second) and name in ("task", "dataset"):
        return ""  # few tools tell these, so silence is no difference
    if first is None or second is None:
        return (
            f"{name} is {first or second!r} for {first_label if first else second_label!r} and unknown for "
            f"{second_label if first else first_label!r}; state the {name} if it is the same"
        )
    return difference(name, first, second, first_label, second_label)
