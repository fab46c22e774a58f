"""Putting a model back: piece by piece, into the very objects, and never one failure for another."""

from __future__ import annotations

import copy
import functools
import io
import random
import threading
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import wattwhat  # noqa: E402
from wattwhat.errors import ArgumentError  # noqa: E402
from wattwhat.workloads.torch_model import TorchWorkload  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")]
QUICK: dict[str, Any] = {"backends": ["estimate"], "min_seconds": 0.02, "max_seconds": 0.1, "idle": None}
X, Y = torch.ones(4, 3), torch.zeros(4, dtype=torch.long)


class Odd(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Buffers of every awkward kind: made on first use, expanded, of inference mode, counting."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.frozen = torch.nn.BatchNorm1d(2)
        self.register_buffer("lazy", None)
        self.register_buffer("wide", torch.ones(1).expand(2))
        self.register_buffer("count", torch.zeros(()))
        with torch.inference_mode():
            self.register_buffer("made", torch.ones(2))
        self.seen: list[bool] = []

    def forward(self, x: Any) -> Any:
        self.lazy = torch.ones(2)
        self.count += 1
        self.seen.append(self.frozen.training)
        return self.frozen(self.linear(x)) * self.wide


def test_awkward_buffers_keep_nothing_else_from_being_put_back() -> None:
    model = Odd()
    model.eval()
    model.linear.weight.grad = torch.ones(2, 3)
    optimizer = torch.optim.Adam(model.parameters())
    group = optimizer.param_groups[0]
    weight = model.linear.weight.detach().clone()
    wattwhat.measure(model, [(X, Y)], train=(torch.nn.CrossEntropyLoss(), optimizer), **QUICK)
    assert model.lazy is None
    assert float(model.count) == 0.0
    assert not model.training
    assert torch.equal(model.linear.weight, weight)
    assert torch.equal(model.linear.weight.grad, torch.ones(2, 3))
    assert len(optimizer.state) == 0
    assert optimizer.param_groups[0] is group


def test_inference_leaves_buffers_as_they_were() -> None:
    model = Odd()
    wattwhat.measure(model, X, **QUICK)
    assert float(model.count) == 0.0


def test_parts_that_are_frozen_on_purpose_stay_frozen_in_training() -> None:
    model = Odd()
    model.train()
    model.frozen.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wattwhat.measure(model, [(X, Y)], train=(torch.nn.CrossEntropyLoss(), optimizer), **QUICK)
    assert set(model.seen) == {False}


def test_everything_the_optimizer_and_the_loss_hold_is_put_back() -> None:
    class Weighted(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, out: Any, y: Any) -> Any:
            return (out * self.scale).pow(2).mean()

    body, head, loss = torch.nn.Linear(3, 3), torch.nn.Linear(3, 2), Weighted()
    body(X).sum().backward()
    before = [body.weight.detach().clone(), body.weight.grad.clone()]
    held = [*body.parameters(), *head.parameters(), *loss.parameters()]
    optimizer = torch.optim.SGD(held, lr=0.1, momentum=0.9)
    wattwhat.measure(head, [(X, Y)], train=(loss, optimizer), **QUICK)
    assert torch.equal(body.weight, before[0])
    assert torch.equal(body.weight.grad, before[1])
    assert float(loss.scale.detach()) == 1.0
    assert loss.scale.grad is None


# TorchScript ---------------------------------------------------------------------------------------


class Counting(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Puts a new tensor in its buffer's place at each call."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        self.count = self.count + 1  # type: ignore[has-type]
        return self.norm(x)


def scripted() -> Any:
    return torch.jit.script(Counting()).train()


def loaded() -> Any:
    file = io.BytesIO()
    torch.jit.save(scripted(), file)
    file.seek(0)
    return torch.jit.load(file)


def traced() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a trace in training mode holds for one size of batch
        return torch.jit.trace(torch.nn.BatchNorm1d(3).train(), X)


def frozen() -> Any:
    return torch.jit.freeze(torch.jit.script(torch.nn.BatchNorm1d(3).eval()))


def exported() -> Any:
    return torch.export.export(torch.nn.BatchNorm1d(3).eval(), (X,)).module()


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("train", [None, lambda model, batch: model(batch)])
@pytest.mark.parametrize("make", [scripted, loaded, traced, frozen, exported])
def test_a_model_that_torch_compiled_is_put_back_without_a_word(make: Any, train: Any) -> None:
    model = make()
    before, mode = copy.deepcopy(dict(model.state_dict())), getattr(model, "training", None)
    m = wattwhat.measure(model, X, train=train, **QUICK)
    after = dict(model.state_dict())
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert getattr(model, "training", None) == mode
    assert not any("put back" in sentence for sentence in m.warnings)


def test_a_scripted_module_gets_back_the_very_buffer_it_had() -> None:
    model = scripted()
    count = model.count
    wattwhat.measure(model, X, **QUICK)
    assert model.count is count


def test_what_cannot_be_put_back_is_said_in_the_measurement_too() -> None:
    class Stubborn(torch.nn.BatchNorm1d):  # type: ignore[misc, name-defined]
        frozen = False

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "training" and self.frozen and value:
                raise RuntimeError("stuck")
            super().__setattr__(name, value)

        def forward(self, x: Any) -> Any:
            self.frozen = True
            return super().forward(x)

    with pytest.warns(UserWarning, match="modes could not be put back.*stuck"):
        m = wattwhat.measure(Stubborn(3), X, **QUICK)
    assert any("modes could not be put back: RuntimeError: stuck" in one for one in m.warnings)


# Optimizers of step functions ----------------------------------------------------------------------

LOSS = torch.nn.CrossEntropyLoss()
GLOBAL: dict[str, Any] = {}


class Trainer:
    """Holds its optimizers in a list, as frameworks do."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizers = [optimizer]
        self.me = self  # goes round in a circle

    @property
    def broken(self) -> Any:
        raise AssertionError("a property of the user's was run")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("an attribute of the user's was asked for")

    def step(self, model: Any, batch: Any) -> None:
        take(self.optimizers[0], model, batch)

    def __call__(self, model: Any, batch: Any) -> None:
        self.step(model, batch)


def take(optimizer: Any, model: Any, batch: Any) -> None:
    optimizer.zero_grad()
    LOSS(model(batch[0]), batch[1]).backward()
    optimizer.step()


def by_global(model: Any, batch: Any) -> None:
    take(GLOBAL["optimizer"], model, batch)


def closure(optimizer: Any) -> Any:
    def helper(model: Any, batch: Any) -> None:
        take(optimizer, model, batch)

    def step(model: Any, batch: Any) -> None:
        helper(model, batch)

    return step


def keyword(optimizer: Any) -> Any:
    def step(model: Any, batch: Any, *, held: Any = optimizer) -> None:
        take(held, model, batch)

    return step


@pytest.mark.parametrize(
    "make",
    [
        closure,
        keyword,
        Trainer,
        lambda optimizer: Trainer(optimizer).step,
        lambda optimizer: functools.partial(take, optimizer),
        lambda optimizer: functools.partial(Trainer(optimizer).step),
        lambda optimizer: by_global,
    ],
    ids=["closure", "default", "object", "method", "partial", "partial of a method", "global"],
)
def test_the_optimizer_of_a_step_function_is_put_back(make: Any) -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    GLOBAL["optimizer"] = optimizer
    take(optimizer, model, (X, Y))
    before = copy.deepcopy(optimizer.state_dict())
    wattwhat.measure(model, [(X, Y)], train=make(optimizer), **QUICK)
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    for number, kept in before["state"].items():
        assert all(torch.equal(after["state"][number][name], value) for name, value in kept.items())


def test_what_only_a_step_functions_optimizer_holds_is_put_back() -> None:
    model, other = torch.nn.Linear(3, 2), torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.1, momentum=0.9)
    before = other.weight.detach().clone()

    def step(module: Any, batch: Any) -> None:
        optimizer.zero_grad()
        LOSS(other(module(batch[0])), batch[1]).backward()
        optimizer.step()

    wattwhat.measure(model, [(X, Y)], train=step, **QUICK)
    assert torch.equal(other.weight, before)


def test_an_optimizer_that_cannot_be_kept_is_said_and_the_rest_is_put_back() -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.param_groups[0]["lock"] = threading.Lock()
    before = model.weight.detach().clone()
    with pytest.warns(UserWarning, match="SGD.*is not put back"):
        wattwhat.measure(model, [(X, Y)], train=closure(optimizer), **QUICK)
    assert torch.equal(model.weight, before)


def test_a_search_ends_and_leaves_large_containers_alone() -> None:
    from wattwhat.workloads.torch_optimizers import optimizers_of

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    assert optimizers_of(functools.partial(take, [optimizer])) == [optimizer]
    assert optimizers_of(functools.partial(take, [None] * 1000 + [optimizer])) == []
    assert optimizers_of(len) == []


def test_an_optimizer_that_needs_a_closure_gets_one_and_is_put_back() -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
    before = model.weight.detach().clone()
    workload = TorchWorkload(model, [(X, Y)], train=(LOSS, optimizer))
    with workload:
        first: Any = workload.run()
        assert LOSS(model(X), Y).item() < first.item()
    assert torch.equal(model.weight, before)
    assert len(optimizer.state) == 0
    assert wattwhat.measure(model, [(X, Y)], train=(LOSS, optimizer), **QUICK).calls


def test_an_optimizer_whose_step_needs_more_is_refused_before_anything_is_run() -> None:
    class Scaled(torch.optim.SGD):  # type: ignore[misc, name-defined]
        def step(self, closure: Any, scale: Any) -> None:
            raise AssertionError("it was run")

    model = torch.nn.Linear(3, 2)
    with pytest.raises(
        ArgumentError, match=r"train: the optimizer Scaled .*step needs closure, scale.*step\("
    ):
        wattwhat.measure(model, [(X, Y)], train=(LOSS, Scaled(model.parameters(), lr=0.1)), **QUICK)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_data_loader_draws_no_random_numbers_of_the_users(shuffle: bool) -> None:
    data = torch.utils.data.TensorDataset(X)
    loader = torch.utils.data.DataLoader(data, batch_size=2, shuffle=shuffle)
    model = torch.nn.Linear(3, 2)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    wattwhat.measure(model, loader, **QUICK)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_items_of_unlike_batches_are_counted_batch_by_batch() -> None:
    done = []

    class Counting(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            done.append(len(x))
            return x

    m = wattwhat.measure(Counting(), [torch.ones(1000, 1), torch.ones(1, 1)], **QUICK)
    assert m.items == sum(done[-m.calls :])  # what comes before is warm-up, and blocks while power was rising


def test_a_model_that_cannot_be_kept_is_refused_before_it_is_changed() -> None:
    model = torch.nn.LazyLinear(2)
    with pytest.raises(ArgumentError, match="train"):
        wattwhat.measure(model, [(X, Y)], train=lambda module, batch: module(batch[0]), **QUICK)


def test_a_module_without_tensors_runs_where_its_inputs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TorchWorkload(torch.nn.ReLU(), X).devices() == ()
    assert TorchWorkload(torch.nn.ReLU(), [[1.0]]).devices() is None
    monkeypatch.setattr("wattwhat.workloads.torch_devices.accelerator_in_use", lambda: True)
    assert TorchWorkload(torch.nn.ReLU(), X).devices() is None
