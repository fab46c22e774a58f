"""Student's t and F by the incomplete beta function, so that intervals need no scipy."""

from __future__ import annotations

import math

__all__ = ["f_tail", "t_quantile", "t_tail"]


def t_tail(t: float, degrees: float) -> float:
    """Two-sided tail probability of Student's t: how likely a value at least this far from 0 is.

    Example:
        >>> round(t_tail(2.228139, 10), 6)
        0.05
    """
    if math.isinf(t):
        return 0.0
    return _beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))


def f_tail(f: float, upper: float, lower: float) -> float:
    """Tail probability of Fisher's F with these degrees of freedom.

    Example:
        >>> round(f_tail(4.9646, 1, 10), 4)
        0.05
    """
    if f <= 0:
        return 1.0
    return 0.0 if math.isinf(f) else _beta(lower / 2.0, upper / 2.0, lower / (lower + upper * f))


def t_quantile(coverage: float, degrees: float) -> float:
    """The t that bounds the middle `coverage` of Student's distribution.

    Example:
        >>> round(t_quantile(0.95, 3), 4)
        3.1824
    """
    low, high = 0.0, 1.0
    while t_tail(high, degrees) > 1.0 - coverage:
        high *= 2.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if t_tail(middle, degrees) > 1.0 - coverage else (low, middle)
    return 0.5 * (low + high)


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function (Abramowitz and Stegun 26.5.8, its continued fraction)."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):  # the fraction converges fast only below here
        return 1.0 - _beta(b, a, 1.0 - x)
    log = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log) / a * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluated forwards by the method of Lentz (Applied Optics 15, 1976)."""
    tiny = 1e-300
    numerator, denominator = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0), tiny)
    value = denominator
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1.0 / _away(1.0 + term * denominator, tiny)
            numerator = _away(1.0 + term / numerator, tiny)
            value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < 1e-15:
            break
    return value


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
