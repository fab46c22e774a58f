"""Training, inference or both: said, never guessed."""

import math

import pytest

from tests.scoring.tables import measured
from wattwhat import Quantity
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.budget import Budget
from wattwhat.scoring import SAM, choose_phase


def phase(name, joules, accuracy=None, label="net", **options):
    return measured(label, accuracy, joules, u=options.pop("u", 0.0), details={"phase": name}, **options)


def test_both_phases_of_one_model_need_a_choice():
    pair = [phase("training", 1e3), phase("inference", 1.0, 0.9)]
    with pytest.raises(ScoreError, match="say which electricity"):
        choose_phase(pair)
    assert choose_phase(pair, "inference")[0].energy_j.value == 1e3
    assert choose_phase(pair, "train")[0].energy_j.value == 1e6


def test_the_accuracy_comes_along_from_the_other_phase():
    (found,) = choose_phase([phase("training", 1e3), phase("inference", 1.0, 0.9)], "training")
    assert found.metrics["accuracy"] == 0.9
    assert SAM(unit="Wh", phase="training")(found).value.value > 0


def test_both_adds_training_and_a_life_of_inference():
    pair = [phase("training", 1e3, items=10), phase("inference", 2.0, 0.9)]
    (found,) = choose_phase(pair, "both", inferences=1e6)
    assert found.energy_j.value == pytest.approx(1e4 + 2e6)
    assert found.details["phase"] == "both"
    assert choose_phase(pair, "both")[0].energy_j.value == pytest.approx(1e4 + 2e3)


def test_errors_of_one_sensor_add_up_straight_and_others_in_quadrature():
    def with_budget(name, parts):
        m = phase(name, 1.0, 0.9, items=100)
        u = math.hypot(*parts.values())
        return m.__class__(
            label="net",
            energy_j=Quantity(100, u, "J"),
            items=100,
            budget=Budget.of(parts),
            details={"phase": name},
        )

    training = with_budget("training", {"sensor gain": 3.0, "repeats": 4.0})
    inference = with_budget("inference", {"sensor gain": 2.0, "repeats": 3.0})
    (found,) = choose_phase([training, inference], "both", inferences=200)
    assert found.energy_j.u == pytest.approx(math.hypot(3 + 2 * 2, 4, 2 * 3))
    assert dict(found.budget)["sensor gain"] == pytest.approx(7.0)


def test_a_sum_keeps_an_uncertainty_that_no_budget_explains():
    pair = [phase("training", 1.0, u=0.03, items=100), phase("inference", 1.0, 0.9, u=0.04, items=100)]
    assert choose_phase(pair, "both")[0].energy_j.u == pytest.approx(5.0)


def test_measured_and_estimated_phases_make_a_mixed_sum():
    pair = [phase("training", 1.0, provenance="estimated"), phase("inference", 1.0, 0.9)]
    assert choose_phase(pair, "both")[0].provenance == "mixed"


def test_models_of_one_phase_pass_through_in_order():
    models = [phase("inference", 1.0, 0.9, label="b"), measured("a", 0.8)]
    assert [m.label for m in choose_phase(models)] == ["b", "a"]


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (["training"], "inference", "measurement of training"),
        (["training", "training"], None, "comes twice"),
        (["training"], "both", "no measurement of training and inference"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(names, wanted, message):
    with pytest.raises(ScoreError, match=message):
        choose_phase([phase(name, 1.0) for name in names], wanted)


def test_an_unknown_phase_is_named():
    with pytest.raises(ArgumentError, match="'test' is not one of training"):
        choose_phase([], "test")
    with pytest.raises(ArgumentError, match="phase"):
        SAM(phase="test")


def test_a_score_of_one_phase_refuses_the_other():
    with pytest.raises(ScoreError, match="choose_phase"):
        SAM(phase="training", unit="J")(phase("inference", 1.0, 0.9))


def test_inferences_need_counted_items():
    pair = [phase("training", 1.0), phase("inference", 1.0, 0.9, items=None)]
    with pytest.raises(ScoreError, match="items"):
        choose_phase(pair, "both", inferences=10)
