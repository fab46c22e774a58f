"""Columns that matter reach the Measurement by the same names, whichever tool's table they stand in."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.readers.time_columns import duration_column, power_columns
from wattwhat.scoring.score_inputs import accuracy_of


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


# Header and row of each tool's table, to which a user's own columns are added.
TABLES = {
    "energy-table": ("name,energy_wh", "net,2.5"),
    "codecarbon": (
        "timestamp,project_name,run_id,duration,emissions,energy_consumed",
        "2026-03-01T10:00:00,p,r,10.0,0.1,0.002",
    ),
    "eco2ai": (
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),"
        "CO2_emissions(kg),CPU_name,GPU_name,OS,region/country,cost",
        "1,p,e,N/A,2026-03-01 10:00:00,10.0,0.002,0.1,c,g,o,r,0",
    ),
    "ai-energy-score": ("model_name,gpu_energy_wh,successful_prompts", "org/net,2.5,10"),
    "zeus": ("start_time,window_name,elapsed_time,gpu0_energy", "1772359200.0,w,10.0,2500.0"),
    "pyrapl": ("label,timestamp,duration,pkg,dram,socket", "l,1772359200.0,1000000.0,2500000,100000,0"),
    "pyjoules": ("timestamp;tag;duration;package_0", "1772359200.0;t;1.0;2500000"),
    "zeus-trace": ("network,batch_size,power_limit,time_per_epoch,average_power", "net,64,150,10.0,100.0"),
}
ADDED = {
    "phase": "inference", "task": "classification", "dataset": "cifar10", "accuracy": "0.9",
    "accuracy_u": "0.01", "n_test": "400", "status": "FINISHED",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_users_own_columns_reach_the_measurement_from_every_table(name: str) -> None:
    header, row = TABLES[name]
    mark = ";" if ";" in header else ","
    text = f"{mark.join([header, *ADDED])}\n{mark.join([row, *ADDED.values()])}\n"
    (found,) = read(text)
    assert found.details["format"] == name
    assert {key: found.details[key] for key in ("phase", "task", "dataset", "status")} == {
        key: ADDED[key] for key in ("phase", "task", "dataset", "status")
    }
    assert found.metrics == {"accuracy": 0.9, "accuracy_u": 0.01, "n_test": 400.0}
    assert accuracy_of(found).u == 0.01
    (bare,) = read(f"{header}\n{row}\n")
    assert bare.energy_j == found.energy_j


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("status", ["FAILED", "killed", "Running", "timed out", "OOM"])
def test_a_run_that_did_not_end_well_is_listed_and_left_out(name: str, status: str) -> None:
    header, row = TABLES[name]
    mark = ";" if ";" in header else ","
    good = f"{header}{mark}status\n{row}{mark}FINISHED\n"
    bad = f"{row}{mark}{status}\n"
    if name in ("codecarbon", "pyrapl"):  # another run, which these tell by its id or its time
        bad = bad.replace("p,r,", "p,q,").replace("l,1772359200.0", "l,1772359300.0")
    found = read(good + bad)
    assert len(found) == 1
    assert [":3:" in problem and status in problem for problem in found.problems] == [True]


@given(st.sampled_from(["batch_size", "Batch Size", "batch-size", "params.batch_size", "BATCHSIZE"]))
def test_a_column_is_known_however_it_is_spelt(name: str) -> None:
    (found,) = read(f"model,energy_wh,{name}\nnet,1.0,32\n")
    assert found.details["batch_size"] == 32
    assert found.details["model"] == "net"


def test_percent_of_an_uncertainty_is_that_of_its_accuracy() -> None:
    (found,) = read("model,energy_wh,top1 [%],top1_u\nnet,1.0,76.1,0.5\n")
    assert found.metrics == {"accuracy": pytest.approx(0.761), "accuracy_u": pytest.approx(0.005)}
    (found,) = read("model,energy_wh,accuracy,accuracy_se\nnet,1.0,0.761,x\n")
    assert found.metrics == {"accuracy": 0.761}
    assert any("accuracy_se" in sentence for sentence in found.warnings)


def test_the_uncertainty_of_an_accuracy_that_does_not_count_is_left_out() -> None:
    (found,) = read("model,energy_wh,val_acc,val_acc_u,test_acc\nnet,1.0,0.8,0.1,0.7\n")
    assert found.metrics == {"accuracy": 0.7}


def test_a_task_that_is_a_phase_is_the_phase() -> None:
    found = read("model,energy_wh,task\na,1.0,train\nb,1.0,detection\n")
    assert [(m.details.get("phase"), m.details.get("task")) for m in found] == [
        ("train", None),
        (None, "detection"),
    ]


def test_a_percentage_late_in_the_file_is_seen_before_the_first_row() -> None:
    rows = "".join(f"m{k},1.0,0.5\n" for k in range(2000))
    found = read(f"model,energy_wh,accuracy\n{rows}last,1.0,50.0\n")
    assert not any(m.metrics for m in found)
    assert len(found) == 2001


# Times and powers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("Duration_sec", 1), ("duration_seconds", 1), ("window_s", 1), ("training_time_min", 60),
     ("runtime [h]", 3600), ("Total Time (min)", 60), ("elapsed_hours", 3600), ("time_s", 1)],
)  # fmt: skip
def test_lengths_of_time_in_every_unit(name: str, seconds: float) -> None:
    column = duration_column(["model", name])
    assert column is not None
    assert column.unit_s == seconds
    (found,) = read(f"model,energy_j,{name}\nm,5.0,2.0\n")
    assert found.duration_s == 2.0 * seconds


@pytest.mark.parametrize("name", ["latency_ms", "timestamp", "time", "times", "n_min", "time_per_epoch"])
def test_what_is_no_length_of_a_run(name: str) -> None:
    assert duration_column([name]) is None


def test_the_least_time_is_not_minutes() -> None:
    assert duration_column(["time_min", "time_mean", "time_max"]) is None
    assert duration_column(["time_min"]) is not None


@pytest.mark.parametrize("duration", ["Duration_sec", "training_time_min", "window_s"])
@pytest.mark.parametrize("powers", [("CPU_Power_W", "RAM_Power_W"), ("cpu_power_hw_w", "avg_gpu_power_w")])
def test_energy_is_checked_against_powers_and_time(duration: str, powers: tuple[str, str]) -> None:
    assert power_columns(powers) == powers
    seconds = duration_column([duration])
    assert seconds is not None
    wh = 50.0 * 10.0 * seconds.unit_s / 3600.0
    header = f"algorithm,{duration},{','.join(powers)},Total_Energy_Wh\n"
    assert not any("times the file's" in said for said in read(f"{header}a,10,30,20,{wh}\n")[0].warnings)
    (found,) = read(f"{header}a,10,30,20,{wh / 1000}\n")
    assert any("W and mW" in said for said in found.warnings)


# Energies without a unit ----------------------------------------------------------------------------


def test_an_energy_without_a_unit_asks_for_it_and_is_read_with_it() -> None:
    text = "model,energy,accuracy,energy_score\nnet,2.0,0.9,5\n"
    with pytest.raises(LogError, match="name the unit"):
        read(text)
    (found,) = read(text, energy_unit="Wh")
    assert found.energy_j.value == 7200.0
    assert found.metrics == {"accuracy": 0.9}


def test_the_leaderboard_of_ai_energy_score_is_kwh_of_a_thousand_queries() -> None:
    found = read("model,total_gpu_energy,energy_score\norg/net,0.5,4\norg/lost,,1\n")
    assert [(m.label, m.items, m.details["published_stars"]) for m in found] == [("org/net", 1000, 4.0)]
    per_item = found[0].energy_per_item_j
    assert per_item is not None
    assert per_item.to("Wh").value == pytest.approx(0.5)
    assert len(found.problems) == 1


@given(st.lists(st.sampled_from(["a note", "another", "a third one", "the last"]), min_size=1, max_size=12))
def test_rows_share_what_they_say_alike(notes: list[str]) -> None:
    found = read("\n".join(["name,energy_wh,note", *(f"net{k},2.5,{note}" for k, note in enumerate(notes))]))
    assert [one.details["fields"]["note"] for one in found] == notes
    first = found[0]
    for one in found:
        assert one.channels[0].channel is first.channels[0].channel
        assert one.warnings[0] is first.warnings[0]
        if one.details["fields"]["note"] == notes[0]:
            assert one.details["fields"]["note"] is first.details["fields"]["note"]
