"""Is an energy counter to be believed? It is held against the power for a moment; pure functions."""

from __future__ import annotations

import attrs

__all__ = ["FAST_RATIO", "SLOW_RATIO", "WELL_ABOVE_W", "Sample", "doubt", "reads_nothing"]

# Counter and power may disagree for honest reasons (averaging, a load that starts), hence the wide band;
# the counters reported bad were wrong by far more, or stood still (ROCm/amdsmi issues 22, 38 and 115).
SLOW_RATIO = 0.1
FAST_RATIO = 10.0
# Below this a sleeping GPU may rightly leave its counter alone for a while.
WELL_ABOVE_W = 10.0


@attrs.frozen
class Sample:
    """What one GPU showed at one time.

    Args:
        t_ns: monotonic time in ns.
        energy_j: its counter in J; None if it has none.
        power_w: its power in W; None if it shows none.
    """

    t_ns: int
    energy_j: float | None
    power_w: float | None


def reads_nothing(sample: Sample) -> bool:
    """Whether a GPU shows neither energy nor power: the second die of an MI250, an unfilled partition.

    The kernel gives power and energy of both dies on the first and 0 on the other.

    Example:
        >>> reads_nothing(Sample(0, 0.0, None)), reads_nothing(Sample(0, 0.0, 90.0))
        (True, False)
    """
    return not sample.energy_j and not sample.power_w


def doubt(before: Sample, after: Sample) -> str | None:
    """Why a counter is not to be believed, or None where nothing speaks against it.

    Args:
        before: a sample.
        after: a later one of the same GPU.

    Returns:
        A sentence; None also where there is no power to hold it against.

    Example:
        >>> doubt(Sample(0, 100.0, 200.0), Sample(10**8, 100.0, 200.0))
        'its energy counter stood still for 0.1 s while the power was 200 W'
        >>> doubt(Sample(0, 100.0, 200.0), Sample(10**8, 120.0, 200.0)) is None
        True
    """
    if before.energy_j is None or after.energy_j is None:
        return "it gives no energy counter"
    seconds = (after.t_ns - before.t_ns) * 1e-9
    gained_j = after.energy_j - before.energy_j
    if before.energy_j == after.energy_j == 0:
        return "its energy counter reads 0"  # it counts from the start of the driver: never 0 where it works
    if gained_j < 0:
        return f"its energy counter went back by {-gained_j:.3g} J within {seconds:.3g} s"
    watts = [sample.power_w for sample in (before, after) if sample.power_w is not None]
    if not watts or seconds <= 0 or (power_w := sum(watts) / len(watts)) < WELL_ABOVE_W:
        return None
    if gained_j == 0:
        return f"its energy counter stood still for {seconds:.3g} s while the power was {power_w:.3g} W"
    expected_j = power_w * seconds
    if not SLOW_RATIO < gained_j / expected_j < FAST_RATIO:
        return (
            f"its energy counter gained {gained_j:.3g} J in {seconds:.3g} s, where the power of "
            f"{power_w:.3g} W makes {expected_j:.3g} J"
        )
    return None
