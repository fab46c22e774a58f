"""Is the accuracy worth the joules? Scores that judge a Measurement; needs no hardware and no torch.

Every score is loaded on first use, numpy with the first array and scipy only to fit a reference.

Example:
    >>> from wattwhat.scoring import sam
    >>> round(sam(0.761, 250, unit="Wh"), 4)
    0.5322
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.scoring import scaling
    from wattwhat.scoring.catalogue import CatalogEntry, catalog, score_class
    from wattwhat.scoring.dominance import pareto
    from wattwhat.scoring.frontier_stability import leave_one_out
    from wattwhat.scoring.frontier import FrontierGrade
    from wattwhat.scoring.reference_grade import ReferenceGrade
    from wattwhat.scoring.phases import choose_phase
    from wattwhat.scoring.population import Member
    from wattwhat.scoring.quotient_scores import AccuracyPerJoule, FullCycle
    from wattwhat.scoring.ranking import Ranking, RankingRow
    from wattwhat.scoring.rank_models import rank
    from wattwhat.scoring.result import Score, ScoreResult
    from wattwhat.scoring.size_aware_scores import SAPI, NetScore
    from wattwhat.scoring.energy_stars import EnergyStars
    from wattwhat.scoring.sam_score import SAM, sam

# No module here is named like a public function: once imported it would take the function's place.
_HOMES = {
    "AccuracyPerJoule": "published",
    "CatalogEntry": "catalogue",
    "EnergyStars": "stars",
    "FrontierGrade": "frontier",
    "FullCycle": "published",
    "Member": "population",
    "NetScore": "sized",
    "Ranking": "ranking",
    "RankingRow": "ranking",
    "ReferenceGrade": "label",
    "SAM": "sustainable",
    "SAPI": "sized",
    "Score": "result",
    "ScoreResult": "result",
    "catalog": "catalogue",
    "choose_phase": "phases",
    "leave_one_out": "fitting",
    "pareto": "dominance",
    "rank": "ranking",
    "sam": "sustainable",
    "score_class": "catalogue",
}

__all__ = [
    "SAM",
    "SAPI",
    "AccuracyPerJoule",
    "CatalogEntry",
    "EnergyStars",
    "FrontierGrade",
    "FullCycle",
    "Member",
    "NetScore",
    "Ranking",
    "RankingRow",
    "ReferenceGrade",
    "Score",
    "ScoreResult",
    "catalog",
    "choose_phase",
    "leave_one_out",
    "pareto",
    "rank",
    "sam",
    "scaling",
    "score_class",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        value = getattr(importlib.import_module(f"wattwhat.scoring.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name == "scaling":
        import importlib

        return importlib.import_module("wattwhat.scoring.scaling")
    raise AttributeError(f"module 'wattwhat.scoring' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
