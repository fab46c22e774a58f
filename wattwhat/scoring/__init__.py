"""Is the accuracy worth the joules? Scores that judge a Measurement; needs no hardware and no torch.

Every score is loaded on first use, numpy with the first array and scipy only to fit a reference.

Example:
    >>> from wattwhat.scoring import sam
    >>> round(sam(0.761, 250, unit="Wh"), 4)
    0.5322
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattwhat.scoring.result import Score, ScoreResult

if TYPE_CHECKING:
    from wattwhat.scoring.phases import choose_phase
    from wattwhat.scoring.sustainable import SAM, sam

# No module here is named like a public function: importing such a module would put it in the function's place.
_HOMES = {
    "FrontierGrade": "frontier",
    "Member": "population",
    "SAM": "sustainable",
    "choose_phase": "phases",
    "leave_one_out": "fitting",
    "sam": "sustainable",
}

__all__ = ["SAM", "Score", "ScoreResult", "choose_phase", "sam"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        value = getattr(importlib.import_module(f"wattwhat.scoring.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wattwhat.scoring' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
