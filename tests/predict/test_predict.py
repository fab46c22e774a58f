"""predict(): never below the bound, narrowest way first, honest about what it rests on."""

from __future__ import annotations

import importlib.metadata
import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattwhat
from wattwhat import Channel, Measurement, Quantity, combine
from wattwhat.errors import ArgumentError
from wattwhat.predict import (
    Case,
    Counts,
    DataSheet,
    Device,
    LogNormal,
    OwnStudy,
    Prediction,
    Way,
    catalogue,
    device,
    predict,
    predict_case,
)
from wattwhat.predict.data_sheet import bound_j, roofline_j
from wattwhat.predict.ways import ways
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import PROVENANCES

few = settings(max_examples=40, deadline=None)


def counts(flops: float = 8e9, items: int = 1, **more: Any) -> Counts:
    fields: dict[str, Any] = {
        "flops": round(flops * items),
        "activations_conv": round(flops * items / 800),
        "activations_matmul": 1000 * items,
        "parameters": round(flops / 300),
        "weight_bytes": round(flops / 75),
        "method": "by hand",
        "items": items,
    }
    return Counts(**{**fields, **more})


def cell(
    flops: float, joules: float, batch: int = 1, gpu: str = "NVIDIA H100 80GB HBM3", **setting: Any
) -> Measurement:
    of_one = counts(flops).metrics()
    channel = Channel("h/nvml/0", "nvml", gpu, "gpu", "energy")
    energy = Quantity(joules * 100 * batch, 0.01 * joules, "J")
    return Measurement(
        label=f"net-{flops:.3g}",
        energy_j=energy,
        duration_s=1.0,
        calls=100,
        items=100 * batch,
        channels=(ChannelEnergy(channel, energy),),
        metrics=of_one,
        details={"cell": {"batch_size": batch, "runtime": "eager", "precision": "fp32", **setting}},
    )


def study(sd: float = 0.0) -> list[Measurement]:
    """A made study: E goes with the square root of the operations, less in larger batches."""
    return [
        cell(flops, 1e-6 * flops**0.5 * batch**-0.3 * math.exp(sd * (-1) ** k), batch)
        for k, flops in enumerate([1e8, 3e8, 1e9, 3e9, 1e10, 3e10])
        for batch in (1, 8, 64)
    ]


# Laws --------------------------------------------------------------------------------------------


@few
@given(st.sampled_from(catalogue()), st.floats(1e6, 1e14), st.integers(1, 512))
def test_nothing_is_predicted_below_operations_over_peak(sheet: Device, flops: float, items: int) -> None:
    precision = next(iter(sheet.peak_flops))
    m = predict(counts(flops, items), device=sheet, precision=precision)
    low, high = m.details["interval_j"]
    assert m.details["bound_j"] == pytest.approx(
        bound_j(Case(counts=counts(flops, items), device=sheet, precision=precision))
    )
    assert m.details["bound_j"] <= low <= m.energy_j.value <= high
    assert m.energy_j.interval()[0] <= low + 1e-12
    assert m.energy_j.interval()[1] == pytest.approx(high, rel=1e-9)


@few
@given(st.floats(1e6, 1e12), st.integers(1, 256), st.integers(2, 8))
def test_more_items_take_no_less(flops: float, items: int, times: int) -> None:
    one = predict(counts(flops, items), device="A100").energy_j.value
    more = predict(counts(flops, items * times), device="A100").energy_j.value
    assert one <= more * (1 + 1e-9)


@few
@given(st.floats(1e6, 1e12))
def test_a_prediction_survives_json(flops: float) -> None:
    m = predict(counts(flops), device="T4", precision="fp16", label="net")
    assert Measurement.from_dict(json.loads(m.to_json())) == m


def test_the_roofline_is_never_below_the_operations() -> None:
    for sheet in catalogue():
        case = Case(counts=counts(), device=sheet, precision=next(iter(sheet.peak_flops)))
        assert roofline_j(case) >= bound_j(case) * (1 - 1e-12)


# What it says ------------------------------------------------------------------------------------


def test_it_says_what_it_is_and_what_it_rests_on() -> None:
    m = predict(counts(items=4), device="H100", precision="bf16", label="net")
    assert (m.provenance, m.label, m.calls, m.items) == ("predicted", "net", 1, 4)
    assert [entry.provenance for entry in m.channels] == ["predicted"]
    assert m.channels[0].channel.device == "H100 SXM5"
    assert m.budget.get("model") == pytest.approx(m.energy_j.u)
    assert any(
        "989.4 TFLOP/s dense bf16, 3350 GB/s, 700 W (NVIDIA H100" in text for text in m.details["rests_on"]
    )
    assert m.details["cell"]["precision"] == "bf16"
    assert m.duration_s is None  # nothing has run
    assert m.metrics["flops"] == 8e9


def test_fp32_may_be_run_as_tf32_so_the_bound_is_that() -> None:
    net = counts(activations_conv=0)
    assert predict(net, device="A100").details["bound_j"] == pytest.approx(8e9 * 400 / 156e12)
    assert predict(net, device="V100").details["bound_j"] == pytest.approx(8e9 * 300 / 15.7e12)


def test_convolutions_may_take_fewer_multiplications_than_are_counted() -> None:
    plain = 8e9 * 300 / 15.7e12
    for known, least in (
        (None, 1 / 2.25),
        (8_000_000_000, 1 / 2.25),
        (4_000_000_000, 0.5 + 0.5 / 2.25),
        (0, 1.0),
    ):
        m = predict(counts(flops_conv=known), device="V100")
        assert m.details["bound_j"] == pytest.approx(least * plain)


def test_the_subpackage_and_its_function() -> None:
    assert wattwhat.predict.predict is predict
    from wattwhat.predict import predict as again

    assert again is predict


def test_no_name_of_the_subpackage_is_hidden_by_a_module_of_it() -> None:
    import pkgutil

    modules = {one.name for one in pkgutil.iter_modules(wattwhat.predict.__path__)}
    assert not modules & set(wattwhat.predict.__all__)
    assert all(hasattr(wattwhat.predict, name) for name in wattwhat.predict.__all__)


def test_a_device_that_is_known_from_measurements_goes_before_its_data_sheet() -> None:
    m = predict(counts(4e9, 32), device="Xeon W-2155")
    assert m.details["way"] == "published"
    assert [one["way"] for one in m.details["others"]] == ["data-sheet"]
    assert any("rms of ln E with each model left out" in text for text in m.details["rests_on"])


def test_getzners_cpu() -> None:
    m = predict(counts(2e9), device="Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz")
    assert m.energy_j.value == pytest.approx(1e9 * 2.0e-9)
    low, high = m.details["interval_j"]
    assert low < 1e9 * 1.58e-9
    assert high > 1e9 * 2.43e-9


def test_many_operators_for_little_work_raise_the_upper_end() -> None:
    few_of_them = predict(counts(1e6), device="H100")
    many = predict(counts(1e6, operators=500), device="H100")
    assert many.details["interval_j"][1] == pytest.approx(500 * 20e-6 * 700)
    assert many.details["interval_j"][1] > few_of_them.details["interval_j"][1]
    assert any("500 operator(s) are dispatched" in text for text in many.warnings)


def test_an_edge_chip_without_bandwidth_says_so() -> None:
    m = predict(counts(), device="Coral Edge TPU", precision="int8")
    assert any("no memory bandwidth" in text for text in m.warnings)


# The user's own study ----------------------------------------------------------------------------


def test_a_study_of_the_device_is_taken_and_is_right() -> None:
    m = predict(counts(2e9, 8), device="H100", study=study(0.1))
    assert m.details["way"] == "own-study"
    truth = 8 * 1e-6 * 2e9**0.5 * 8**-0.3
    low, high = m.details["interval_j"]
    assert low < truth < high < 2 * truth


def test_a_study_says_where_it_is_asked_beyond_what_it_has_seen() -> None:
    inside = predict(counts(2e9, 8), device="H100", study=study(0.1))
    outside = OwnStudy.fit(study(0.1)).predict(Case(counts=counts(2e13, 8), device=device("H100")))
    assert outside is not None
    assert any("beyond what the fit has seen: an extrapolation" in text for text in outside.notes)
    low, high = inside.details["interval_j"]
    assert outside.energy.spread > 2 * high / low


def test_a_study_at_the_wall_is_of_the_processor_that_ran() -> None:
    made = []
    for one in study(0.1):
        plug = Channel("h/plug/0", "plug", "a plug", "wall", "power")
        entry = ChannelEnergy(plug, one.energy_j)
        made.append(
            attrs.evolve(
                one,
                channels=(entry,),
                environment={"cpu": "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"},
                details={"cell": {**one.details["cell"], "device": "cpu"}},
            )
        )
    m = predict(counts(2e9, 8), device="Xeon Gold 6148", study=made)
    assert m.details["way"] == "own-study"
    assert "18 measured cells on Xeon Gold 6148, eager, fp32" in m.details["rests_on"][0]


def test_measurements_of_ones_own_go_before_a_data_sheet_that_claims_more() -> None:
    few_models = [one for one in study(0.6) if one.details["cell"]["batch_size"] == 8][:5]
    m = predict(counts(2e9, 8), device="H100", study=few_models)
    assert m.details["way"] == "own-study"
    assert [one["way"] for one in m.details["others"]] == ["data-sheet"]


def test_an_answer_that_is_hardly_one_comes_last() -> None:
    class Vague(Way):
        name, source, rank = "vague", "a guess", 0

        def predict(self, case: Case) -> Prediction:
            return Prediction(energy=LogNormal(1.0, 1e-3, 1e3), way=self.name, source=self.source)

    m = predict_case(Case(counts=counts(), device=device("T4")), among=[Vague(), DataSheet()])
    assert m.details["way"] == "data-sheet"


def test_a_study_of_another_device_says_nothing() -> None:
    assert OwnStudy.fit(study()).predict(Case(counts=counts(), device=device("T4"))) is None
    assert predict(counts(), device="T4", study=study()).details["way"] == "data-sheet"


def test_another_runtime_is_said() -> None:
    m = predict(counts(2e9, 8), device="H100", runtime="compile", study=study(0.1))
    assert any("the study ran eager in fp32, not compile in fp32" in text for text in m.warnings)


def test_a_study_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("\n".join(one.to_json() for one in study(0.1)) + "\n")
    case = {"device": "H100"}
    assert predict(counts(2e9), study=tmp_path, **case) == predict(counts(2e9), study=study(0.1), **case)  # type: ignore[arg-type]


def test_the_data_sheets_spread_is_learnt_from_a_study() -> None:
    learnt = DataSheet.fit(study(0.1))
    said = learnt.predict(Case(counts=counts(2e9, 8), device=device("H100")))
    assert said is not None
    truth = 1e-6 * 2e9**0.5 * 8**-0.3
    assert said.energy.low < truth < said.energy.high


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "the most found are 0"),
        (study()[:9], "at least 5 models on one device, runtime and precision"),
        ("nowhere.jsonl", "study: 'nowhere.jsonl' cannot be read"),
    ],
)
def test_a_study_that_teaches_nothing_is_said(given: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        predict(counts(), device="H100", study=given)


def test_a_line_that_is_no_measurement_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(study()[0].to_json() + "\n{}\n")
    with pytest.raises(ArgumentError, match=r"results\.jsonl:2: no Measurement"):
        predict(counts(), device="H100", study=path)


# Ways by entry point -----------------------------------------------------------------------------


class Oracle(Way):
    name, source = "oracle", "a test"

    def predict(self, case: Case) -> Prediction:
        return Prediction(energy=LogNormal(5.0, 4.9, 5.1), way=self.name, source=self.source)


class Broken(Way):
    name = "broken"

    def predict(self, case: Case) -> Prediction:
        raise RuntimeError("no")


def test_the_librarys_own_ways_come_in_by_the_door_of_all() -> None:
    names = {one.name for one in importlib.metadata.entry_points(group="wattwhat.predictors")}
    assert {one.name for one in ways()[0]} >= {"own-study", "published", "data-sheet"}
    assert not names or names >= {"published", "data-sheet"}


def test_a_way_of_a_third_party_is_asked_and_a_broken_one_is_told() -> None:
    case = Case(counts=counts(), device=device("H100"))
    m = predict_case(case, among=[Broken(), DataSheet(), Oracle()])
    assert (m.details["way"], m.energy_j.value) == ("oracle", 5.0)
    assert "broken failed: RuntimeError: no" in m.warnings


def test_a_way_that_cannot_be_loaded_is_told_and_never_fatal() -> None:
    def load() -> Any:
        raise ImportError("gone")

    found, broken = ways([SimpleNamespace(name="bad", dist=None, load=load)])
    assert found == []
    assert "plugin 'bad'" in broken[0]
    with pytest.raises(ArgumentError, match="nothing can be predicted"):
        predict_case(Case(counts=counts(), device=device("H100")), among=[])


# Sums and comparisons ----------------------------------------------------------------------------


def test_predicted_joules_are_never_added_to_measured_ones_unsaid() -> None:
    measured = cell(1e9, 0.5)
    told = predict(counts(), device="T4")
    both = combine([measured, told], overlapping=False)
    assert both.provenance == "mixed"
    assert both.energy_j.value == pytest.approx(measured.energy_j.value + told.energy_j.value)
    assert any("J of the sum are predicted: nothing was run for them" in text for text in both.warnings)
    alike = combine([told, told.with_metrics(accuracy=0.5)], overlapping=False)
    assert alike.provenance == "predicted"
    assert not any("of the sum are predicted" in text for text in alike.warnings)


def test_what_was_never_run_is_not_put_beside_what_was() -> None:
    from wattwhat.scoring.population import traits_of

    origins = {
        kind: traits_of(attrs.evolve(cell(1e9, 0.5), provenance=kind))["origin"] for kind in PROVENANCES
    }
    assert origins["predicted"] == "prediction"
    assert [kind for kind, origin in origins.items() if origin == "prediction"] == ["predicted"]


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"device": "A101"}, "'A101' is not in the catalogue; closest: A10"),
        ({"device": "V100", "precision": "fp8"}, "gives no peak for fp8; it has fp64, fp32, fp16"),
        ({"device": "V100", "precision": "half"}, "precision: 'half' is not one of fp64"),
        ({"device": "V100", "runtime": ""}, "runtime: expected a name"),
        ({"device": "V100", "inputs": 1}, "counts are of a call already"),
    ],
)
def test_bad_input_is_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        predict(counts(), **given)
    assert "\n" not in str(caught.value)


def test_a_call_without_operations_is_refused() -> None:
    with pytest.raises(ArgumentError, match="nothing can be predicted"):
        predict(counts(0.0), device="T4")


def test_cpu_and_cuda_are_what_is_here() -> None:
    assert predict(counts(), device="cpu").channels == predict(counts()).channels
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        with pytest.raises(ArgumentError, match="'cuda:0' is not here"):
            predict(counts(), device=torch.device("cuda:0"))


def test_no_device_takes_this_machine_and_says_what_it_assumed() -> None:
    m = predict(counts())
    assert m.channels[0].channel.component in ("cpu", "gpu")
    assert m.details["bound_j"] > 0


@pytest.mark.torch
def test_a_model_is_counted_and_left_alone() -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()).train()
    m = predict(model, torch.zeros(4, 3, 32, 32), device="A100")
    assert (m.label, m.items, model.training) == ("Sequential", 4, True)
    assert m.metrics["flops"] == 2 * 30 * 30 * 8 * 27
    assert sys.modules.get("tensorflow") is None
