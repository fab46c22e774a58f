"""ReferenceGrade: the A to E label of Fischer and others (2022), by indices to one reference model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.compound_rating import COMPOUNDS, RATINGS, compound_rating
from wattwhat.scoring.phases import phase_of
from wattwhat.scoring.result import ScoreOption, ScoreResult
from wattwhat.scoring.score_inputs import accuracy_of, check_measurement, item_energy_of
from wattwhat.scoring.size_aware_scores import doubt_operations

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["BOUNDARIES", "HIGHER_BETTER", "WEIGHTS", "ReferenceGrade", "fischer_index", "fischer_letter"]

# Published numbers: mlee/boundaries.json and mlee/weighting.json of raphischer/imagenet-energy-efficiency
# (commit 65eb68c), which go with the paper. Lower ends of A, B, C and D; each is the 0.8, 0.6, 0.4 and
# 0.2 quantile of the indices of all models and environments of that study (ImageNet, reference ResNet101).
BOUNDARIES: Mapping[str, tuple[float, float, float, float]] = {
    "parameters": (8.38693941043089, 4.890141530279823, 2.2085269642064627, 0.7401076886128988),
    "gflops": (19.202413664139083, 2.672784226215358, 0.6778094910273934, 0.0),
    "fsize": (8.220889289073853, 4.846457648811878, 2.1757111878022473, 0.7399062909502832),
    "inference_power_draw": (1.8052095901385745, 1.1358154469107322, 0.8662052302144096, 0.49503222117931994),
    "inference_time": (1.7313204215431415, 1.15037553829267, 0.8826389701854338, 0.49431878902092663),
    "top1_val": (1.0214309865015994, 1.0, 0.9534968399698301, 0.9289148797920729),
    "top5_val": (1.0124626126278988, 1.0, 0.9741456338868539, 0.9658507486124669),
    "train_power_draw_epoch": (
        2.5198231746738555,
        1.4143667562470452,
        1.0107824298037031,
        0.7187317314392002,
    ),
    "train_power_draw": (1.1262860986893752, 1.0, 0.7588663854696236, 0.5627471141302683),
    "train_time_epoch": (1.8549102957830492, 1.362230091894449, 0.9798405526216245, 0.7326213479134631),
    "train_time": (1.2658511191178634, 0.9584208963280277, 0.6975618859241539, 0.3314228181243759),
}
WEIGHTS: Mapping[str, float] = {
    "parameters": 0.4,
    "fsize": 0.4,
    "gflops": 0.2,
    "inference_power_draw": 0.7,
    "inference_time": 0.3,
    "top1_val": 0.8,
    "top5_val": 0.2,
    "train_power_draw_epoch": 0.2,
    "train_power_draw": 0.7,
    "train_time_epoch": 0.2,
    "train_time": 0.3,
}
HIGHER_BETTER = frozenset({"top1_val", "top5_val"})
_DRAWS = 2000


def fischer_index(metric: str, value: float, reference: float) -> float:
    """The index of a value to the reference's: value / reference where more is better, else the inverse.

    0 where the divisor is 0, which then rates E.

    Example:
        >>> round(fischer_index("inference_power_draw", 0.673, 0.859), 2)
        1.28
    """
    above, below = (value, reference) if metric in HIGHER_BETTER else (reference, value)
    return above / below if below else 0.0


def fischer_letter(index: float, boundaries: Iterable[float]) -> str:
    """A for an index above the first boundary, B above the second, ... and E above none (NaN too).

    Example:
        >>> fischer_letter(1.28, BOUNDARIES["inference_power_draw"])
        'B'
    """
    return next(
        (letter for letter, lower in zip(RATINGS, boundaries, strict=False) if index > lower), RATINGS[-1]
    )


def _compound(instance: object, attribute: Any, value: str) -> None:
    if value not in COMPOUNDS:
        raise ArgumentError(argument="compound", expected=f"one of {', '.join(COMPOUNDS)}", got=value)


@attrs.frozen
class ReferenceGrade:
    """The label of Fischer, Jakobs, Muecke and Morik (ECML-PKDD 2022 workshops), A to E.

    Each metric becomes an index to a reference model measured in the same environment (ResNet101 in the
    paper), the index a letter by published boundaries, the letters one letter by weighted median. The
    boundaries are quantiles of that study's models: for other tasks they are a convention, not a finding.

    Metrics are taken from `Measurement.metrics` by name, and where they are not there: the energy of one
    item in J (``inference_power_draw``; named so in the study), the time of one item in ms
    (``inference_time``), energy and time of the whole span (``train_power_draw``, ``train_time``) of a
    measurement whose ``details["phase"]`` is ``"training"``, and ``accuracy`` (``top1_val``). What is
    missing on either side is left out of the compound, as the weights are renormalised.

    Args:
        reference: value of each metric of the reference model; `against` takes them from its measurement.
        compound: one of `wattwhat.scoring.compound_rating.COMPOUNDS`.
        boundaries: lower ends of A, B, C and D for each metric.
        weights: of each metric; those without one do not count.
        reference_name: name of the reference model.

    Example:
        >>> from wattwhat import Measurement
        >>> net = Measurement(label="EfficientNetB0", energy_j=Quantity(0.673, 0, "J"), items=1)
        >>> grade = ReferenceGrade({"inference_power_draw": 0.859}, reference_name="ResNet101")
        >>> grade(net).details["words"]
        'B: inference_power_draw 1.28 B, each as an index to ResNet101'
    """

    short_name = "reference"
    formula = (
        "A to E: index of each metric to a reference model, letters by published boundaries, weighted median"
    )
    source = (
        "Fischer, Jakobs, Muecke, Morik, ECML-PKDD 2022 workshops; numbers from their code "
        "(raphischer/imagenet-energy-efficiency at 65eb68c)"
    )
    options = (
        ScoreOption(
            "against",
            "the model that all are compared with",
            "LABEL",
            needed="the model that all are compared with",
        ),
    )

    reference: Mapping[str, float | Quantity]
    compound: str = attrs.field(default="optimistic median", validator=_compound)
    boundaries: Mapping[str, tuple[float, ...]] = attrs.field(default=BOUNDARIES)
    weights: Mapping[str, float] = attrs.field(default=WEIGHTS)
    reference_name: str = "the reference"
    seed: int = 0

    @classmethod
    def against(cls, measurement: Measurement, **options: Any) -> ReferenceGrade:
        """Grade against this measurement of a reference model.

        Raises:
            ScoreError: it carries no metric that the label knows.
        """
        values = _values(measurement)
        if not values:
            raise ScoreError(_nothing(measurement))
        options.setdefault("reference_name", measurement.label)
        return cls(values, **options)

    @classmethod
    def build(
        cls, given: Mapping[str, Any], measurements: Sequence[Measurement], force: bool
    ) -> ReferenceGrade:
        """Against the one measurement of this label."""
        label = given["against"]
        matching = [measurement for measurement in measurements if measurement.label == label]
        if not matching:
            names = ", ".join(list(dict.fromkeys(m.label for m in measurements))[:8])
            raise ArgumentError(
                f"no measurement is labelled {label!r}", argument="against", remedy=f"there are {names}"
            )
        if len(matching) > 1:
            raise ArgumentError(
                f"{label!r} comes {len(matching)} times", argument="against", remedy="leave out all but one"
            )
        return cls.against(matching[0])

    @property
    def name(self) -> str:
        """For instance ``reference grade[ResNet101, optimistic median]``."""
        return f"reference grade[{self.reference_name}, {self.compound}]"

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Grade one measurement; its value is the index of the energy, where that counts.

        Raises:
            ScoreError: it shares no metric with the reference.
        """
        own = _values(measurement)
        shared = [
            m for m in self.boundaries if m in own and m in self.reference and self.weights.get(m, 0) > 0
        ]
        if not shared:
            raise ScoreError(_nothing(measurement))
        pairs = {m: (own[m], _quantity(self.reference[m])) for m in shared}
        indices = {m: fischer_index(m, pair[0].value, pair[1].value) for m, pair in pairs.items()}
        ratings = {m: fischer_letter(index, self.boundaries[m]) for m, index in indices.items()}
        grade = self._joined(ratings)
        text = ", ".join(f"{m} {indices[m]:.2f} {ratings[m]}" for m in shared)
        details = {
            "label": measurement.label,
            "words": f"{grade}: {text}, each as an index to {self.reference_name}",
            "indices": indices,
            "ratings": ratings,
            "reference": self.reference_name,
            "notes": _operations(own, shared),
        }
        return ScoreResult(self.name, self._energy_index(pairs), grade, self._odds(pairs), details)

    def _joined(self, ratings: Mapping[str, str]) -> str:
        numbers = [RATINGS.index(letter) for letter in ratings.values()]
        return RATINGS[compound_rating(numbers, [self.weights[m] for m in ratings], self.compound)]

    def _energy_index(self, pairs: Mapping[str, tuple[Quantity, Quantity]]) -> Quantity | None:
        for metric in ("inference_power_draw", "train_power_draw"):
            if metric in pairs:
                own, reference = pairs[metric]
                index = fischer_index(metric, own.value, reference.value)
                return Quantity(index, index * math.hypot(own.relative, reference.relative), "1")
        return None

    def _odds(self, pairs: Mapping[str, tuple[Quantity, Quantity]]) -> Mapping[str, float] | None:
        """Share of each letter when the values are drawn within their uncertainties, independently."""
        uncertain = [q.u for pair in pairs.values() for q in pair if q.u]
        if not uncertain or not all(math.isfinite(u) for u in uncertain):
            return None if uncertain else {letter: float(letter == self._letter(pairs)) for letter in RATINGS}
        import numpy as np

        generator = np.random.default_rng(self.seed)
        columns = []
        for metric, pair in pairs.items():
            own, reference = (
                q.value + q.u * generator.standard_normal(_DRAWS) if q.u else q.value for q in pair
            )
            above, below = (own, reference) if metric in HIGHER_BETTER else (reference, own)
            index = np.divide(above, below) * np.ones(_DRAWS)
            lower = np.asarray(self.boundaries[metric])[::-1]
            columns.append(len(lower) - np.searchsorted(lower, index, side="left"))
        drawn, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
        weights = [self.weights[metric] for metric in pairs]
        odds = dict.fromkeys(RATINGS, 0.0)
        for ratings, count in zip(drawn.tolist(), counts.tolist(), strict=True):
            odds[RATINGS[compound_rating(ratings, weights, self.compound)]] += count / _DRAWS
        return odds

    def _letter(self, pairs: Mapping[str, tuple[Quantity, Quantity]]) -> str:
        return self._joined(
            {
                m: fischer_letter(fischer_index(m, a.value, b.value), self.boundaries[m])
                for m, (a, b) in pairs.items()
            }
        )


def _values(measurement: Measurement) -> dict[str, Quantity]:
    """What a measurement says of the label's metrics."""
    check_measurement(measurement)
    values = {m: Quantity(measurement.metrics[m], 0.0, "1") for m in BOUNDARIES if m in measurement.metrics}
    if "accuracy" in measurement.metrics:
        values.setdefault("top1_val", accuracy_of(measurement))
    duration = measurement.duration_s
    if phase_of(measurement) == "training":
        if measurement.energy_j.known:
            values.setdefault("train_power_draw", measurement.energy_j)
        if duration:
            values.setdefault("train_time", Quantity(duration, 0.0, "s"))
    elif measurement.items and measurement.energy_j.known:
        values.setdefault("inference_power_draw", item_energy_of(measurement))
        if duration:
            values.setdefault("inference_time", Quantity(1e3 * duration / measurement.items, 0.0, "ms"))
    return values


def _operations(own: Mapping[str, Quantity], counted: Iterable[str]) -> tuple[str, ...]:
    """What is doubtful in the operations, where they count and the weights are known (of these, millions)."""
    if "gflops" not in counted or "parameters" not in own:
        return ()
    weights = own["parameters"].value
    return doubt_operations(weights if weights > 1e5 else 1e6 * weights, 0.5e9 * own["gflops"].value)


def _quantity(value: float | Quantity) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(value, 0.0, "1")


def _nothing(measurement: Measurement) -> str:
    return (
        f"{measurement.label!r} shares no metric with the reference: it needs the energy and items of an "
        f"inference, or metrics among {', '.join(BOUNDARIES)}"
    )
