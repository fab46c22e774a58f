"""What a scheme is: the fields that it asks for, what a measurement tells of them, and how it is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.quantity import Quantity

if TYPE_CHECKING:
    from wattwhat.intensity.sources import Source
    from wattwhat.records.measurement import Measurement
    from wattwhat.report.schemes.filling import Filled

__all__ = ["Field", "Known", "Scheme", "degrees", "figure", "number", "one_of", "share", "text", "whole"]

# Turns what somebody stated (a text from the command line, or plain data) into a value, or raises ValueError
# with what was expected.
Kind = Callable[[Any], Any]


@attrs.frozen(kw_only=True, slots=False)
class Known:
    """What can be known without asking anybody.

    Args:
        measurements: those that were given.
        stated: what somebody stated, by the names of the scheme's fields.
    """

    measurements: Sequence[Measurement]
    stated: Mapping[str, Any]

    @cached_property
    def whole(self) -> Measurement:
        """The measurement, or the sum of several (`wattwhat.combine`); only where a scheme asks for one.

        Raises:
            ComparisonError: they cannot be added up.
        """
        from wattwhat.analysis.aggregation import combine

        return combine(self.measurements)

    @property
    def pue(self) -> float:
        """The stated power usage effectiveness of the building; 1 leaves it out."""
        return float(self.stated.get("pue", 1.0))

    @property
    def energy_kwh(self) -> Quantity | None:
        """Energy at the building's meter in kWh, or None where it is not known."""
        return self.whole.energy_kwh * self.pue if self.whole.energy_j.known else None

    def intensity_of(self, measurement: Measurement) -> Quantity | None:
        """The carbon intensity in g/kWh of the time of a measurement, or None where none was stated."""
        intensity: Quantity | Source | None = self.stated.get("intensity_g_per_kwh")
        if intensity is None or isinstance(intensity, Quantity):
            return intensity
        if measurement.started_at is None or measurement.duration_s is None:
            raise ArgumentError(
                f"when {measurement.label!r} was taken is not known, so no hour of it is",
                argument="intensity_g_per_kwh",
            )
        from wattwhat.intensity.sources import ask

        return ask(intensity, measurement.started_at, self._span_s(measurement, measurement.duration_s))

    def _span_s(self, measurement: Measurement, duration_s: float) -> float:
        """From begin to end in s: of a sum of several, the gaps between them too."""
        if measurement.started_at is None or any(measurement is one for one in self.measurements):
            return duration_s
        began = measurement.started_at
        ends = (
            (one.started_at - began).total_seconds() + (one.duration_s or 0.0)
            for one in self.measurements
            if one.started_at is not None
        )
        return max(ends, default=duration_s)


def _nothing(known: Known) -> Any:
    return None


@attrs.frozen(kw_only=True)
class Field:
    """One thing that a scheme asks for.

    Args:
        name: by which it is stated; dots lead into parts of the scheme.
        asks: what it is, in words, with its unit.
        required: whether the scheme is incomplete without it; a text says that it is where another field
            whose name begins so is filled in.
        kind: checks what was stated; None: nobody states it, for it follows from a measurement. Such a one
            is required where only the measurement itself can be to blame that it is not known.
        known: what a measurement tells of it; None where it tells nothing.
        parts: of a list of things, what each of them has.
    """

    name: str
    asks: str
    required: bool | str = True
    kind: Kind | None = None
    known: Callable[[Known], Any] = _nothing
    parts: tuple[Field, ...] = ()

    @property
    def stated(self) -> bool:
        """Whether somebody may state it."""
        return self.kind is not None or bool(self.parts)


@attrs.frozen(kw_only=True)
class Scheme:
    """A way of reporting that somebody published.

    Args:
        name: by which it is asked for.
        title: its full name and version.
        source: where its own text stands.
        fields: what it asks for, in its order; fields that only serve to work others out among them.
        render: writes it.
        ending: of its files.
    """

    name: str
    title: str
    source: str
    fields: tuple[Field, ...]
    render: Callable[[Filled], str]
    ending: str = ".json"


def text(value: Any) -> str:
    """A text; an empty one states nothing.

    Example:
        >>> text(" image classification ")
        'image classification'
    """
    if not isinstance(value, str) or len(value) > 10_000:
        raise ValueError("a text")
    return value.strip()


def number(value: Any) -> float:
    """A finite number of at least 0.

    Example:
        >>> number("12.5"), number(3)
        (12.5, 3)
    """
    try:
        plain = float(value) if isinstance(value, str) else value
    except ValueError:
        plain = None
    if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not 0 <= plain < math.inf:
        raise ValueError("a number of at least 0")
    return plain


def degrees(value: Any) -> float:
    """A latitude or a longitude.

    Example:
        >>> degrees("-33.9"), degrees(18)
        (-33.9, 18)
    """
    try:
        plain = float(value) if isinstance(value, str) else value
    except ValueError:
        plain = None
    if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not -180.0 <= plain <= 180.0:
        raise ValueError("degrees, from -180 to 180")
    return plain


def whole(value: Any) -> int:
    """A whole number of at least 0."""
    try:
        plain = number(value)
    except ValueError:
        plain = 0.5
    if plain != int(plain):
        raise ValueError("a whole number of at least 0")
    return int(plain)


def share(value: Any) -> float:
    """A fraction from 0 to 1."""
    try:
        plain = number(value)
    except ValueError:
        plain = math.inf
    if plain > 1:
        raise ValueError("a fraction from 0 to 1")
    return plain


def one_of(*names: str) -> Kind:
    """One of these words.

    Example:
        >>> one_of("public", "internal")("public")
        'public'
    """

    def kind(value: Any) -> str:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return str(value)

    return kind


def figure(unit: str) -> Kind:
    """A number with its standard uncertainty, as ``400``, ``(400, 20)`` or ``"400+-20"``.

    Example:
        >>> print(figure("g/kWh")("400+-20"), figure("g/kWh")(380))
        400(20) g/kWh 380 g/kWh
    """

    def kind(value: Any) -> Any:
        if callable(value):  # a source of intensities, asked for the time of a measurement
            return value
        if isinstance(value, Quantity) and value.unit == unit:
            return value
        parts = value.replace("±", "+-").split("+-") if isinstance(value, str) else value
        parts = list(parts) if isinstance(parts, (list, tuple)) else [parts]
        try:
            numbers = [number(part.strip() if isinstance(part, str) else part) for part in parts]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2):
            raise ValueError(f"a number in {unit}, or one with its standard uncertainty such as 400+-20")
        return Quantity(float(numbers[0]), float(numbers[1]) if len(numbers) > 1 else 0.0, unit)

    return kind
