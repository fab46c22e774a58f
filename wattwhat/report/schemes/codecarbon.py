"""CodeCarbon's emissions.csv (3.3), one row a measurement: what its own tools and ours read.

Energies are in kWh, emissions in kg, powers in W, the time stamp is that of the end. CodeCarbon multiplies
energies and powers by the PUE, and so do these.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta, timezone
from typing import Any

from wattwhat.records.escaping import csv_text
from wattwhat.records.measurement import Measurement
from wattwhat.report.schemes.common import intensity, pue
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, text

__all__ = ["COLUMNS", "SCHEME"]

# In CodeCarbon's own order: what it would append to a file has to have the same names.
COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate",
    "cpu_power", "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed",
    "water_consumed", "country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os",
    "python_version", "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude",
    "latitude", "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip
_PARTS = {"cpu": "cpu", "core": "cpu", "gpu": "gpu", "board": "gpu", "dram": "ram", "memory": "ram"}
_STATED = {
    "project_name": "name of the project; else each measurement's label",
    "experiment_id": "name of the experiment",
    "country_name": "country",
    "country_iso_code": "its code of three letters",
    "region": "region of it",
    "cloud_provider": "provider of the cloud",
    "cloud_region": "region of the cloud",
}


def _rows(known: Known) -> list[list[Any]] | None:
    rows = [_row(known, one) for one in known.measurements if one.energy_j.known]
    return [[row.get(name) for name in COLUMNS] for row in rows] or None


def _row(known: Known, one: Measurement) -> dict[str, Any]:
    row: dict[str, Any] = {name: known.stated.get(name) for name in _STATED}
    energies = _energies(known, one)
    whole_kwh = one.energy_kwh.value * known.pue
    row |= {f"{part}_energy": energy for part, energy in energies.items()}
    row |= {"energy_consumed": whole_kwh, "duration": one.duration_s, "pue": known.stated.get("pue")}
    if one.duration_s:
        row |= {f"{part}_power": kwh * 3.6e6 / one.duration_s for part, kwh in energies.items()}
    if (grid := known.intensity_of(one)) is not None:
        row["emissions"] = whole_kwh * grid.value / 1000.0
        row["emissions_rate"] = row["emissions"] / one.duration_s if one.duration_s else None
    return {**row, **_about(one), **{name: row[name] for name in _STATED if row[name] is not None}}


def _energies(known: Known, one: Measurement) -> dict[str, float]:
    energies: dict[str, float] = {}
    for entry in one.channels:
        part = _PARTS.get(entry.channel.component)
        if part and entry.counted and entry.energy_j is not None and entry.energy_j.known:
            energies[part] = energies.get(part, 0.0) + entry.energy_j.value / 3.6e6 * known.pue
    return energies


def _about(one: Measurement) -> dict[str, Any]:
    around = one.environment
    gpus = [e.channel.device for e in one.channels if e.counted and _PARTS.get(e.channel.component) == "gpu"]
    return {
        "timestamp": _end(one),
        "project_name": one.label,
        "run_id": hashlib.sha256(one.to_json().encode()).hexdigest()[:32],
        "os": around.get("os"),
        "python_version": around.get("python"),
        "cpu_count": around.get("cpu_count"),
        "cpu_model": around.get("cpu"),
        "gpu_count": len(gpus) or None,
        "gpu_model": " + ".join(dict.fromkeys(gpus)) or None,
        "tracking_mode": "process" if one.provenance == "estimated" else "machine",
    }


def _end(one: Measurement) -> str | None:
    if one.started_at is None:
        return None
    try:
        end = one.started_at.astimezone(timezone.utc) + timedelta(seconds=one.duration_s or 0.0)
    except OverflowError:  # a length that no calendar holds
        return None
    return end.strftime("%Y-%m-%dT%H:%M:%S")


def _render(filled: Filled) -> str:
    return csv_text([list(COLUMNS), *filled.values.get("rows", [])])


SCHEME = Scheme(
    name="codecarbon",
    title="CodeCarbon emissions.csv 3.3",
    source="https://mlco2.github.io/codecarbon/output.html",
    render=_render,
    ending=".csv",
    fields=(
        Field(name="rows", asks="energy of at least one measurement: it is not known", known=_rows),
        intensity(),
        pue(),
        *(
            Field(name=name, asks=asks, kind=text, required=name.startswith("country"))
            for name, asks in _STATED.items()
        ),
    ),
)
