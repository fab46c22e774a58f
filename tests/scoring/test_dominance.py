"""The Pareto front against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.scoring import pareto

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
