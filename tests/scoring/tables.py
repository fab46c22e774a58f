"""Published tables beside the checkout; tests that need them skip, saying so, where they are absent."""

import csv
import os
from functools import lru_cache
from pathlib import Path

import pytest

from wattwhat import Measurement, Quantity

GAIN = 0.05 / 3**0.5  # a sensor's limit of 5 %, taken as a rectangular half-width
TEST_ITEMS = 50_000


def shared_table(name):
    """Path of a shared table, or a skip that says where it was looked for."""
    root = Path(os.environ.get("WATTWHAT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    path = root / "tables" / name
    if not path.is_file():
        pytest.skip(f"{name} is not there (looked in {path.parent}; WATTWHAT_SHARED names another place)")
    return path


@lru_cache
def _strep(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["task"] == "infer"]


def strep_rows(environment=None):
    """Inference rows of the table, of one environment or of all."""
    rows = _strep(shared_table("strep_imagenet_classification.csv"))
    return [row for row in rows if environment in (None, row["environment"])]


def strep_measurements(environment):
    """One environment of the table as measurements."""
    return [
        measured(row["model"], float(row["top-1_val"]), float(row["power_draw"]))
        for row in strep_rows(environment)
    ]


def measured(label, accuracy=None, joules=1.0, *, u=GAIN, items=1000, n_test=TEST_ITEMS, **options):
    """A measurement of `items` items that took so many joules each, with a relative u."""
    metrics = {} if accuracy is None else {"accuracy": accuracy, **({"n_test": n_test} if n_test else {})}
    total = joules * (items or 1)
    return Measurement(
        label=label, energy_j=Quantity(total, u * total, "J"), items=items, metrics=metrics, **options
    )
