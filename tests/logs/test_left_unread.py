"""Files that were refused, or read under the wrong name or with the wrong doubt: each kind once."""

from __future__ import annotations

import io
import json
import math

import pytest

from wattwhat import logs
from wattwhat.cli import main
from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.stated_totals import Totals
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


# A span shorter than its counter's period -----------------------------------------------------------

PHASE = (
    "iteration_id;phase_id;phase_name;phase_duration_ms;timestamp;command;exit_code;metric_name;metric_value;"
    "metric_unit\n0;0;a -> b;{ms};1772359200;x;0;GPU-0;{mj};mJ\n"
)


@pytest.mark.parametrize("mj", [0, 30_000])
def test_a_phase_of_milliseconds_owns_up_to_the_counters_period(mj: int) -> None:
    (found,) = read(PHASE.replace("{ms}", "3").replace("{mj}", str(mj)))
    assert any("moves about every 100 ms" in said for said in found.warnings)
    assert not any("may hold" in said for said in found.warnings)
    low, high = found.energy_j.interval()
    assert low <= 300.0 * 0.003 <= high  # a GPU of 300 W


@pytest.mark.parametrize("span_s", [0.003, 0.05, 0.099, 0.1, 0.5])
def test_the_edges_hold_every_power_that_the_counter_may_have_missed(span_s: float) -> None:
    """A counter that moves every 0.1 s, read at both ends of a span at any phase, under a constant load."""
    period_s = NVML.update_period_s or 0.1
    for power_w in (50.0, 700.0):
        inside, steps = 0, 200
        for k in range(steps):
            begin = period_s * k / steps
            seen = (
                power_w * period_s * (math.floor((begin + span_s) / period_s) - math.floor(begin / period_s))
            )
            totals = Totals(Source.of_text(""), Options(), format="x", line=1)
            totals.add("GPU", "gpu", seen, "J", NVML, stale_s=(period_s, span_s))
            (found,) = totals.measurement(duration_s=span_s)
            low, high = found.energy_j.interval()
            inside += low <= power_w * span_s <= high
        assert inside >= 0.9 * steps


# Tables ---------------------------------------------------------------------------------------------

STREP_RUNS = (
    "run_id,status,metrics.power_draw,metrics.power_draw_total,metrics.running_time,metrics.top_1,params.model,"
    "params.batch_size,tags.mlflow.runName\n"
    "r1,FINISHED,0.5,25000.0,0.002,0.75,ResNet50,32,calm-carp\n"
    "r2,FAILED,0.4,,0.002,,VGG16,32,calm-cod\n"
    "r3,RUNNING,,,,,VGG19,32,calm-cow\n"
)


def test_the_present_tables_of_strep_are_joules_and_seconds_of_a_sample() -> None:
    found = read(STREP_RUNS)
    (one,) = found
    assert (one.label, one.energy_j.value, one.items, one.duration_s) == ("ResNet50", 0.5, 1, 0.002)
    assert one.metrics == {"accuracy": 0.75}
    assert one.details["batch_size"] == 32
    assert len(found.problems) == 2


@pytest.mark.parametrize(
    ("columns", "label"), [("params.model", "net"), ("tags.mlflow.runName", "calm-carp")]
)
def test_an_export_of_mlflow_with_any_energy_is_a_table(columns: str, label: str) -> None:
    (found,) = read(f"experiment_id,status,metrics.energy_kwh,{columns}\n0,FINISHED,0.002,{label}\n")
    assert (found.label, found.energy_j.value) == (label, pytest.approx(7200.0))


KERAS_RUNS = (
    "run_id,status,start_time,metrics.sparse_top_k_categorical_accuracy,metrics.corr_sparse_categorical_accuracy,"
    "metrics.sparse_categorical_accuracy,metrics.power_draw,metrics.power_draw_total,metrics.running_time,"
    "params.n_samples,params.architecture,params.model\n"
    "r1,FINISHED,2026-03-01 10:00:00.250000+00:00,0.96,0.70,0.83,2.5,,0.01,5000,A GPU,NetA\n"
    "r2,FINISHED,2026-03-01 11:00:00.250000+00:00,0.90,0.60,0.75,,12500.0,0.01,5000,A GPU,NetB\n"
)


def test_keras_names_of_accuracies_devices_and_times_reach_the_runs_of_strep() -> None:
    each, total = read(KERAS_RUNS)
    assert dict(each.metrics) == {"accuracy": 0.83, "top5": 0.96}
    assert each.details["device"] == "A GPU"
    assert each.started_at is not None
    assert each.started_at.isoformat() == "2026-03-01T10:00:00.250000+00:00"
    assert (each.energy_j.value, each.items, each.duration_s) == (2.5, 1, 0.01)
    assert (total.energy_j.value, total.items, total.duration_s) == (12500.0, 5000, 50.0)


def test_digits_that_mlflow_leaves_out_were_none() -> None:
    (run,) = read("run_id,metrics.energy_kwh,params.model\n0,0.004,net\n")
    (table,) = read("model,energy_kwh\nnet,0.004\n")
    assert (run.budget.get("resolution"), table.budget.get("resolution") > 1000.0) == (0.0, True)


def test_a_unit_of_energy_in_the_header_is_enough() -> None:
    assert read("variant,total_kwh,runtime_s,f1\nv,0.001,10,0.5\n")[0].energy_j.value == pytest.approx(3600.0)
    found = read("dataset,time,energy(kWh),epochs\nd,5,0.001,3\n")[0]
    assert found.energy_j.value == pytest.approx(3600.0)
    assert found.duration_s is None


# Our own monitor ------------------------------------------------------------------------------------


def look(t_s: float, energy_j: float | None, **more: object) -> str:
    channel = {
        "id": "h/nvml/GPU-1/board", "name": "gpu A GPU", "power_w": 100.0, "energy_j": energy_j,
        "counted": True, "provenance": "measured",
    }  # fmt: skip
    u_j = None if energy_j is None else 1.0
    whole = {"t_s": t_s, "power_w": 100.0, "energy_j": energy_j, "u_energy_j": u_j, "channels": [channel]}
    return json.dumps({**whole, "warnings": [], **more}) + "\n"


def test_looks_of_the_monitor_are_one_measurement_a_run() -> None:
    found = read(look(1.0, 100.0) + look(2.0, 200.0) + look(1.0, 70.0) + look(3.0, 300.0))
    assert [(m.energy_j.value, m.duration_s, m.provenance) for m in found] == [
        (200.0, 2.0, "measured"),
        (300.0, 3.0, "measured"),
    ]
    assert found[0].channels[0].channel.component == "gpu"
    assert found.problems == ()


def test_a_look_that_is_cut_or_odd_is_listed() -> None:
    found = read(look(1.0, 100.0) + look(2.0, 200.0)[:40])
    assert [m.energy_j.value for m in found] == [100.0]
    assert len(found.problems) == 1
    found = read(look(1.0, 100.0) + look(-2.0, 5.0) + look(3.0, None))
    assert not found[0].energy_j.known
    assert len(found.problems) == 1


def test_what_the_monitor_prints_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["monitor", "--json", "--seconds", "0.2", "--interval", "0.05", "--backends", "estimate"]) == 0
    )
    (found,) = read(capsys.readouterr().out)
    assert found.provenance == "estimated"
    assert found.details["format"] == "wattwhat-monitor"


# Labels ---------------------------------------------------------------------------------------------


def test_a_file_of_one_model_is_labelled_by_it() -> None:
    row = {"energy_per_request_joules": 5.0, "batch_size": 8, "avg_power_watts": 100.0}
    (found,) = read(json.dumps({"model_id": "org/net", "task": "chat", "configurations": [row]}))
    assert (found.label, found.details["batch_size"], found.details["task"]) == ("org/net", 8, "chat")
