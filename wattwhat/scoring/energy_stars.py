"""EnergyStars: one to five stars for energy alone, the rule of the AI Energy Score in both its readings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.population import check_like, common_traits
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import item_energy_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["MODES", "EnergyStars", "below"]

MODES = ("equal width", "quintile")
_PER = 1000.0


def _four_rising(instance: object, attribute: Any, value: Sequence[float]) -> None:
    if len(value) != 4 or any(not b >= a > 0 for a, b in pairwise(value)):
        raise ArgumentError(
            argument="edges", expected="four rising numbers above 0 (Wh per 1000 items)", got=value
        )


def _tuple(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(values)


@attrs.frozen
class EnergyStars:
    """Stars for the energy of 1,000 items among the models of a task; accuracy plays no part.

    The rule as published (huggingface/AIEnergyScore, index.md at a5b9a04) can be read in two ways, so both
    are here by name. "Dividing the GPU energy range for a specific task into five equal sections (20%
    intervals)" is ``equal width``: between the lowest and the highest energy. "The highest 20% of models
    by GPU energy get 1 star" is ``quintile``: a fifth of the models each. The stars are relative to the
    population, which the project renews with every release: without its date they mean nothing.

    Args:
        edges: upper ends of 5, 4, 3 and 2 stars, in Wh per 1,000 items.
        mode: the reading that the edges come from.
        reference: name of the population, with its date.
        range_wh: lowest and highest energy of the population, in Wh per 1,000 items.
        traits: scope, device, phase, item and origin of the population.

    Example:
        >>> from wattwhat import Measurement
        >>> models = [Measurement(label=str(wh), energy_j=Quantity(3.6 * wh, 0, "J"), items=1)
        ...           for wh in (1, 2, 3, 4, 11)]
        >>> stars = EnergyStars.fit(models, mode="equal width")
        >>> [stars(model).grade for model in models]
        ['5', '5', '5', '4', '1']
        >>> stars = EnergyStars.fit(models, mode="quintile")
        >>> [stars(model).grade for model in models]
        ['5', '4', '3', '2', '1']
    """

    short_name = "stars"
    formula = "5 to 1 stars by energy of 1000 items among a population: equal widths, or fifths of the models"
    source = (
        "AI Energy Score (huggingface/AIEnergyScore, index.md at a5b9a04), whose rule can be read both ways; "
        "equal widths give the stars of all its official rows and are the default"
    )
    options = (ScoreOption("mode", '"equal width" (default) or quintile', "MODE"),)

    edges: tuple[float, ...] = attrs.field(converter=_tuple, validator=_four_rising)
    mode: str
    reference: str = "unnamed"
    range_wh: tuple[float, float] = (0.0, math.inf)
    traits: Any = attrs.field(factory=dict)

    @classmethod
    def fit(
        cls,
        measurements: Iterable[Measurement],
        *,
        mode: str = "equal width",
        reference: str = "unnamed",
        force: bool = False,
    ) -> EnergyStars:
        """Take the edges from a population of models measured alike.

        Args:
            measurements: one a model, with energy and items.
            mode: ``"equal width"``, which gives the stars of 166 of 166 official rows, or ``"quintile"``.
            reference: name of the population; say its date.
            force: let measurements through that are unlike.

        Raises:
            ArgumentError: mode is neither.
            ScoreError: there are fewer than two different energies, or one lacks items.
            ComparisonError: they are unlike.
        """
        if mode not in MODES:
            raise ArgumentError(argument="mode", expected=f"one of {', '.join(MODES)}", got=mode)
        population = list(measurements)
        traits, _ = common_traits(population, {}, force)
        energies = sorted(_wh(measurement).value for measurement in population)
        if len(energies) < 2 or not 0 < energies[0] < energies[-1]:
            raise ScoreError("stars need a population of at least two models of different energy above 0")
        low, high = energies[0], energies[-1]
        if mode == "equal width":
            edges = [low + (high - low) * k / 5.0 for k in range(1, 5)]
        else:
            edges = [_quantile(energies, k / 5.0) for k in range(1, 5)]
        return cls(edges, mode, reference, (low, high), traits)

    @classmethod
    def build(cls, given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool) -> EnergyStars:
        """Fitted with these measurements, those that can take part."""
        counted = [m for m in measurements if m.items and m.energy_j.known] or list(measurements)
        return cls.fit(counted, reference="these logs", force=force, **given)

    @property
    def name(self) -> str:
        """For instance ``energy stars[quintile, text-generation-2026-02]``."""
        return f"energy stars[{self.mode}, {self.reference}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Give stars to one measurement; its value is Wh per 1,000 items.

        Raises:
            ScoreError: energy or items are missing.
            ComparisonError: it is unlike the population.
        """
        notes = check_like(measurement, self.traits, self.reference)
        energy = _wh(measurement)
        stars = self._stars(energy.value)
        low, high = self.range_wh
        if not low <= energy.value <= high:
            notes += (f"outside the population's range of {low:.3g} to {high:.3g} Wh per 1000 items",)
        details = {
            "label": measurement.label,
            "electricity": energy,
            "words": f"{stars} of 5 stars for {energy} per 1000 items ({self.mode})",
            "reference": self.reference,
            "notes": notes,
        }
        return ScoreResult(self.name, energy, str(stars), self._odds(energy), details)

    higher_is_better = False

    def _stars(self, wh: float) -> int:
        return 5 - sum(wh > edge for edge in self.edges)

    def _odds(self, energy: Quantity) -> dict[str, float] | None:
        if not math.isfinite(energy.u):
            return None
        shares = [0.0, *(below(edge, energy) for edge in self.edges), 1.0]
        return {str(5 - k): shares[k + 1] - shares[k] for k in range(5)}


def _wh(measurement: Measurement) -> Quantity:
    energy = (item_energy_of(measurement) * _PER).to("Wh")
    if not math.isfinite(energy.value):
        raise ScoreError(
            f"{measurement.label!r}: {energy.value} Wh per 1000 items is no energy; check its unit"
        )
    return energy


def below(edge: float, energy: Quantity) -> float:
    """Probability that a normally distributed energy is at most this edge."""
    if energy.u == 0:
        return float(energy.value <= edge)
    return 0.5 * math.erfc((energy.value - edge) / (energy.u * math.sqrt(2.0)))


def _quantile(rising: Sequence[float], share: float) -> float:
    """The largest of the lowest `share` of the values, so that this share of them gets the next star."""
    return rising[max(0, math.ceil(share * len(rising) - 1e-9) - 1)]
