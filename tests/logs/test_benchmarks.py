"""MLPerf Tiny, optimum-benchmark, AI Energy Score, ML.ENERGY, MLEE, YOLO: what is summed and what is not."""

import copy
import io
import json
import math

import pytest

from tests.logs.samples_summaries import AIES, AIES_SUMMARY, MLEE, MLENERGY, MLPERF_TINY, OPTIMUM, YOLO
from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.records.sources import REPEATS


def read(content, **options):
    text = content if isinstance(content, str) else json.dumps(content)
    return logs.read(io.StringIO(text), **options)


# MLPerf Tiny ------------------------------------------------------------------------------------


def test_the_median_per_inference_is_the_published_one():
    found = read(MLPERF_TINY)[0]
    assert found.energy_per_item_j.value == pytest.approx(1001e-6)
    assert found.items == 1000
    assert found.duration_s == 10.01
    # windows of 1000, 1002, 1001: s = 1
    assert found.budget.get(REPEATS) == pytest.approx(1.2533e-6 * 1000 / math.sqrt(3))


def test_accuracy_and_performance_lie_beside_it(tmp_path):
    for run in ("energy", "accuracy", "performance"):
        (tmp_path / run).mkdir()
    (tmp_path / "energy" / "results.txt").write_text(MLPERF_TINY)
    (tmp_path / "accuracy" / "results.txt").write_text(
        "00001.000 ulp-mlperf: Top-1: 87.5%\n00001.001 ulp-mlperf: AUC: 0.97\n"
    )
    (tmp_path / "performance" / "results.txt").write_text(
        "00001.000 ulp-mlperf: Median throughput is 101.5 inf./sec.\n"
    )
    found = logs.read(tmp_path)
    assert len(found) == 1
    assert found.problems == ()
    assert found[0].metrics == {"accuracy": 0.875, "auc": 0.97}
    assert found[0].details["throughput_per_s"] == 101.5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("00001.000 ulp-mlperf: Top-1: 85.0%\n", "accuracy run's metrics"),
        ("00001.000 ulp-mlperf: Performance results for window 2:\n", "performance run"),
        (MLPERF_TINY.partition("00100.004")[0], "not finished or cut off"),
    ],
)
def test_the_other_runs_alone_are_refused(text, why):
    with pytest.raises(LogError, match=why):
        read(text)


def test_windows_of_unlike_lengths_give_one_inference():
    found = read(MLPERF_TINY.replace("# Inferences :         1000", "# Inferences :         999", 1))[0]
    assert found.items == 1
    assert found.energy_j.value == pytest.approx(1001e-6)


# optimum-benchmark ------------------------------------------------------------------------------


def test_loading_and_preprocessing_are_not_inference():
    found = read(OPTIMUM)[0]
    assert found.energy_j.value == pytest.approx(0.03 * 3.6e6)
    assert found.details["phases"] == ["prefill", "decode"]
    assert found.details["phases_j"]["load_model"] == pytest.approx(3 * 3.6e6)
    assert found.items == 50
    assert found.details["tokens"] == 5000


def test_phases_can_be_chosen():
    found = read(OPTIMUM, phases="preprocess_dataset,prefill,decode")[0]
    assert found.energy_j.value == pytest.approx(0.06 * 3.6e6)


def test_overall_of_a_training_is_not_added_to_its_parts():
    phase = OPTIMUM["prefill"]
    found = read({"overall": phase, "warmup": phase, "train": phase})[0]
    assert found.energy_j.value == pytest.approx(0.01 * 3.6e6)


def test_unknown_phases_are_named_and_left_out():
    found = read({**OPTIMUM, "evaluate": OPTIMUM["prefill"]})[0]
    assert any("evaluate" in w for w in found.warnings)
    with pytest.raises(LogError, match="choose with phases="):
        read({"evaluate": OPTIMUM["prefill"]})


def test_a_total_without_its_parts_counts_by_itself():
    phase = copy.deepcopy(OPTIMUM["prefill"])
    phase["energy"].update(cpu=None, ram=None, gpu=None)
    assert read({"forward": phase})[0].energy_j.value == pytest.approx(0.01 * 3.6e6)


def test_latencies_of_every_phase_are_the_duration():
    tree = copy.deepcopy(OPTIMUM)
    for name in ("prefill", "decode"):
        tree[name]["latency"] = {"unit": "s", "total": 20.0, "mean": 2.0}
    assert read(tree)[0].duration_s == 40.0


# AI Energy Score --------------------------------------------------------------------------------


def test_results_of_models_with_their_prompts():
    found = read(AIES)
    assert [(m.label, m.items, m.duration_s) for m in found] == [
        ("made/model-a", 10, 100.0),
        ("made/model-b On (High)", 8, 200.0),
    ]
    assert any("2 prompts failed" in w for w in found[1].warnings)
    assert found[0].energy_per_item_j.to("Wh").value == pytest.approx(0.5)


def test_a_failed_run_is_a_problem_and_not_0_joules():
    text = (
        AIES + "made/model-c,B,text_gen,Off,10,0,10,0.0,0,0.0,0,0,2026-03-01T12:00:00+00:00,out of memory\n"
    )
    found = read(text)
    assert len(found) == 2
    assert "out of memory" in found.problems[0]


def test_energy_by_prompt_that_does_not_fit_is_said():
    found = read(AIES.replace(",0.5,", ",5.0,"))
    assert any("avg_energy_per_prompt_wh" in w for w in found[0].warnings)


def test_a_summary_with_loading_says_that_it_is_inside(tmp_path):
    (tmp_path / "GPU_ENERGY_SUMMARY.json").write_text(json.dumps({**AIES_SUMMARY, "load_model_wh": 1.0}))
    (tmp_path / "GPU_ENERGY_WH.txt").write_text("3.50\n")
    found = logs.read(tmp_path)
    assert [m.energy_j.value for m in found] == pytest.approx([12600.0])
    assert found.problems == ()
    assert any("1 Wh of loading" in w for w in found[0].warnings)


# ML.ENERGY --------------------------------------------------------------------------------------


def test_one_item_each_with_its_power_checked():
    found = read(MLENERGY)
    assert [(m.items, m.details["item"]) for m in found] == [(1, "image"), (1, "request")]
    assert found[0].duration_s == 0.5
    assert not any("mean power" in w for w in found[0].warnings)


def test_an_energy_that_is_not_power_times_time_is_said_with_the_likely_slip():
    tree = copy.deepcopy(MLENERGY)
    tree["configurations"][0]["energy_per_image_joules"] = 0.25
    found = read(tree)
    assert found[0].energy_j.value == 0.25
    assert any("W and mW" in w for w in found[0].warnings)


def test_a_configuration_without_energy_is_a_problem():
    tree = copy.deepcopy(MLENERGY)
    del (
        tree["configurations"][1]["energy_per_request_joules"],
        tree["configurations"][1]["energy_per_token_joules"],
    )
    found = read(tree)
    assert len(found) == 1
    assert "configuration 2" in found.problems[0]


def test_scores_of_2023_are_percentages_beside_it(tmp_path):
    (tmp_path / "A100_chat.csv").write_text(
        "model,throughput,response_length,latency,energy\nMade/LLM,20.0,250.0,10.0,1500.0\nmade/none,1,1,10,900\n"
    )
    (tmp_path / "score.csv").write_text("model,arc,hellaswag,truthfulqa\nmade/llm,50.0,75.0,0.5\n")
    found = logs.read(tmp_path)
    assert found[0].metrics == {"arc": 0.5, "hellaswag": 0.75, "truthfulqa": 0.005}
    assert found[1].metrics == {}
    assert found.problems == ()


# MLEE -------------------------------------------------------------------------------------------


def test_the_device_total_is_not_added_to_its_parts():
    found = read(MLEE)[0]
    assert found.energy_j.value == pytest.approx(1000.0 + 500.0 + 300.0)
    assert found.metrics == {"accuracy": 0.75, "top5": 0.9}
    assert found.details["scope"] == "gpu and cpu"
    assert found.started_at.isoformat() == "2026-03-01T10:00:00+00:00"
    assert not any("mean power" in w for w in found.warnings)


def test_minus_1_says_unknown():
    tree = copy.deepcopy(MLEE)
    tree["validation"]["monitoring_pyrapl"]["0"]["total_power_draw"] = -1
    found = read(tree)[0]
    assert found.energy_j.value == pytest.approx(1500.0)
    assert any("absent, not 0" in w for w in found.warnings)


def test_a_power_in_the_place_of_the_energy_is_noticed():
    tree = copy.deepcopy(MLEE)
    tree["validation"]["monitoring_pynvml"]["0"]["total_power_draw"] = 100.0
    assert any("0.1 times" in w for w in read(tree)[0].warnings)


def test_a_training_at_the_top_has_its_epochs():
    tree = {"config": {"model": "MadeNet"}, "monitoring_pynvml": MLEE["validation"]["monitoring_pynvml"],
            "results": {"history": {"loss": [3.0, 2.0, 1.0]}}, "duration": 10.0}  # fmt: skip
    found = read(tree)[0]
    assert (found.details["phase"], found.details["epochs"]) == ("training", 3)


def test_nothing_monitored_is_refused():
    with pytest.raises(LogError, match="are null"):
        read({"validation": {"monitoring_pynvml": None, "monitoring_pyrapl": None}})


# YOLO -------------------------------------------------------------------------------------------


def test_variants_with_images_from_total_and_mean():
    found = read(YOLO)
    assert [(m.details["variant"], m.items, m.metrics["map50"]) for m in found] == [
        ("base_model", 100, 0.75),
        ("int8", 100, 0.7),
    ]


def test_an_implausible_power_of_a_variant_is_said():
    tree = copy.deepcopy(YOLO)
    tree["base_model"].update(total_energy=0.01, avg_energy=1e-4)
    assert any("not plausible" in w for w in read(tree)[0].warnings)
