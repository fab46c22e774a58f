"""Counting a model's operations: laws of counting, and a model that stays as it was."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from wattwhat.errors import ArgumentError  # noqa: E402
from wattwhat.workloads.counting import Counts, count  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn
few = settings(max_examples=15, deadline=None)
sizes = st.integers(1, 7)


class Attention(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, fused: bool = True) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24, bias=False)
        self.fused = fused

    def forward(self, x: Any) -> Any:
        q, k, v = self.qkv(x)[:, None].chunk(3, dim=-1)
        if self.fused:
            return nn.functional.scaled_dot_product_attention(q, k, v)
        return (q @ k.transpose(-1, -2)).softmax(-1) @ v


class Needy(nn.Module):  # type: ignore[misc, name-defined]
    def forward(self, x: Any) -> Any:
        return x if x.sum().item() > 0 else -x


@few
@given(n=sizes, i=sizes, o=sizes)
def test_a_linear_layer_takes_two_operations_a_weight_and_sample(n: int, i: int, o: int) -> None:
    counts = count(nn.Linear(i, o), torch.zeros(n, i))
    assert counts.flops == 2 * n * i * o
    assert (counts.activations_conv, counts.activations_matmul) == (0, n * o)
    assert counts.parameters == i * o + o
    assert counts.weight_bytes == 4 * counts.parameters
    assert counts.items == n


@few
@given(n=sizes, i=sizes, o=sizes, k=st.sampled_from([1, 3, 5]))
def test_a_convolution_takes_what_its_formula_says(n: int, i: int, o: int, k: int) -> None:
    counts = count(nn.Conv2d(i, o, k, padding=k // 2), torch.zeros(n, i, 6, 5))
    assert counts.flops == 2 * n * o * 6 * 5 * i * k * k
    assert (counts.activations_conv, counts.activations_matmul) == (n * o * 6 * 5, 0)


@few
@given(n=sizes, i=sizes)
def test_layers_add_up_and_a_batch_is_its_samples(n: int, i: int) -> None:
    first, second = nn.Linear(i, 5), nn.Linear(5, 3)
    both = count(nn.Sequential(first, nn.ReLU(), second), torch.zeros(n, i))
    parts = [count(first, torch.zeros(n, i)), count(second, torch.zeros(n, 5))]
    assert both.flops == sum(part.flops for part in parts)
    assert both.activations == sum(part.activations for part in parts)
    one = count(nn.Sequential(first, second), torch.zeros(1, i))
    assert both.metrics() == one.metrics()


def test_fused_attention_counts_what_its_parts_count() -> None:
    x = torch.zeros(2, 5, 8)
    assert count(Attention(True), x).flops == count(Attention(False), x).flops
    assert count(Attention(True), x).flops == 2 * 2 * 5 * 8 * 24 + 2 * (2 * 2 * 5 * 5 * 8)


def test_recurrent_layers_are_counted() -> None:
    counts = count(nn.LSTM(3, 4, batch_first=True), torch.zeros(2, 5, 3))
    assert counts.flops == 2 * 10 * (3 * 16 + 4 * 16)


def test_shared_weights_count_once() -> None:
    layer = nn.Linear(4, 4)
    counts = count(nn.Sequential(layer, layer), torch.zeros(1, 4))
    assert (counts.parameters, counts.flops) == (20, 2 * 2 * 16)


def test_the_model_is_left_as_it_was() -> None:
    calls: list[int] = []
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    model.extra = torch.ones(3)  # neither a parameter nor a buffer
    model.register_forward_hook(lambda *_: calls.append(1))
    model(torch.rand(2, 3, 8, 8)).sum().backward()
    before = {name: one.clone() for name, one in model.state_dict().items()}
    gradients = [one.grad.clone() for one in model.parameters()]
    heard = len(calls)
    count(model, torch.rand(2, 3, 8, 8).requires_grad_())
    assert len(calls) == heard
    assert model.training
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())
    assert all(torch.equal(a, b.grad) for a, b in zip(gradients, model.parameters(), strict=True))
    assert {one.device.type for one in (*model.parameters(), model.extra)} == {"cpu"}


def test_counting_draws_no_random_number() -> None:
    class Noisy(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            random.random()
            return x + torch.randn(x.shape, device="cpu").to(x.device)

    x = torch.zeros(2, 2)
    chance, python = torch.get_rng_state(), random.getstate()
    count(Noisy(), x)
    assert torch.equal(chance, torch.get_rng_state())
    assert python == random.getstate()


def test_weights_are_never_copied() -> None:
    model = nn.Linear(10, 10).to("meta")
    model.weight = nn.Parameter(torch.empty(300_000, 400_000, device="meta"))  # 480 GB, were it real
    model.bias = None
    assert count(model, torch.zeros(1, 400_000)).flops == 2 * 300_000 * 400_000


@pytest.mark.parametrize(
    "inputs", [(torch.zeros(2, 3), torch.ones(1)), {"x": torch.zeros(2, 3)}, [torch.zeros(2, 3)] * 2]
)
def test_inputs_are_what_measure_takes(inputs: Any) -> None:
    class Model(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(3, 2)

        def forward(self, x: Any, scale: Any = None) -> Any:
            return self.linear(x) * (1 if scale is None else scale)

    assert count(Model(), inputs).flops == 24


@pytest.mark.parametrize(
    ("model", "inputs", "said"),
    [
        (len, torch.zeros(1), "expected a torch.nn.Module"),
        (nn.Linear(3, 2), None, "inputs: a torch module needs them"),
        (nn.Linear(3, 2), torch.zeros(0, 3), "shape 0x3 holds nothing"),
        (nn.Linear(3, 2), iter([torch.zeros(1, 3)]), "would use up a generator"),
        (nn.Linear(3, 2), torch.zeros(1, 4), "cannot run on shapes alone"),
        (Needy(), torch.zeros(1), "its operations depend on values"),
        (nn.LazyLinear(2), torch.zeros(1, 4), "cannot be copied onto torch's meta device"),
    ],
)
def test_what_cannot_be_counted_is_said_in_one_sentence(model: Any, inputs: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        count(model, inputs)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.jit.script is deprecated
def test_torchscript_is_refused_in_one_sentence() -> None:
    with pytest.raises(ArgumentError, match="count the eager model"):
        count(torch.jit.script(nn.Linear(3, 2)), torch.zeros(1, 3))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, while torch.compile is imported
def test_a_compiled_model_counts_as_what_it_was_made_from() -> None:
    model, x = nn.Linear(3, 2), torch.zeros(1, 3)
    assert count(torch.compile(model), x) == count(model, x)


def test_a_transformer_with_a_mask_is_counted() -> None:
    transformers = pytest.importorskip("transformers")
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = transformers.BertModel(transformers.BertConfig(vocab_size=50, **size))
    words = torch.ones(2, 8, dtype=torch.long)
    plain = count(model, {"input_ids": words})
    masked = count(model, {"input_ids": words, "attention_mask": words})
    layers = 2 * (2 * 16 * (4 * 32 * 32 + 2 * 32 * 64) + 2 * (2 * 2 * 8 * 8 * 32))
    assert masked.flops == plain.flops == layers + 2 * 2 * 32 * 32  # and the pooler


@pytest.mark.parametrize(
    ("field", "value"),
    [("flops", -1), ("flops", math.nan), ("parameters", None), ("items", 0), ("operators", "many")],
)
def test_counts_that_are_none_are_refused(field: str, value: Any) -> None:
    fields = dict.fromkeys(
        ("flops", "activations_conv", "activations_matmul", "parameters", "weight_bytes"), 1
    )
    with pytest.raises(ArgumentError, match=f"{field}: expected a number of at least"):
        Counts(**{**fields, "method": "x", field: value})


def test_metrics_are_of_one_item() -> None:
    counts = Counts(
        flops=80, activations_conv=8, activations_matmul=4, parameters=5, weight_bytes=20, method="x", items=4
    )
    assert counts.metrics() == {
        "flops": 20.0,
        "activations_conv": 2.0,
        "activations_matmul": 1.0,
        "parameters": 5.0,
        "weight_bytes": 20.0,
    }
