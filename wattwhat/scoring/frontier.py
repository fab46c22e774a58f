"""FrontierGrade: A to G for energy above the efficient frontier of a reference population; our own."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ScoreError
from wattwhat.records.metrics import binomial_u
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.frontier_text import (
    FORMULA,
    OPTIONS,
    SOURCE,
    doubts,
    from_options,
    verdict,
    why_no_odds,
)
from wattwhat.scoring.grade_letters import (
    EDGES,
    FIRM,
    check_edges,
    check_link,
    check_quantile,
    draw_letters,
    letter_of,
    link_slope,
    linked,
    log2_u,
)
from wattwhat.scoring.population import Member, check_like
from wattwhat.scoring.reference_index import ReferenceIndex
from wattwhat.scoring.result import ScoreResult
from wattwhat.scoring.score_inputs import ADD_TEST_ITEMS, accuracy_of, item_energy_of, items_tested

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["FrontierGrade"]


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


def _dict(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict(values or {})


@attrs.frozen(kw_only=True, repr=False)
class FrontierGrade:
    """The energy-efficiency grade of one item's energy against what the efficient frontier needs.

    This scheme is wattwhat's own; it reproduces no published one. The frontier is a low quantile
    regression of log2(energy per item) on logit(accuracy) over a reference population, its slope not
    negative. The excess is energy over frontier at the same accuracy, and fixed edges of the excess make
    the letters. The letter is that of the value. Each letter's probability is drawn from the uncertainties
    of energy, accuracy and frontier, the last by a smoothed bootstrap of the members within their own
    uncertainties. Where odds would not hold (fewer than 20 models, a model as uncertain as the population
    is scattered) none are given. `fit` makes one from measurements, `load` reads one that was saved.

    Args:
        reference: name of the reference, for instance ``imagenet-rtx5000-2026-11``.
        members: the population.
        intercept: of the frontier, log2 of J.
        slope: of the frontier, >= 0.
        lines: (intercept, slope) of bootstrap populations; empty if the frontier is taken as exact.
        quantile: of the regression.
        link: scale of the accuracy, one of ``logit``, ``log error``, ``linear``.
        edges: six rising edges of the excess, for A to F; G lies beyond.
        metric: name of the accuracy in the measurements' metrics.
        traits: scope, device, phase, item, origin of the population; None where not known.
        task: what the models do, in words.
        protocol: how they were measured, in words.
        date: of the measurements, as text.
        notes: what was forced when it was fitted.
        seed: of the draws behind the probabilities.

    Example:
        >>> from wattwhat import Measurement
        >>> grade = FrontierGrade(reference="demo", intercept=0.0, slope=1.0, members=[
        ...     Member("small", 0.6, 1.5), Member("large", 0.8, 4.0)])
        >>> net = Measurement(label="net", energy_j=Quantity(380, 4, "J"), items=100)
        >>> print(grade(net.with_metrics(accuracy=0.7)).details["words"])
        D: 2.1 times what the efficient frontier needs at 70 % (reference demo, 2 models); the cheapest \
reference model at least this accurate uses 1.1 times as much
    """

    higher_is_better = False
    short_name = "grade"
    formula, source, options, build = FORMULA, SOURCE, OPTIONS, classmethod(from_options)

    reference: str
    members: tuple[Member, ...] = attrs.field(converter=_tuple)
    intercept: float
    slope: float
    lines: tuple[tuple[float, float], ...] = attrs.field(default=(), converter=_tuple)
    quantile: float = attrs.field(default=0.1, validator=check_quantile)
    link: str = attrs.field(default="logit", validator=check_link)
    edges: tuple[float, ...] = attrs.field(default=EDGES, converter=_tuple, validator=check_edges)
    metric: str = "accuracy"
    traits: Mapping[str, str | None] = attrs.field(default=None, converter=_dict)
    task: str = ""
    protocol: str = ""
    date: str = ""
    notes: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    seed: int = 0
    _yardstick: Any = attrs.field(default=None, init=False, eq=False)

    @property
    def name(self) -> str:
        """For instance ``frontier grade[imagenet-rtx5000-2026-11]``."""
        return f"frontier grade[{self.reference}]"

    @property
    def accuracy_range(self) -> tuple[float, float]:
        """Lowest and highest accuracy of the population; outside it a grade is an extrapolation."""
        accuracies = self._ready().accuracies
        return accuracies[0], accuracies[-1]

    @classmethod
    def fit(
        cls,
        measurements: Iterable[Measurement],
        *,
        reference: str = "unnamed",
        task: str = "",
        device: str | None = None,
        scope: str | None = None,
        protocol: str = "",
        date: str = "",
        metric: str = "accuracy",
        quantile: float = 0.1,
        link: str = "logit",
        edges: Sequence[float] = EDGES,
        bootstrap: int = 500,
        seed: int = 0,
        force: bool = False,
    ) -> FrontierGrade:
        """Find the frontier of these measurements; needs scipy (the extra ``wattwhat[frontier]``).

        Arguments and errors are those of `wattwhat.scoring.frontier_fit.fit_frontier`.
        """
        from wattwhat.scoring.frontier_fit import fit_frontier

        return fit_frontier(
            cls,
            measurements,
            reference=reference,
            task=task,
            device=device,
            scope=scope,
            protocol=protocol,
            date=date,
            metric=metric,
            quantile=quantile,
            link=link,
            edges=edges,
            bootstrap=bootstrap,
            seed=seed,
            force=force,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> FrontierGrade:
        """Read a reference that `save` wrote; needs no scipy.

        Raises:
            ScoreError: the file is none, or one of a later version; the message says what is wrong.
            OSError: it cannot be opened.
        """
        from wattwhat.scoring.reference_file import load_reference

        return load_reference(cls, path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the reference as a JSON file with a version inside, whole or not at all."""
        from wattwhat.scoring.reference_file import save_reference

        save_reference(self, path)

    def frontier_j(self, accuracy: float) -> float:
        """Joules that the frontier needs for one item at this accuracy, strictly between 0 and 1."""
        return float(2.0 ** (self.intercept + self.slope * linked(accuracy, self.link)))

    def excess(self, accuracy: float, energy_per_item_j: float) -> float:
        """Energy of one item over what the frontier needs at this accuracy."""
        return energy_per_item_j / self.frontier_j(accuracy)

    def __call__(self, measurement: Measurement) -> ScoreResult:
        """Grade one measurement; the value is its excess, and smaller is better.

        Raises:
            ScoreError: accuracy, energy or items are missing, or the accuracy is exactly 0 or 1 and the
                number of test items is not known.
            ComparisonError: the measurement is unlike the population.
        """
        notes = check_like(measurement, self.traits, self.reference)
        accuracy, energy = accuracy_of(measurement, self.metric), item_energy_of(measurement)
        if not energy.value > 0:
            raise ScoreError(
                f"{measurement.label!r}: {energy} an item is not above 0, so it has no logarithm"
            )
        inner = self._inner(accuracy, measurement)
        x = Quantity(linked(inner.value, self.link), inner.u * link_slope(inner.value, self.link), "1")
        y = Quantity(math.log2(energy.value), log2_u(energy.relative), "1")
        log2_excess = y.value - self.intercept - self.slope * x.value
        value = self._value(log2_excess, x, y)
        silence = why_no_odds(self, math.hypot(y.u, self.slope * x.u), self._ready().scatter)
        probabilities = None if silence else draw_letters(y, x, self.edges, self._ready().draws)
        grade = letter_of(value.value, self.edges)
        low, high = self.accuracy_range
        outside = not low <= accuracy.value <= high
        notes += (*doubts(accuracy, (low, high), grade, probabilities, bool(self.lines)), *self.notes)
        notes += (silence,) if silence else ()
        cheaper = self._ready().cheapest_at_least(accuracy.value, measurement.label)
        details = {
            "label": measurement.label,
            "metric": self.metric,
            "accuracy": accuracy,
            "electricity": energy,
            "frontier_j": energy.value / value.value,
            "provenance": measurement.provenance,
            "reference": self.reference,
            "extrapolated": outside,
            "firm": None if probabilities is None else probabilities[grade] >= FIRM,
            "words": verdict(
                grade,
                value.value,
                accuracy.value,
                f"(reference {self.reference}, {len(self.members)} models)",
                None if cheaper is None else cheaper / energy.value,
                extrapolated=outside,
                firm=probabilities is not None,
            ),
            "notes": notes,
        }
        return ScoreResult(self.name, value, grade, probabilities, details)

    def common_factors(self, measurements: Sequence[Measurement], draws: int, generator: Any) -> Any:
        """Factors on the excesses of several models while the frontier moves for all of them together.

        In each draw one bootstrap line takes the frontier's place, and at each accuracy the middle of the
        lines that of the frontier. At one accuracy the factors are the same, so the frontier cancels
        between such models; the further apart two accuracies are, the less it does.

        Args:
            measurements: of the models.
            draws: how many.
            generator: a numpy random Generator.

        Returns:
            An array of shape (measurements, draws); ones where the frontier is taken as exact.
        """
        import numpy as np

        if not self.lines:
            return np.ones((len(measurements), draws))
        values = [self._inner(accuracy_of(one, self.metric), one).value for one in measurements]
        x = np.array([linked(accuracy, self.link) for accuracy in values])
        lines = np.array(self.lines)
        middle = np.median(np.outer(x, lines[:, 1]) + lines[:, 0], axis=1)
        intercepts, slopes = lines[generator.integers(0, len(lines), draws)].T
        factors = np.outer(x, slopes)
        factors += intercepts
        np.subtract(middle[:, None], factors, out=factors)
        return np.exp2(factors, out=factors)

    def _inner(self, accuracy: Quantity, measurement: Measurement) -> Quantity:
        """The accuracy, drawn in by half a hit where it is exactly 0 or 1 and the link has no value there."""
        if not math.isinf(linked(accuracy.value, self.link)):
            return accuracy
        count = items_tested(measurement, self.metric)
        if count is None:
            raise ScoreError(
                f"{measurement.label!r}: an accuracy of exactly {accuracy.value:g} has no {self.link}",
                remedy=ADD_TEST_ITEMS,
            )
        inner = (accuracy.value * count + 0.5) / (count + 1.0)
        return Quantity(inner, accuracy.u or binomial_u(inner, count), "1")

    def _value(self, log2_excess: float, x: Quantity, y: Quantity) -> Quantity:
        line_u = self._ready().spread(x.value)
        excess = 2.0**log2_excess
        return Quantity(excess, excess * math.log(2.0) * math.hypot(y.u, self.slope * x.u, line_u), "1")

    def _ready(self) -> ReferenceIndex:
        if self._yardstick is None:
            lines = self.lines or ((self.intercept, self.slope),)
            ready = ReferenceIndex.of(self.members, lines, self.seed, self.slope, self.link)
            object.__setattr__(self, "_yardstick", ready)
        return self._yardstick  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<FrontierGrade {self.reference!r}: {len(self.members)} members, {self.quantile:g} quantile>"
