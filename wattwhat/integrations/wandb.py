"""Joules in Weights & Biases: the numbers of a measurement in the history of a run."""

from __future__ import annotations

from typing import Any

import wandb

from wattwhat.errors import ArgumentError
from wattwhat.integrations.logged import facts, taken

__all__ = ["log"]


def log(measured: Any, run: Any = None, step: int | None = None, *, prefix: str = "energy/") -> None:
    """Log a measurement's numbers; its provenance and warnings go into the run's summary.

    Args:
        measured: a Measurement, or a window that has stopped.
        run: a run; None takes the one that ``wandb.init()`` began last.
        step: step of the history, as ``run.log`` takes it.
        prefix: put before the name of each number.

    Raises:
        ArgumentError: there is no measurement, or no run.
    """
    measurement, used = taken(measured), wandb.run if run is None else run
    if used is None:
        raise ArgumentError("there is none", argument="run", remedy="call wandb.init() first, or give one")
    used.log(measurement.flat(prefix), step=step)
    used.summary.update(facts(measurement, prefix))
