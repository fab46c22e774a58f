"""Coverage factors: of the normal distribution and of Student's t, each once."""

from __future__ import annotations

import math

from wattwhat.errors import ArgumentError

__all__ = ["coverage_factor", "f_tail", "student_factor", "student_p", "t_quantile", "t_tail"]


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


def coverage_factor(coverage: float) -> float:
    """The k of a normal distribution for this coverage (GUM G.1.3): 0.95 gives 1.96.

    Args:
        coverage: probability that the interval holds the true value, between 0 and 1.

    Raises:
        ArgumentError: coverage is not strictly between 0 and 1.

    Example:
        >>> round(coverage_factor(0.95), 3)
        1.96
    """
    if coverage == 0.95:  # by far the most frequent, and statistics is slow to import
        return 1.959963984540054
    if not hasattr(coverage, "__float__") or not 0.0 < coverage < 1.0:
        raise ArgumentError(
            f"{coverage!r} is not between 0 and 1", argument="coverage", remedy="0.95 means 95 %"
        )
    from statistics import NormalDist

    return NormalDist().inv_cdf((1.0 + coverage) / 2.0)


_Z95 = 1.959963984540054


def student_factor(samples: int) -> float:
    """By how much a standard uncertainty from few samples is widened so that k = 1.96 still covers 95 %.

    Student's t for ``samples - 1`` degrees of freedom over the normal quantile (GUM G.3), by the expansion
    of Abramowitz and Stegun 26.7.5 from four degrees of freedom on.

    Args:
        samples: how many, at least 2.

    Example:
        >>> round(student_factor(2), 2), round(student_factor(10), 3), round(student_factor(1000), 3)
        (6.48, 1.154, 1.001)
    """
    freedom = samples - 1
    exact = {1: 12.706205, 2: 4.302653, 3: 3.182446}
    if freedom in exact:
        return exact[freedom] / _Z95
    z, n = _Z95, float(freedom)
    terms = (
        z,
        (z**3 + z) / 4.0 / n,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96.0 / n**2,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384.0 / n**3,
    )
    return math.fsum(terms) / z


def student_p(t: float, freedom: int) -> float:
    """Probability that Student's t exceeds this in size, either way (Abramowitz and Stegun 26.7.3, 26.7.4).

    Args:
        t: the value.
        freedom: degrees of freedom, at least 1.

    Example:
        >>> round(student_p(2.228, 10), 3), round(student_p(3.182, 3), 3)
        (0.05, 0.05)
    """
    theta = math.atan(abs(t) / math.sqrt(freedom))
    sine, cosine = math.sin(theta), math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    inside = 2.0 / math.pi * (theta + sine * total) if odd else sine * total
    return max(1.0 - inside, 0.0)
