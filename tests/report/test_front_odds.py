"""The probability of the front: laws first, and the same as drawing every pair by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.report.page import front_odds as room
from wattwhat.report.page.front_odds import front_odds
from wattwhat.scoring import pareto


def row(energy, accuracy, u=0.0, accuracy_u=None, sensors=None):
    return {"energy": [energy, u], "accuracy": [accuracy, accuracy_u], "sensors": sensors}


points = st.lists(
    st.tuples(st.sampled_from([1.0, 1.5, 2.0, 3.0]), st.sampled_from([0.5, 0.6, 0.7])),
    min_size=1,
    max_size=12,
)


@given(points)
def test_what_is_exact_is_on_the_front_or_not(pairs):
    energies, accuracies = zip(*pairs, strict=True)
    odds = front_odds([row(*one) for one in pairs])
    assert odds == [float(on) for on in pareto(accuracies, energies)]


@given(points, st.floats(0.01, 1.5))
def test_somebody_is_always_on_it_and_none_has_more_than_all(pairs, share):
    odds = front_odds([row(e, a, share * e, 0.05) for e, a in pairs])
    assert all(0.0 <= p <= 1.0 for p in odds)
    assert sum(odds) >= 1.0 - 0.01 * len(odds)


def test_two_alike_in_accuracy_share_the_chance_and_a_common_gain_cancels():
    u = math.hypot(0.2, 0.01)
    apart = front_odds([row(1.0, 0.7, u), row(1.1, 0.7, 1.1 * u)])
    together = front_odds(
        [row(1.0, 0.7, u, None, [3, 0.2, 0.0]), row(1.1, 0.7, 1.1 * u, None, [3, 0.2, 0.0])]
    )
    assert 0.55 < apart[0] < 0.75
    assert apart[0] + apart[1] == pytest.approx(1.0)
    assert together == [1.0, 0.0]


def test_unknown_uncertainty_has_no_probability_and_stands_in_the_way():
    odds = front_odds(
        [row(1.0, 0.7, None), row(2.0, 0.6, 0.01), row(2.0, 0.8, 0.01), {"accuracy": [0.5, None]}]
    )
    assert odds == [None, 0.0, 1.0, None]


def test_leaving_out_the_hopeless_changes_nobody(monkeypatch):
    rng = np.random.default_rng(5)
    rows = [
        row(e, a, 0.1 * e, 0.02)
        for e, a in zip(10 ** rng.normal(0, 1, 80), rng.uniform(0.4, 0.9, 80), strict=True)
    ]
    some = front_odds(rows)
    assert len(room._contenders(rows)) < 60
    monkeypatch.setattr(room, "_contenders", lambda rows: list(range(len(rows))))
    assert front_odds(rows) == pytest.approx(some, abs=0.08)
