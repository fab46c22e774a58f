"""What every score gives: printing, plain data, copies."""

import json
import pickle

import pytest

from tests.scoring.tables import measured
from wattwhat import Quantity
from wattwhat.errors import ScoreError
from wattwhat.scoring import SAM, ScoreResult


def test_a_number_is_printed_with_accuracy_and_energy_beside_it():
    text = str(SAM(unit="Wh")(measured("net", 0.91, 3600.0, n_test=10_000)))
    assert text.startswith("SAM[Wh, alpha=5, beta=5]: ")
    assert "accuracy 0.9100(29)" in text
    assert "1000(29) Wh" in text


def test_a_grade_is_printed_with_its_odds_likeliest_first():
    result = ScoreResult("grade", None, "B", {"A": 0.004, "C": 0.13, "B": 0.866}, {"notes": ("so so",)})
    assert str(result) == "grade: B (B 87 %, C 13 %)\n  note: so so"
    assert "grade: B" in repr(result)


def test_plain_data_survives_json_and_a_result_survives_pickle():
    result = SAM(unit="Wh")(measured("net", 0.91, 3600.0))
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["value"]["value"] == result.value.value
    assert data["details"]["accuracy"]["unit"] == "1"
    assert pickle.loads(pickle.dumps(result)) == result


def test_what_json_has_no_word_for_becomes_none():
    result = ScoreResult("x", Quantity(1.0, float("inf"), "1"), details={"a": float("nan"), "b": (1.0, 2)})
    assert result.to_dict()["value"]["u"] is None
    assert result.to_dict()["details"] == {"a": None, "b": [1.0, 2]}


def test_a_result_cannot_be_changed_through_what_it_was_made_from():
    odds = {"A": 1.0}
    result = ScoreResult("grade", None, "A", odds)
    odds["A"] = 0.0
    assert result.probabilities["A"] == 1.0


def test_a_bare_number_is_refused_as_a_value_and_the_way_to_write_it_told():
    with pytest.raises(
        ScoreError, match=r'expected a Quantity or None, got 0\.5; .*Quantity\(0\.5, 0\.0, "1"\)'
    ):
        ScoreResult("x", 0.5)
