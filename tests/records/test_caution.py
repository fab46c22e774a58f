"""Warnings carry codes through files, pickles and copies, and are plain sentences to everything else."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from tests.rigs import counter, simulated
from wattwhat import Measurement, Quantity
from wattwhat.records.caution import CODES, Caution, code_of
from wattwhat.testing import constant


def measurement(*warnings: str) -> Measurement:
    return Measurement(label="a", energy_j=Quantity(1.0, 0.1, "J"), warnings=warnings)


@pytest.mark.parametrize("code", sorted(CODES))
def test_codes_survive_files_pickles_and_copies(code: str) -> None:
    m = measurement(Caution(code, "told"), "somebody else's")
    for twin in (
        Measurement.from_dict(json.loads(m.to_json())),
        pickle.loads(pickle.dumps(m)),
        copy.deepcopy(m),
    ):
        assert twin.warnings == ("told", "somebody else's")
        assert [code_of(one) for one in twin.warnings] == [code, None]
    assert pickle.loads(pickle.dumps(m.warnings[0])).code == code


def test_files_of_schema_1_are_read() -> None:
    data = json.loads(measurement("told").to_json())
    data["schema"] = 1
    del data["warning_codes"]
    assert Measurement.from_dict(data).warnings == ("told",)


def test_codes_that_do_not_fit_the_sentences_are_left_out() -> None:
    data = json.loads(measurement("one", "two").to_json())
    data["warning_codes"] = ["short"]
    assert [code_of(one) for one in Measurement.from_dict(data).warnings] == [None, None]


def test_a_short_window_says_so_by_its_code() -> None:
    simulation = simulated(counter(constant(100.0), 0.1))
    found = simulation.window(100.5, 100.52)
    assert "short" in [code_of(one) for one in found.warnings]
