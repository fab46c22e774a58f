"""The Fischer 2022 label: published boundaries, golden rows, compound."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured, shared_table, strep_measurements
from wattwhat import Quantity
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.scoring import ReferenceGrade
from wattwhat.scoring.reference_grade import BOUNDARIES, WEIGHTS, fischer_index, fischer_letter

# Environment, Ws per image of ResNet101 and of EfficientNetB0, published index and letter.
GOLDEN = [
    ("A100 x8 - TensorFlow 2.8.0", 0.859, 0.673, 1.28, "B"),
    ("A100 x8 - PyTorch 1.10.2+cu113", 0.897, 0.877, 1.02, "C"),
    ("RTX 5000 - TensorFlow 2.4.1", 0.680, 0.260, 2.62, "A"),
    ("RTX 5000 - PyTorch 1.10.2+cu113", 0.740, 0.288, 2.57, "A"),
    ("Xeon W-2155 - TensorFlow 2.4.1", 3.115, 1.706, 1.83, "A"),
    ("Xeon W-2155 - PyTorch 1.10.2+cu113", 4.121, 1.330, 3.10, "A"),
    ("Xeon W-2155 - ONNX TF Export 1.10.0", 2.188, 1.059, 2.07, "A"),
    ("Xeon W-2155 - ONNX PT Export 1.10.0", 2.110, 0.745, 2.83, "A"),
]


@pytest.mark.parametrize(("_", "reference", "value", "index", "letter"), GOLDEN)
def test_golden_rows_of_the_study(_, reference, value, index, letter):
    result = ReferenceGrade({"inference_power_draw": reference})(measured("EfficientNetB0", None, value))
    assert round(result.details["indices"]["inference_power_draw"], 2) == pytest.approx(index, abs=0.011)
    assert result.grade == letter
    assert max(result.probabilities, key=result.probabilities.get) == letter


@pytest.mark.parametrize(("environment", "reference", "value", "index", "letter"), GOLDEN)
def test_golden_rows_come_out_of_the_published_table(environment, reference, value, index, letter):
    nets = {net.label: net for net in strep_measurements(environment)}
    grade = ReferenceGrade.against(nets["ResNet101"])
    result = grade(nets["EfficientNetB0"])
    assert nets["ResNet101"].energy_per_item_j.value == pytest.approx(reference, abs=5e-4)
    assert nets["EfficientNetB0"].energy_per_item_j.value == pytest.approx(value, abs=5e-4)
    assert result.value.value == pytest.approx(index, abs=5.1e-3)
    assert result.details["ratings"]["inference_power_draw"] == letter


def test_boundaries_and_weights_are_the_published_ones():
    published = json.loads(shared_table("mlee_boundaries.json").read_text())
    assert {metric: list(lower) for metric, lower in BOUNDARIES.items()} == published
    assert dict(WEIGHTS) == json.loads(shared_table("mlee_weighting.json").read_text())


@given(st.sampled_from(sorted(BOUNDARIES)), st.floats(0, 30), st.floats(0, 30))
def test_a_higher_index_never_rates_worse(metric, a, b):
    assert fischer_letter(max(a, b), BOUNDARIES[metric]) <= fischer_letter(min(a, b), BOUNDARIES[metric])


@pytest.mark.parametrize("metric", sorted(BOUNDARIES))
def test_a_boundary_itself_still_belongs_to_the_worse_letter(metric):
    for letter, lower in zip("BCDE", BOUNDARIES[metric], strict=True):
        assert fischer_letter(lower, BOUNDARIES[metric]) == letter
        assert fischer_letter(math.nextafter(lower, math.inf), BOUNDARIES[metric]) < letter


@pytest.mark.parametrize("index", [0.0, -1.0, math.nan])
def test_what_is_below_every_boundary_or_missing_rates_e(index):
    assert fischer_letter(index, BOUNDARIES["parameters"]) == "E"


def test_an_index_is_the_right_way_round():
    assert fischer_index("top1_val", 0.8, 0.4) == 2.0
    assert fischer_index("inference_time", 0.8, 0.4) == 0.5
    assert fischer_index("gflops", 0.0, 0.4) == 0.0


def test_metrics_of_a_measurement_are_found_and_weighted():
    reference = measured("ResNet101", 0.764, 2.0, duration_s=4.0).with_metrics(parameters=44.7)
    net = measured("net", 0.771, 1.0, duration_s=1.0).with_metrics(parameters=5.3)
    result = ReferenceGrade.against(reference)(net)
    expected = {"top1_val": "B", "inference_power_draw": "A", "inference_time": "A", "parameters": "A"}
    assert dict(result.details["ratings"]) == expected
    # Weights 0.8 (B) against 0.7 + 0.3 + 0.4 (A): half of it is passed within A.
    assert result.grade == "A"
    assert result.name == "reference grade[ResNet101, optimistic median]"


def test_the_energy_of_a_training_counts_as_training():
    details = {"phase": "training"}
    reference = measured("ResNet101", None, 2.0, details=details)
    result = ReferenceGrade.against(reference)(measured("net", None, 4.0, details=details))
    assert dict(result.details["ratings"]) == {"train_power_draw": "E"}


def test_odds_are_those_of_the_index():
    reference = {"inference_power_draw": Quantity(1.805 * 2.0, 0.0, "J")}
    odds = ReferenceGrade(reference)(measured("net", None, 2.0, u=0.02)).probabilities
    assert odds["A"] == pytest.approx(0.5, abs=0.05)
    assert odds["A"] + odds["B"] == pytest.approx(1.0)
    exact = ReferenceGrade(reference)(measured("net", None, 2.01, u=0.0)).probabilities
    assert exact["B"] == 1.0
    assert ReferenceGrade(reference)(measured("net", None, 2.0, u=math.inf)).probabilities is None


def test_nothing_in_common_is_refused():
    with pytest.raises(ScoreError, match="shares no metric"):
        ReferenceGrade({"parameters": 44.7})(measured("net"))
    with pytest.raises(ScoreError, match="shares no metric"):
        ReferenceGrade.against(measured("net", items=None))
    with pytest.raises(ArgumentError, match="compound"):
        ReferenceGrade({}, compound="median")
