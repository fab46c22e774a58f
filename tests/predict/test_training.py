"""Trainings before they run: published ones lie inside; and efficiency over the years."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import Device
from wattwhat.predict.efficiency import plot, trends
from wattwhat.predict.training import predict_training
from wattwhat.workloads.counting import Counts

few = settings(max_examples=30, deadline=None)


# name, P, D, device, precision, devices, PUE, published MWh (Patterson and others, arXiv 2104.10350; BLOOM,
# arXiv 2211.02001: 433 MWh of the GPUs)
PUBLISHED = [
    ("GPT-3", 175e9, 300e9, "V100", "fp16", 10_000, 1.1, 1287.0),
    ("BLOOM", 176e9, 366e9, "A100", "bf16", 384, 1.0, 433.0),
]


@pytest.mark.parametrize(
    ("name", "p", "d", "device", "precision", "count", "pue", "mwh"), PUBLISHED, ids=lambda one: str(one)
)
def test_published_trainings_lie_inside(
    name: str, p: float, d: float, device: str, precision: str, count: int, pue: float, mwh: float
) -> None:
    m = predict_training(p, d, device=device, precision=precision, devices=count, pue=pue, label=name)
    low, high = (end / 3.6e9 for end in m.details["interval_j"])
    assert low < mwh < high
    assert (m.provenance, m.items, m.label) == ("predicted", d, name)


@few
@given(st.floats(1e6, 1e12), st.floats(1e6, 1e13), st.integers(1, 10_000))
def test_more_devices_take_less_time_and_the_same_energy(p: float, d: float, count: int) -> None:
    one = predict_training(p, d, device="H100")
    many = predict_training(p, d, device="H100", devices=count)
    assert many.energy_j.value == pytest.approx(one.energy_j.value)
    assert many.details["days"] * count == pytest.approx(one.details["days"])


@few
@given(st.floats(1e9, 1e12), st.floats(1e6, 1e13), st.floats(1.0, 2.0))
def test_energy_goes_with_the_tokens_and_the_pue(p: float, d: float, pue: float) -> None:
    one = predict_training(p, d, device="A100").energy_j.value
    assert predict_training(p, 2 * d, device="A100", pue=pue).energy_j.value == pytest.approx(2 * pue * one)


def test_a_counted_forward_pass_is_taken_three_times() -> None:
    counts = Counts(
        flops=16_000,
        activations_conv=0,
        activations_matmul=10,
        parameters=2000,
        weight_bytes=8000,
        method="by hand",
        items=4,
    )
    by_count = predict_training(counts=counts, items=1e6, device="T4", precision="fp16")
    by_size = predict_training(2000, 1e6, device="T4", precision="fp16")
    assert by_count.energy_j.value == pytest.approx(by_size.energy_j.value)  # 3 x 4,000 = 6 x 2,000


def test_a_stated_utilisation_is_taken_and_narrows() -> None:
    free = predict_training(70e9, 1e12, device="H100")
    told = predict_training(70e9, 1e12, device="H100", utilisation=0.31)
    assert told.energy_j.value == pytest.approx(free.energy_j.value)
    assert told.energy_j.u < free.energy_j.u


def test_a_small_model_is_known_worse_and_says_so() -> None:
    small, large = (predict_training(p, 1e9, device="H100") for p in (1e8, 1e10))
    assert small.energy_j.relative > large.energy_j.relative
    assert any("a small model reaches less of the peak" in text for text in small.warnings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "expected parameters and tokens, or counts and items"),
        ({"parameters": 1e9}, "expected parameters and tokens, or counts and items"),
        ({"parameters": 1e9, "tokens": 0}, "tokens: expected a finite number above 0"),
        ({"parameters": 1e9, "tokens": 1e9, "utilisation": 40}, "utilisation: expected a share"),
        ({"parameters": 1e9, "tokens": 1e9, "pue": 0.5}, "so at least 1; got 0.5"),
        ({"parameters": 1e9, "tokens": 1e9, "devices": 0}, "devices: expected at least 1"),
        ({"parameters": 1e9, "tokens": 1e9, "precision": "fp8"}, "A100 SXM4 80GB gives no peak for fp8"),
    ],
)
def test_bad_input_is_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        predict_training(device="A100", **given)


# Trends ------------------------------------------------------------------------------------------


@few
@given(st.floats(0.8, 2.0), st.integers(5, 12))
def test_a_made_growth_is_found(growth: float, count: int) -> None:
    made = [
        Device(name=f"d{n}", kind="gpu", tdp_w=100.0, year=2010 + n, peak_flops={"fp32": 1e12 * growth**n})
        for n in range(count)
    ]
    (found,) = trends(made)
    assert found.growth == pytest.approx(growth)
    assert found.low <= found.growth * (1 + 1e-9)
    assert found.growth <= found.high * (1 + 1e-9)


def test_devices_have_become_more_efficient() -> None:
    found = {(one.kind, one.precision): one for one in trends()}
    for key in (("gpu", "fp32"), ("gpu", "fp16"), ("cpu", "fp32")):
        assert found[key].low > 1.0
        assert "doubles in" in str(found[key])


def test_few_devices_make_no_trend() -> None:
    assert trends([Device(name="x", kind="gpu", tdp_w=1.0, year=2020, peak_flops={"fp32": 1e12})]) == ()


def test_the_trends_are_drawn() -> None:
    pytest.importorskip("altair")
    drawn = plot().to_dict()
    assert {layer["mark"]["type"] for layer in drawn["layer"]} == {"point", "line"}
