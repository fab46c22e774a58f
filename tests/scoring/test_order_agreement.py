"""Rank correlations against scipy and their laws."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.scoring import rank_correlation

pairs = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=30)


@given(pairs)
def test_both_coefficients_are_those_of_scipy(values):
    stats = pytest.importorskip("scipy.stats")
    first, second = zip(*values, strict=True)
    assume(len(set(first)) > 1)
    assume(len(set(second)) > 1)
    found = rank_correlation(first, second)
    assert found.spearman == pytest.approx(stats.spearmanr(first, second).statistic)
    assert found.kendall == pytest.approx(stats.kendalltau(first, second).statistic)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=20, unique=True))
def test_an_order_agrees_with_itself_and_not_with_its_reverse(values):
    same, reverse = rank_correlation(values, values), rank_correlation(values, [-v for v in values])
    assert (same.spearman, same.kendall) == pytest.approx((1.0, 1.0))
    assert (reverse.spearman, reverse.kendall) == pytest.approx((-1.0, -1.0))


def test_what_has_no_correlation_is_refused():
    with pytest.raises(ScoreError, match="at least 3"):
        rank_correlation([1, 2], [1, 2])
    with pytest.raises(ScoreError, match="alike"):
        rank_correlation([1, 1, 1], [1, 2, 3])
    with pytest.raises(ArgumentError, match="3 and 2"):
        rank_correlation([1, 2, 3], [1, 2])
    with pytest.raises(ArgumentError, match="finite"):
        rank_correlation([1, 2, float("nan")], [1, 2, 3])
