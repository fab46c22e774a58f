"""Torch models: called as they take it, and left as they were found, whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import wattwhat  # noqa: E402
from wattwhat.errors import ArgumentError, WorkloadError  # noqa: E402
from wattwhat.workloads.torch_model import TorchWorkload  # noqa: E402

pytestmark = pytest.mark.torch
QUICK: dict[str, Any] = {"backends": ["estimate"], "min_seconds": 0.02, "max_seconds": 0.1, "idle": None}


class Probe(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Remembers how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm1d(2)
        self.drop = torch.nn.Dropout(0.5)
        self.seen: list[tuple[Any, Any]] = []
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, x: Any, scale: Any = None) -> Any:
        self.seen.append((x, scale))
        self.modes.append((self.training, torch.is_grad_enabled()))
        out = self.drop(self.norm(self.linear(x)))
        return out if scale is None else out * scale


def state(model: Any) -> dict[str, Any]:
    return {
        "weights": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "modes": [module.training for module in model.modules()],
        "gradients": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "random": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),
        "device": {p.device for p in model.parameters()},
    }


def same(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert all(torch.equal(before["weights"][name], after["weights"][name]) for name in before["weights"])
    assert before["modes"] == after["modes"]
    for a, b in zip(before["gradients"], after["gradients"], strict=True):
        assert (a is None and b is None) or torch.equal(a, b)
    assert torch.equal(before["random"], after["random"])
    assert before["python"] == after["python"]
    assert before["numpy"] == after["numpy"]
    assert before["device"] == after["device"]


@pytest.fixture
def model() -> Any:
    torch.manual_seed(1)
    made = Probe()
    made.train()
    made.drop.eval()  # an unusual mixture, which must come back as it was
    made(torch.randn(4, 3)).sum().backward()
    made.seen.clear()
    made.modes.clear()
    return made


X = torch.ones(5, 3)


@pytest.mark.parametrize(
    ("inputs", "items"),
    [
        (X, 5),
        ((X, torch.tensor(2.0)), 5),
        ({"x": X, "scale": torch.tensor(2.0)}, 5),
        ([X, X], 5),
        ([(X,), (X,)], 5),
        ([{"x": X}], 5),
        ((X for _ in range(100_000)), 5),
    ],
)
def test_inputs_of_every_kind_reach_the_model(model: Any, inputs: Any, items: int) -> None:
    before = state(model)
    m = wattwhat.measure(model, inputs, **QUICK)
    same(before, state(model))
    assert m.items == items * m.calls
    assert all(torch.equal(x, X) for x, _ in model.seen)
    assert set(model.modes) == {(False, False)}  # eval mode, no gradients


def test_labels_behind_the_inputs_of_a_batch_are_left_out() -> None:
    class One(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, torch.zeros(5)), batch_size=5)
    m = wattwhat.measure(One(), loader, **QUICK)
    assert m.label == "One"
    assert m.details["phase"] == "inference"
    assert m.calls is not None
    assert m.calls >= 1


@pytest.mark.parametrize("kind", ["pair", "step"])
def test_training_is_measured_and_undone(model: Any, kind: str) -> None:
    optimizer = torch.optim.Adam(model.parameters())
    loss = torch.nn.CrossEntropyLoss()
    y = torch.zeros(5, dtype=torch.long)
    steps = []

    def step(module: Any, batch: Any) -> None:
        steps.append(torch.is_grad_enabled())
        optimizer.zero_grad()
        loss(module(batch[0]), batch[1]).backward()
        optimizer.step()

    before, optimizer_before = state(model), len(optimizer.state)
    m = wattwhat.measure(model, [(X, y)], train=step if kind == "step" else (loss, optimizer), **QUICK)
    same(before, state(model))
    assert m.items == 5 * (m.calls or 0)
    assert m.details["phase"] == "training"
    assert all(mode == (True, True) for mode in model.modes)
    if kind == "step":
        assert len(steps) >= (m.calls or 0)
    else:
        assert len(optimizer.state) == optimizer_before


@pytest.mark.parametrize("error", [RuntimeError("shapes"), KeyboardInterrupt()])
@pytest.mark.parametrize("train", [False, True])
def test_everything_is_put_back_when_the_model_fails(model: Any, error: BaseException, train: bool) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    calls = []

    def loss(out: Any, y: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise error
        return out.sum()

    if not train:
        model.register_forward_hook(lambda *_: loss(torch.zeros(1), None) and None)
    before = state(model)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else WorkloadError
    with pytest.raises(expected) as caught:
        wattwhat.measure(model, [(X, X)] if train else X, train=(loss, optimizer) if train else None, **QUICK)
    same(before, state(model))
    if expected is WorkloadError:
        assert caught.value.__cause__ is error


def test_inputs_the_model_cannot_take_are_its_own_error_chained(model: Any) -> None:
    with pytest.raises(WorkloadError, match="Probe") as caught:
        wattwhat.measure(model, torch.ones(5, 7), **QUICK)
    assert "shapes" in str(caught.value.__cause__)


def test_a_generator_that_runs_dry_is_told_apart_from_a_list(model: Any) -> None:
    def batches() -> Iterator[Any]:
        yield X
        yield X

    before = state(model)
    with pytest.raises(WorkloadError, match=r"inputs: the generator ran dry.*DataLoader"):
        wattwhat.measure(model, batches(), **QUICK)
    same(before, state(model))


@pytest.mark.parametrize("inputs", [None, [], iter(()), 3])
def test_no_inputs_are_refused_by_name(model: Any, inputs: Any) -> None:
    with pytest.raises(ArgumentError, match="inputs"):
        wattwhat.measure(model, inputs, **QUICK)
    assert model.seen == []


@pytest.mark.parametrize("train", [3, (1, 2), ("loss",), (torch.nn.MSELoss(), "optimizer")])
def test_what_is_no_training_is_refused_by_name(model: Any, train: Any) -> None:
    with pytest.raises(ArgumentError, match="train"):
        wattwhat.measure(model, X, train=train, **QUICK)


def test_batches_without_labels_cannot_be_trained_on_by_a_loss(model: Any) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises((ArgumentError, WorkloadError), match="batches \\(x, y\\)"):
        wattwhat.measure(model, [X], train=(torch.nn.MSELoss(), optimizer), **QUICK)


def test_a_model_on_the_cpu_uses_no_accelerator(model: Any) -> None:
    assert TorchWorkload(model, X).devices() == ()


def test_items_may_be_told(model: Any) -> None:
    m = wattwhat.measure(model, X, items_per_call=40, **QUICK)
    assert m.items == 40 * (m.calls or 0)
