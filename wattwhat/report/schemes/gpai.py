"""The energy items of the EU's Model Documentation Form for general-purpose AI models.

The form is part of the Transparency chapter of the General-Purpose AI Code of Practice (10 July 2025). Energy
of training is asked for in MWh, with at least two significant figures, measured or estimated; of inference it
asks for a number of operations, not for an energy.
"""

from __future__ import annotations

from typing import Any

from wattwhat.records.escaping import markdown_text
from wattwhat.records.formatting import concise
from wattwhat.records.quantity import Quantity
from wattwhat.report.schemes.common import hardware, method, phase_of, pue
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, number, one_of, text

__all__ = ["SCHEME"]

_DAY_S = 86_400.0


def _stage(known: Known) -> str | None:
    return phase_of(known, ("training", "inference"))


def _training(known: Known) -> bool:
    """Whether this may be the training: nobody said that it is anything else."""
    return bool(known.stated.get("stage", _stage(known)) != "inference")


def _energy_mwh(known: Known) -> Quantity | None:
    energy = known.energy_kwh
    if energy is None or not _training(known):
        return None
    return Quantity(energy.value / 1000.0, energy.u / 1000.0, "MWh")


def _days(known: Known) -> float | None:
    seconds = known.whole.duration_s
    return seconds / _DAY_S if seconds is not None and _training(known) else None


def _range(known: Known) -> str | None:
    """The form's own ranges of the training's length."""
    days = known.stated.get("training_days", _days(known))
    if days is None:
        return None
    month = 365.25 / 12.0
    names = ((1, "less than 1 month"), (3, "1 to 3 months"), (6, "3 to 6 months"))
    return next((name for months, name in names if days < months * month), "more than 6 months")


def _methodology(known: Known) -> str | None:
    if _energy_mwh(known) is None:
        return None
    building = f", multiplied by a PUE of {known.pue:g}" if "pue" in known.stated else ""
    return f"{method(known)}{building}"


def _render(filled: Filled) -> str:
    lines = [f"# {SCHEME.title}", "", "| item | content |", "|---|---|"]
    for field in SCHEME.fields:
        if field.name not in ("stage", "pue"):
            shown = filled.values.get(field.name)
            lines.append(f"| {markdown_text(field.asks)} | {_cell(shown)} |")
    if "stage" not in filled.values:
        lines += ["", "Nobody stated that what was measured is the whole training: the energy is that of it."]
    return "\n".join([*lines, ""])


def _cell(value: Any) -> str:
    if value is None:
        return "(not stated)"
    if isinstance(value, Quantity):
        return f"{concise(value)} {value.unit}, which is {_figures(value.value)} {value.unit}"
    return _figures(value) if isinstance(value, (int, float)) else markdown_text(str(value))


def _figures(value: float) -> str:
    """Two significant figures, or more where they are known: the form asks for at least two."""
    return f"{value:.3g}"


SCHEME = Scheme(
    name="gpai",
    title="Model Documentation Form: energy (GPAI Code of Practice, 2025-07-10)",
    source="https://digital-strategy.ec.europa.eu/en/policies/contents-code-gpai",
    render=_render,
    ending=".md",
    fields=(
        Field(
            name="stage",
            asks="'training' where what was measured is the whole training of the model",
            kind=one_of("training", "inference"),
            known=_stage,
        ),
        Field(
            name="training_energy",
            asks="Amount of energy used for training, MWh (measured or estimated)",
            known=_energy_mwh,
        ),
        Field(
            name="energy_methodology",
            asks="Measurement methodology of the energy",
            kind=text,
            known=_methodology,
        ),
        pue(),
        Field(
            name="inference_flop",
            asks="Benchmarked amount of computation used for inference, floating point operations",
            kind=number,
        ),
        Field(
            name="inference_methodology",
            asks="Measurement methodology of inference: the task, such as generating 100000 tokens, and the "
            "hardware",
            kind=text,
        ),
        Field(
            name="training_time", asks="Training time, by range", known=_range,
            kind=one_of("less than 1 month", "1 to 3 months", "3 to 6 months", "more than 6 months"),
        ),
        Field(name="training_days", asks="Training time, wall-clock days", kind=number, known=_days),
        Field(name="hardware_days", asks="Training time, hardware days", kind=number),
        Field(name="training_hardware", asks="Hardware used", kind=text, required=False, known=hardware),
        Field(
            name="training_flop",
            asks="Amount of computation used for training, floating point operations",
            kind=number,
        ),
        Field(
            name="computation_methodology", asks="Measurement methodology of the computation", kind=text
        ),
    ),
)  # fmt: skip
