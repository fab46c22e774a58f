"""Families of random waveforms for the truth benchmark, powers between 40 and 420 W."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wattwhat.testing import Piecewise, Waveform, bursts, constant, pulses, ramp, recorded, square

Rng = np.random.Generator


def _levels(rng: Rng) -> tuple[float, float]:
    return float(rng.uniform(40, 120)), float(rng.uniform(150, 420))


def _constant(rng: Rng, _: float) -> Waveform:
    return constant(float(rng.uniform(60, 420)))


def _square(rng: Rng, _: float) -> Waveform:
    low, high = _levels(rng)
    return square(
        10 ** float(rng.uniform(-2, 0.7)), float(rng.uniform(0.2, 0.8)), low, high, float(rng.uniform(0, 5))
    )


def _ramp(rng: Rng, end_s: float) -> Waveform:
    low, high = _levels(rng)
    begin = float(rng.uniform(0, 0.8 * end_s))
    levels = (low, high) if rng.random() < 0.5 else (high, low)
    return ramp(begin, begin + float(rng.uniform(0.05, 0.5)) * end_s, *levels)


def _pulses(rng: Rng, end_s: float) -> Waveform:
    low, high = _levels(rng)
    width = 10 ** float(rng.uniform(-2, -0.5))
    at = np.cumsum(
        width + rng.exponential(2.0 * width + 0.2, size=max(8, int(end_s / (3 * width + 0.2)) + 8))
    )
    return pulses(at.tolist(), width, high, low)


def _bursts(rng: Rng, end_s: float) -> Waveform:
    low, high = _levels(rng)
    return bursts(
        end_s, rng, step_s=10 ** float(rng.uniform(-1.5, 0.2)), idle_w=low, low_w=1.4 * low, high_w=high
    )


def _recorded(rng: Rng, end_s: float) -> Waveform:
    """A trace as a logger would have kept it: a bounded random walk, a point every 50 ms."""
    count = int(end_s / 0.05) + 2
    walk = np.cumsum(rng.normal(0.0, 25.0, size=count)) + rng.uniform(100, 350)
    folded = np.abs((walk - 50.0) % 740.0 - 370.0) + 45.0
    return recorded((0.05 * np.arange(count)).tolist(), folded.tolist())


def request(rng: Rng, window: tuple[float, float]) -> Waveform:
    """A load that begins and ends with the window, at rest before and after: where users put windows."""
    low, high = _levels(rng)
    begin_s, end_s = window
    return Piecewise([0.0, begin_s, end_s, end_s + 20.0], [low, high, low])


FAMILIES: dict[str, Callable[[Rng, float], Any]] = {
    "constant": _constant,
    "square": _square,
    "ramp": _ramp,
    "pulses": _pulses,
    "bursts": _bursts,
    "recorded": _recorded,
}
