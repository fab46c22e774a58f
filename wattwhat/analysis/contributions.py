"""Which channel contributes how much of a budget: a Measurement keeps one for its sum, sums need its parts.

Nothing is measured here. The channels say how wrong they may be; the budget says what came of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.records.channel_energy import own_u
from wattwhat.records.sources import SYSTEMATIC, remaining_u

if TYPE_CHECKING:
    from wattwhat.records.channel import Channel
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.measurement import Measurement

__all__ = ["Share", "independent_u_j", "shares_of"]


@attrs.frozen
class Share:
    """One channel's part of one source of a budget.

    Args:
        source: "sensor gain", "model" or "sensor offset".
        channel: whose part it is; None where the measurement names no channel.
        u_j: standard uncertainty in J.
    """

    source: str
    channel: Channel | None
    u_j: float

    @property
    def backend(self) -> str:
        """The backend whose sensors err alike; empty where no channel is named."""
        return "" if self.channel is None else self.channel.backend


def shares_of(measurement: Measurement) -> tuple[Share, ...]:
    """Gain, model and offset of a measurement's budget, dealt out to its counted channels.

    Each channel gets what it says of itself (gain_error times its energy, offset_w), scaled so that the
    rules of `wattwhat.energy.totals.total` (linear within a backend, in quadrature between backends) give the
    budget's figure again. Where no channel says anything, they share in proportion to their energies.

    Args:
        measurement: whose budget it is.

    Example:
        >>> from wattwhat import Channel, Measurement, Quantity
        >>> from wattwhat.records.channel_energy import ChannelEnergy
        >>> gpu = Channel("h/x/0", "x", "a GPU", "gpu", "energy", gain_error=0.03)
        >>> m = Measurement(label="a", energy_j=Quantity(100, 3, "J"), budget=(("sensor gain", 3.0),),
        ...                 channels=(ChannelEnergy(gpu, Quantity(100, 3, "J")),))
        >>> [(share.source, share.u_j) for share in shares_of(m)]
        [('sensor gain', 3.0)]
    """
    counted = [entry for entry in measurement.channels if entry.counted and entry.energy_j is not None]
    budget = measurement.budget
    shares: list[Share] = []
    for source in SYSTEMATIC:
        u_j = budget.get(source)
        if u_j:
            shares.extend(_dealt(source, u_j, counted))
    return tuple(shares)


def independent_u_j(measurement: Measurement) -> float:
    """What remains of a measurement's uncertainty without gain, model and offset, in J."""
    systematic = math.hypot(*(measurement.budget.get(source) for source in SYSTEMATIC))
    u_j = max(measurement.energy_j.u, measurement.budget.u)
    return remaining_u(u_j, systematic) if math.isfinite(u_j) else u_j


def _dealt(source: str, u_j: float, counted: list[ChannelEnergy]) -> list[Share]:
    if not counted:
        return [Share(source, None, u_j)]
    weights = [own_u(source, entry) for entry in counted]
    if not any(weights):
        weights = [abs(entry.energy_j.value) if entry.energy_j else 0.0 for entry in counted]
    by_backend: dict[str, float] = {}
    for entry, weight in zip(counted, weights, strict=True):
        backend = entry.channel.backend
        by_backend[backend] = by_backend.get(backend, 0.0) + weight
    all_of_it = math.hypot(*by_backend.values())
    if not (all_of_it > 0.0 and math.isfinite(all_of_it)):
        return [Share(source, None, u_j)]
    return [
        Share(source, entry.channel, u_j * weight / all_of_it)
        for entry, weight in zip(counted, weights, strict=True)
        if weight
    ]
