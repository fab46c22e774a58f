"""Is the accuracy worth the joules? Scores that judge a Measurement; needs no hardware and no torch.

Every score is loaded on first use, numpy with the first array and scipy only to fit a reference.

Example:
    >>> from wattwhat.scoring import sam
    >>> round(sam(0.761, 250, unit="Wh"), 4)
    0.5322
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

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
    "AccuracyPerJoule": "wattwhat.scoring.quotient_scores",
    "Carburacy": "wattwhat.scoring.carbon_scores",
    "CatalogEntry": "wattwhat.scoring.catalogue",
    "ComparIA": "wattwhat.scoring.token_letters",
    "EnergyDelay": "wattwhat.scoring.rate_scores",
    "EnergyStars": "wattwhat.scoring.energy_stars",
    "FrontierGrade": "wattwhat.scoring.frontier",
    "Frugality": "wattwhat.scoring.resource_scores",
    "FullCycle": "wattwhat.scoring.quotient_scores",
    "IntelligencePerWatt": "wattwhat.scoring.rate_scores",
    "Member": "wattwhat.scoring.population",
    "NetScore": "wattwhat.scoring.size_aware_scores",
    "PePR": "wattwhat.scoring.resource_scores",
    "RankCorrelation": "wattwhat.scoring.order_agreement",
    "Ranking": "wattwhat.scoring.ranking",
    "RankingRow": "wattwhat.scoring.ranking",
    "ReferenceGrade": "wattwhat.scoring.reference_grade",
    "SAM": "wattwhat.scoring.sam_score",
    "SAPI": "wattwhat.scoring.size_aware_scores",
    "SCI": "wattwhat.scoring.carbon_scores",
    "Score": "wattwhat.scoring.result",
    "ScoreOption": "wattwhat.scoring.result",
    "ScoreResult": "wattwhat.scoring.result",
    "catalog": "wattwhat.scoring.catalogue",
    "choose_phase": "wattwhat.scoring.phases",
    "epsilon_front": "wattwhat.scoring.pareto_front",
    "leave_one_out": "wattwhat.scoring.frontier_fit",
    "make_score": "wattwhat.scoring.catalogue",
    "options_of": "wattwhat.scoring.catalogue",
    "pareto": "wattwhat.scoring.pareto_front",
    "rank": "wattwhat.scoring.rank_models",
    "rank_correlation": "wattwhat.scoring.order_agreement",
    "sam": "wattwhat.scoring.sam_score",
    "scaling": "wattwhat.scoring.scaling",
    "score_class": "wattwhat.scoring.catalogue",
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

__getattr__, __dir__ = lazy(__name__, _HOMES)
