"""Software Carbon Intensity: grams of CO2-equivalent of one functional unit, with all that went in.

Fields and formula are those of the specification, version 1.1 (ISO/IEC 21031:2024): SCI = ((E I) + M) per R,
M = TE x TiR/EL x RR/ToR. What has to be disclosed are the score, the software boundary and the method.
"""

from __future__ import annotations

from typing import Any

from wattwhat.records.escaping import json_text
from wattwhat.records.quantity import Quantity
from wattwhat.report.schemes.common import intensity, intensity_source, method, pue
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, figure, number, share, text

__all__ = ["SCHEME"]

_YEAR_S = 365.0 * 24.0 * 3600.0  # as in the specification's own example


def _units(known: Known) -> float | None:
    units: float | None = known.stated.get("units", known.whole.items)
    return units


def _operational_g(known: Known) -> Quantity | None:
    """O = E x I in g; the uncertainties of both are independent."""
    from wattwhat.analysis.carbon import carbon

    figure_ = known.intensity_of(known.whole)
    if figure_ is None or not known.whole.energy_j.known:
        return None
    return carbon(known.whole, figure_, pue=known.pue).amount


def _embodied_g(known: Known) -> Quantity | None:
    """M in g: as stated, or the hardware's own emissions by the shares of its time and of its resources."""
    stated = known.stated
    if "embodied_g" in stated:
        return stated["embodied_g"]  # type: ignore[no-any-return]
    names = ("embodied_total_kg", "lifetime_years", "reserved_share")
    if not all(stated.get(name) for name in names) or known.whole.duration_s is None:
        return None
    total, years, reserved = (stated[name] for name in names)
    scale = 1000.0 * known.whole.duration_s / (years * _YEAR_S) * reserved
    return Quantity(total.value * scale, total.u * scale, "g")


def _score(known: Known) -> Quantity | None:
    """SCI = (O + M) per R, in g a functional unit; O and M are independent."""
    parts, units = (_operational_g(known), _embodied_g(known)), _units(known)
    if any(part is None for part in parts) or not units:
        return None
    operational, embodied = parts
    assert operational is not None
    assert embodied is not None
    whole = Quantity(operational.value + embodied.value, (operational.u**2 + embodied.u**2) ** 0.5, "g")
    return whole / float(units)


def _quantified(known: Known) -> str:
    way = "measurement" if known.whole.provenance in ("measured", "imported") else "calculation"
    return f"{way}; {method(known)}"


def _render(filled: Filled) -> str:
    return json_text({"scheme": SCHEME.title, **{k: _plain(v) for k, v in filled.values.items()}}, indent=2)


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Quantity) else value


SCHEME = Scheme(
    name="sci",
    title="Software Carbon Intensity 1.1 (ISO/IEC 21031:2024)",
    source="https://github.com/Green-Software-Foundation/sci",
    render=_render,
    fields=(
        Field(
            name="score",
            asks="SCI, g of CO2-equivalent a functional unit: follows from E, I, M and R",
            required=False,
            known=_score,
        ),
        Field(name="boundary", asks="software boundary: which components are included", kind=text),
        Field(name="functional_unit", asks="R: what one unit is, such as 'one image'", kind=text),
        Field(name="units", asks="how many functional units the span held", kind=number, known=_units),
        Field(
            name="energy", asks="E: energy of the span with the building's share, kWh; it is not known",
            known=lambda known: known.energy_kwh,
        ),
        pue(),
        intensity(),
        intensity_source(),
        Field(name="operational", asks="O = E x I, g", required=False, known=_operational_g),
        Field(
            name="embodied_g",
            asks="M: emissions of making the hardware that fall to the span, g; or embodied_total_kg, "
            "lifetime_years and reserved_share",
            kind=figure("g"),
            known=_embodied_g,
        ),
        Field(
            name="embodied_total_kg", asks="TE: emissions of making the hardware, kg", required=False,
            kind=figure("kg"),
        ),
        Field(name="lifetime_years", asks="EL: expected life of it, years", required=False, kind=number),
        Field(name="reserved_share", asks="RR/ToR: share of it reserved, 0 to 1", required=False, kind=share),
        Field(name="method", asks="how the energy was quantified", kind=text, known=_quantified),
    ),
)  # fmt: skip
