"""Measurements for elsewhere: tables (CSV, LaTeX, Markdown, pandas) and reporting schemes (SCI, BoAmps)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.report.tables import TABLES

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement


__all__ = ["export"]


def export(measurements: Measurement | Iterable[Measurement], format: str, **options: Any) -> Any:
    r"""Measurements in another program's format.

    Args:
        measurements: one or several.
        format: ``"markdown"``, ``"latex"`` (booktabs and siunitx 3), ``"csv"`` or ``"pandas"`` (a DataFrame);
            or a reporting scheme (`wattwhat.report.schemes`), such as ``"sci"`` or ``"boamps"``.
        options: of a scheme: what is stated, by the names of its fields.

    Returns:
        A text, or a DataFrame.

    Raises:
        ArgumentError: the format or an option is not known, or pandas is not installed.
        ComparisonError: a scheme reports one whole, and the measurements cannot be added up.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> run = Measurement(label="net|1", energy_j=Quantity(12.34, 0.05, "J"), items=100, duration_s=2.0)
        >>> print(export(run.with_metrics(accuracy=0.91), "markdown"))
        | model | J/item (k=1) | J (k=1) | W (k=1) | accuracy | source |
        |---|---:|---:|---:|---:|---|
        | net\|1 | 0.1234(5) | 12.34(5) | 6.170(25) | 0.91 | measured |
    """
    ones = _listed(measurements)
    if format not in TABLES:
        return _reported(ones, format, options)
    if options:
        raise ArgumentError(f"{', '.join(options)}: only reporting schemes take options, not {format!r}")
    return TABLES[format].make(ones)


def _reported(ones: list[Any], name: str, options: dict[str, Any]) -> str:
    from wattwhat.report.schemes import fill, scheme

    try:
        chosen = scheme(name)
    except ArgumentError as err:
        raise ArgumentError(
            argument="format", expected=f"one of {', '.join(TABLES)}", got=name, remedy=str(err)
        ) from None
    return fill(chosen, ones, {key: value for key, value in options.items() if value is not None}).text()


def _listed(measurements: Any) -> list[Any]:
    from wattwhat.records.measurement import Measurement

    if isinstance(measurements, Measurement):
        return [measurements]
    ones = list(measurements)
    if not ones:
        raise ArgumentError(argument="measurements", expected="at least one")
    for one in ones:
        if not isinstance(one, Measurement):
            raise ArgumentError(argument="measurements", expected="Measurements", got=type(one))
    return ones
