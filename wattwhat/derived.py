"""What can be asked of a Measurement besides what it holds; each answer is worked out in a room of its own.

The rooms are entered when they are asked: importing this module brings none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.analysis.comparison import Comparison
    from wattwhat.analysis.carbon import Figure, Footprint
    from wattwhat.records.measurement import Measurement

__all__ = ["Derived"]


class _Combine:
    """``Measurement.combine([a, b])``, and ``a.combine([b])``, which has a in it as well."""

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., Measurement]:
        def combine(
            measurements: Iterable[Measurement],
            *,
            label: str | None = None,
            overlapping: bool | None = None,
        ) -> Measurement:
            """One Measurement of many, no joule counted twice: `wattwhat.analysis.aggregation.combine`."""
            from wattwhat.analysis import aggregation as combining

            given: Any = measurements
            if instance is not None and isinstance(measurements, Iterable):
                others = list(measurements)
                given = others if any(one is instance for one in others) else [instance, *others]
            return combining.combine(given, label=label, overlapping=overlapping)

        return combine


class Derived:
    """The base of `Measurement`: comparing, combining, carbon, cost. It holds nothing."""

    __slots__ = ()

    def compare(
        self: Any, other: Measurement, *, per: str = "item", coverage: float = 0.95, force: bool = False
    ) -> Comparison:
        """This energy over another's, with an interval and a verdict: `wattwhat.analysis.comparison.compare`."""
        from wattwhat.analysis.comparison import compare

        return compare(self, other, per=per, coverage=coverage, force=force)

    combine = _Combine()

    def carbon(self: Any, intensity_g_per_kwh: Figure, *, pue: float = 1.0) -> Footprint:
        """Grams of CO2-equivalent at a stated carbon intensity: `wattwhat.analysis.carbon.carbon`."""
        from wattwhat.analysis.carbon import carbon

        return carbon(self, intensity_g_per_kwh, pue=pue)

    def cost(self: Any, price_per_kwh: Figure, currency: str = "EUR", *, pue: float = 1.0) -> Footprint:
        """What the electricity costs at a stated price: `wattwhat.analysis.carbon.cost`."""
        from wattwhat.analysis.carbon import cost

        return cost(self, price_per_kwh, currency, pue=pue)
