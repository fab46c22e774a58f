"""The ratio of two energies and its uncertainty; whatever one sensor gets wrong in both cancels.

The interval is Fieller's (J. R. Stat. Soc. B 16, 1954, 175-185): exact for normal errors of any size,
where the first-order formula of the GUM is not; never below 0; the interval of b/a is that of a/b turned
over, so a verdict does not hang on the order, and 1 is outside exactly when the difference is established.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from wattwhat.analysis.comparability import shared_ids
from wattwhat.analysis.contributions import Share, independent_u_j, shares_of
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import OFFSET

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Spread", "ratio_interval", "spread_of"]

# source, backend, and the id of the channel where both measurements have it
_Key = tuple[str, str, "str | None"]


def ratio_interval(
    a: float, a_u: float, b: float, b_u: float, covariance: float = 0.0, k: float = 1.959963984540054
) -> tuple[float, float]:
    """Fieller's interval of a/b for two values that cannot be negative.

    All r for which ``a - r b`` is within k of its standard uncertainties of 0:
    ``(a - r b)**2 <= k**2 (a_u**2 - 2 r covariance + r**2 b_u**2)``.

    Args:
        a: estimate of the numerator.
        a_u: its standard uncertainty.
        b: estimate of the denominator.
        b_u: its standard uncertainty.
        covariance: of both.
        k: coverage factor.

    Returns:
        Low and high end; the high one is infinite where b may be 0.

    Example:
        >>> low, high = ratio_interval(100.0, 1.0, 100.0, 1.0)
        >>> round(low, 4), round(high, 4)
        (0.9727, 1.0281)
        >>> ratio_interval(100.0, 1.0, 1.0, 1.0)[1]
        inf
    """
    if not (math.isfinite(a_u) and math.isfinite(b_u)):
        return 0.0, math.inf
    scale_a, scale_b = max(abs(a), a_u), max(abs(b), b_u)
    if scale_b == 0.0 or scale_a == 0.0:
        return 0.0, (math.inf if scale_b == 0.0 or abs(b) <= k * b_u else 0.0)
    a, a_u, b, b_u = a / scale_a, a_u / scale_a, b / scale_b, b_u / scale_b
    covariance = covariance / scale_a / scale_b
    square, half, constant = b * b - (k * b_u) ** 2, a * b - k * k * covariance, a * a - (k * a_u) ** 2
    root = half + math.sqrt(max(half * half - square * constant, 0.0))
    low = max(constant / root, 0.0) if root > 0.0 and constant > 0.0 else 0.0
    high = max(root / square, 0.0) if square > 0.0 else math.inf
    return low * scale_a / scale_b, high * scale_a / scale_b


@attrs.frozen
class Spread:
    """Standard uncertainties of two energies on their basis, in J, with what they have in common.

    Args:
        a_random: of A, what varies from run to run.
        b_random: of B.
        a_sensor: of A, gain, model and offset of channels that B does not have.
        b_sensor: of B, of channels that A does not have.
        mismatch: what shared gains leave because A and B spread differently over the channels, in J of A.
        offsets: of A and of B, offsets of channels that both have: one error, two spans.
    """

    a_random: float
    b_random: float
    a_sensor: float
    b_sensor: float
    mismatch: float
    offsets: tuple[float, float]

    @property
    def a_u(self) -> float:
        """A's, all together."""
        return math.hypot(self.a_random, self.a_sensor, self.mismatch, self.offsets[0])

    @property
    def b_u(self) -> float:
        """B's, all together."""
        return math.hypot(self.b_random, self.b_sensor, self.offsets[1])

    @property
    def covariance(self) -> float:
        """Of both, in J^2."""
        return self.offsets[0] * self.offsets[1]

    def ratio(self, a: float, b: float) -> Quantity:
        """The ratio of a to b, in J each, with the standard uncertainty to first order (GUM 5.2.2)."""
        if not b > 0.0:
            return Quantity(math.nan, math.inf, "1")
        ratio = a / b
        # squares of relative numbers: those of the energies themselves may be beyond what a float holds
        of_a, of_b = self.a_u / b, ratio * (self.b_u / b)
        shared = 2.0 * ratio * (self.offsets[0] / b) * (self.offsets[1] / b)
        variance = of_a * of_a - shared + of_b * of_b
        return Quantity(ratio, math.sqrt(max(variance, 0.0)) if variance == variance else math.inf, "1")

    def parts(self, a: float, b: float) -> tuple[float, float, float]:
        """Relative: what repeats of A shrink, what repeats of B shrink, what the sensors leave."""
        if not (a and b):
            return math.inf, math.inf, math.inf
        offset = self.offsets[0] / a - self.offsets[1] / b
        sensors = math.hypot(self.a_sensor / a, self.b_sensor / b, self.mismatch / a, offset)
        return abs(self.a_random / a), abs(self.b_random / b), sensors


def spread_of(a: Measurement, b: Measurement, counts: tuple[float, float]) -> Spread:
    """What is uncertain in the ratio of two measurements.

    Args:
        a: one measurement.
        b: the other one.
        counts: items, calls or 1 of each, by which its energy is divided.
    """
    shared = shared_ids(a, b)
    of_a, of_b = _by_share(shares_of(a), shared), _by_share(shares_of(b), shared)
    offsets = tuple(
        math.hypot(*_linear(side, lambda key: key[0] == OFFSET and key[2] is not None).values()) / count
        for side, count in zip((of_a, of_b), counts, strict=True)
    )
    own = [
        math.hypot(*_linear(side, lambda key: key[2] is None).values()) / count
        for side, count in zip((of_a, of_b), counts, strict=True)
    ]
    return Spread(
        independent_u_j(a) / counts[0],
        independent_u_j(b) / counts[1],
        own[0],
        own[1],
        _mismatch(of_a, of_b, a.energy_j.value, b.energy_j.value) / counts[0],
        (offsets[0], offsets[1]),
    )


def _by_share(shares: Iterable[Share], shared: set[str]) -> dict[_Key, float]:
    """J by (source, backend, channel id), the id None for channels that only one side has."""
    squares: dict[_Key, float] = {}
    for share in shares:
        channel_id = share.channel.id if share.channel is not None else ""
        key = (share.source, share.backend, channel_id if channel_id in shared else None)
        squares[key] = squares.get(key, 0.0) + share.u_j
    return squares


def _linear(side: dict[_Key, float], wanted: Callable[[_Key], bool]) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = {}
    for key, u_j in side.items():
        if wanted(key):
            sums[key[:2]] = sums.get(key[:2], 0.0) + u_j
    return sums


def _mismatch(of_a: dict[_Key, float], of_b: dict[_Key, float], a_j: float, b_j: float) -> float:
    """What shared gains leave in a ratio, in J of A: nothing where both spread alike over the channels.

    A channel whose share of A differs from its share of B moves the ratio by the difference. How gains of
    one backend's channels go together is not known, so the differences add up without regard to sign.
    """
    if not (a_j and b_j):
        return 0.0
    sums: dict[tuple[str, str], float] = {}
    for key in of_a.keys() | of_b.keys():
        if key[2] is not None and key[0] != OFFSET:
            difference = abs(of_a.get(key, 0.0) / a_j - of_b.get(key, 0.0) / b_j)
            sums[key[:2]] = sums.get(key[:2], 0.0) + difference
    return math.hypot(*sums.values()) * abs(a_j)
