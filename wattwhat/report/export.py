"""Measurements in other programs' formats: CSV, LaTeX, Markdown, pandas, model cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.report.tables import csv_table, latex_table, markdown_table, pandas_table

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement


__all__ = ["FORMATS", "export"]


FORMATS = ("markdown", "latex", "csv", "pandas", "model-card")


def export(measurements: Measurement | Iterable[Measurement], format: str, **options: Any) -> Any:
    r"""Measurements in another program's format.

    Args:
        measurements: one or several.
        format: ``"markdown"``, ``"latex"`` (booktabs and siunitx 3), ``"csv"``, ``"pandas"`` (a DataFrame) or
            ``"model-card"`` (YAML block and body for Hugging Face).
        options: of the model card, see `wattwhat.report.model_card.model_card`.

    Returns:
        A text, or a DataFrame.

    Raises:
        ArgumentError: the format or an option is not known, or pandas is not installed.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> run = Measurement(label="net|1", energy_j=Quantity(12.34, 0.05, "J"), items=100, duration_s=2.0)
        >>> print(export(run.with_metrics(accuracy=0.91), "markdown"))
        | model | J/item (k=1) | J (k=1) | W (k=1) | accuracy | source |
        |---|---:|---:|---:|---:|---|
        | net\|1 | 0.1234(5) | 12.34(5) | 6.170(25) | 0.91 | measured |
    """
    ones = _listed(measurements)
    if format == "model-card":
        from wattwhat.report.model_card import model_card

        return model_card(ones, **options)
    makers = {"markdown": markdown_table, "latex": latex_table, "csv": csv_table, "pandas": pandas_table}
    if format not in makers:
        raise ArgumentError(f"format: {format!r} is not one of {', '.join(FORMATS)}")
    if options:
        raise ArgumentError(f"{', '.join(options)}: only the model card takes options, not {format!r}")
    return makers[format](ones)


def _listed(measurements: Any) -> list[Any]:
    from wattwhat.records.measurement import Measurement

    if isinstance(measurements, Measurement):
        return [measurements]
    ones = list(measurements)
    if not ones:
        raise ArgumentError("measurements: expected at least one, got none")
    for one in ones:
        if not isinstance(one, Measurement):
            raise ArgumentError(f"measurements: expected Measurements, got {type(one).__name__}")
    return ones
