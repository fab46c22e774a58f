"""Least squares for polynomials of low degree, and what such a fit predicts for points not yet seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.records.coverage import t_quantile, t_tail

__all__ = ["PolynomialFit", "fit_polynomial"]


@attrs.frozen(eq=False)
class PolynomialFit:
    """Coefficients from the constant upwards, their covariance and the residuals' standard deviation.

    The abscissa is centred and scaled first, so the coefficients are of ``(x - shift) / scale``.

    Args:
        coefficients: shape (degree + 1,).
        covariance: shape (degree + 1, degree + 1).
        residual_u: standard deviation of a single point about the curve.
        degrees: degrees of freedom left.
        shift: of the abscissa.
        scale: of the abscissa.
        r_squared: share of the variance that the curve explains.
        rounding: what is smaller than this is rounding of the numbers, not information.
    """

    coefficients: Any
    covariance: Any
    residual_u: float
    degrees: int
    shift: float
    scale: float
    r_squared: float
    rounding: float

    def sum_at(self, xs: Sequence[float], coverage: float = 0.95) -> tuple[float, float]:
        """The sum of new points at these places, and the half-width of its prediction interval.

        Both parts of the uncertainty are in: of the curve (common to all of them) and of each new point.
        """
        import numpy as np

        rows = _rows(np.asarray(xs, dtype=float), self.shift, self.scale, len(self.coefficients) - 1)
        total = rows.sum(axis=0)
        variance = float(total @ self.covariance @ total) + len(rows) * self.residual_u**2
        half = t_quantile(coverage, self.degrees) * math.sqrt(max(0.0, variance))
        return float(total @ self.coefficients), half

    def last_term_p(self) -> float:
        """How likely a highest coefficient this large would be by chance if it were truly 0 (t test)."""
        value, u = float(self.coefficients[-1]), math.sqrt(max(0.0, float(self.covariance[-1, -1])))
        if abs(value) <= self.rounding:
            return 1.0
        if u == 0.0:
            return 0.0
        return t_tail(value / u, self.degrees)

    def last_term(self, coverage: float = 0.95) -> tuple[float, float]:
        """The highest coefficient per unit of x to its power, and the half-width of its interval."""
        power = self.scale ** (len(self.coefficients) - 1)
        half = t_quantile(coverage, self.degrees) * math.sqrt(max(0.0, float(self.covariance[-1, -1])))
        return float(self.coefficients[-1]) / power, half / power


def fit_polynomial(x: Any, y: Any, degree: int) -> PolynomialFit:
    """Fit by least squares; there must be more points than coefficients, at enough different places.

    Example:
        >>> fit = fit_polynomial([1, 2, 3, 4], [2.0, 4.1, 5.9, 8.0], 1)
        >>> total, half = fit.sum_at([10])
        >>> round(total, 2), round(half, 2)
        (19.85, 1.44)
    """
    import numpy as np

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    shift, scale = float(x.mean()), float(x.std()) or 1.0
    rows = _rows(x, shift, scale, degree)
    coefficients, *_ = np.linalg.lstsq(rows, y, rcond=None)
    rest = y - rows @ coefficients
    rounding = 1e-12 * float(np.abs(y).max())
    squares = float((rest**2).sum()) if np.abs(rest).max() > rounding else 0.0
    degrees = len(y) - degree - 1
    variance = squares / degrees
    total = float(((y - y.mean()) ** 2).sum())
    return PolynomialFit(
        coefficients,
        variance * np.linalg.inv(rows.T @ rows),
        math.sqrt(variance),
        degrees,
        shift,
        scale,
        1.0 - squares / total if total else 1.0,
        rounding,
    )


def _rows(x: Any, shift: float, scale: float, degree: int) -> Any:
    import numpy as np

    return np.vander((x - shift) / scale, degree + 1, increasing=True)
