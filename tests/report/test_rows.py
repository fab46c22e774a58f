"""Rows: what is unknown is absent, what is shared is kept once."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report import made
from wattwhat import Measurement, Quantity
from wattwhat.report.page.rows import Texts, accuracy_or_reason, packed, pair, row_of

cells = st.none() | st.integers() | st.text() | st.lists(st.integers())


@given(st.lists(st.dictionaries(st.text(max_size=3), cells)))
def test_packing_loses_nothing(rows):
    table = packed(rows)
    unpacked = [
        {key: line[i] for i, key in enumerate(table["keys"]) if i < len(line) and line[i] is not None}
        for line in table["cells"]
    ]
    assert unpacked == [{key: value for key, value in row.items() if value is not None} for row in rows]


@given(st.lists(st.text()))
def test_texts_are_kept_once_and_found_again(sentences):
    texts = Texts()
    numbers = [texts.number(sentence) for sentence in sentences]
    assert [texts.kept[number] for number in numbers] == sentences
    assert len(set(texts.kept)) == len(texts.kept)


def test_a_bare_measurement_has_hardly_a_key():
    row = row_of(Measurement(label="a", energy_j=Quantity(1, 0.1, "J")), Texts(), "accuracy")
    assert set(row) == {"label", "energy", "provenance", "kind", "budget"} - {"budget"}


def test_a_lost_energy_is_absent_and_json_has_no_nan():
    texts = Texts()
    rows = [row_of(m, texts, "accuracy") for m in made.odd()]
    json.dumps(rows, allow_nan=False)
    assert "energy" not in next(row for row in rows if row["label"] == "lost")
    assert next(row for row in rows if row["label"] == "unknown u")["energy"] == [30.0, None]


def test_numbers_are_those_of_the_measurement():
    m = made.model("a", 0.25, accuracy=0.8, family="F")
    texts = Texts()
    row = row_of(m, texts, "accuracy")
    assert row["energy"] == [m.energy_j.value, m.energy_j.u]
    assert row["accuracy"] == [0.8, pytest.approx(math.sqrt(0.8 * 0.2 / 10_000))]
    assert [(texts.kept[n], share) for n, share in row["budget"]] == [
        ("sensor gain", 0.05),
        ("repeats", 0.02),
    ]
    assert texts.kept[row["family"]] == "F"
    assert texts.kept[row["kind"]].split("\n") == ["gpu", "inference", "", "sensor"]
    assert row["started_at"] == "2026-03-01T12:00:00+00:00"


def test_an_accuracy_without_uncertainty_is_not_exact():
    m = Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), metrics={"accuracy": 0.5})
    assert pair(accuracy_or_reason(m, "accuracy")[0]) == [0.5, None]
    stated = m.with_metrics(accuracy_u=0.0)
    assert pair(accuracy_or_reason(stated, "accuracy")[0]) == [0.5, 0.0]


def test_an_accuracy_in_percent_is_refused_with_its_reason():
    m = Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), metrics={"top1": 76.1})
    accuracy, reason = accuracy_or_reason(m, "top1")
    assert accuracy is None
    assert "0.761" in reason
    assert "accuracy" not in row_of(m, Texts(), "top1")


def test_only_sensors_of_known_hosts_have_something_in_common():
    texts = Texts()

    def sensors(channel, provenance="measured"):
        return row_of(made.model("a", 1, channel=channel, provenance=provenance), texts, "accuracy").get(
            "sensors"
        )

    import attrs

    assert sensors(made.BOARD) == sensors(made.BOARD)
    assert sensors(made.BOARD)[1:] == [0.05, 0.0]
    assert sensors(made.BOARD)[0] != sensors(made.PACKAGE)[0]
    assert sensors(made.BOARD)[0] != sensors(made.BOARD, "estimated")[0]
    assert sensors(attrs.evolve(made.BOARD, id="unknown-host/nvml/GPU 0")) is None
