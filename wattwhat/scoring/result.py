"""What every score is and gives: the Score interface and the ScoreResult, and no formula."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs

from wattwhat.errors import ScoreError
from wattwhat.records.escaping import one_line
from wattwhat.records.quantity import Quantity, finite_or_none

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Score", "ScoreOption", "ScoreResult"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def _frozen(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not value:
        return _EMPTY
    return value if isinstance(value, MappingProxyType) else MappingProxyType(dict(value))


def _quantity_or_none(_: object, __: object, value: Any) -> None:
    if value is not None and not isinstance(value, Quantity):
        raise ScoreError(
            f'value: expected a Quantity or None, got {value!r}; write, for instance, Quantity(0.5, 0.0, "1")'
        )


def _frozen_or_none(value: Mapping[str, float] | None) -> Mapping[str, float] | None:
    return None if value is None else _frozen(value)


@attrs.frozen(repr=False, weakref_slot=False)
class ScoreResult:
    """What a score says of one measurement, with what it was worked out from beside it.

    Args:
        name: the score with everything that changes its scale, for instance ``SAM[kWh, alpha=5, beta=5]``;
            only results of one name compare.
        value: the number with its standard uncertainty, or None for a score that is only a letter.
        grade: the letter or the stars, or None for a score that is only a number.
        probabilities: probability of each grade, given the uncertainties; None where not worked out.
        details: what went in and what is to be said: ``accuracy`` and the energy as quantities,
            ``words`` (a sentence), ``notes`` (sentences about what is doubtful), the label.

    Raises:
        ScoreError: the value is neither a Quantity nor None.

    Example:
        >>> result = ScoreResult("grade", None, "B", {"A": 0.0, "B": 0.87, "C": 0.13})
        >>> print(result)
        grade: B (B 87 %, C 13 %)
    """

    name: str
    value: Quantity | None = attrs.field(default=None, validator=_quantity_or_none)
    grade: str | None = None
    probabilities: Mapping[str, float] | None = attrs.field(default=None, converter=_frozen_or_none)
    details: Mapping[str, Any] = attrs.field(default=None, converter=_frozen)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is not finite becomes None."""
        return {
            "name": self.name,
            "value": None if self.value is None else self.value.to_dict(),
            "grade": self.grade,
            "probabilities": None if self.probabilities is None else _plain(self.probabilities),
            "details": {key: _plain(value) for key, value in self.details.items()},
        }

    def odds(self) -> str:
        """The probabilities in words, likeliest first: ``B 87 %, C 13 %``; below 0.5 % is left out."""
        if self.probabilities is None:
            return ""
        likeliest = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        return ", ".join(f"{grade} {100 * p:.0f} %" for grade, p in likeliest if p >= 0.005)

    def __str__(self) -> str:
        if "words" in self.details:
            text = str(self.details["words"])
        elif self.grade is not None:
            text = self.grade
        else:
            text = _number(self.value)
        odds = self.odds()
        beside = "; ".join(_beside(self.details))
        line = f"{self.name}: {text}" + (f" ({odds})" if odds else "") + (f" [{beside}]" if beside else "")
        return "\n  note: ".join(one_line(str(part)) for part in (line, *self.details.get("notes", ())))

    def __repr__(self) -> str:
        text = self.grade if self.grade is not None else _number(self.value)
        return f"<ScoreResult {self.name}: {text}>"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        odds = None if self.probabilities is None else dict(self.probabilities)
        return ScoreResult, (self.name, self.value, self.grade, odds, dict(self.details))


@attrs.frozen
class ScoreOption:
    """An option that a score's class declares in ``options``, and is then built with.

    Args:
        name: of the keyword argument; ``--name`` on the command line.
        help: what it is, in a few words.
        metavar: what stands for its value in a help text.
        kind: what its text becomes: float, int or str.
        needed: what to give, where the score cannot do without; None where it can.
        is_file: whether it names a file that must be there.

    Example:
        >>> ScoreOption("tau", "weight of the accuracy", "T", float).kind("2")
        2.0
    """

    name: str
    help: str
    metavar: str = "TEXT"
    kind: type[float] | type[int] | type[str] = str
    needed: str | None = None
    is_file: bool = False


@runtime_checkable
class Score(Protocol):
    """Anything with a name that judges a Measurement; the interface a third-party score implements.

    The name carries whatever changes the scale (unit, parameters, reference), so that two results of
    one name compare. A score raises `wattwhat.errors.ScoreError` for a measurement that lacks something.
    One whose smaller values are better also has ``higher_is_better = False``, which `rank` looks at.

    A class that is registered in the entry-point group ``wattwhat.scores`` may also have ``formula`` and
    ``source`` (texts, for ``wattwhat score --list``), ``options`` (a tuple of `ScoreOption`; those that the
    user gives become keyword arguments) and ``build(given, measurements, force)``, a class method that makes
    the score where it needs all measurements.

    Example:
        >>> class JoulesPerItem:
        ...     name = "joules per item"
        ...     def __call__(self, measurement):
        ...         return ScoreResult(self.name, measurement.energy_per_item_j)
        >>> isinstance(JoulesPerItem(), Score)
        True
    """

    @property
    def name(self) -> str:
        """The score with everything that changes its scale."""
        ...

    def __call__(self, measurement: Measurement, /) -> ScoreResult:
        """Judge one measurement."""
        ...


def _number(value: Quantity | None) -> str:
    if value is None:
        return "no value"
    return str(value).removesuffix(" 1")


def _beside(details: Mapping[str, Any]) -> list[str]:
    # A single scalar hides its two axes, so accuracy and energy are always printed with it.
    shown = (
        [f"{details.get('metric', 'accuracy')} {_number(details['accuracy'])}"]
        if "accuracy" in details
        else []
    )
    if isinstance(details.get("electricity"), Quantity):
        shown.append(f"energy {details['electricity']}")
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, Quantity):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return finite_or_none(value) if isinstance(value, float) else value
