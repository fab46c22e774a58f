"""A model card's block for Hugging Face: emissions only at a stated carbon intensity, joules always.

The fields are those of the Hub's documentation, "Displaying carbon emissions for your model":
``co2_eq_emissions`` with emissions (in grams), source, training_type, geographical_location, hardware_used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.analysis.carbon import carbon
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text, markdown_text, one_line
from wattwhat.records.formatting import concise

if TYPE_CHECKING:
    from wattwhat.analysis.carbon import Figure, Footprint
    from wattwhat.records.measurement import Measurement

__all__ = ["model_card"]

_TRAINING_TYPES = ("pre-training", "fine-tuning")


def model_card(
    measurements: Sequence[Measurement],
    *,
    intensity_g_per_kwh: Figure | None = None,
    intensity_source: str | None = None,
    pue: float = 1.0,
    training_type: str | None = None,
    location: str | None = None,
) -> str:
    """Front matter and body of a model card.

    Args:
        measurements: what is stated; several are added up with `Measurement.combine` for the emissions.
        intensity_g_per_kwh: carbon intensity of the electricity that was used, in g/kWh; without it no
            emissions are stated.
        intensity_source: where that figure comes from, in words.
        pue: power usage effectiveness of the building.
        training_type: ``"pre-training"`` or ``"fine-tuning"``.
        location: for instance ``"Frankfurt, Germany"``.

    Raises:
        ArgumentError: a figure or the training type is not one, or what belongs to emissions was given
            without an intensity.
        ComparisonError: several measurements cannot be added up.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> run = Measurement(label="net", energy_j=Quantity(7.2e6, 7.2e4, "J"), duration_s=3600.0)
        >>> print(model_card([run], intensity_g_per_kwh=400, location="Bern").split("## Energy")[0])
        ---
        co2_eq_emissions:
          emissions: 800
          source: "wattwhat: 2.000(20) kWh (measured) x 400 g/kWh, as stated"
          geographical_location: "Bern"
        ---
        <BLANKLINE>
        <BLANKLINE>
    """
    if training_type is not None and training_type not in _TRAINING_TYPES:
        raise ArgumentError(f"training_type: {training_type!r} is not one of {', '.join(_TRAINING_TYPES)}")
    footprint = None
    if intensity_g_per_kwh is not None:
        from wattwhat.analysis.aggregation import combine

        whole = combine(measurements)
        footprint = carbon(whole, intensity_g_per_kwh, pue=pue)
        if not footprint.amount.known:
            raise ArgumentError("the energy is not known, so no emissions can be stated: see its warnings")
    elif any((intensity_source, training_type, location)) or pue != 1.0:
        raise ArgumentError(
            "emissions need the carbon intensity of the electricity: give intensity_g_per_kwh "
            "(--intensity), or leave source, pue, training type and location out"
        )
    head = (
        []
        if footprint is None
        else _front(measurements, footprint, intensity_source, training_type, location)
    )
    return "\n".join([*head, *_body(measurements, footprint, intensity_source)])


def _front(
    measurements: Sequence[Measurement],
    footprint: Footprint,
    source: str | None,
    training_type: str | None,
    location: str | None,
) -> list[str]:
    pue = "" if footprint.pue == 1.0 else f" x PUE {footprint.pue:g}"
    known = f"{footprint.energy_kwh} ({footprint.provenance}){pue} x {footprint.figure}"
    fields: dict[str, Any] = {
        "source": f"wattwhat: {known}, {source or 'as stated'}",
        "training_type": training_type,
        "geographical_location": location,
        "hardware_used": _hardware(measurements),
    }
    lines = [f"  {name}: {_yaml(value)}" for name, value in fields.items() if value]
    return ["---", "co2_eq_emissions:", f"  emissions: {_fixed(footprint.amount.value)}", *lines, "---", ""]


def _fixed(value: float) -> str:
    """Four digits without an exponent, which YAML 1.1 would read as a text."""
    from decimal import Decimal

    return format(Decimal(f"{value:.4g}"), "f")


def _body(measurements: Sequence[Measurement], footprint: Footprint | None, source: str | None) -> list[str]:
    from wattwhat.report.tables import markdown_table

    lines = ["## Energy", "", markdown_table(measurements), ""]
    lines += [
        "Digits in brackets are the standard uncertainty (k=1) of the last digits. "
        f"Covered: {_covered(measurements)}. Nothing else is in these numbers."
    ]
    if footprint is not None:
        pue = "" if footprint.pue == 1.0 else f" and a PUE of {footprint.pue:g}"
        lines += [
            "",
            f"Emissions: {concise(footprint.amount)} g of CO2-equivalent, at a carbon intensity of "
            f"{footprint.figure}{pue} ({markdown_text(source) if source else 'as stated by the authors'}).",
        ]
    lines += [f"\nNote: {note}." for note in (footprint.notes if footprint else ())]
    return [*lines, ""]


def _covered(measurements: Sequence[Measurement]) -> str:
    counted = {
        f"{entry.channel.component} ({markdown_text(entry.channel.device)}, {entry.provenance})"
        for measurement in measurements
        for entry in measurement.channels
        if entry.counted
    }
    return ", ".join(sorted(counted)) or "not stated"


def _hardware(measurements: Sequence[Measurement]) -> str:
    devices = {entry.channel.device for one in measurements for entry in one.channels if entry.counted} or {
        str(device) for one in measurements for device in one.environment.get("devices", ())
    }
    return ", ".join(sorted(devices))


def _yaml(text: str) -> str:
    """A double-quoted YAML scalar: JSON's quoting is a part of YAML's, less what YAML calls not printable."""
    return json_text(one_line(text))
