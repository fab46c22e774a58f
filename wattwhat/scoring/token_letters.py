"""ComparIA: A to F for the energy of a million output tokens, by fixed edges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.errors import ComparisonError
from wattwhat.scoring.energy_stars import below
from wattwhat.scoring.result import ScoreResult
from wattwhat.scoring.score_inputs import check_measurement, item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["ComparIA"]

_EDGES_WH = (100.0, 300.0, 1000.0, 3000.0, 10000.0)
_LETTERS = "ABCDEF"


@attrs.frozen
class ComparIA:
    """The letter of Compar:IA for Wh of a million output tokens.

    Below 100 Wh A, below 300 B, 1000 C, 3000 D, 10000 E, else F.
    The items of the measurement are its output tokens. Accuracy plays no part.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> run = Measurement(label="llm", energy_j=Quantity(320.9, 3, "J"), items=1000)
        >>> print(ComparIA()(run).details["words"])
        A for 89.1(8) Wh of a million output tokens
    """

    short_name = "comparia"
    formula = "A to F by Wh of 1e6 output tokens: below 100, 300, 1000, 3000, 10000, else F"
    source = "Compar:IA"

    higher_is_better = False

    @property
    def name(self) -> str:
        """``ComparIA[Wh per 1e6 tokens]``."""
        return "ComparIA[Wh per 1e6 tokens]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Give a letter to one measurement whose items are output tokens.

        Raises:
            ScoreError: energy or items are missing.
            ComparisonError: it says that its items are no tokens.
        """
        check_measurement(measurement)
        item = measurement.details.get("item")
        if isinstance(item, str) and "token" not in item.lower():
            raise ComparisonError(
                f"{measurement.label!r}: its items are {item!r}, Compar:IA judges output tokens; "
                "measure with the tokens as items"
            )
        energy = (item_energy_of(measurement) * 1e6).to("Wh")
        letter = _LETTERS[sum(energy.value >= edge * (1.0 - 1e-9) for edge in _EDGES_WH)]
        odds = None
        if math.isfinite(energy.u):
            shares = [0.0, *(below(edge, energy) for edge in _EDGES_WH), 1.0]
            odds = {name: shares[i + 1] - shares[i] for i, name in enumerate(_LETTERS)}
        known = () if item else ("its items are taken to be output tokens: the measurement does not say",)
        details = {
            "label": measurement.label,
            "electricity": energy,
            "words": f"{letter} for {energy} of a million output tokens",
            "notes": known,
        }
        return ScoreResult(self.name, energy, letter, odds, details)
