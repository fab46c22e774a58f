"""What is handed to a cell's process, and what comes back: plain data both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from wattwhat.study.cell import Cell

__all__ = ["Job", "Outcome"]


@attrs.frozen
class Job:
    """A cell and all that its process must know.

    Args:
        key: the name of its row.
        cell: what to measure.
        measure: how, as `wattwhat.study.plan.MeasureSettings` by name.
        folder: the plan's folder, where modules and files are looked for.
        metrics: what is known of the model, for instance from a table of accuracies.
        details: where that is from.

    Example:
        >>> job = Job("k", Cell("m:f"), {"max_seconds": 1.0}, ".")
        >>> Job.from_dict(job.to_dict()) == job
        True
    """

    key: str
    cell: Cell
    measure: Mapping[str, Any]
    folder: str
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    details: Mapping[str, Any] = attrs.field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON or a pickle."""
        return {
            "key": self.key,
            "cell": self.cell.settings(),
            "measure": dict(self.measure),
            "folder": self.folder,
            "metrics": dict(self.metrics),
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        """The job of such data."""
        return cls(**{**data, "cell": Cell(**data["cell"])})


@attrs.frozen
class Outcome:
    """What came of a cell.

    Args:
        key: the name of its row.
        cell: its settings by name.
        measurement: the Measurement as plain data, or None.
        reason: why there is none, as one sentence.
        kind: ``"measured"``, or what was the matter: ``"not possible"``, ``"error"``, ``"crash"``,
            ``"limit"``, ``"memory"``; ``"interrupted"`` is no result at all.
        seconds: what it took from start to end in s.
    """

    key: str
    cell: Mapping[str, Any]
    measurement: Mapping[str, Any] | None = None
    reason: str = ""
    kind: str = "measured"
    seconds: float = 0.0

    @property
    def final(self) -> bool:
        """Whether it is worth a row: a cell that was interrupted has to be run again."""
        return self.kind != "interrupted"
