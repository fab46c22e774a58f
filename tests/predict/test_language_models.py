"""Language models: laws of prefill and decode, published rows in the intervals, EcoLogits' own check."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.predict.ecologits import MEASURED_FACTOR, ecologits_gpus, ecologits_wh
from wattwhat.predict.language_models import LanguageModel, predict_request

LLAMA = LanguageModel(parameters=8.03e9, layers=32, kv_heads=8, head_size=128, label="Llama-3.1-8B")
# ML.ENERGY v3, chat, one H100: batch, J/token, J/request, tokens
GOLDEN = [(8, 0.454798, 176.770, 388.68), (64, 0.118580, 46.903, 395.54), (256, 0.076641, 30.977, 404.18)]
few = settings(max_examples=30, deadline=None)
sizes = st.floats(1e8, 1e12)
batches = st.floats(1, 512)
devices = st.sampled_from(["A100", "H100", "B200", "MI300X", "L4", "RTX 4090"])


def served(model: LanguageModel = LLAMA, **given: Any) -> Any:
    return predict_request(
        model, **{"device": "A100", "output_tokens": 200.0, "prompt_tokens": 100.0, **given}
    )


@pytest.mark.parametrize(("batch", "token_j", "request_j", "tokens"), GOLDEN)
def test_published_rows_lie_inside(batch: int, token_j: float, request_j: float, tokens: float) -> None:
    said = served(device="H100", output_tokens=tokens, prompt_tokens=0.0, batch=batch)
    assert said.total.details["way"] == "published"
    low, high = said.total.details["interval_j"]
    assert low < request_j < high < 5 * low
    assert low / tokens < token_j < high / tokens
    assert said.total.details["bound_j"] < request_j
    # the roofline's way, as on a device that nobody has published: told by its spread
    hopper = served(device="H200", output_tokens=tokens, batch=batch)
    assert hopper.decode.details["way"] == "data-sheet"
    assert hopper.decode.details["interval_j"][0] < request_j < hopper.decode.details["interval_j"][1]


def test_the_published_fit_is_wider_beyond_its_models_and_says_so() -> None:
    inside, outside = (
        served(LanguageModel(parameters=p), device="H100", batch=64, devices=8).decode
        for p in (70e9, 7e9 / 70)
    )
    assert not any("beyond what the fit has seen" in text for text in inside.warnings)
    assert any("total lies 80 times beyond what the fit has seen" in text for text in outside.warnings)
    ratio = [one.details["interval_j"][1] / one.details["interval_j"][0] for one in (inside, outside)]
    assert ratio[1] > 2 * ratio[0]


@few
@given(sizes, batches, devices, st.floats(0.0, 4000), st.floats(1, 4000))
def test_prefill_and_decode_make_the_request(
    parameters: float, batch: float, device: str, prompt: float, output: float
) -> None:
    model = LanguageModel(parameters=parameters)
    said = served(model, batch=batch, device=device, prompt_tokens=prompt, output_tokens=output)
    total, parts = said.total.energy_j.value, said.prefill.energy_j.value + said.decode.energy_j.value
    assert total == pytest.approx(parts)
    for one in (said.prefill, said.decode, said.total):
        low, high = one.details["interval_j"]
        assert one.details["bound_j"] <= low * (1 + 1e-12)
        assert low <= one.energy_j.value <= high
    assert said.total.energy_per_item_j.value == pytest.approx(total / output)


@few
@given(sizes, batches, devices)
def test_a_larger_batch_takes_no_more_for_a_token(parameters: float, batch: float, device: str) -> None:
    model = LanguageModel(parameters=parameters, layers=32, kv_heads=8, head_size=128)
    one = served(model, batch=batch, device=device).decode.energy_j.value
    two = served(model, batch=2 * batch, device=device).decode.energy_j.value
    assert two <= one * (1 + 1e-9)


@few
@given(sizes, batches, st.floats(10, 1e5))
def test_a_longer_context_takes_no_less(parameters: float, batch: float, prompt: float) -> None:
    model = LanguageModel(parameters=parameters, layers=64, kv_heads=8, head_size=128)
    short = served(model, batch=batch, prompt_tokens=prompt).decode.energy_j.value
    longer = served(model, batch=batch, prompt_tokens=10 * prompt).decode.energy_j.value
    assert longer >= short * (1 - 1e-9)


def test_the_kv_cache_is_what_its_formula_says() -> None:
    assert LLAMA.kv_bytes(1) == 2 * 32 * 8 * 128 * 2
    assert LanguageModel(parameters=1e9).kv_bytes(1000) == 0.0
    assert any(
        "KV cache is left out" in text for text in served(LanguageModel(parameters=1e9)).decode.warnings
    )


def test_experts_are_read_as_far_as_the_batch_needs_them() -> None:
    mixtral = LanguageModel(parameters=46.7e9, active=12.9e9)
    dense = LanguageModel(parameters=46.7e9)
    alone = served(mixtral, devices=2).decode.energy_j.value
    assert alone == pytest.approx(served(dense, devices=2).decode.energy_j.value * 12.9 / 46.7)


def test_a_model_is_spread_over_as_many_devices_as_hold_it() -> None:
    assert served(LLAMA).total.details["cell"]["devices"] == 1
    assert served(LanguageModel(parameters=70e9)).total.details["cell"]["devices"] == 4
    assert served(LanguageModel(parameters=70e9), precision="int8").total.details["cell"]["devices"] == 2


def test_a_configuration_of_transformers_is_read() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=96,
        vocab_size=100,
    )
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        real = transformers.LlamaForCausalLM(config)
    told = LanguageModel.from_config(config)
    assert told.parameters == pytest.approx(sum(one.numel() for one in real.parameters()), rel=0.01)
    assert (told.layers, told.kv_heads, told.head_size, told.label) == (3, 2, 16, "llama")


# EcoLogits ---------------------------------------------------------------------------------------


def test_ecologits_own_check() -> None:
    assert ecologits_wh(8e9, 1e6, pue=1.15) == pytest.approx(85.4379, abs=5e-5)
    assert ecologits_wh(8e9, 1e6, pue=1.2) == pytest.approx(89.1526, abs=5e-5)


@pytest.mark.parametrize(("billions", "gpus"), [(8, 1), (70, 4), (405, 16)])
def test_ecologits_gpus(billions: float, gpus: int) -> None:
    assert ecologits_gpus(billions * 1e9) == gpus


def test_ecologits_is_wrong_by_no_more_than_is_said_of_it() -> None:
    for batch, token_j, _, _ in GOLDEN:
        said = ecologits_wh(8.03e9, 1.0, batch=batch) * 3600
        assert 1 / MEASURED_FACTOR < said / token_j < MEASURED_FACTOR


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: served(output_tokens=0.0), "output_tokens: expected a number above 0"),
        (lambda: served(batch=-1), "batch: expected a number above 0"),
        (lambda: served(prompt_tokens=-1.0), "prompt_tokens: expected a number of at least 0"),
        (lambda: served(devices=0), "devices: expected at least 1"),
        (lambda: served(device="Coral Edge TPU", precision="int8"), "which decoding rests on"),
        (lambda: served(precision="fp8"), "A100 SXM4 80GB gives no peak for fp8"),
        (lambda: LanguageModel(parameters=0), "parameters: expected a number above 0"),
        (lambda: LanguageModel(parameters=1e9, active=2e9), "cannot be active in a model"),
        (lambda: LanguageModel.from_config({}), "lacks hidden_size, num_hidden_layers"),
        (lambda: ecologits_wh(8e9, 1.0, pue=0.5), "so at least 1"),
        (lambda: ecologits_wh(0, 1.0), "active_parameters: expected a number above 0"),
    ],
)
def test_bad_input_is_one_sentence(call: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_experts_need_their_parameters_given() -> None:
    config = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_local_experts": 8}
    with pytest.raises(ArgumentError, match="of a mixture of experts give parameters="):
        LanguageModel.from_config(config)
    assert LanguageModel.from_config(config, parameters=47e9).parameters == 47e9
