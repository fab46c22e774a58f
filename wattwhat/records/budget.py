"""The uncertainty budget: which source contributes how many joules, readable and ready to add up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wattwhat.records.sources import (
    _REMEDIES,
    SYSTEMATIC,
)

if TYPE_CHECKING:
    from wattwhat.records.channel_energy import ChannelEnergy

__all__ = ["Budget"]


class Budget(tuple[tuple[str, float], ...]):
    """Pairs of (source, standard uncertainty in J), largest first; a tuple that prints as a table.

    The sources are independent of each other, so they add in quadrature (GUM 5.1.2). The table says of
    each whether repeats have it in common (the same error in all, which no repeat shrinks) or draw it anew,
    and of a measurement's budget also which channels have it in common.

    Attributes:
        entries: the channels whose sum it is of, where a measurement gave it.

    Example:
        >>> budget = Budget.of({"sensor gain": 3.0, "stale edges": 4.0, "resolution": 0.0})
        >>> budget
        (('stale edges', 4.0), ('sensor gain', 3.0))
        >>> budget.u
        5.0
        >>> print(budget)
        source           u (k=1)    share of variance   in repeats
        stale edges      4 J         64 %               anew
        sensor gain      3 J         36 %               the same
        combined         5 J        100 %
        largest: stale edges. run longer: the two edges of a window weigh less
    """

    entries: tuple[ChannelEnergy, ...] = ()

    @classmethod
    def of(cls, parts: dict[str, float] | Iterable[tuple[str, float]]) -> Budget:
        """From a mapping or pairs; pairs of one source add in quadrature, sources of 0 J are left out."""
        pairs = parts.items() if isinstance(parts, dict) else parts
        squares: dict[str, float] = {}
        for source, u in pairs:
            part = math.inf if math.isnan(u) else u  # nothing is known of it, and no sum may hide that
            squares[source] = squares.get(source, 0.0) + part * part
        kept = [(source, math.sqrt(square)) for source, square in squares.items() if square != 0.0]
        kept.sort(key=lambda pair: -pair[1])
        return cls(kept)

    @classmethod
    def kept(cls, flat: tuple[Any, ...], entries: tuple[ChannelEnergy, ...]) -> Budget:
        """From what a Measurement keeps: a tuple of the sources, then each one's joules; and its channels."""
        budget = cls(zip(flat[0], flat[1:], strict=True) if flat else ())
        budget.entries = entries
        return budget

    @property
    def u(self) -> float:
        """The combined standard uncertainty in J."""
        return math.hypot(*(u for _, u in self))

    def get(self, source: str) -> float:
        """The part of one source in J; 0.0 where it contributes nothing."""
        return dict(self).get(source, 0.0)

    def without(self, *sources: str) -> Budget:
        """The same budget with some sources left out."""
        return Budget(pair for pair in self if pair[0] not in sources)

    @property
    def shrinkable_u(self) -> float:
        """The part in J that repeats or a longer run can shrink: everything but gain, offset and model."""
        return self.without(*SYSTEMATIC).u

    @property
    def advice(self) -> str:
        """What to attack first, in a sentence; empty for an exact result."""
        if not self:
            return ""
        source = self[0][0]
        return f"largest: {source}. {_REMEDIES.get(source, 'see its documentation')}"

    def __str__(self) -> str:
        if not self:
            return "no uncertainty is known to contribute"
        from wattwhat.records.budget_table import table

        return table(self, self.entries)

    def _repr_html_(self) -> str:
        from wattwhat.records.html_tables import budget_html

        return budget_html(self) if self else "no uncertainty is known to contribute"
