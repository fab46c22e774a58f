"""STREP's tables of models, whose energies are called power_draw: Ws a sample, kWh a training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import is_missing
from wattwhat.logs.parsing.named_rows import NamedRow

__all__ = ["is_strep", "strep_energy"]

_NAMES = frozenset(("configuration", "task", "model", "running_time", "power_draw"))
# The later ones are exports of MLflow: codecarbon's energy in Ws and its time in s, both of one sample.
_RUNS = frozenset(("metrics.power_draw", "metrics.power_draw_total"))


def is_strep(header: Iterable[str]) -> bool:
    """Whether these are the columns of that table.

    Example:
        >>> is_strep(["configuration", "task", "model", "running_time", "power_draw", "top-1_val"])
        True
    """
    names = set(header)
    return names >= _NAMES or ("metrics.running_time" in names and bool(names & _RUNS))


def strep_energy(totals: Totals, row: NamedRow, sensor: Sensor) -> dict[str, Any]:
    """Add a row's energy; what the Measurement says besides.

    Units as in the code that wrote the table (mlee/ratings.py of the same author): Ws and ms a sample of
    50,000; kWh and h of a training, which is its measured epochs times a published number of epochs. The
    device is the architecture, or else what the environment names before its software.
    """
    device = short_text(row.get("architecture")) or short_text(row.get("environment").split(" - ")[0])
    if _RUNS & row.cells.keys():
        return _run(totals, row, sensor)
    if not is_missing(row.get("power_draw")) or row.get("task") != "train":
        totals.add("GPUs or CPU", "board", row.get("power_draw"), "J", sensor, column="power_draw")
        seconds = totals.seconds(row.get("running_time"), 1e-3, "running_time")
        return {
            "items": 1,
            "item": "sample",
            "duration_s": seconds,
            "phase": row.get("task")[:40],
            "device": device,
        }
    totals.add("GPUs or CPU", "board", row.get("train_power_draw"), "kWh", sensor, column="train_power_draw")
    totals.warn("the training's energy is that of a few measured epochs times a published number of epochs")
    seconds = totals.seconds(row.get("train_running_time"), 3600.0, "train_running_time")
    return {"duration_s": seconds, "phase": "train", "device": device}


def _run(totals: Totals, row: NamedRow, sensor: Sensor) -> dict[str, Any]:
    """A run of MLflow: the energy of one sample where it is there, else that of all n_samples."""
    column = "metrics.power_draw"
    seconds = totals.seconds(row.get("metrics.running_time"), column="metrics.running_time")
    fields: dict[str, Any] = {"items": 1, "item": "sample", "duration_s": seconds}
    if is_missing(row.get(column)) and not is_missing(row.get(f"{column}_total")):
        column = f"{column}_total"
        items = totals.count(row.get("params.n_samples"), "params.n_samples")
        fields = {"items": items, "duration_s": seconds * items if seconds and items else None}
    totals.add("the machine", "host", row.get(column), "J", sensor, column=column)
    device = short_text(row.get("params.architecture"))
    return {**fields, "device": device} if device else fields
