from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel
from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.energy.joules import Joules
from wattwhat.measuring.blocks import Block, add_up, repeats_u_j, shrinkable_half_width
from wattwhat.records.budget import Budget
from wattwhat.records.coverage import student_factor
from wattwhat.records.sources import EDGES, GAIN, LOST
from wattwhat.sensing.meter import Meter

ENERGIES = st.lists(st.floats(1.0, 1e3), min_size=2, max_size=20)


def line(name: str = "h/t/0") -> CounterInput:
    meter = Meter()
    meter.channel = Channel(name, "t", "d", "gpu", "energy")
    return CounterInput(meter)


LINE = line()


def block(energy_j: float | None, calls: int = 1, **parts: float) -> Block:
    named = {"edges": EDGES, "gain": GAIN}
    joules = (
        None if energy_j is None else Joules(energy_j, tuple((named[name], u) for name, u in parts.items()))
    )
    return Block([(LINE, joules, ())], calls, 1.0)


@given(ENERGIES)
def test_energies_and_gains_add_linearly_edges_in_quadrature(energies: list[float]) -> None:
    [(_, joules, _)] = add_up([block(e, edges=2.0, gain=0.03 * e) for e in energies])
    assert joules is not None
    parts = dict(joules.parts)
    assert joules.value_j == pytest.approx(math.fsum(energies))
    assert parts[GAIN] == pytest.approx(0.03 * math.fsum(energies))
    assert parts[EDGES] == pytest.approx(2.0 * math.sqrt(len(energies)))


def test_a_lost_block_is_filled_with_the_mean_and_half_of_it_is_uncertain() -> None:
    [(_, joules, words)] = add_up([block(10.0), block(None), block(20.0)])
    assert joules is not None
    assert joules.value_j == pytest.approx(45.0)
    assert dict(joules.parts)[LOST] == pytest.approx(7.5)
    assert "1 s of 3 s lost" in words[0]


def test_a_line_lost_in_every_block_stays_lost() -> None:
    [(_, joules, _)] = add_up([block(None), block(None)])
    assert joules is None


@given(st.lists(st.floats(1.0, 1e3), min_size=2, max_size=4))
def test_the_spread_is_the_standard_error_widened_for_few_samples(energies: list[float]) -> None:
    blocks = [block(e) for e in energies]
    expected = (
        statistics.stdev(energies) / math.sqrt(len(energies)) * student_factor(len(energies)) * len(energies)
    )
    assert repeats_u_j(blocks, {LINE.channel.id}, Budget()) == pytest.approx(expected, abs=1e-9)


def test_spread_that_the_edges_explain_is_not_counted_again() -> None:
    blocks = [block(e, edges=50.0) for e in (99.0, 101.0, 100.0)]
    assert repeats_u_j(blocks, {LINE.channel.id}, Budget.of({EDGES: 50.0 * math.sqrt(3)})) == 0.0


def test_intervals_from_few_blocks_hold_the_truth_as_often_as_they_say() -> None:
    generator = random.Random(5)
    for count in (3, 5, 10):
        inside = 0
        for _ in range(500):
            blocks = [block(generator.gauss(100.0, 10.0)) for _ in range(count)]
            half = shrinkable_half_width(blocks, {LINE.channel.id})
            mean = statistics.fmean(b.entries[0][1].value_j for b in blocks if b.entries[0][1])
            inside += abs(mean - 100.0) <= half * mean
        # that five or ten of them may resemble each other by chance is allowed for
        assert 0.93 <= inside / 500 <= (0.97 if count == 3 else 0.995)


def test_blocks_of_slow_calls_that_have_fewer_of_them_are_no_more_uncertain_than_their_ratio() -> None:
    """Calls of 1 W with a heavy tail, in blocks that a long call ends."""
    generator = random.Random(6)
    found, told = [], []
    for _ in range(150):
        blocks = []
        for _ in range(60):
            taken = [generator.lognormvariate(0.0, 1.0)]
            while sum(taken) < 4.0:
                taken.append(generator.lognormvariate(0.0, 1.0))
            blocks.append(block(math.fsum(taken), len(taken)))
        energy_j, calls = math.fsum(b.entries[0][1].value_j for b in blocks), sum(b.calls for b in blocks)
        found.append(energy_j / calls)
        told.append(repeats_u_j(blocks, {LINE.channel.id}, Budget()) / calls)
    assert statistics.stdev(found) <= statistics.median(told) <= 1.5 * statistics.stdev(found)


def test_fewer_than_two_blocks_tell_no_spread() -> None:
    assert shrinkable_half_width([block(1.0)], {LINE.channel.id}) == math.inf
    assert repeats_u_j([block(1.0)], {LINE.channel.id}, Budget()) == 0.0


def test_what_is_doubtful_in_many_blocks_is_told_once() -> None:
    told = [f"gpu-0: lost 0.0{number} s of 0.1 s (no answer)" for number in range(10, 15)]
    steady = "gpu-0: a window this short says little"
    blocks = [Block([(LINE, Joules(1.0), (sentence, steady))], 1, 0.1) for sentence in told]
    [(_, _, words)] = add_up(blocks)
    assert words == (f"{told[0]}; and alike 4 times more", steady)
