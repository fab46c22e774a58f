"""How a series of equal pieces may go on: drifting or settling, with neighbours that are alike."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.records.coverage import student_p

__all__ = ["SumAhead", "sum_ahead"]

# Correlation of neighbours: from none to a wander that the pieces seen may not even have shown.
_ALIKE = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.97)
_RATES = 12


@attrs.frozen(eq=False)
class SumAhead:
    """What the pieces to come will sum to: a mixture of Student's t, one for each law and correlation.

    Args:
        weights: posterior probability of each, summing to 1.
        means: of the sum, by each.
        scales: of the sum, by each.
        degrees: of freedom.
        settling: which of them are of a settling law; the others are straight lines.
    """

    weights: Any
    means: Any
    scales: Any
    degrees: int
    settling: Any

    def interval(self, coverage: float = 0.95) -> tuple[float, float]:
        """The middle `coverage` of the mixture."""
        tail = 0.5 * (1.0 - coverage)
        return self._quantile(tail), self._quantile(1.0 - tail)

    @property
    def settles(self) -> bool:
        """Whether a settling law is likelier than a straight line."""
        return bool(self.weights[self.settling].sum() > 0.5)

    def mean_of(self, settling: bool) -> float:
        """Mean of the sum by the likeliest law of this kind."""
        import numpy as np

        weights = np.where(self.settling == settling, self.weights, -1.0)
        return float(self.means[int(weights.argmax())])

    def _quantile(self, share: float) -> float:
        import numpy as np

        places, below = _student_table(self.degrees)
        reach = places[-1]
        low = float((self.means - reach * self.scales).min())
        high = float((self.means + reach * self.scales).max())
        for _ in range(100):
            middle = 0.5 * (low + high)
            under = float(self.weights @ np.interp((middle - self.means) / self.scales, places, below))
            low, high = (middle, high) if under < share else (low, middle)
        return 0.5 * (low + high)


def sum_ahead(values: Sequence[float], ahead: float) -> SumAhead:
    """The sum of so many pieces more, by everything that the pieces seen do not rule out.

    Each piece is a law plus an error: ``c0 + c1 t``, or from five pieces on ``c0 + c1 exp(-k t)`` with k
    from 0.6 / n to 2.5. The errors are a stationary autoregression of first order. For each k and each
    correlation the coefficients and the variance follow with flat priors (generalised least squares, as in
    Zellner, 1971, chapter 4), and the sum ahead is a Student's t; k and the correlation are weighted by
    the restricted likelihood of the pieces, which does not take a short wander for a steady level.

    Args:
        values: of the pieces in order, at least 3 that are not all alike.
        ahead: how many more, above 0.
    """
    import numpy as np

    y = np.asarray(values, dtype=float)
    n, whole = len(y), max(1, math.ceil(ahead - 1e-9))
    seen, coming, settling = _laws(n, whole)
    alike = np.array(_ALIKE)
    root = np.sqrt(1.0 - alike**2)
    # Whitened by the autoregression: (laws, correlations, pieces, 2) and (correlations, pieces).
    x = seen[:, None, 1:, :] - alike[:, None, None] * seen[:, None, :-1, :]
    x = np.concatenate([root[:, None, None] * np.repeat(seen[:, None, :1, :], len(alike), 1), x], axis=2)
    white = np.concatenate([root[:, None] * y[:1], y[1:] - alike[:, None] * y[:-1]], axis=1)
    normal = np.einsum("lcni,lcnj->lcij", x, x)
    inverse = np.linalg.inv(normal)
    coefficients = np.einsum("lcij,lcnj,cn->lci", inverse, x, white)
    rest = white - np.einsum("lcni,lci->lcn", x, coefficients)
    squares = np.square(rest).sum(axis=2) + n * (1e-9 * np.abs(y).max()) ** 2
    degrees = n - 2
    carried = alike * (1.0 - alike**whole) / (1.0 - alike)
    reach = coming[:, None, :] - carried[:, None] * seen[:, None, -1, :]
    means = np.einsum("li,lci->lc", coming, coefficients)
    means += carried * (y[-1] - np.einsum("li,lci->lc", seen[:, -1], coefficients))
    spread = np.einsum("lci,lcij,lcj->lc", reach, inverse, reach) + _errors_ahead(alike, whole)
    scales = np.sqrt(squares / degrees * spread)
    plain = np.linalg.slogdet(np.einsum("lni,lnj->lij", seen, seen))[1]
    likely = 0.5 * (plain[:, None] - np.linalg.slogdet(normal)[1] + np.log1p(-(alike**2)))
    likely -= 0.5 * degrees * np.log(squares) + np.where(settling, math.log(len(settling)), 0.0)[:, None]
    weights = np.exp(likely - likely.max())
    share = ahead / whole
    return SumAhead(
        (weights / weights.sum()).ravel(),
        (share * means).ravel(),
        (share * scales).ravel(),
        degrees,
        np.repeat(settling, len(alike)),
    )


def _laws(n: int, whole: int) -> tuple[Any, Any, Any]:
    """Regressors of the pieces seen (laws, n, 2), their sums over those to come, which laws settle."""
    import numpy as np

    middle = 0.5 * (n - 1)
    rates = np.exp(np.linspace(math.log(0.6 / n), math.log(2.5), _RATES)) if n > 4 else np.empty(0)
    falling = np.exp(-rates[:, None] * np.arange(n))
    curves = np.concatenate([(np.arange(n)[None] - middle) / middle, falling])
    seen = np.stack([np.ones_like(curves), curves], axis=2)
    straight = whole * (middle + 0.5 * (whole + 1)) / middle
    tails = np.exp(-rates * n) * -np.expm1(-rates * whole) / -np.expm1(-rates)
    sums = np.concatenate([[straight], tails])
    return seen, np.stack([np.full_like(sums, whole), sums], axis=1), np.arange(len(sums)) > 0


def _errors_ahead(alike: Any, whole: int) -> Any:
    """Variance of the sum of the errors to come, in innovations, given the last one seen."""
    spent = alike * (1.0 - alike**whole) / (1.0 - alike)
    twice = alike**2 * (1.0 - alike ** (2 * whole)) / (1.0 - alike**2)
    return (whole - 2.0 * spent + twice) / (1.0 - alike) ** 2


@functools.lru_cache(maxsize=128)
def _student_table(degrees: int) -> tuple[Any, Any]:
    """Places and the share of Student's t below them, dense enough to be interpolated between."""
    import numpy as np

    out = np.sinh(np.linspace(0.0, 12.0, 400))  # up to 80,000: with one degree of freedom tails are long
    above = np.array([0.5 * student_p(float(place), degrees) for place in out])
    return np.concatenate([-out[:0:-1], out]), np.concatenate([above[:0:-1], 1.0 - above])
