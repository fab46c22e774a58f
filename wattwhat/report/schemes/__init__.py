"""What reporting schemes ask of a measurement: a file a scheme, found by entry points (``wattwhat.schemes``).

Example:
    >>> from wattwhat import Measurement, Quantity
    >>> run = Measurement(label="net", energy_j=Quantity(7.2e6, 7.2e4, "J"), items=1000)
    >>> filled = fill(scheme("sci"), [run], {"intensity_g_per_kwh": 400, "boundary": "one GPU server"})
    >>> [field.name for field in filled.missing]
    ['functional_unit', 'intensity_source', 'embodied_g']
"""

from __future__ import annotations

from wattwhat.report.schemes.catalogue import scheme, scheme_names
from wattwhat.report.schemes.filling import Filled, fill
from wattwhat.report.schemes.scheme import Field, Known, Scheme

__all__ = ["Field", "Filled", "Known", "Scheme", "fill", "scheme", "scheme_names"]
