"""STREP's tables of models, whose energies are called power_draw: Ws a sample, kWh a training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, said
from wattwhat.logs.parsing.cells import is_missing
from wattwhat.logs.parsing.named_rows import NamedRow

__all__ = ["is_strep", "strep_energy"]

_NAMES = frozenset(("configuration", "task", "model", "running_time", "power_draw"))
# The later ones are exports of MLflow: codecarbon's energy in Ws and its time in s, both of one sample.
_RUNS = frozenset(("metrics.power_draw", "metrics.running_time"))


def is_strep(header: Iterable[str]) -> bool:
    """Whether these are the columns of that table.

    Example:
        >>> is_strep(["configuration", "task", "model", "running_time", "power_draw", "top-1_val"])
        True
    """
    return set(header) >= _NAMES or set(header) >= _RUNS


def strep_energy(totals: Totals, row: NamedRow, sensor: Sensor) -> dict[str, Any]:
    """Add a row's energy; what the Measurement says besides.

    Units as in the code that wrote the table (mlee/ratings.py of the same author): Ws and ms a sample of
    50,000; kWh and h of a training, which is its measured epochs times a published number of epochs. The
    device is the architecture, or else what the environment names before its software.
    """
    device = said(row.get("architecture")) or said(row.get("environment").split(" - ")[0])
    if "metrics.power_draw" in row.cells:
        column = "metrics.power_draw"
        totals.add("the machine", "host", row.get(column), "J", sensor, column=column)
        seconds = totals.seconds(row.get("metrics.running_time"), column="metrics.running_time")
        return {"items": 1, "item": "sample", "duration_s": seconds}
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
