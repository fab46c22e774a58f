"""Fields and words that several schemes share: carbon intensity, PUE, how an energy was obtained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wattwhat._version import __version__
from wattwhat.records.quantity import Quantity
from wattwhat.report.schemes.scheme import Field, Known, figure, number, text

__all__ = [
    "covered",
    "hardware",
    "intensity",
    "intensity_source",
    "method",
    "nested",
    "phase_of",
    "pue",
    "rounded",
]


def _pue(value: Any) -> float:
    if (pue := number(value)) < 1:
        raise ValueError("a number of at least 1")
    return pue


def intensity(*, required: bool = True) -> Field:
    """Carbon intensity of the electricity; asked of a source for the time of the measurement."""
    return Field(
        name="intensity_g_per_kwh",
        asks="carbon intensity of the electricity that was used, g/kWh",
        required=required,
        kind=figure("g/kWh"),
    )


def intensity_source(*, required: bool = True) -> Field:
    """Where the intensity comes from."""
    return Field(
        name="intensity_source",
        asks="where the carbon intensity comes from, in words",
        required=required,
        kind=text,
    )


def pue() -> Field:
    """Power usage effectiveness of the building."""
    return Field(
        name="pue", asks="power usage effectiveness of the building, at least 1", required=False, kind=_pue
    )


def method(known: Known) -> str:
    """How the energy was obtained, what it covers and how sure it is, in one sentence."""
    whole = known.whole
    low, high = whole.energy_kwh.interval()
    sure = f"; 95 % interval {low:.4g} to {high:.4g} kWh" if whole.energy_j.known else ""
    return (
        f"wattwhat {__version__}: {whole.provenance}, of {covered(known) or 'parts that are not named'}{sure}"
    )


def covered(known: Known) -> str | None:
    """Components and devices whose energy was counted."""
    counted = {
        f"{entry.channel.component} ({entry.channel.device}, {entry.provenance})"
        for entry in known.whole.channels
        if entry.counted
    }
    return ", ".join(sorted(counted)) or None


def hardware(known: Known) -> str | None:
    """Names of the devices that were counted, or that the host has."""
    channels = [entry.channel for one in known.measurements for entry in one.channels if entry.counted]
    devices = {channel.device for channel in channels} or {
        str(device) for one in known.measurements for device in one.environment.get("devices", ())
    }
    return ", ".join(sorted(devices)) or None


def phase_of(known: Known, names: Collection[str]) -> str | None:
    """The phase that all measurements say they are of (``details["phase"]``), if it is one of these."""
    phases = {one.details.get("phase") for one in known.measurements}
    phase = phases.pop() if len(phases) == 1 else None
    return phase if isinstance(phase, str) and phase in names else None


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Names with dots as mappings in mappings.

    Example:
        >>> nested({"task.stage": "training", "quality": "high"})
        {'task': {'stage': 'training'}, 'quality': 'high'}
    """
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *folders, last = name.split(".")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return tree


def rounded(quantity: Quantity, figures: int = 6) -> float:
    """A value with as many digits as can matter beside its uncertainty.

    Example:
        >>> rounded(Quantity(2 / 3, 0.1, "kWh"))
        0.666667
    """
    return float(f"{quantity.value:.{figures}g}")
