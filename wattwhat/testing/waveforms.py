"""Power over time with exact integrals: the truth that sensors are judged by.

Every waveform is piecewise linear, so that its energy over any window has a closed form. Methods take
a number or a numpy array of times (seconds) and give the same back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.errors import ArgumentError
from wattwhat.testing._piecewise import Piecewise, Sum, Waveform, array

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Piecewise", "Sum", "Waveform", "bursts", "constant", "pulses", "ramp", "recorded", "square"]


def constant(power_w: float) -> Waveform:
    """The same power for ever.

    Example:
        >>> constant(40.0).energy_j(-1.0, 2.0)
        120.0
    """
    return Piecewise((0.0, 1.0), (power_w,), periodic=False)


def square(
    period_s: float, duty: float = 0.5, low_w: float = 0.0, high_w: float = 100.0, phase_s: float = 0.0
) -> Waveform:
    """High for ``duty`` of each period, then low; a period begins at ``phase_s``.

    Example:
        >>> square(period_s=0.1, duty=0.25, low_w=60.0, high_w=300.0).mean_w(0.0, 0.1)
        120.0
    """
    if not 0.0 < duty < 1.0:
        raise ArgumentError(
            f"{duty!r} is not between 0 and 1",
            argument="duty",
            remedy="use constant() for power that does not change",
        )
    edges = (phase_s, phase_s + duty * period_s, phase_s + period_s)
    return Piecewise(edges, (high_w, low_w), periodic=True)


def ramp(t0_s: float, t1_s: float, from_w: float, to_w: float) -> Waveform:
    """Linear from one power to another between two times, constant before and after.

    Example:
        >>> ramp(0.0, 2.0, 100.0, 200.0).energy_j(0.0, 2.0)
        300.0
    """
    return Piecewise((t0_s, t1_s), (from_w,), (to_w,))


def pulses(at_s: Sequence[float], width_s: float, high_w: float, low_w: float = 0.0) -> Waveform:
    """Pulses that begin at given times (rising, apart by more than the width) over a low power.

    Example:
        >>> pulses([1.0, 5.0], width_s=0.5, high_w=100.0).energy_j(0.0, 10.0)
        100.0
    """
    if len(at_s) == 0:
        raise ArgumentError(
            "no pulse is given", argument="at_s", remedy="use constant() for power that does not change"
        )
    edges = [time for begin_s in at_s for time in (begin_s, begin_s + width_s)]
    powers = [power for _ in at_s for power in (high_w, low_w)][:-1]
    return Piecewise([edges[0] - 1.0, *edges, edges[-1] + 1.0], [low_w, *powers, low_w])


def bursts(
    duration_s: float,
    rng: np.random.Generator,
    *,
    step_s: float = 0.25,
    compute: float = 0.75,
    idle_w: float = 80.0,
    low_w: float = 150.0,
    high_w: float = 350.0,
    jitter: float = 0.1,
    pause_every: int = 50,
    pause_s: float = 0.4,
) -> Waveform:
    """What training looks like: compute at high power, exchange at low power, now and then a pause.

    Args:
        duration_s: length of the training.
        rng: where the jitter comes from.
        step_s: mean time of one step.
        compute: part of a step (0 to 1) at high power.
        idle_w: power in pauses, and before and after the training.
        low_w: mean power while gradients are exchanged.
        high_w: mean power while it computes.
        jitter: relative standard deviation of each phase's length and power.
        pause_every: steps between two pauses (evaluation, checkpoint).
        pause_s: length of a pause.
    """
    import numpy as np

    steps = 10 + math.ceil(1.5 * duration_s / step_s)  # more than enough, whatever the jitter
    spread = np.clip(1.0 + jitter * rng.standard_normal((steps, 4)), 0.3, 3.0)
    lengths_s = np.stack(
        [
            compute * step_s * spread[:, 0],
            (1.0 - compute) * step_s * spread[:, 1],
            np.where(np.arange(1, steps + 1) % pause_every == 0, pause_s, 0.0),
        ],
        axis=1,
    ).ravel()
    powers_w = np.stack([high_w * spread[:, 2], low_w * spread[:, 3], np.full(steps, idle_w)], axis=1).ravel()
    there = lengths_s > 0.0
    ends_s = np.cumsum(lengths_s[there])
    kept = min(int(np.searchsorted(ends_s, duration_s)) + 1, len(ends_s))
    edges = np.concatenate([[0.0], ends_s[: kept - 1], [duration_s]])
    return Piecewise(
        np.concatenate([[-1.0], edges, [duration_s + 1.0]]),
        np.concatenate([[idle_w], powers_w[there][:kept], [idle_w]]),
    )


def recorded(
    t_s: Sequence[float], power_w: Sequence[float], *, step: bool = False, periodic: bool = False
) -> Waveform:
    """A recorded trace: a line between the points, or with ``step`` each power until the next point.

    Args:
        t_s: times in s, rising.
        power_w: power in W at these times; with ``step`` the last one counts for nothing.
        step: whether a power holds until the next point.
        periodic: whether the trace repeats for ever.

    Example:
        >>> recorded([0.0, 1.0, 2.0], [0.0, 100.0, 0.0]).energy_j(0.0, 2.0)
        100.0
    """
    powers = array(power_w)
    return Piecewise(t_s, powers[:-1], powers[:-1] if step else powers[1:], periodic=periodic)
