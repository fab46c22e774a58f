"""The input for an open meter: one for counters, one for gauges."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.sensing.meter import Meter

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input

__all__ = ["open_input"]


def open_input(meter: Meter, clock: Callable[[], int] = time.monotonic_ns) -> Input:
    """The input for a meter, by what its channel says it shows."""
    if meter.channel.is_counter:
        return CounterInput(meter, clock)
    # imported for machines that have a gauge: the first window shall not wait for more than it needs
    from wattwhat.acquisition.gauge_input import GaugeInput

    return GaugeInput(meter, clock)
