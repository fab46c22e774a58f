"""Tables whose header names an energy: only one reading, or a refusal that lists the columns."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity, logs
from wattwhat.errors import LogError
from wattwhat.logs.building.accuracies import accuracy_name
from wattwhat.logs.readers.energy_columns import choice, energy_columns
from wattwhat.records.quantity import unit_factor
from wattwhat.report.tables import csv_table


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


@given(
    st.sampled_from(["J", "mJ", "uJ", "kJ", "MJ", "Wh", "kWh", "mWh", "MWh"]),
    st.sampled_from(["{} [{}]", "{} ({})", "{}_{}", "{}.{}"]),
)
def test_units_in_their_own_spelling(unit, form):
    column = energy_columns([form.format("total_energy", unit)])[0]
    assert column.unit == unit
    found = read(f"model,{form.format('total_energy', unit)}\nm,2.0\n")
    assert found[0].energy_j.value == pytest.approx(2.0 * unit_factor(unit, "J"))


@pytest.mark.parametrize(
    "name",
    [
        "energy",
        "power_w",
        "energy_std_j",
        "idle_energy_wh",
        "energy_saved_kwh",
        "ENERGY_MJ",
        "avg_energy_j",
        "kwh",
        "energy_x",
        "co2_kg",
    ],
)
def test_what_is_no_unambiguous_energy(name):
    assert energy_columns([name]) == []


@pytest.mark.parametrize(
    ("name", "component", "item"),
    [
        ("cpu_energy_hw_wh", "cpu", None),
        ("GPU energy [kWh]", "gpu", None),
        ("ram_energy_j", "dram", None),
        ("energy [J/image]", None, "image"),
        ("avg_energy_per_prompt_wh", None, "prompt"),
        ("energy_j_per_token", None, "token"),
        ("median_energy_uJ_per_inference", None, "inference"),
    ],
)
def test_components_and_items(name, component, item):
    column = energy_columns([name])[0]
    assert (column.component, column.item) == (component, item)


@pytest.mark.parametrize(
    ("name", "items", "item"),
    [
        ("energy_per_1000_queries_j", 1000, "query"),
        ("Energy per 1k tokens (J)", 1000, "token"),
        ("energy_per_million_tokens_j", 1_000_000, "token"),
        ("energy_per_batch_j", 1, "batch"),
        ("energy/query (J)", 1, "query"),
    ],
)
def test_an_energy_per_anything_is_not_taken_for_that_of_a_run(name, items, item):
    (found,) = read(f"model,{name}\nm,3.5\n")
    assert (found.energy_j.value, found.items, found.details["item"]) == (3.5, items, item)


@pytest.mark.parametrize(
    "name", ["energy per 1,000 queries (J)", "energy_per_second_j", "energy_per_0_tokens_j"]
)
def test_a_denominator_that_is_not_understood_is_no_energy(name):
    assert energy_columns([name]) == []


def test_two_totals_are_refused_with_both_named_and_one_can_be_chosen():
    text = "model,train_energy_j,infer_energy_j,accuracy\nm,100,5,0.75\n"
    with pytest.raises(LogError, match="train_energy_j, infer_energy_j; choose with energy_column"):
        read(text)
    assert read(text, energy_column="infer_energy_j")[0].energy_j.value == 5.0
    assert choice(energy_columns(["a_energy_j", "b_energy_j"])) == []


def test_a_total_is_not_added_to_its_parts():
    found = read("model,energy_j,cpu_energy_j,gpu_energy_j\nm,100,30,60\n")[0]
    assert found.energy_j.value == 100.0
    assert [c.counted for c in found.channels] == [False, False, True]


def test_a_fraction_stays_and_percent_in_the_name_divides():
    assert read("model,energy_j,accuracy\nm,1,0.75\n")[0].metrics == {"accuracy": 0.75}
    assert read("model,energy_j,accuracy (%)\nm,1,75\n")[0].metrics == {"accuracy": 0.75}
    assert read("model,energy_j,accuracy (%)\nm,1,0.75\n")[0].metrics == {"accuracy": 0.0075}


def test_a_column_with_values_above_1_is_not_guessed_to_be_percent():
    text = "model,energy_j,accuracy\na,1,76.5\nb,1,0.9\n"
    found = read(text)
    assert [m.metrics for m in found] == [{}, {}]
    assert any("accuracy_unit" in w for w in found[1].warnings)
    assert [m.metrics for m in read(text, accuracy_unit="percent")] == [
        {"accuracy": 0.765},
        {"accuracy": pytest.approx(0.009)},
    ]


def test_an_exact_accuracy_is_preferred_to_a_validation_one():
    found = read("model,energy_j,val_acc,test_acc,accuracy,f1\nm,1,0.1,0.2,0.3,0.4\n")[0]
    assert found.metrics == {"accuracy": 0.3, "f1": 0.4}
    assert read("model,energy_j,val_acc,test_acc\nm,1,0.1,0.2\n")[0].metrics == {"accuracy": 0.2}


def test_missing_energies_are_problems_and_short_rows_too():
    found = read("model,energy_j\na,1\nb,\nc\nd,x\n")
    assert [m.label for m in found] == ["a"]
    assert len(found.problems) == 3


def test_other_columns_are_kept_as_they_are():
    found = read("model,dataset,energy_wh,duration_s\nm,made,1.0,10\n")[0]
    assert found.details["fields"] == {"model": "m", "dataset": "made"}
    assert (found.label, found.duration_s) == ("m", 10.0)


def test_a_table_of_wh_in_truth_kwh_is_reported():
    found = read("model,total_energy_wh,duration_s\nm,0.05,3600\n")[0]
    assert found.energy_j.value == pytest.approx(180.0)
    assert any("0.05 W" in w and "not plausible" in w for w in found.warnings)


def test_semicolons_and_decimal_commas():
    assert read("model;energy_wh;accuracy\nm;1,5;0,75\n")[0].energy_j.value == pytest.approx(5400.0)


STREP = (
    "configuration,environment,task,model,running_time,power_draw,top-1_val,"
    "train_running_time,train_power_draw\n"
)


def test_strep_has_its_own_units():
    found = read(STREP + "c,E,infer,Net,2.0,0.5,0.75,,\n")[0]
    assert (found.energy_j.value, found.items, found.duration_s) == (0.5, 1, pytest.approx(0.002))
    assert found.metrics == {"accuracy": 0.75}
    assert found.details["fields"]["environment"] == "E"


@pytest.mark.parametrize(
    ("header", "cells", "device"),
    [
        ("architecture,environment,", "A100 x8,A100 x8 - TensorFlow 2.8.0,", "A100 x8"),
        ("environment,", "Xeon W-2155 - ONNX TF Export 1.10.0,", "Xeon W-2155"),
        ("environment,", "RTX 5000,", "RTX 5000"),
        ("architecture,environment,", ",,", None),
        ("", "", None),
    ],
)
@pytest.mark.parametrize("row", ["infer,Net,2.0,0.5,0.75,,", "train,Net,,,,10.0,2.0"])
def test_a_row_of_strep_names_its_device(header, cells, device, row):
    columns = "task,model,running_time,power_draw,top-1_val,train_running_time,train_power_draw\n"
    found = read(f"configuration,{header}{columns}c,{cells}{row}\n")[0]
    assert found.details.get("device") == device


def test_a_training_of_strep_is_kwh_and_extrapolated():
    found = read(STREP + "c,E,train,Net,,,,10.0,2.0\n")[0]
    assert found.energy_j.value == pytest.approx(7.2e6)
    assert found.duration_s == 36000.0
    assert any("measured epochs" in w for w in found.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "epoch,test_loss,test_acc,step\n0,0.1,0.95,0\n",
        "model,top1,top5\nm,90,95\n",
        "epoch,train_loss,val_loss\n1,2,3\n",
    ],
)
def test_metrics_without_energy_are_sent_to_the_join(text):
    with pytest.raises(LogError, match="no energy; read the energy log instead, and join this table"):
        read(text)


def test_accuracy_names():
    assert accuracy_name("Top-5 accuracy") == "top5"
    assert accuracy_name("train_loss") is None
    assert accuracy_name("accuracy_error") is None


@pytest.mark.parametrize(
    ("energy", "slip"), [(3600.0, None), (1.0, "J and Wh"), (3.6, "W and mW"), (3600000.0, "W and mW")]
)
def test_energy_is_checked_against_power_and_time(energy, slip):
    found = read(f"model,energy_j,avg_power_w,duration_s\nm,{energy},36,100\n")[0]
    assert found.energy_j.value == energy
    said = [w for w in found.warnings if "mean power times its duration" in w]
    assert bool(said) == (slip is not None)
    assert slip is None or slip in said[0]


@pytest.mark.parametrize("other", ["model,power_w", "model,latency_s", "accuracy,model"])
def test_rows_below_the_header_of_another_table_are_listed_and_not_read(other):
    found = read(f"model,energy_j\na,1\n{other}\nb,3\nmodel,energy_j\nc,2\n")
    assert [(one.label, one.energy_j.value) for one in found] == [("a", 1.0), ("c", 2.0)]
    assert [problem.split(":")[1] for problem in found.problems] == ["3", "4"]


@given(
    st.lists(
        st.tuples(st.floats(1e-3, 1e9), st.floats(0.0, 1.0), st.integers(1, 10**6), st.floats(0.0, 1.0)),
        min_size=1,
        max_size=4,
    )
)
def test_our_own_csv_is_read_back(rows):
    made = [
        Measurement(
            label=f"m{number}",
            energy_j=Quantity(energy_j, relative * energy_j, "J"),
            idle_power_w=Quantity(0.25 * energy_j, 0.0, "W"),
            items=items,
            duration_s=2.0,
            metrics={"accuracy": accuracy},
        )
        for number, (energy_j, relative, items, accuracy) in enumerate(rows)
    ]
    found = read(csv_table(made))
    assert [one.label for one in found] == [one.label for one in made]
    for one, before in zip(found, made, strict=True):
        assert one.energy_j.value == pytest.approx(before.energy_j.value)
        assert one.energy_j.u == pytest.approx(before.energy_j.u, rel=1e-6, abs=1e-9)
        assert (one.items, one.metrics["accuracy"]) == (before.items, before.metrics["accuracy"])


def test_an_uncertainty_that_is_none_is_said_and_the_assumed_one_stands():
    (one,) = read("model,energy_j,u_energy_j\nm,100,-3\n")
    assert one.energy_j.u == pytest.approx(10.0, rel=0.01)
    assert any("uncertainty of energy_j" in sentence for sentence in one.warnings)
