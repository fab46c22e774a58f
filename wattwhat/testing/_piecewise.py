"""The engine under every waveform: power that is linear between edges, integrated in closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Times = TypeVar("Times", float, Array)

__all__ = ["Piecewise", "Sum", "Waveform", "array", "like"]


def array(values: Any) -> Array:
    import numpy as np

    return np.asarray(values, dtype=float)


def like(given: Times, result: Any) -> Times:
    """A float where a number was given, else an array."""
    shaped: Any = result if getattr(given, "ndim", 0) else float(result)
    answer: Times = shaped
    return answer


class Waveform:
    """Power over time; derive from it and give `power_w`, `energy_j` and `edges_s`.

    Example:
        >>> from wattwhat.testing import constant, square
        >>> (constant(100.0) + square(period_s=1.0, high_w=50.0)).energy_j(0.0, 2.0)
        250.0
    """

    def power_w(self, t_s: Times) -> Times:
        """Power in W at these times; at a step the power after it."""
        raise NotImplementedError

    def energy_j(self, t0_s: Times, t1_s: Times) -> Times:
        """Energy in J from t0 to t1; negative where t1 lies before t0."""
        raise NotImplementedError

    def edges_s(self, t0_s: float, t1_s: float) -> Array:
        """The times between t0 and t1 where the power steps or bends; between them it is linear."""
        raise NotImplementedError

    def mean_w(self, t0_s: Times, t1_s: Times) -> Times:
        """Mean power in W from t0 to t1."""
        return self.energy_j(t0_s, t1_s) / (t1_s - t0_s)

    def __add__(self, other: Waveform) -> Waveform:
        return Sum((self, other))


@attrs.frozen(eq=False)
class Piecewise(Waveform):
    """Power that is linear between edges; before the first and after the last it stays, or all repeats.

    Args:
        edges: times of the edges, in s, rising.
        starts_w: power just after each edge but the last, in W.
        ends_w: power just before each edge but the first, in W; default: as at the start (steps).
        periodic: whether the whole repeats for ever, both ways; otherwise the first and last powers go on.

    Raises:
        ArgumentError: too few edges, edges that do not rise, or other numbers of powers than of spans.

    Example:
        >>> Piecewise((0.0, 1.0, 3.0), (10.0, 20.0)).energy_j(0.5, 2.0)
        25.0
    """

    edges: Array = attrs.field(converter=array, repr=lambda a: f"<{len(a)} edges>")
    starts_w: Array = attrs.field(converter=array, repr=False)
    ends_w: Array = attrs.field(converter=array, repr=False)
    periodic: bool = False
    _sums_j: Array = attrs.field(init=False, repr=False)

    @ends_w.default
    def _same(self) -> Array:
        return self.starts_w

    @_sums_j.default
    def _sum_up(self) -> Array:
        import numpy as np

        spans = len(self.edges) - 1
        if spans < 1 or len(self.starts_w) != spans or len(self.ends_w) != spans:
            raise ArgumentError(
                f"edges, starts_w, ends_w: {len(self.edges)} times, {len(self.starts_w)}, {len(self.ends_w)} "
                "powers; expected at least 2 edges and one power fewer than edges"
            )
        if not (np.diff(self.edges) > 0).all():
            raise ArgumentError(
                "the times do not rise", argument="edges", remedy="sort them and drop what is double"
            )
        mean_w = (self.starts_w + self.ends_w) / 2.0
        return np.concatenate([[0.0], np.cumsum(mean_w * np.diff(self.edges))])

    def power_w(self, t_s: Times) -> Times:
        import numpy as np

        t = self._local(np.asarray(t_s, dtype=float))[0]
        i, dt_s = self._span(t)
        power = self.starts_w[i] + self._slope(i) * dt_s
        if not self.periodic:
            power = np.where(t < self.edges[0], self.starts_w[0], power)
            power = np.where(t >= self.edges[-1], self.ends_w[-1], power)
        return like(t_s, power)

    def energy_j(self, t0_s: Times, t1_s: Times) -> Times:
        return like(t0_s - t1_s, self._until(t1_s) - self._until(t0_s))

    def edges_s(self, t0_s: float, t1_s: float) -> Array:
        import numpy as np

        edges = self.edges
        if self.periodic:
            period_s = edges[-1] - edges[0]
            first, last = (math.floor((t - edges[0]) / period_s) for t in (t0_s, t1_s))
            edges = np.unique((edges[:-1] + period_s * np.arange(first, last + 1)[:, None]).ravel())
        return edges[(edges > t0_s) & (edges < t1_s)]

    def _until(self, t_s: Any) -> Array:
        """Energy from the first edge to t."""
        import numpy as np

        t, rounds = self._local(np.asarray(t_s, dtype=float))
        i, dt_s = self._span(t)
        energy = self._sums_j[i] + (self.starts_w[i] + self._slope(i) * dt_s / 2.0) * dt_s
        if not self.periodic:
            energy = np.where(t < self.edges[0], self.starts_w[0] * (t - self.edges[0]), energy)
            beyond = self._sums_j[-1] + self.ends_w[-1] * (t - self.edges[-1])
            energy = np.where(t >= self.edges[-1], beyond, energy)
        return np.asarray(energy + rounds * self._sums_j[-1])

    def _local(self, t: Array) -> tuple[Array, Array]:
        """The time within the first round, and the number of whole rounds before it."""
        import numpy as np

        if not self.periodic:
            return t, np.zeros_like(t)
        period_s = self.edges[-1] - self.edges[0]
        rounds = np.floor((t - self.edges[0]) / period_s)
        return np.clip(t - rounds * period_s, self.edges[0], self.edges[-1]), rounds

    def _span(self, t: Array) -> tuple[Any, Array]:
        import numpy as np

        i = np.clip(np.searchsorted(self.edges, t, side="right") - 1, 0, len(self.starts_w) - 1)
        return i, t - self.edges[i]

    def _slope(self, i: Any) -> Array:
        slope: Array = (self.ends_w[i] - self.starts_w[i]) / (self.edges[i + 1] - self.edges[i])
        return slope


@attrs.frozen(eq=False)
class Sum(Waveform):
    """Several waveforms at once.

    Args:
        parts: the waveforms that are added.
    """

    parts: tuple[Waveform, ...]

    def power_w(self, t_s: Times) -> Times:
        return sum((part.power_w(t_s) for part in self.parts[1:]), self.parts[0].power_w(t_s))

    def energy_j(self, t0_s: Times, t1_s: Times) -> Times:
        return sum((part.energy_j(t0_s, t1_s) for part in self.parts[1:]), self.parts[0].energy_j(t0_s, t1_s))

    def edges_s(self, t0_s: float, t1_s: float) -> Array:
        import numpy as np

        return np.unique(np.concatenate([part.edges_s(t0_s, t1_s) for part in self.parts]))
