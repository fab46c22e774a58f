"""A model card's block for Hugging Face: emissions only at a stated carbon intensity, joules always.

The fields are those of the Hub's documentation, "Displaying carbon emissions for your model":
``co2_eq_emissions`` with emissions (in grams), source, training_type, geographical_location, hardware_used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattwhat.analysis.carbon import carbon
from wattwhat.errors import ArgumentError, Remedy
from wattwhat.records.escaping import json_text, markdown_text, one_line
from wattwhat.records.formatting import concise
from wattwhat.report.schemes.common import covered, hardware, intensity, intensity_source, pue
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, one_of, text

if TYPE_CHECKING:
    from wattwhat.analysis.carbon import Footprint

__all__ = ["SCHEME"]


def _footprint(known: Known) -> Footprint | None:
    intensity = known.intensity_of(known.whole)
    if intensity is None or not known.whole.energy_j.known:
        return None
    return carbon(known.whole, intensity, pue=known.pue)


def _render(filled: Filled) -> str:
    """Front matter and body.

    Raises:
        ArgumentError: what belongs to emissions was stated, and the emissions are not known.
    """
    known, footprint = filled.known, _footprint(filled.known)
    if footprint is None and known.stated:
        if "intensity_g_per_kwh" in known.stated:
            raise ArgumentError("the energy is not known, so no emissions can be stated: see its warnings")
        raise ArgumentError(
            "emissions need the carbon intensity of the electricity",
            remedy=Remedy(
                "give {intensity_g_per_kwh}, or leave source, pue, training type and location out",
                intensity_g_per_kwh=...,
            ),
        )
    head = [] if footprint is None else _front(filled, footprint)
    return "\n".join([*head, *_body(known, footprint)])


def _front(filled: Filled, footprint: Footprint) -> list[str]:
    pue = "" if footprint.pue == 1.0 else f" x PUE {footprint.pue:g}"
    known = f"{footprint.energy_kwh} ({footprint.provenance}){pue} x {footprint.figure}"
    values = filled.values
    fields: dict[str, Any] = {
        "source": f"wattwhat: {known}, {values.get('intensity_source', 'as stated')}",
        "training_type": values.get("training_type"),
        "geographical_location": values.get("location"),
        "hardware_used": values.get("hardware_used"),
    }
    lines = [f"  {name}: {_yaml(value)}" for name, value in fields.items() if value]
    return ["---", "co2_eq_emissions:", f"  emissions: {_fixed(footprint.amount.value)}", *lines, "---", ""]


def _fixed(value: float) -> str:
    """Four digits without an exponent, which YAML 1.1 would read as a text."""
    from decimal import Decimal

    return format(Decimal(f"{value:.4g}"), "f")


def _body(known: Known, footprint: Footprint | None) -> list[str]:
    from wattwhat.report.tables import markdown_table

    lines = ["## Energy", "", markdown_table(known.measurements), ""]
    lines += [
        "Digits in brackets are the standard uncertainty (k=1) of the last digits. "
        f"Covered: {markdown_text(covered(known) or 'not stated')}. Nothing else is in these numbers."
    ]
    if footprint is not None:
        pue = "" if footprint.pue == 1.0 else f" and a PUE of {footprint.pue:g}"
        source = known.stated.get("intensity_source")
        lines += [
            "",
            f"Emissions: {concise(footprint.amount)} g of CO2-equivalent, at a carbon intensity of "
            f"{footprint.figure}{pue} ({markdown_text(source) if source else 'as stated by the authors'}).",
        ]
    lines += [f"\nNote: {note}." for note in (footprint.notes if footprint else ())]
    return [*lines, ""]


def _yaml(text: str) -> str:
    """A double-quoted YAML scalar: JSON's quoting is a part of YAML's, less what YAML calls not printable."""
    return json_text(one_line(text))


SCHEME = Scheme(
    name="model-card",
    title="Hugging Face model card, co2_eq_emissions",
    source="https://huggingface.co/docs/hub/model-cards-co2",
    render=_render,
    ending=".md",
    fields=(
        Field(name="energy", asks="energy of the run: it is not known", known=lambda known: known.energy_kwh),
        intensity(),
        intensity_source(),
        pue(),
        Field(
            name="training_type",
            asks="pre-training or fine-tuning",
            kind=one_of("pre-training", "fine-tuning"),
        ),
        Field(name="location", asks="where it was run, such as 'Quebec, Canada'", kind=text),
        Field(name="hardware_used", asks="hardware", kind=text, known=hardware),
    ),
)
