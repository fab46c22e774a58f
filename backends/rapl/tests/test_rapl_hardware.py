"""The plugin on this machine's own counters, where there are any."""

from __future__ import annotations

import time

import pytest

from wattwhat_rapl import RaplBackend
from wattwhat_rapl.backend import SOURCES

pytestmark = pytest.mark.hardware


@pytest.mark.parametrize("source", SOURCES)
def test_a_busy_machine_draws_a_plausible_power(source: str) -> None:
    backend = RaplBackend(sources=[source])
    answer = backend.probe()
    if not answer.available:
        pytest.skip(answer.reason)
    meters = backend.meters()
    first = [meter.read() for meter in meters]
    deadline = time.perf_counter() + 0.3
    while time.perf_counter() < deadline:
        sum(range(1000))
    second = [meter.read() for meter in meters]
    for meter, begin, end in zip(meters, first, second, strict=True):
        channel = meter.channel
        power_w = end.value
        if channel.is_counter:
            moved_j = end.value - begin.value
            power_w = (
                (moved_j % channel.wrap_j if channel.wrap_j else moved_j) / (end.t_ns - begin.t_ns) * 1e9
            )
        assert 0.0 <= power_w < 5000.0, channel.id
        if channel.component == "cpu":
            assert power_w > 0.5, channel.id
        meter.close()
