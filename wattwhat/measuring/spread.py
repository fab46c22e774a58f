"""How far the sum of blocks is uncertain by their spread, where neighbours resemble each other. Pure.

Power wanders, pauses come in groups, a device has states: then blocks next to each other are alike, and n of
them tell less than n independent ones would. And where blocks adjoin, what a slow counter shows too late in
one it shows in the next: such errors stay in the spread of the blocks, but not in their sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from wattwhat.records.coverage import student_factor

__all__ = ["Spread", "spread_of_sum"]

# Of fewer values the correlation of neighbours says nothing.
_FEWEST = 5


@attrs.frozen
class Spread:
    """What the spread of some values tells of their sum.

    Args:
        u: standard uncertainty of the sum, widened by Student's t so that 1.96 u bounds 95 %.
        independent: how many independent values they are worth.
    """

    u: float
    independent: float


def spread_of_sum(values: Sequence[float], shared_u: float = 0.0) -> Spread:
    """The type A uncertainty of the sum of equally long, consecutive values.

    The variance of the mean of n values with correlation r between neighbours (a first-order autoregression)
    is that of ``n (1 - r) / (1 + r)`` independent ones (Santer et al. 2000, equation 6). r is corrected for
    its bias in short series, ``(1 + 3 r) / n`` (Marriott and Pope 1954), and counts only above
    ``1 / sqrt(n)``, which chance reaches. Where neighbours differ more than independent values would, because
    they share an edge that was shown late, that part of the variance (at most ``shared_u`` squared for each
    edge) is not in the sum and is taken off: the covariance of neighbours shows it, with the opposite sign.

    Args:
        values: at least one, in J, each from the same number of calls.
        shared_u: standard uncertainty in J of an edge that two neighbours share; 0 if they share none.

    Example:
        >>> spread_of_sum([9.0, 11.0, 10.0, 9.0, 11.0]).independent
        5.0
        >>> spread_of_sum([9.0, 11.0, 9.0, 11.0, 9.0, 11.0], shared_u=2.0).u
        0.0
        >>> round(spread_of_sum([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]).independent, 1)
        1.1
    """
    n = len(values)
    if n < 2:
        return Spread(0.0, float(n))
    mean = math.fsum(values) / n
    rest = [value - mean for value in values]
    variance = math.fsum(x * x for x in rest) / (n - 1)
    if variance <= 0.0:
        return Spread(0.0, float(n))
    between = math.fsum(a * b for a, b in zip(rest[1:], rest[:-1], strict=True)) / (n - 1)
    if between < 0.0:
        # neighbours that share an edge: + and - its error, twice in the variance, once in the covariance
        left = max(variance - 2.0 * min(-between * n / (n - 1), shared_u**2), 0.0)
        return Spread(math.sqrt(n * left) * student_factor(n), float(n))
    alike = between / variance
    alike += (1.0 + 3.0 * alike) / n
    if n < _FEWEST or alike < 1.0 / math.sqrt(n):
        return Spread(math.sqrt(n * variance) * student_factor(n), float(n))
    alike = min(alike, 1.0 - 2.0 / n)
    independent = n * (1.0 - alike) / (1.0 + alike)
    # the correlation is known from all n: two degrees of freedom at least (benchmarks.measured)
    factor = student_factor(max(int(independent), 3))
    return Spread(n * math.sqrt(variance / independent) * factor, independent)
