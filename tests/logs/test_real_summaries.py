"""Real files that state energies, where they lie: joules against a plain computation, or a refusal."""

import csv
import json
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from wattwhat import logs
from wattwhat.errors import LogError


def shared():
    """The folder of real files beside the checkout, or the one that the environment names; None if absent."""
    named = os.environ.get("WATTWHAT_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2].parent / "shared"
    return folder if (folder / "logs").is_dir() else None


SHARED = shared()
pytestmark = pytest.mark.skipif(
    SHARED is None,
    reason="the real logs are not here: ../shared/logs is absent and WATTWHAT_SHARED names none",
)
LOGS = SHARED / "logs" if SHARED else Path("absent")
TABLES = SHARED / "tables" if SHARED else Path("absent")


def rows_of(path, delimiter=","):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def joules(found):
    return [m.energy_j.value for m in found]


def near(values):
    return pytest.approx(list(values), rel=1e-6)


# CodeCarbon -------------------------------------------------------------------------------------


def test_codecarbon_2_4_with_cumulative_rows_and_rows_without_run_id():
    path = LOGS / "codecarbon" / "mlco2_codecarbon__emissions.csv"
    last = {}
    for row in rows_of(path):
        if row["run_id"]:
            last[row["run_id"]] = float(row["energy_consumed"])
    # Of the rows without run_id the first is a run of its own; the other four began at 10:44:44 to 10:44:45,
    # and the last of them with a total is the one stamped 10:45:39.
    expected = sorted([*last.values(), 0.0001418904712555, 7.662417213125141e-05])
    found = logs.read(path)
    assert sorted(joules(found)) == near(kwh * 3.6e6 for kwh in expected)
    assert len(found.problems) == 2
    assert {m.details["scope"] for m in found} == {"machine", "process"}


def test_codecarbon_3_3_with_dropped_cells():
    path = LOGS / "codecarbon" / "generated_codecarbon330_short_rows.csv"
    lines = path.read_text().splitlines()
    place = lines[0].split(",").index("energy_consumed")
    found = logs.read(path)
    assert joules(found) == near(float(line.split(",")[place]) * 3.6e6 for line in lines[1:])
    assert ["cpu_model" in m.environment for m in found] == [True, False, False]


def test_codecarbon_3_2_3_with_columns_that_moved():
    path = LOGS / "codecarbon" / "EronQorri_green-ml-bench__emissions.csv"
    rows = rows_of(path)
    assert len({row["run_id"] for row in rows}) == len(rows)
    found = logs.read(path)
    assert joules(found) == near(float(row["energy_consumed"]) * 3.6e6 for row in rows)
    assert [m.duration_s for m in found] == near(float(row["duration"]) for row in rows)


@pytest.mark.parametrize(
    "name", ["MaximeGloesener_demo__root_emissions.csv", "mlco2_codecarbon__emissions_valid_headers.csv"]
)
def test_codecarbon_2_7_and_3_2_1(name):
    path = LOGS / "codecarbon" / name
    assert joules(logs.read(path)) == near(float(row["energy_consumed"]) * 3.6e6 for row in rows_of(path))


@pytest.mark.parametrize("phase", ["generate", "load_model"])
def test_codecarbon_json(phase):
    path = LOGS / "codecarbon_json" / f"JulienDelavande_benchlab__{phase}_codecarbon.json"
    record = json.loads(path.read_text())
    found = logs.read(path)[0]
    parts = sum(record[f"{part}_energy"] for part in ("cpu", "gpu", "ram"))
    assert found.energy_j.value == pytest.approx(parts * 3.6e6, rel=1e-9)
    assert found.duration_s == record["duration"]


# One tool a test --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["A40+resnet50+gpu0,1,2,3.csv", "V100+bert-base-uncased+gpu0.csv"])
def test_zeus(name):
    path = LOGS / "zeus" / f"ml-energy_zeus__{name}"
    rows = rows_of(path)
    found = logs.read(path)
    assert joules(found) == near(
        sum(float(v) for k, v in row.items() if k.endswith("_energy")) for row in rows
    )
    assert not any(m.details["overlaps"] for m in found)
    assert {m.started_at for m in found} == {None}


def test_carbontracker():
    found = logs.read(LOGS / "carbontracker")
    assert joules(found) == near([112.5 * 9.0])
    assert found.problems == ()
    output = next((LOGS / "carbontracker").glob("*_output.log")).read_text()
    actual = float(re.findall(r"Actual.*?Energy:\s*(\S+) kWh", output, re.DOTALL)[0])
    # the output log has the PUE inside, the standard log does not
    assert actual * 3.6e6 / 1.58 == pytest.approx(found[0].energy_j.value, rel=1e-3)


def test_eco2ai_of_one_training():
    path = next((LOGS / "eco2ai").glob("kp-156*"))
    found = logs.read(path)
    assert joules(found) == near([0.0031904792885831612 * 3.6e6])
    assert found[0].power_w.value == pytest.approx(23.76, abs=0.01)


def test_eco2ai_of_four_runs_is_too_little_to_be_true_and_said():
    path = LOGS / "eco2ai" / "kowshik_root_emission.csv"
    found = logs.read(path)
    assert joules(found) == near(float(row["power_consumption(kWh)"]) * 3.6e6 for row in rows_of(path))
    assert found[0].energy_j.value / found[0].duration_s < 0.01
    assert all(any("not plausible" in w for w in m.warnings) for m in found[:2])


def test_joule_profiler():
    path = LOGS / "joule_profiler" / "jwoirhaye_joule-profiler__phases.csv"
    by_phase = defaultdict(float)
    for row in rows_of(path, ";"):
        if row["metric_name"].startswith(("PACKAGE", "DRAM", "GPU")):  # CORE lies inside PACKAGE
            by_phase[row["phase_id"]] += (
                float(row["metric_value"]) * {"µJ": 1e-6, "mJ": 1e-3}[row["metric_unit"]]
            )
    found = logs.read(path)
    assert joules(found) == near(by_phase.values())
    assert [m.duration_s for m in found] == near([0.017, 0.040, 0.003])


def test_optimum_benchmark_is_what_codecarbon_counted_for_generating():
    found = logs.read(next((LOGS / "optimum_benchmark").iterdir()))
    generate = json.loads(
        (LOGS / "codecarbon_json" / "JulienDelavande_benchlab__generate_codecarbon.json").read_text()
    )
    assert joules(found) == near([generate["energy_consumed"] * 3.6e6])
    assert found[0].items == 1000


def test_mlee_is_the_row_of_the_published_table():
    found = logs.read(next((LOGS / "mlee").iterdir()))[0]
    row = next(
        row
        for row in rows_of(TABLES / "strep_imagenet_classification.csv")
        if row["log_name"] == "infer_2022_03_03_17_16_59"
    )
    assert found.energy_j.value == pytest.approx(float(row["power_draw"]) * 50_000, rel=1e-9)
    assert found.metrics["accuracy"] == pytest.approx(float(row["top-1_val"]))
    assert len(found.channels) == 8


def test_mlperf_tiny_is_the_row_of_the_published_table():
    found = logs.read(LOGS / "mlperf_tiny")
    assert len(found) == 1
    assert found.problems == ()
    energies = [
        row["median_energy_uJ_per_inference"] for row in rows_of(TABLES / "mlperf_tiny_energy_accuracy.csv")
    ]
    assert "8707.284" in energies
    assert found[0].energy_per_item_j.value == pytest.approx(8707.284e-6, rel=1e-9)
    assert found[0].energy_j.value == pytest.approx(1741456.810e-6, rel=1e-6)  # window 8, as measured
    assert found[0].metrics == {"accuracy": 0.85, "auc": 0.99}


CARDS = [
    ("autotrain_kunuz.md", 22.431314788743986, 0.647),
    ("autotrain_biobert_scalar.md", 0.5988414315305852, 0.8028169014084507),
]


@pytest.mark.parametrize(("name", "grams", "accuracy"), CARDS)
def test_model_cards_are_refused_without_an_intensity(name, grams, accuracy):
    path = LOGS / "hf_model_card" / name
    with pytest.raises(LogError, match="intensity_g_per_kwh"):
        logs.read(path)
    found = logs.read(path, intensity_g_per_kwh=500.0)[0]
    assert found.energy_j.value == pytest.approx(grams * 7200.0)
    assert found.metrics["accuracy"] == accuracy


def test_lightning_holds_metrics_only():
    with pytest.raises(LogError, match=r"test_acc.*no energy"):
        logs.read(next((LOGS / "lightning").iterdir()))


# Tables -----------------------------------------------------------------------------------------


def test_strep_table():
    rows = rows_of(TABLES / "strep_imagenet_classification.csv")
    expected = [float(row["power_draw"]) if row["power_draw"] else float(row["train_power_draw"]) * 3.6e6
                for row in rows if row["power_draw"] or row["train_power_draw"]]  # fmt: skip
    found = logs.read(TABLES / "strep_imagenet_classification.csv")
    assert joules(found) == near(expected)
    infer = [m for m in found if m.details["phase"] == "infer"]
    assert len(infer) == 176
    assert all(0.0 < m.metrics["accuracy"] < 1.0 for m in infer)
    assert {m.details["device"] for m in found} == {"A100 x8", "RTX 5000", "Xeon W-2155"}


def test_green_ml_bench():
    rows = rows_of(TABLES / "green_ml_bench_results.csv")
    parts = ("cpu_energy_hw_wh", "gpu_energy_wh", "ram_energy_wh")
    found = logs.read(TABLES / "green_ml_bench_results.csv")
    assert joules(found) == near(sum(float(row[part]) for part in parts) * 3600.0 for row in rows)
    assert [m.metrics.get("accuracy") for m in found] == [
        float(row["accuracy"]) if row["accuracy"] else None for row in rows
    ]


def test_mlperf_tiny_table():
    path = TABLES / "mlperf_tiny_energy_accuracy.csv"
    found = logs.read(path)
    rows = rows_of(path)
    assert joules(found) == near(float(row["median_energy_uJ_per_inference"]) * 1e-6 for row in rows)
    assert [m.metrics["accuracy"] for m in found] == near(float(row["top1_percent"]) / 100 for row in rows)


def test_ml_energy():
    tree = json.loads((TABLES / "mlenergy_v3_text-to-image.json").read_text())
    found = logs.read(TABLES / "mlenergy_v3_text-to-image.json")
    expected = [c["avg_power_watts"] * c["batch_latency_s"] / c["batch_size"] for c in tree["configurations"]]
    assert joules(found) == near(expected)
    assert not any("plausible" in w or "more than" in w for m in found for w in m.warnings)
    legacy = TABLES / "mlenergy_legacy_A100_chat_excerpt.csv"
    assert joules(logs.read(legacy)) == near(float(row["energy"]) for row in rows_of(legacy))


@pytest.mark.parametrize("size", "ns")
def test_yolo(size):
    tree = json.loads((TABLES / f"yolo_4090_{size}.json").read_text())
    found = logs.read(TABLES / f"yolo_4090_{size}.json")
    variants = [value for value in tree.values() if isinstance(value, dict) and "avg_energy" in value]
    assert joules(found) == near(value["total_energy"] * 3.6e6 for value in variants)
    assert [m.items for m in found] == [5000] * 4
    assert not any("plausible" in w for m in found for w in m.warnings)


def test_zeus_tables():
    path = TABLES / "zeus_summary_power_v100.csv"
    found = logs.read(path)
    assert joules(found) == near(
        float(r["time_per_epoch"]) * float(r["average_power"]) for r in rows_of(path)
    )
    with pytest.raises(LogError, match="no energy"):
        logs.read(TABLES / "zeus_summary_train.csv")


@pytest.mark.parametrize("name", ["timm_results-imagenet.csv", "mlenergy_legacy_score_excerpt.csv"])
def test_tables_of_accuracies_are_for_the_join(name):
    with pytest.raises(LogError, match="--metrics"):
        logs.read(TABLES / name)


@pytest.mark.parametrize("name", ["mlee_boundaries.json", "mlee_weighting.json"])
def test_what_is_no_log_is_refused(name):
    with pytest.raises(LogError, match="no known energy log"):
        logs.read(TABLES / name)
