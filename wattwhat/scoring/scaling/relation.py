"""Relations between energy and accuracy in a population: fits with intervals, and which fits best."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.coverage import t_quantile
from wattwhat.records.validators import listed
from wattwhat.scoring.scaling.joules import check_number
from wattwhat.scoring.scaling.polynomial_fit import PolynomialFit, fit_polynomial
from wattwhat.scoring.score_inputs import check_accuracy

__all__ = ["CONSTANT", "RELATIONS", "Price", "RelationFit", "compare_relations", "fit_relation"]

CONSTANT = "constant energy"  # the null model: accuracy has nothing to do with it

# name -> (is the energy's logarithm taken twice, is the error's logarithm the abscissa)
RELATIONS = {
    "exponential in accuracy": (False, False),
    "power of error": (False, True),
    "double exponential in accuracy": (True, False),
    "double exponential in log error": (True, True),
}


@attrs.frozen
class Price:
    """What one more step of accuracy costs.

    Args:
        accuracy: where, a fraction.
        points: how many percentage points more.
        factor: energy is multiplied by this.
        low: lower end of the 95 % interval of the factor.
        high: upper end.
        extrapolated: whether the accuracy, or the higher one, lies outside the population.
    """

    accuracy: float
    points: float
    factor: float
    low: float
    high: float
    extrapolated: bool

    def __str__(self) -> str:
        more = "one more point costs" if self.points == 1 else f"{self.points:g} more points cost"
        text = f"at {100 * self.accuracy:.3g} % accuracy, {more} x{self.factor:.3g} energy, "
        text += f"95 % {self.low:.3g}-{self.high:.3g}"
        return f"{text} (extrapolated)" if self.extrapolated else text


@attrs.frozen
class RelationFit:
    """A line fitted by least squares on the scale that the relation is straight on.

    Args:
        relation: one of `RELATIONS`.
        intercept: on that scale.
        slope: on that scale.
        covariance: of intercept and slope: (var, cov, var).
        residual_u: standard deviation of the residuals on that scale.
        count: number of models.
        r_squared: share of the variance on that scale that the line explains.
        aicc: Akaike's information criterion with the correction for small samples, of ln(energy) for every
            relation (the double logarithm's Jacobian included), so that they compare; smaller is better.
        accuracy_range: lowest and highest accuracy.
        unit_j: the energy unit in J that the double logarithm was taken in, which shapes that relation.
    """

    relation: str
    intercept: float
    slope: float
    covariance: tuple[float, float, float]
    residual_u: float
    count: int
    r_squared: float
    aicc: float
    accuracy_range: tuple[float, float]
    unit_j: float

    @property
    def beats_constant(self) -> bool:
        """Whether it explains the models better than constant energy does: its slope is not 0 at 95 %."""
        low, high = self.slope_interval
        return low > 0.0 or high < 0.0

    @property
    def slope_interval(self) -> tuple[float, float]:
        """The 95 % interval of the slope."""
        half = t_quantile(0.95, self.count - 2) * math.sqrt(self.covariance[2])
        return self.slope - half, self.slope + half

    def energy(self, accuracy: float) -> float:
        """Energy in J at this accuracy (the median, as the residuals are of a logarithm).

        Raises:
            ArgumentError: the accuracy is no fraction, or is 1 on the scale of the error.
        """
        if check_accuracy(accuracy) == 1.0 and self.relation != CONSTANT and RELATIONS[self.relation][1]:
            raise ArgumentError(
                "an accuracy of exactly 1 has no log error", argument="accuracy", remedy="ask below 1"
            )
        return self.unit_j * math.exp(self._log_energy(self.intercept, self.slope, accuracy))

    def price(self, accuracy: float, points: float = 1.0) -> Price:
        """What `points` more percentage points cost at this accuracy, with a 95 % interval.

        First order in intercept and slope, with Student's t.

        Raises:
            ArgumentError: the accuracy or the higher one is outside [0, 1), or points is not above 0.
            ScoreError: constant energy explains the models as well, so accuracy has no price in them.
        """
        higher = check_accuracy(accuracy) + check_number("points", points) / 100.0
        if not higher < 1.0:
            raise ArgumentError(
                f"{points!r} more than {100 * accuracy:g} % is not between it and 100 %", argument="points"
            )
        if not self.beats_constant:
            raise ScoreError(
                f"accuracy has no price in these {self.count} models: {self.relation} "
                f"(R2 {self.r_squared:.2f}) explains their energy no better than constant energy does"
            )

        def growth(intercept: float, slope: float) -> float:
            return self._log_energy(intercept, slope, higher) - self._log_energy(intercept, slope, accuracy)

        middle = growth(self.intercept, self.slope)
        step = 1e-6
        by_intercept = (growth(self.intercept + step, self.slope) - middle) / step
        by_slope = (growth(self.intercept, self.slope + step) - middle) / step
        a, b, c = self.covariance
        variance = by_intercept**2 * a + 2.0 * by_intercept * by_slope * b + by_slope**2 * c
        half = t_quantile(0.95, self.count - 2) * math.sqrt(max(0.0, variance))
        low, high = self.accuracy_range
        outside = accuracy < low or higher > high
        return Price(
            accuracy, points, math.exp(middle), math.exp(middle - half), math.exp(middle + half), outside
        )

    def _log_energy(self, intercept: float, slope: float, accuracy: float) -> float:
        twice, on_error = RELATIONS.get(self.relation, (False, False))
        height = intercept + slope * (-math.log1p(-accuracy) if on_error else accuracy)
        return math.exp(height) if twice else height

    def __str__(self) -> str:
        if self.relation == CONSTANT:
            return f"{CONSTANT}: AICc {self.aicc:.1f}, {self.count} models"
        low, high = self.slope_interval
        return (
            f"{self.relation}: slope {self.slope:.3g} (95 % {low:.3g} to {high:.3g}), "
            f"R2 {self.r_squared:.2f}, AICc {self.aicc:.1f}, {self.count} models"
        )


def fit_relation(
    accuracies: Sequence[float],
    energies_j: Sequence[float],
    relation: str = "exponential in accuracy",
    *,
    unit_j: float | None = None,
) -> RelationFit:
    """Fit one relation between energy and accuracy.

    With x the accuracy or -ln(1 - accuracy) ("error"): ``ln E = b0 + b1 x`` or, for the double
    exponentials, ``ln ln(E / unit) = b0 + b1 x``. That the double exponential is the published relation of
    arXiv 2412.09731 is not claimed: its formula was not found.

    Args:
        accuracies: fractions below 1, one a model.
        energies_j: joules of one item, as many.
        relation: one of `RELATIONS`.
        unit_j: unit of energy in J for the double logarithm; default: half the lowest energy. The double
            exponential depends on it, so a fit says which was used.

    Raises:
        ArgumentError: the numbers do not fit, or the relation is unknown.
        ScoreError: there are fewer than 5 models, or they have one accuracy.
        ScoreDomainError: an energy is not above `unit_j`, or an accuracy is 1 on the scale of the error.
    """
    import numpy as np

    if relation not in RELATIONS:
        raise ArgumentError(argument="relation", expected=f"one of {', '.join(RELATIONS)}", got=relation)
    accuracies, energies_j = listed("accuracies", accuracies), listed("energies_j", energies_j)
    if len(accuracies) != len(energies_j):
        raise ArgumentError(
            f"{len(accuracies)} accuracies and {len(energies_j)} energies: expected as many of both"
        )
    if len(accuracies) < 5 or len(set(accuracies)) < 2:
        raise ScoreError("a relation needs at least 5 models of at least two accuracies")
    a = np.array([check_accuracy(accuracy) for accuracy in accuracies])
    energy = np.array([check_number(f"energies_j[{i}]", joules) for i, joules in enumerate(energies_j)])
    if unit_j is not None:
        unit_j = check_number("unit_j", unit_j)
    twice, on_error = RELATIONS[relation]
    if on_error and a.max() == 1.0:
        raise ScoreDomainError("an accuracy of exactly 1 has no log error; leave that model out")
    unit = 1.0 if not twice else 0.5 * float(energy.min()) if unit_j is None else unit_j
    if twice and not energy.min() > unit:
        raise ScoreDomainError(
            f"the double logarithm needs energies above {unit:g} J, got {energy.min():g}; lower unit_j"
        )
    log = np.log(energy / unit)
    y = np.log(log) if twice else log
    jacobian = -float(np.log(log).sum()) if twice else 0.0
    fit = fit_polynomial(-np.log1p(-a) if on_error else a, y, 1)
    # A unit that was taken from the data is one more parameter, beside intercept, slope and variance.
    parameters = 4 if twice and unit_j is None else 3
    return RelationFit(
        relation,
        *_uncentred(fit),
        fit.residual_u,
        len(a),
        fit.r_squared,
        _aicc(fit, parameters, jacobian),
        (float(a.min()), float(a.max())),
        unit,
    )


def _uncentred(fit: PolynomialFit) -> tuple[float, float, tuple[float, float, float]]:
    """Intercept, slope and their covariance for x itself, from those for the centred and scaled x."""
    (a, b), cov = fit.coefficients.tolist(), fit.covariance.tolist()
    m, s = fit.shift / fit.scale, fit.scale
    variance = cov[0][0] - 2.0 * m * cov[0][1] + m * m * cov[1][1]
    return a - b * m, b / s, (variance, (cov[0][1] - m * cov[1][1]) / s, cov[1][1] / s**2)


def compare_relations(
    accuracies: Sequence[float], energies_j: Sequence[float], *, unit_j: float | None = None
) -> tuple[RelationFit, ...]:
    """Every relation fitted to the same models, best (lowest criterion) first, constant energy among them.

    Args:
        accuracies: fractions below 1.
        energies_j: joules of one item.
        unit_j: as in `fit_relation`.

    Raises:
        ArgumentError, ScoreError, ScoreDomainError: as `fit_relation`.
    """
    fits = [fit_relation(accuracies, energies_j, relation, unit_j=unit_j) for relation in RELATIONS]
    return tuple(sorted([*fits, _constant(fits[0], energies_j)], key=lambda fit: fit.aicc))


def _constant(other: RelationFit, energies_j: Sequence[float]) -> RelationFit:
    """The null model of the same models: energy has one median, whatever the accuracy."""
    import numpy as np

    log = np.log(np.asarray(energies_j, dtype=float))
    fit = fit_polynomial(np.arange(len(log)), log, 0)
    level, variance = float(fit.coefficients[0]), float(fit.covariance[0, 0])
    return attrs.evolve(
        other,
        relation=CONSTANT,
        intercept=level,
        slope=0.0,
        covariance=(variance, 0.0, 0.0),
        residual_u=fit.residual_u,
        r_squared=0.0,
        aicc=_aicc(fit, 2, 0.0),
        unit_j=1.0,
    )


def _aicc(fit: PolynomialFit, parameters: int, jacobian: float) -> float:
    """Akaike's criterion with the correction of Hurvich and Tsai (Biometrika 76, 1989)."""
    rest, n = fit.residual_u**2 * fit.degrees, fit.degrees + len(fit.coefficients)
    if rest <= 0:
        return -math.inf
    likelihood = -0.5 * n * (math.log(2.0 * math.pi * rest / n) + 1.0) + jacobian
    spare = n - parameters - 1
    return 2.0 * (parameters - likelihood) + (
        2.0 * parameters * (parameters + 1) / spare if spare > 0 else math.inf
    )
