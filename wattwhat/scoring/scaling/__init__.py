"""What accuracy costs in a population, and what a whole training will cost from its first epochs.

Example:
    >>> from wattwhat.scoring import scaling
    >>> fit = scaling.fit_relation([0.6, 0.7, 0.75, 0.8, 0.85], [1.0, 2.1, 2.8, 4.1, 5.5])
    >>> print(fit.price(0.8))
    at 80 % accuracy, one more point costs x1.07 energy, 95 % 1.06-1.08
"""

from __future__ import annotations

from wattwhat.scoring.pareto_front import pareto
from wattwhat.scoring.scaling.growth import Forecast, LinearGrowth, extrapolate_epochs, fit_growth
from wattwhat.scoring.scaling.points import points_of
from wattwhat.scoring.scaling.relation import (
    CONSTANT,
    RELATIONS,
    Price,
    RelationFit,
    compare_relations,
    fit_relation,
)

__all__ = [
    "CONSTANT",
    "RELATIONS",
    "Forecast",
    "LinearGrowth",
    "Price",
    "RelationFit",
    "compare_relations",
    "extrapolate_epochs",
    "fit_growth",
    "fit_relation",
    "pareto",
    "points_of",
]
