"""An order of models by a score, and how firm it is against uncertainty, alpha and unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.records.quantity import Quantity

if TYPE_CHECKING:
    from wattwhat.scoring.result import ScoreResult

__all__ = ["ALPHAS", "CELLS", "UNITS", "Ranking", "RankingRow"]

ALPHAS = tuple(range(1, 11))
UNITS = ("kWh", "Wh", "kJ", "mWh", "J", "mJ")
CELLS = 8_000_000  # draws times models that are held at once: 64 MB


@attrs.frozen
class RankingRow:
    """One model in a ranking.

    Args:
        rank: from 1, the best; models of one value share the first of their places.
        result: what the score said.
        accuracy: of the model, or None where it carries none.
        energy: the energy that the score judged.
        dominated: whether another model is at least as accurate for no more energy.
        beats_next: probability that it is truly better than the next one; None for the last, and where an
            uncertainty is not known.
        ranks: ranks that hold 95 % of the draws.
        alpha_ranks: best and worst rank for alpha from 1 to 10; None for a score without alpha.
        unit_ranks: best and worst rank over the units of energy in which the score is defined for all.
        on_front: probability that it is on the Pareto front of these models, from the uncertainties of energy
            and accuracy, what energies of the same sensors have in common cancelled; None where the energy's
            is not known.
    """

    rank: int
    result: ScoreResult
    accuracy: Quantity | None
    energy: Quantity
    dominated: bool
    beats_next: float | None
    ranks: tuple[int, int]
    alpha_ranks: tuple[int, int] | None = None
    unit_ranks: tuple[int, int] | None = None
    on_front: float | None = None

    @property
    def label(self) -> str:
        """Name of the model."""
        return str(self.result.details.get("label", ""))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rank": self.rank,
            "label": self.label,
            "result": self.result.to_dict(),
            "accuracy": None if self.accuracy is None else self.accuracy.to_dict(),
            "energy": self.energy.to_dict(),
            "dominated": self.dominated,
            "on_front": self.on_front,
            "beats_next": self.beats_next,
            "ranks": list(self.ranks),
            "alpha_ranks": None if self.alpha_ranks is None else list(self.alpha_ranks),
            "unit_ranks": None if self.unit_ranks is None else list(self.unit_ranks),
        }


@attrs.frozen
class Ranking:
    """Models in the order of a score; prints as a table that fits the terminal.

    Args:
        name: of the score.
        rows: best first.
        higher_is_better: direction of the score.
        alpha_orders: for SAM: labels in order for each alpha from 1 to 10.
        unit_orders: for SAM: labels in order for each unit in which it is defined for all of them.
        notes: what is doubtful about comparing these measurements.
    """

    name: str
    rows: tuple[RankingRow, ...]
    higher_is_better: bool = True
    alpha_orders: Mapping[int, tuple[str, ...]] = attrs.field(factory=dict)
    unit_orders: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in order, best first."""
        return tuple(row.label for row in self.rows)

    def statements(self) -> tuple[str, ...]:
        """What the firmness comes to, in sentences."""
        from wattwhat.scoring.ranking_text import statements

        return statements(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        from wattwhat.scoring.ranking_text import ranking_dict

        return ranking_dict(self)

    def __str__(self) -> str:
        from wattwhat.scoring.ranking_text import table

        return table(self)
