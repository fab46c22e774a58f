"""The whole content: what is missing is said, and sizes stay bounded."""

import json

import attrs
import pytest

from tests.report import made
from tests.unlike import ALIKE, population
from wattwhat import Measurement, Quantity
from wattwhat.report.page.payload import payload_of
from wattwhat.scoring.population import TRAITS


def content(measurements, **options):
    payload = payload_of(measurements, title="t", **options)
    rows = [dict(zip(payload["keys"], cells, strict=False)) for cells in payload["cells"]]
    return payload, rows


def test_every_measurement_is_a_row_in_its_order():
    measurements = [*made.alike(), *made.odd()]
    _, rows = content(measurements)
    assert [row["label"] for row in rows] == [m.label for m in measurements]


def test_a_thousand_identical_names_are_a_thousand_rows():
    _, rows = content([made.model("x", 1.0 + i, accuracy=0.5) for i in range(1000)])
    assert len(rows) == 1000


def test_the_bases_say_how_many_rows_have_them():
    payload, _ = content(made.odd())
    assert {basis["name"]: basis["rows"] for basis in payload["bases"]} == {"item": 8, "call": 7, "total": 9}
    assert payload["basis"] == "item"


@pytest.mark.parametrize(
    ("measurements", "sentence"),
    [
        ([], "no measurement in the data"),
        ([made.model("a", 1)], "energy alone"),
        ([made.model("a", 1), made.model("b", 1, accuracy=0.5)], "1 of 2 measurements carry no 'accuracy'"),
        ([made.model("a", 1, accuracy=0.5)], "No measurement names a family"),
        (made.odd(), "1 of 10 measurements have no energy"),
        ([made.model("a", 1, accuracy=0.5)], "No grades"),
    ],
)
def test_what_is_missing_is_said(measurements, sentence):
    payload, _ = content(measurements)
    assert sentence in " ".join(payload["missing"])


def test_nothing_is_said_to_be_missing_where_nothing_is():
    payload, _ = content(made.alike(), reference=[])
    assert [said for said in payload["missing"] if "grades" not in said] == []


def test_there_is_no_column_of_scores_without_accuracy():
    payload, _ = content([made.model("a", 1)])
    assert all(basis["sam_name"] is None for basis in payload["bases"])


def test_many_long_traces_stay_small():
    trace = {"t_s": list(range(5000)), "power_w": [float(i % 77) for i in range(5000)]}
    measurements = [made.model(f"m{i}", 1, trace=trace) for i in range(100)]
    _, rows = content(measurements)
    assert sum(len(row["trace"]["t_s"]) for row in rows) <= 12_000
    assert all(row["trace"]["mean_over_s"] > 0 for row in rows)


def test_another_metric_may_be_the_accuracy():
    m = Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), metrics={"top5": 0.9})
    payload, rows = content([m], metric="top5")
    assert payload["metric"] == "top5"
    assert rows[0]["accuracy"] == [0.9, None]


def test_twelve_hundred_graded_models_leave_room_for_the_library():
    models = [
        made.model(
            f"family_{i}.some_pretraining_in1k_224",
            0.01 * 1.007**i,
            accuracy=0.3 + 0.0005 * i,
            day=i % 300,
            family=f"F{i % 60}",
        )
        for i in range(1200)
    ]
    from tests.report.test_grades import reference

    payload, _ = content(models, reference=reference())
    # 1.3 MB for the page, of which less than 0.2 MB are the page's own files
    assert len(json.dumps(payload, separators=(",", ":"))) < 0.9e6


@pytest.mark.parametrize("trait", TRAITS)
def test_what_is_not_ranked_together_is_on_no_common_front(trait):
    together = population(trait)
    payload, rows = content(together)
    assert payload["apart"] == [trait]
    assert [row["together"] == rows[0]["together"] for row in rows] == [True] * 8 + [False]
    assert rows[8]["front_item"] == 1.0  # alone of its kind


def test_what_only_some_state_keeps_nothing_apart():
    payload, rows = content([*ALIKE, attrs.evolve(ALIKE[0], label="silent", channels=())])
    assert payload["apart"] == []
    assert len({row["together"] for row in rows}) == 1
