"""Programs of short phases for tests: what ran when, at which power, and phases() over virtual sensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rigs import simulated
from wattwhat.acquisition.phases import Phases
from wattwhat.testing import Piecewise, VirtualSensor

REST_W = 60.0


class Program:
    """Spans one after another: (name or None for a pause, seconds, watts), begun at ``start_s``."""

    def __init__(self, spans: list[tuple[str | None, float, float]], start_s: float = 102.0) -> None:
        self.spans, self.start_s = spans, start_s
        lengths = [seconds for _, seconds, _ in spans]
        self.edges = start_s + np.concatenate([[0.0], np.cumsum(lengths)])
        bounds = [start_s - 90.0, *self.edges, self.edges[-1] + 90.0]
        powers = [REST_W, *(watts for _, _, watts in spans), REST_W]
        self.waveform = Piecewise(bounds, powers)

    def energy_j(self, name: str) -> float:
        return sum(seconds * watts for one, seconds, watts in self.spans if one == name)

    def run(self, *sensors: VirtualSensor, settle_s: float = 1.6, **fields: Any) -> Phases:
        """Run it over these sensors; what they show of it is known ``settle_s`` after its end."""
        simulation = simulated(*sensors, **fields)
        phases = Phases("program", sync=False, meter_set=simulation.meter_set)
        simulation.until(self.start_s)
        for (name, _, _), end_s in zip(self.spans, self.edges[1:], strict=True):
            if name is None:
                simulation.until(float(end_s))
                continue
            with phases(name):
                simulation.until(float(end_s))
        simulation.advance(settle_s)
        return phases


def repeated(
    rng: np.random.Generator,
    names: dict[str, tuple[float, float]],
    times: int,
    scatter: float = 0.1,
    jitter: float = 0.0,
) -> list[tuple[str | None, float, float]]:
    """Spans of these names (seconds, watts) in turn; power and length scatter by these fractions."""
    return [
        (
            name,
            max(seconds * (1.0 + jitter * float(rng.standard_normal())), 0.1 * seconds),
            max(watts * (1.0 + scatter * float(rng.standard_normal())), 1.0),
        )
        for _ in range(times)
        for name, (seconds, watts) in names.items()
    ]
