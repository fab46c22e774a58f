"""The probability of the front: laws first, and the same as drawing every pair by hand."""

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat import Quantity
from wattwhat.report.page.payload import payload_of
from wattwhat.scoring import SAM, pareto, rank
from wattwhat.scoring import front_odds as room
from wattwhat.scoring.front_odds import front_odds


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
    assert len(room.contenders(rows)) < 60
    monkeypatch.setattr(room, "contenders", lambda rows: [i for i, _ in enumerate(rows)])
    assert front_odds(rows) == pytest.approx(some, abs=0.08)


def test_a_ranking_tells_the_probability_and_the_page_the_same():
    unsure = [
        attrs.evolve(simple(joules, u, label=str(joules)), metrics={"accuracy": a, "accuracy_u": 0.01})
        for joules, u, a in (
            (100.0, 60.0, 0.70),
            (110.0, 60.0, 0.71),
            (150.0, 60.0, 0.705),
            (400.0, 1.0, 0.6),
        )
    ]
    ranking = rank(unsure, SAM(unit="J"))
    told = {row.label: row.on_front for row in ranking.rows}
    assert told["400.0"] == 0.0
    assert all(0.2 < told[label] <= 1.0 for label in ("100.0", "110.0", "150.0"))
    assert sum(told.values()) >= 1.0
    rows = ranking.to_dict()["rows"]
    assert [row["on_front"] for row in rows] == [row.on_front for row in ranking.rows]
    payload = payload_of(unsure, title="t")
    page = [dict(zip(payload["keys"], cells, strict=False)) for cells in payload["cells"]]
    assert {row["label"]: row["front_total"] for row in page} == pytest.approx(told, abs=0.06)


def test_an_energy_of_unknown_uncertainty_has_no_probability():
    exact = simple(100.0, 1.0, label="known").with_metrics(accuracy=0.7)
    blind = attrs.evolve(exact, label="blind", energy_j=Quantity(50.0, math.inf, "J"), channels=())
    told = {row.label: row.on_front for row in rank([exact, blind], SAM(unit="J")).rows}
    assert told["blind"] is None


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=30), st.floats(0.0, 0.3))
def test_of_models_equally_accurate_only_those_near_the_thriftiest_have_a_chance(energies, share):
    rows = [row(e, 0.8, share * e) for e in energies]
    reach = 2.0 * room._SURE * math.sqrt(math.log1p(share**2))
    near = [i for i, e in enumerate(energies) if math.log(e / min(energies)) <= reach + 1e-9]
    assert set(room.contenders(rows)) <= set(near)
    assert all(p == 0.0 for i, p in enumerate(front_odds(rows)) if i not in near)
