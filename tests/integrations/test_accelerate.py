"""The loop helper under the real accelerate: what it counts, logs, keeps in checkpoints, and how it ends."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.live_host import earlier_part
from wattwhat.errors import ArgumentError

torch = pytest.importorskip("torch", reason="torch, which accelerate trains with")
accelerate = pytest.importorskip("accelerate", reason="accelerate, whose loops are measured")

from accelerate.tracking import GeneralTracker, on_main_process  # noqa: E402

from wattwhat.integrations.accelerate import EnergyLoop  # noqa: E402

STAGES = ("train", "epoch", "evaluate", "test", "predict")


class Kept(GeneralTracker):  # type: ignore[misc]
    name, requires_logging_directory = "kept", False

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[tuple[int, dict[str, Any]]] = []

    @property
    def tracker(self) -> Any:
        return self.logged

    @on_main_process
    def log(self, values: dict[str, Any], step: int | None = None, **kwargs: Any) -> None:
        self.logged.append((step or 0, values))


@pytest.fixture(autouse=True)
def _own_state() -> Any:
    yield
    from accelerate.state import AcceleratorState, GradientState, PartialState

    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()


def made(tracker: Kept | None = None, every: int = 1, rows: int = 10) -> tuple[Any, Any, Any, Any]:
    accelerator = accelerate.Accelerator(cpu=True, log_with=tracker, gradient_accumulation_steps=every)
    accelerator.init_trackers("runs")
    net = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    data = torch.utils.data.TensorDataset(torch.ones(rows, 4))
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    return accelerator, *accelerator.prepare(net, optimizer, loader)


def trained(energy: EnergyLoop, accelerator: Any, net: Any, optimizer: Any, loader: Any, epochs: int) -> None:
    for _ in energy.train(epochs):
        for (x,) in energy.batches(loader):
            with accelerator.accumulate(net):
                accelerator.backward(net(x).mean())
                optimizer.step()
                optimizer.zero_grad()


def test_steps_items_and_epochs_are_counted_and_logged() -> None:
    tracker = Kept()
    accelerator, *rest = made(tracker)
    energy = EnergyLoop(accelerator, backends=["estimate"], phases=True)
    trained(energy, accelerator, *rest, epochs=3)
    assert (energy.total().calls, energy.total().items) == (9, 30)
    assert [(one.calls, one.items) for one in energy.epochs] == [(3, 10)] * 3
    assert energy.phases is not None
    assert energy.phases["step"].calls == 9
    assert [step for step, _ in tracker.logged] == [3, 6, 9]
    last = tracker.logged[-1][1]
    assert all(type(value) is float for value in last.values())
    assert {"energy/train/energy_j", "energy/epoch/energy_per_item_j", "energy/forecast_j"} <= last.keys()
    assert not energy.recorder.is_open("train")


def test_batches_of_one_optimizer_step_are_one_call() -> None:
    accelerator, *rest = made(every=2)
    energy = EnergyLoop(accelerator, backends=["estimate"])
    trained(energy, accelerator, *rest, epochs=1)
    assert (energy.total().calls, energy.total().items) == (2, 10)  # of 3 batches, the last by itself


def test_another_stage_is_measured_by_itself() -> None:
    accelerator, net, _, loader = made()
    energy = EnergyLoop(accelerator, backends=["estimate"])
    for (x,) in energy.batches(loader, stage="evaluate"):
        net(x)
    assert (energy.total("evaluate").calls, energy.total("evaluate").items) == (3, 10)


def test_items_may_be_counted_by_a_function_which_harms_nothing_when_it_fails() -> None:
    accelerator, *rest = made()
    counted = EnergyLoop(accelerator, backends=["estimate"], items=lambda batch: 7 * len(batch[0]))
    trained(counted, accelerator, *rest, epochs=1)
    assert counted.total().items == 70
    broken = EnergyLoop(accelerator, backends=["estimate"], items=lambda batch: 1 / 0)
    trained(broken, accelerator, *rest, epochs=1)
    assert (broken.total().calls, broken.total().items) == (3, None)
    with pytest.raises(ArgumentError, match="items"):
        EnergyLoop(accelerator, items="rows")
    with pytest.raises(ArgumentError, match="accelerator"):
        EnergyLoop(net := rest[0], backends=["estimate"])
    assert net is rest[0]


def test_a_checkpoint_of_accelerate_continues_the_sum(tmp_path: Path) -> None:
    accelerator, *rest = made()
    first = EnergyLoop(accelerator, backends=["estimate"])
    accelerator.register_for_checkpointing(first)
    trained(first, accelerator, *rest, epochs=1)
    accelerator.save_state(str(tmp_path / "one"))
    _own = EnergyLoop(accelerator, backends=["estimate"])
    accelerator._custom_objects[:] = [_own]
    accelerator.load_state(str(tmp_path / "one"))
    trained(_own, accelerator, *rest, epochs=1)
    assert (_own.total().calls, _own.total().items) == (6, 20)


def test_a_loop_that_raises_or_breaks_leaves_closed_windows() -> None:
    accelerator, _, _, loader = made()
    energy = EnergyLoop(accelerator, backends=["estimate"])

    def raises() -> None:
        with energy:
            for _ in energy.train(2):
                for number, _batch in enumerate(energy.batches(loader)):
                    if number == 1:
                        raise RuntimeError("of the loop's own")

    with pytest.raises(RuntimeError, match="of the loop's own"):
        raises()
    assert not any(energy.recorder.is_open(stage) for stage in STAGES)
    assert energy.total().items == 4
    for _ in energy.train(2):
        break
    assert not any(energy.recorder.is_open(stage) for stage in STAGES)


def test_a_spent_budget_ends_both_loops() -> None:
    accelerator, *rest = made()
    energy = EnergyLoop(accelerator, backends=["estimate"], budget_j=1e-9)
    energy.load_state_dict({"train": earlier_part(5.0, 0.1).to_dict()})
    trained(energy, accelerator, *rest, epochs=3)
    assert [one.calls for one in energy.epochs] == [1]


def test_it_is_pickled_and_copied_in_the_middle() -> None:
    accelerator, *rest = made()
    energy = EnergyLoop(accelerator, backends=["estimate"])
    trained(energy, accelerator, *rest, epochs=1)
    energy.recorder.begin("train")
    for twin in (pickle.loads(pickle.dumps(energy)), copy.deepcopy(energy)):
        assert twin.total().items == 10
    energy.recorder.end_all()
