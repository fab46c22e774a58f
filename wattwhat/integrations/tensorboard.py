"""Joules in TensorBoard: the numbers of a measurement as scalars of a SummaryWriter."""

from __future__ import annotations

from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.integrations.logged import facts, taken
from wattwhat.records.escaping import markdown_text

__all__ = ["log"]


def log(measured: Any, writer: Any, step: int | None = None, *, prefix: str = "energy/") -> None:
    """Write a measurement's numbers as scalars, and its provenance and warnings as texts.

    Args:
        measured: a Measurement, or a window that has stopped.
        writer: a SummaryWriter, torch's or tensorboardX's.
        step: global step of the scalars.
        prefix: put before the name of each.

    Raises:
        ArgumentError: there is no measurement, or this is no writer.

    Example:
        >>> class Writer:
        ...     def add_scalar(self, name, value, step): print(name, value, step)
        ...     def add_text(self, name, text, step): print(name, text, step)
        >>> from wattwhat import Measurement, Quantity
        >>> log(Measurement(label="a", energy_j=Quantity(8.0, 0.5, "J")), Writer(), 3, prefix="")
        energy_j 8.0 3
        energy_u_j 0.5 3
        energy_kwh 2.222...e-06 3
        provenance measured 3
    """
    if not hasattr(writer, "add_scalar"):
        raise ArgumentError(argument="writer", expected="a SummaryWriter", got=writer)
    measurement = taken(measured)
    for name, value in measurement.flat(prefix).items():
        writer.add_scalar(name, value, step)
    for name, text in facts(measurement, prefix).items():
        writer.add_text(name, markdown_text(text), step)
