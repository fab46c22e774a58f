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
    from wattwhat.scoring.carbon_scores import SCI, Carburacy
    from wattwhat.scoring.catalogue import CatalogEntry, catalog, make_score, options_of, score_class
    from wattwhat.scoring.energy_stars import EnergyStars
    from wattwhat.scoring.frontier import FrontierGrade
    from wattwhat.scoring.frontier_fit import leave_one_out
    from wattwhat.scoring.order_agreement import RankCorrelation, rank_correlation
    from wattwhat.scoring.pareto_front import epsilon_front, pareto
    from wattwhat.scoring.phases import choose_phase
    from wattwhat.scoring.population import Member
    from wattwhat.scoring.quotient_scores import AccuracyPerJoule, FullCycle
    from wattwhat.scoring.rank_models import rank
    from wattwhat.scoring.ranking import Ranking, RankingRow
    from wattwhat.scoring.rate_scores import EnergyDelay, IntelligencePerWatt
    from wattwhat.scoring.reference_grade import ReferenceGrade
    from wattwhat.scoring.resource_scores import Frugality, PePR
    from wattwhat.scoring.result import Score, ScoreOption, ScoreResult
    from wattwhat.scoring.sam_score import SAM, sam
    from wattwhat.scoring.size_aware_scores import SAPI, NetScore
    from wattwhat.scoring.token_letters import ComparIA

# No module here is named like a public function: once imported it would take the function's place.
_HOMES = {
    "AccuracyPerJoule": "quotient_scores",
    "Carburacy": "carbon_scores",
    "CatalogEntry": "catalogue",
    "ComparIA": "token_letters",
    "EnergyDelay": "rate_scores",
    "EnergyStars": "energy_stars",
    "FrontierGrade": "frontier",
    "Frugality": "resource_scores",
    "FullCycle": "quotient_scores",
    "IntelligencePerWatt": "rate_scores",
    "Member": "population",
    "NetScore": "size_aware_scores",
    "PePR": "resource_scores",
    "RankCorrelation": "order_agreement",
    "Ranking": "ranking",
    "RankingRow": "ranking",
    "ReferenceGrade": "reference_grade",
    "SAM": "sam_score",
    "SAPI": "size_aware_scores",
    "SCI": "carbon_scores",
    "Score": "result",
    "ScoreOption": "result",
    "ScoreResult": "result",
    "catalog": "catalogue",
    "choose_phase": "phases",
    "epsilon_front": "pareto_front",
    "leave_one_out": "frontier_fit",
    "make_score": "catalogue",
    "options_of": "catalogue",
    "pareto": "pareto_front",
    "rank": "rank_models",
    "rank_correlation": "order_agreement",
    "sam": "sam_score",
    "score_class": "catalogue",
}

__all__ = [
    "SAM",
    "SAPI",
    "SCI",
    "AccuracyPerJoule",
    "Carburacy",
    "CatalogEntry",
    "ComparIA",
    "EnergyDelay",
    "EnergyStars",
    "FrontierGrade",
    "Frugality",
    "FullCycle",
    "IntelligencePerWatt",
    "Member",
    "NetScore",
    "PePR",
    "RankCorrelation",
    "Ranking",
    "RankingRow",
    "ReferenceGrade",
    "Score",
    "ScoreOption",
    "ScoreResult",
    "catalog",
    "choose_phase",
    "epsilon_front",
    "leave_one_out",
    "make_score",
    "options_of",
    "pareto",
    "rank",
    "rank_correlation",
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
