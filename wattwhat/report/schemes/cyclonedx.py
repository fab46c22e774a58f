"""CycloneDX 1.6 (ECMA-424): energy consumptions in the model card of a component of a bill of materials.

Energies are in kWh, emissions in tonnes of CO2-equivalent. What it has no field for, the uncertainty and how
the energy was obtained, goes into its properties.
"""

from __future__ import annotations

from typing import Any

from wattwhat.records.escaping import json_text
from wattwhat.report.schemes.common import intensity, method, phase_of, pue, rounded
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, one_of, text

__all__ = ["SCHEME"]

_ACTIVITIES = (
    "design", "data-collection", "data-preparation", "training", "fine-tuning", "validation", "deployment",
    "inference", "other",
)  # fmt: skip
_SOURCES = (
    "coal", "oil", "natural-gas", "nuclear", "wind", "solar", "geothermal", "hydropower", "biofuel",
    "unknown", "other",
)  # fmt: skip


def _cost(known: Known) -> dict[str, Any] | None:
    energy = known.energy_kwh
    return None if energy is None else {"value": rounded(energy), "unit": "kWh"}


def _tonnes(known: Known) -> dict[str, Any] | None:
    from wattwhat.analysis.carbon import carbon

    grid = known.intensity_of(known.whole)
    if grid is None or not known.whole.energy_j.known:
        return None
    grams = carbon(known.whole, grid, pue=known.pue).amount
    return {"value": rounded(grams) / 1e6, "unit": "tCO2eq"}


def _properties(known: Known) -> list[dict[str, str]]:
    energy = known.energy_kwh
    properties = [{"name": "wattwhat:method", "value": method(known)}]
    if energy is not None:
        properties.append({"name": "wattwhat:energy_standard_uncertainty_kwh", "value": f"{energy.u:.3g}"})
    return properties


def _render(filled: Filled) -> str:
    values = filled.values
    provider = {
        "organization": {"name": values["provider"]} if "provider" in values else None,
        "energySource": values.get("energy_source"),
        "energyProvided": values.get("activityEnergyCost"),
    }
    entry = {
        "activity": values.get("activity"),
        "energyProviders": [{name: value for name, value in provider.items() if value is not None}],
        "activityEnergyCost": values.get("activityEnergyCost"),
        "co2CostEquivalent": values.get("co2CostEquivalent"),
        "properties": _properties(filled.known),
    }
    given = {name: value for name, value in entry.items() if value is not None}
    considerations = {"environmentalConsiderations": {"energyConsumptions": [given]}}
    return json_text({"modelCard": {"considerations": considerations}}, indent=2)


SCHEME = Scheme(
    name="cyclonedx",
    title="CycloneDX 1.6 model card: energy consumptions",
    source="https://cyclonedx.org/docs/1.6/json/",
    render=_render,
    fields=(
        Field(
            name="activity",
            asks=f"what the energy is of: {', '.join(_ACTIVITIES)}",
            kind=one_of(*_ACTIVITIES),
            known=lambda known: phase_of(known, _ACTIVITIES),
        ),
        Field(name="activityEnergyCost", asks="energy in kWh: it is not known", known=_cost),
        Field(name="provider", asks="organisation that provided the energy", kind=text),
        Field(name="energy_source", asks=f"one of {', '.join(_SOURCES)}", kind=one_of(*_SOURCES)),
        intensity(required=False),
        pue(),
        Field(
            name="co2CostEquivalent", asks="state intensity_g_per_kwh", required=False, known=_tonnes
        ),
    ),
)  # fmt: skip
