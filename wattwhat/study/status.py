"""How far a study is: cells by their state, joules so far, and the time that is left."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wattwhat.records.quantity import Quantity
from wattwhat.study.duration import cell_seconds
from wattwhat.study.folder import Study
from wattwhat.study.journal import key_of

__all__ = ["Status", "status_of"]


@attrs.frozen
class Status:
    """How far a study is.

    Args:
        total: cells.
        measured: cells with a Measurement.
        failed: cells with a reason instead, as rows.
        energy_j: energy of all measured spans in J; its uncertainty takes errors as shared by all of them.
        measured_s: length of all measured spans in s.
        left_s: least and most seconds that the other cells may take: by the pace of those that are measured,
            where there are three, else as the plan allows.
    """

    total: int
    measured: int
    failed: tuple[Mapping[str, Any], ...]
    energy_j: Quantity
    measured_s: float
    left_s: tuple[float, float]

    @property
    def left(self) -> int:
        """Cells without a row."""
        return self.total - self.measured - len(self.failed)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "total": self.total,
            "measured": self.measured,
            "failed": len(self.failed),
            "left": self.left,
            "energy_j": self.energy_j.to_dict(),
            "measured_s": self.measured_s,
            "left_s": list(self.left_s),
            "failures": [dict(row) for row in self.failed],
        }


def status_of(study: Study) -> Status:
    """The state of a study from its journal.

    Args:
        study: an open study.

    Raises:
        LogError: a line of its journal is no row.
    """
    measured, energies, uncertainties, spans, paces = 0, [], [], [], []
    for row in study.journal.results():
        if key_of(row) not in study.cells:
            continue  # of a plan that has changed since
        measured += 1
        energy = row["energy_j"]
        if energy.get("value") is not None:
            energies.append(float(energy["value"]))
            uncertainties.append(math.inf if energy.get("u") is None else float(energy["u"]))
        spans.append(float(row.get("duration_s") or 0.0))
        if "cell_seconds" in row["details"]:
            paces.append(float(row["details"]["cell_seconds"]))
    failed = tuple(row for key, row in study.journal.failures().items() if key in study.cells)
    left = len(study.cells) - measured - len(failed)
    return Status(
        total=len(study.cells),
        measured=measured,
        failed=failed,
        energy_j=Quantity(math.fsum(energies), math.fsum(uncertainties), "J"),
        measured_s=math.fsum(spans),
        left_s=_left_s(study, left, paces),
    )


def _left_s(study: Study, left: int, paces: Sequence[float]) -> tuple[float, float]:
    """Seconds for the cells that are left, two standard deviations either way."""
    if len(paces) < 3:
        least, most = cell_seconds(study.plan.measure)
        return least * left, most * left
    mean = math.fsum(paces) / len(paces)
    variance = math.fsum((pace - mean) ** 2 for pace in paces) / (len(paces) - 1)
    half = 2.0 * math.sqrt(variance * (left + left**2 / len(paces)))
    return max(mean * left - half, 0.0), mean * left + half
