from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.budget import EDGES, GAIN, LOST, MODEL, OFFSET, REPEATS, RESOLUTION, UNSEEN, Budget

SOURCES = st.sampled_from([GAIN, OFFSET, RESOLUTION, EDGES, UNSEEN, REPEATS, LOST, MODEL])
PAIRS = st.lists(st.tuples(SOURCES, st.floats(0, 1e6)), max_size=12)


@given(PAIRS)
def test_sources_add_in_quadrature(pairs: list[tuple[str, float]]) -> None:
    assert Budget.of(pairs).u == pytest.approx(math.hypot(*(u for _, u in pairs)))


@given(PAIRS)
def test_each_source_stands_once_and_the_largest_first(pairs: list[tuple[str, float]]) -> None:
    budget = Budget.of(pairs)
    assert len({source for source, _ in budget}) == len(budget)
    assert [u for _, u in budget] == sorted((u for _, u in budget), reverse=True)


@given(PAIRS)
def test_what_repeats_shrink_and_what_not_make_the_whole(pairs: list[tuple[str, float]]) -> None:
    budget = Budget.of(pairs)
    rest = math.hypot(budget.get(GAIN), budget.get(OFFSET), budget.get(MODEL))
    assert math.hypot(budget.shrinkable_u, rest) == pytest.approx(budget.u)


def test_it_prints_every_source_with_joules_and_share_and_what_to_attack() -> None:
    text = str(Budget.of({GAIN: 3.0, EDGES: 4.0}))
    assert "stale edges      4 J         64 %" in text
    assert "sensor gain      3 J         36 %" in text
    assert text.splitlines()[-1] == "largest: stale edges. run longer: the two edges of a window weigh less"


def test_a_budget_led_by_the_sensor_says_that_repeats_will_not_help() -> None:
    assert "repeats will not help" in Budget.of({GAIN: 3.0, REPEATS: 1.0}).advice


def test_an_empty_budget_says_so() -> None:
    assert "no uncertainty" in str(Budget())
    assert Budget().u == 0.0
