"""SPDX 3.0.1, AI profile: an EnergyConsumption of training, fine-tuning or inference, for an AIPackage.

Its quantities are decimals without an exponent (xsd:decimal), here in kilowatt-hours. It has no place for an
uncertainty and none for how the energy was obtained.
"""

from __future__ import annotations

from decimal import Decimal

from wattwhat.records.escaping import json_text
from wattwhat.report.schemes.common import phase_of, pue, rounded
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, one_of

__all__ = ["SCHEME"]

# The stage that is stated, and the property that it goes to.
_STAGES = {
    "training": "ai_trainingEnergyConsumption",
    "finetuning": "ai_finetuningEnergyConsumption",
    "inference": "ai_inferenceEnergyConsumption",
}


def _quantity(known: Known) -> str | None:
    energy = known.energy_kwh
    return None if energy is None else format(Decimal(str(rounded(energy))), "f")


def _render(filled: Filled) -> str:
    consumption: dict[str, object] = {"type": "ai_EnergyConsumption"}
    quantity, stage = filled.values.get("quantity"), filled.values.get("stage")
    if quantity is not None and stage is not None:
        description = {
            "type": "ai_EnergyConsumptionDescription",
            "ai_energyQuantity": quantity,
            "ai_energyUnit": "kilowattHour",
        }
        consumption[_STAGES[stage]] = [description]
    return json_text(consumption, indent=2)


SCHEME = Scheme(
    name="spdx",
    title="SPDX 3.0.1 AI profile: EnergyConsumption",
    source="https://spdx.github.io/spdx-spec/v3.0.1/model/AI/Classes/EnergyConsumption/",
    render=_render,
    fields=(
        Field(
            name="stage",
            asks="training, finetuning or inference: what the energy is of",
            kind=one_of(*_STAGES),
            known=lambda known: phase_of(known, _STAGES),
        ),
        Field(name="quantity", asks="energy in kWh: it is not known", known=_quantity),
        pue(),
    ),
)
