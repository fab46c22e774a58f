"""Compound ratings against what they mean."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.scoring.compound_rating import COMPOUNDS, compound_rating

weighted = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6)), min_size=1, max_size=7)


def unrolled(pairs):
    return [rating for rating, weight in pairs for _ in range(weight)]


@given(weighted)
def test_the_weighted_median_is_the_median_of_repeated_ratings(pairs):
    ratings, weights = zip(*pairs, strict=True)
    median = statistics.median(unrolled(pairs))
    assert compound_rating(ratings, weights) == math.floor(median)
    assert compound_rating(ratings, weights, "pessimistic median") == math.ceil(median)


@given(weighted)
def test_the_weighted_mean_is_the_mean_of_repeated_ratings(pairs):
    ratings, weights = zip(*pairs, strict=True)
    mean = statistics.mean(unrolled(pairs))
    assert compound_rating(ratings, weights, "optimistic mean") == math.floor(mean)
    assert compound_rating(ratings, weights, "pessimistic mean") == math.ceil(mean)


@given(weighted, st.sampled_from(COMPOUNDS), st.floats(0.01, 100), st.randoms())
def test_neither_the_order_nor_the_sum_of_the_weights_matters(pairs, mode, scale, random):
    shuffled = random.sample(pairs, len(pairs))
    plain = compound_rating(*zip(*pairs, strict=True), mode)
    ratings, weights = zip(*shuffled, strict=True)
    assert compound_rating(ratings, [scale * weight for weight in weights], mode) == plain
    assert min(ratings) <= plain <= max(ratings)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("best", 0), ("worst", 4), ("majority", 4), ("optimistic median", 4), ("median as in mlee", 0)],
)
def test_cases(mode, expected):
    # The study's code takes the rating before the one in which half the weight is passed.
    assert compound_rating([0, 4, 4], [1, 1, 1], mode) == expected


def test_a_tie_at_half_the_weight_takes_the_mean_of_the_two_rounded():
    # 0.7 + 0.3 against 0.8 + 0.2: a tie that binary fractions miss by a hair.
    assert compound_rating([0, 0, 3, 3], [0.7, 0.3, 0.8, 0.2]) == 1
    assert compound_rating([0, 0, 3, 3], [0.7, 0.3, 0.8, 0.2], "pessimistic median") == 2


def test_bad_input_is_named():
    with pytest.raises(ArgumentError, match="at least one"):
        compound_rating([], [])
    with pytest.raises(ArgumentError, match="'middle' is not one of"):
        compound_rating([1], [1], "middle")
