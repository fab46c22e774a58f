"""Ranking very many models: the same numbers as all at once would give, in bounded memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.scoring import rank_models


@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 99), st.integers(1, 40))
def test_ranks_do_not_depend_on_how_many_are_worked_out_together(count, draws, seed, piece):
    # few different values, so that some are equal
    values = np.random.default_rng(seed).integers(0, 4, (count, draws)).astype(float)
    better = (values[None] > values[:, None]).sum(axis=1)
    no_worse = (values[None] >= values[:, None]).sum(axis=1)
    expected = [
        np.quantile(places, share, axis=1, method="nearest")
        for places, share in ((better + 1, 0.025), (no_worse, 0.975))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rank_models, "_PIECE", piece)
        assert rank_models.ranks_of_most(values).tolist() == np.array(expected).tolist()


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), max_size=4))
def test_best_and_worst_ranks_over_several_orders_equals_sharing_theirs(scores):
    ranks = [rank_models._order(np.array(values))[1] for values in scores]
    found = rank_models.extremes(ranks, 5)
    for i in range(5):
        expected = [1 + sum(other > values[i] for other in values) for values in scores]
        assert found[i] == ((min(expected), max(expected)) if expected else None)


def test_no_copy_is_as_large_as_the_draws():
    values = np.random.default_rng(1).standard_normal((5000, 400))
    tracemalloc.start()
    try:
        rank_models.ranks_of_most(values)
        assert tracemalloc.get_traced_memory()[1] < 0.9 * values.nbytes
    finally:
        tracemalloc.stop()
