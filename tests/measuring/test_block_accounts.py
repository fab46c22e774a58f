"""Blocks of a load on the timeline: edges cancel where ticks tell, and nothing is left open."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measured import one_measurement, over_time
from tests.measuring.test_measuring import Passing, measured
from tests.rigs import counter, simulated
from wattwhat.errors import WorkloadError
from wattwhat.measuring.block_accounts import LoadState, settled_block
from wattwhat.measuring.blocks import add_up
from wattwhat.records.sources import EDGES
from wattwhat.testing import constant


def sensor(period_s: float) -> list[dict[str, Any]]:
    return [{"kind": "energy", "period_s": period_s, "window_s": None, "told": True}]


@settings(max_examples=25, deadline=None)
@given(st.floats(0.002, 0.09), st.sampled_from([0.02, 0.1]), st.integers(0, 100), st.floats(50.0, 400.0))
def test_a_constant_load_is_known_to_a_part_of_an_update_period(
    call_s: float, period_s: float, seed: int, power_w: float
) -> None:
    load = over_time(lambda chance: lambda t: power_w, call_s)
    m, _, _ = one_measurement(sensor(period_s), load, seed, idle=None)
    assert m.energy_per_call_j is not None
    low, high = m.energy_per_call_j.interval(0.99)
    assert low <= power_w * call_s <= high
    # by the first and the last reading alone it is 0.6 of that or more
    assert dict(m.budget)[EDGES] <= 0.5 * period_s * power_w


@pytest.mark.parametrize("period_s", [0.02, 0.1])
def test_where_calls_keep_step_with_the_counter_next_to_nothing_is_left(period_s: float) -> None:
    load = over_time(lambda chance: lambda t: 300.0, 0.05)
    m, _, _ = one_measurement(sensor(period_s), load, 1, idle=None)
    assert m.details["precision"] < 0.005


def test_blocks_of_a_load_add_up_to_it() -> None:
    simulation = simulated(counter(constant(200.0), 0.1), max_power_w=500.0)
    meter_set = simulation.meter_set
    load = LoadState(meter_set, meter_set.inputs)
    load.begin()
    simulation.advance(0.13)
    edges = []
    for seconds in (0.31, 0.52, 0.77):
        begin = meter_set.begin()
        load.within(begin)
        simulation.advance(seconds)
        end = meter_set.end(begin)
        load.within(end)
        edges.append((begin, end, 1, None))
    load.settle()
    ids = [one.channel.id for one in meter_set.inputs]
    before = [None, *(end for _, end, _, _ in edges)]
    blocks = [
        settled_block(meter_set, [part], ids, False, end) for part, end in zip(edges, before, strict=False)
    ]
    added = add_up(blocks)[0][1]
    assert added is not None
    assert added.value_j == pytest.approx(sum(block.entries[0][1].value_j for block in blocks))
    # by two readings alone it is 0.58 of what a period draws
    assert dict(added.parts)[EDGES] < 0.5 * 0.1 * 200.0
    assert added.value_j == pytest.approx(320.0, abs=1.96 * dict(added.parts)[EDGES])


def test_a_load_that_fails_is_over_on_the_timeline() -> None:
    simulation = simulated(counter(constant(200.0), 0.1), max_power_w=500.0)

    class Failing(Passing):
        def run(self) -> None:
            if self.calls > 20:
                raise ZeroDivisionError("no more")
            super().run()

    with pytest.raises((WorkloadError, ZeroDivisionError)):
        measured(simulation, Failing(simulation, 0.1))
    history = simulation.meter_set.history
    history.settle()
    assert not history._open


def test_a_call_longer_than_a_block_is_not_run_before_it() -> None:
    for call_s, before in ((0.04, 3), (0.6, 0)):
        simulation = simulated(counter(constant(100.0), 0.1))
        workload = Passing(simulation, call_s)
        m = measured(simulation, workload, warmup=1, idle=None)
        assert workload.calls == (m.calls or 0) + 1 + before * (call_s < 0.5)
