"""The Pareto front against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.scoring import epsilon_front, pareto

# Small integers, so that ties in one and in both come often.
points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25)


@given(points)
def test_the_front_is_what_nothing_dominates(pairs):
    def dominated(a, e):
        return any(b >= a and f <= e and (b, f) != (a, e) for b, f in pairs)

    found = pareto([a for a, _ in pairs], [e for _, e in pairs])
    assert list(found) == [not dominated(a, e) for a, e in pairs]


def test_unequal_lengths_are_refused():
    with pytest.raises(ArgumentError, match="as many of both"):
        pareto([1.0], [])


populations = st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.1, 100)), min_size=1, max_size=25)


@given(populations, st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_the_chosen_few_stand_for_all_to_within_epsilon(pairs, epsilon):
    accuracies, energies = zip(*pairs, strict=True)
    chosen = [i for i, one in enumerate(epsilon_front(accuracies, energies, epsilon)) if one]
    more = (1 + epsilon) * (1 + 1e-12)
    for accuracy, energy in pairs:
        assert any(accuracies[i] * more >= accuracy and energies[i] <= more * energy for i in chosen)
    front = pareto(accuracies, energies)
    assert all(front[i] for i in chosen)


@given(populations)
def test_without_tolerance_it_is_the_pareto_front_with_equals_once(pairs):
    accuracies, energies = zip(*pairs, strict=True)
    chosen = {pairs[i] for i, one in enumerate(epsilon_front(accuracies, energies, 0.0)) if one}
    assert chosen == {pairs[i] for i, one in enumerate(pareto(accuracies, energies)) if one}


@pytest.mark.parametrize("epsilon", [-0.1, float("nan"), float("inf"), "2 %"])
def test_a_tolerance_is_a_share(epsilon):
    with pytest.raises(ArgumentError, match="epsilon"):
        epsilon_front([0.5], [1.0], epsilon)
