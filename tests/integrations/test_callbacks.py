"""Callbacks under the real Trainer, Lightning and Keras: what they count, keep, log and survive."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import threading
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from tests.live_host import earlier_part
from wattwhat import Measurement, logs
from wattwhat.errors import ArgumentError
from wattwhat.integrations.budget import Budget
from wattwhat.integrations.recorder import EnergyRecorder, items_of

torch = pytest.importorskip("torch", reason="torch, which the frameworks train with")

ESTIMATE = ["estimate"]
STAGES = ("train", "epoch", "evaluate", "test", "predict")


# -- the recorder that all of them share --------------------------------------------------------------------


def test_a_stage_that_went_on_from_a_checkpoint_continues_its_sum() -> None:
    first = EnergyRecorder(backends=ESTIMATE)
    first.begin("train")
    first.step("train", items=8)
    kept = json.loads(json.dumps(first.state()))
    second = EnergyRecorder(backends=ESTIMATE)
    second.restore(kept)
    second.begin("train")
    second.step("train", items=8)
    second.end("train")
    whole = second.total()
    alone = second.measurements["train"][0]
    assert (whole.items, whole.calls) == (16, 2)
    before = Measurement.from_dict(kept["train"]).energy_j
    assert whole.energy_j.value == pytest.approx(alone.energy_j.value + before.value)


def test_a_part_that_was_broken_off_before_its_first_step_takes_no_count_away() -> None:
    recorder = EnergyRecorder(backends=ESTIMATE)
    recorder.begin("train")
    recorder.begin("epoch")
    recorder.end_all()  # out of memory in the first step, and begun again with smaller batches
    recorder.begin("train")
    recorder.begin("epoch")
    recorder.step("train", "epoch", items=8)
    recorder.end_all()
    assert (recorder.total().calls, recorder.total().items) == (1, 8)
    assert [one.calls for one in recorder.epochs] == [1]


def test_a_budget_is_spent_only_when_that_is_certain() -> None:
    now = iter(range(100))
    recorder = EnergyRecorder(backends=ESTIMATE, budget_j=1.0)
    for joules, u, spent in ((0.5, 0.1, False), (1.1, 0.2, False), (2.0, 0.1, True)):
        recorder.restore({"train": earlier_part(joules, u).to_dict()})
        assert recorder.spent(lambda: float(next(now)) * 2.0) is spent


def test_a_budget_far_from_its_end_is_looked_at_seldom_and_near_its_end_every_second() -> None:
    looks: list[float] = []
    budget = Budget(1000.0)
    for second in range(1, 1101):  # 1 W
        part = attrs.evolve(earlier_part(float(second), 0.1), duration_s=float(second))
        now = partial(lambda at, found: (looks.append(at), found)[1], float(second), part)
        if budget.spent(now, lambda at=float(second): at):
            break
    assert 1000.0 <= looks[-1] <= 1002.0
    between = np.diff(looks)
    assert len(looks) < 150
    assert max(between) <= 10.0
    assert all(gap <= 1.0 for at, gap in zip(looks[1:], between, strict=True) if at > 984.0)


def test_settings_that_cannot_be_are_refused_by_name() -> None:
    with pytest.raises(ArgumentError, match="budget_j"):
        EnergyRecorder(budget_j=-1.0)
    with pytest.raises(ArgumentError, match="save"):
        EnergyRecorder(every_s=3.0)
    with pytest.raises(ArgumentError, match="stage"):
        EnergyRecorder().total("train")


def test_a_backend_that_fails_leaves_the_training_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # libraries that other tests import configure logging, and may have switched off all loggers but theirs
    told: list[str] = []
    monkeypatch.setattr(
        logging.getLogger("wattwhat"), "warning", lambda sentence, *parts: told.append(sentence % parts)
    )
    recorder = EnergyRecorder(backends=["no-such-backend"])
    recorder.begin("train")
    recorder.step("train", items=3)
    assert recorder.end("train") is None
    assert any("no-such-backend" in sentence for sentence in told)


def test_items_of_batches() -> None:
    pair = (torch.zeros(5, 2), torch.zeros(5))
    batches = (pair, {"x": pair[0]}, 3, [], torch.zeros(()), ["text", pair[0]], ["two", "texts"])
    assert [items_of(one) for one in batches] == [5, 5, None, None, None, 5, 2]


# -- transformers -------------------------------------------------------------------------------------------


class Rows(torch.utils.data.Dataset):  # type: ignore[misc]
    def __init__(self, rows: int = 20) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, number: int) -> dict[str, Any]:
        return {"x": torch.ones(4) * number, "labels": torch.tensor(number % 2)}


class Net(torch.nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 2)

    def forward(self, x: Any, labels: Any = None) -> dict[str, Any]:
        logits = self.layer(x)
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def trainer(folder: Path, *callbacks: Any, **settings: Any) -> Any:
    transformers = pytest.importorskip("transformers", reason="transformers, whose Trainer is driven")
    pytest.importorskip("accelerate", reason="accelerate, which the Trainer needs")
    asked = {
        "output_dir": str(folder),
        "use_cpu": True,
        "report_to": [],
        "per_device_train_batch_size": 4,
        "per_device_eval_batch_size": 5,
        "num_train_epochs": 2,
        "logging_steps": 1,
        "save_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        **settings,
    }
    return transformers.Trainer(
        model=Net(),
        args=transformers.TrainingArguments(**asked),
        train_dataset=Rows(18),
        eval_dataset=Rows(10),
        callbacks=list(callbacks),
    )


@pytest.fixture(autouse=True)
def _their_warnings() -> Any:
    with warnings.catch_warnings():  # the frameworks' own deprecations are not ours to mend
        warnings.simplefilter("ignore")
        yield


def hugging() -> Any:
    pytest.importorskip("transformers", reason="transformers, whose Trainer is driven")
    from wattwhat.integrations.transformers import EnergyCallback

    return EnergyCallback


def test_trainer_counts_steps_samples_and_epochs(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE)
    used = trainer(tmp_path, callback, eval_strategy="epoch")
    used.train()
    whole = callback.total()
    assert (whole.calls, whole.items) == (10, 36)
    assert [(one.calls, one.items) for one in callback.epochs] == [(5, 18), (5, 18)]
    assert sum(one.energy_j.value for one in callback.epochs) <= whole.energy_j.value
    within = callback.recorder.measurements["evaluate"]
    assert len(within) == 2
    assert all(not any("first batch" in words for words in one.warnings) for one in within)
    logged = [entry for entry in used.state.log_history if "energy/train/energy_j" in entry]
    assert len(logged) >= 10
    assert all(type(value) in (int, float) for entry in logged for value in entry.values())
    json.dumps(used.state.log_history)


def test_trainer_tells_the_parts_of_a_step(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE, phases=True)
    trainer(tmp_path, callback, num_train_epochs=1).train()
    assert callback.phases["forward and backward"].calls == 5
    assert callback.phases["optimizer"].calls == 5
    assert hugging()(backends=ESTIMATE).phases is None


def test_trainer_with_accumulation_counts_every_sample(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE)
    trainer(tmp_path, callback, gradient_accumulation_steps=2, num_train_epochs=1).train()
    assert (callback.total().calls, callback.total().items) == (3, 18)


def test_evaluate_and_predict_by_themselves(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE)
    used = trainer(tmp_path, callback)
    metrics = used.evaluate()
    assert metrics["energy/evaluate/energy_j"] >= 0.0
    assert any("first batch" in words for words in callback.total("evaluate").warnings)
    assert callback.total("evaluate").items == 5  # of 10: the first batch is missing, and said
    used.predict(Rows(10))
    assert callback.total("predict").label == "predict"
    assert len(callback.recorder.measurements["evaluate"]) == 1


def test_the_last_batch_of_an_evaluation_counts_as_many_samples_as_it_has(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE)
    model = trainer(
        tmp_path, callback, eval_strategy="epoch", num_train_epochs=1, per_device_eval_batch_size=4
    )
    model.train()
    assert callback.total("evaluate").items == 10
    model.predict(Rows(7))
    assert callback.total("predict").items == 3  # of 4 and 3: the first batch is missing, and said


def test_trainer_that_goes_on_from_a_checkpoint_continues_the_sum(tmp_path: Path) -> None:
    first = hugging()(backends=ESTIMATE)
    trainer(tmp_path, first, save_strategy="epoch", num_train_epochs=1).train()
    second = hugging()(backends=ESTIMATE)
    used = trainer(tmp_path, second, save_strategy="epoch", num_train_epochs=2)
    used.train(resume_from_checkpoint=True)
    assert (second.total().calls, second.total().items) == (10, 36)
    assert len(second.epochs) == 1
    third = hugging()(backends=ESTIMATE)
    settings = {
        "save_strategy": "epoch",
        "num_train_epochs": 3,
        "restore_callback_states_from_checkpoint": True,
    }
    restored = trainer(tmp_path, third, **settings)
    restored.train(resume_from_checkpoint=True)
    (found,) = [one for one in restored.callback_handler.callbacks if isinstance(one, hugging())]
    assert (found.total().calls, found.total().items) == (15, 54)


def test_loggers_get_the_numbers_of_a_callback_before_them(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard, whose event reader is used")
    callback = hugging()(backends=ESTIMATE)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(tmp_path / "board")
    try:
        used = trainer(tmp_path, report_to=["tensorboard"])
        callback.add_to(used)
        used.train()
    finally:
        del os.environ["TENSORBOARD_LOGGING_DIR"]
    tags = _tags(tmp_path / "board")
    assert any("energy_j" in tag for tag in tags), tags


def _tags(folder: Path) -> list[str]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tags: list[str] = []
    for file in folder.rglob("events.out*"):
        reader = EventAccumulator(str(file))
        reader.Reload()
        tags += reader.Tags()["scalars"]
    return tags


def test_a_budget_stops_the_trainer_cleanly(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE, budget_j=1e-9)
    callback.recorder.restore({"train": earlier_part(5.0, 0.1).to_dict()})
    used = trainer(tmp_path, callback)
    used.train()
    assert used.state.global_step == 1
    assert not callback.recorder.is_open("train")


def test_the_journal_of_a_training_has_its_joules(tmp_path: Path) -> None:
    kept = tmp_path / "run.jsonl"
    callback = hugging()(backends=ESTIMATE, save=kept, every_s=30.0)
    trainer(tmp_path, callback).train()
    for thread in threading.enumerate():
        if thread.name == "wattwhat journal":
            thread.join(60.0)
    (found,) = logs.read(kept)
    assert found.items == 36


def test_callbacks_are_pickled_and_copied_in_the_middle(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE, save=tmp_path / "run.jsonl")
    trainer(tmp_path, callback).train()
    callback.recorder.begin("train")
    for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
        assert twin.total().to_dict() == callback.recorder.measurements["train"][0].to_dict()
    callback.recorder.end_all()


# -- Lightning ----------------------------------------------------------------------------------------------


def lightning() -> Any:
    return pytest.importorskip("lightning.pytorch", reason="lightning, whose Trainer is driven")


def module(raises_at: int | None = None) -> Any:
    class Module(lightning().LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, number: int) -> Any:
            if number == raises_at:
                raise RuntimeError("of the training's own")
            return self.layer(batch[0]).mean()

        validation_step = test_step = training_step

        def predict_step(self, batch: Any, number: int) -> Any:
            return self.layer(batch[0])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    return Module()


def loader(rows: int = 10) -> Any:
    data = torch.utils.data.TensorDataset(torch.ones(rows, 4))
    return torch.utils.data.DataLoader(data, batch_size=4)


def fitter(folder: Path, *callbacks: Any, **settings: Any) -> Any:
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
    asked = {"accelerator": "cpu", "max_epochs": 2, "logger": False, **quiet, **settings}
    return lightning().Trainer(default_root_dir=folder, callbacks=list(callbacks), **asked)


def energy_callback(**settings: Any) -> Any:
    lightning()
    from wattwhat.integrations.lightning import EnergyCallback

    return EnergyCallback(backends=ESTIMATE, **settings)


def test_lightning_stages_and_epochs_are_measured(tmp_path: Path) -> None:
    callback, net = energy_callback(), module()
    used = fitter(tmp_path, callback)
    used.fit(net, loader(), loader(8))
    used.test(net, loader(6), verbose=False)
    used.predict(net, loader(5))
    assert (callback.total().calls, callback.total().items) == (6, 20)
    assert [(one.calls, one.items) for one in callback.epochs] == [(3, 10), (3, 10)]
    counts = {stage: callback.total(stage).items for stage in ("evaluate", "test", "predict")}
    assert counts == {"evaluate": 24, "test": 6, "predict": 5}  # the check before the fit validates too
    for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
        assert twin.total().items == 20


def test_lightning_tells_the_parts_of_a_step(tmp_path: Path) -> None:
    callback = energy_callback(phases=True)
    fitter(tmp_path, callback).fit(module(), loader())
    found = callback.phases
    assert {part.label for part in found.measurements} >= {"forward", "backward", "optimizer", "data"}
    assert found["backward"].calls == 6
    assert found.total.energy_j.value <= callback.total().energy_j.value * 1.05 + 0.01


def test_a_fit_that_raises_leaves_a_closed_window(tmp_path: Path) -> None:
    callback = energy_callback()
    with pytest.raises(RuntimeError, match="of the training's own"):
        fitter(tmp_path, callback).fit(module(raises_at=1), loader())
    assert not callback.recorder.is_open("train")
    assert callback.total().items == 4


def test_a_lightning_checkpoint_continues_the_sum(tmp_path: Path) -> None:
    first = energy_callback()
    used = fitter(tmp_path, first, max_epochs=1, enable_checkpointing=True)
    used.fit(module(), loader())
    kept = tmp_path / "one.ckpt"
    used.save_checkpoint(kept)
    second = energy_callback()
    fitter(tmp_path, second, max_epochs=2).fit(module(), loader(), ckpt_path=kept)
    assert (second.total().calls, second.total().items) == (6, 20)


def test_lightning_callbacks_of_two_prefixes_stand_beside_each_other(tmp_path: Path) -> None:
    pair = energy_callback(), energy_callback(prefix="tokens/")
    used = fitter(tmp_path, *pair, max_epochs=1, enable_checkpointing=True)
    used.fit(module(), loader())
    used.save_checkpoint(tmp_path / "one.ckpt")
    again = energy_callback(), energy_callback(prefix="tokens/")
    fitter(tmp_path, *again, max_epochs=2).fit(module(), loader(), ckpt_path=tmp_path / "one.ckpt")
    assert [one.total().items for one in (*pair, *again)] == [10, 10, 20, 20]


def test_lightning_loggers_get_plain_numbers(tmp_path: Path) -> None:
    lightning()
    from lightning.pytorch.loggers import CSVLogger

    callback = energy_callback()
    fitter(tmp_path, callback, logger=CSVLogger(tmp_path)).fit(module(), loader())
    (table,) = tmp_path.rglob("metrics.csv")
    assert "energy/epoch/energy_j" in table.read_text().splitlines()[0]


# -- Keras --------------------------------------------------------------------------------------------------


def keras() -> Any:
    return pytest.importorskip("keras", reason="keras, whose fit is driven")


def test_keras_fit_evaluate_and_predict_are_measured() -> None:
    import numpy as np

    net = keras().Sequential([keras().layers.Input((4,)), keras().layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse")
    from wattwhat.integrations.keras import EnergyCallback

    callback = EnergyCallback(batch_size=4, backends=ESTIMATE)
    x, y = np.ones((12, 4)), np.ones(12)
    history = net.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[callback])
    net.evaluate(x, y, batch_size=4, verbose=0, callbacks=[callback])
    net.predict(x, batch_size=6, verbose=0, callbacks=[callback])
    assert (callback.total().calls, callback.total().items) == (6, 24)
    assert [one.calls for one in callback.epochs] == [3, 3]
    assert (callback.total("evaluate").calls, callback.total("predict").calls) == (3, 2)
    assert len(history.history["energy/epoch/energy_j"]) == 2
    for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
        assert twin.total().items == 24


def test_keras_batches_that_run_at_once_count_each() -> None:
    """As Keras tells callbacks of three batches with ``steps_per_execution=2``, which torch has not."""
    keras()
    from wattwhat.integrations.keras import EnergyCallback

    callback = EnergyCallback(batch_size=4, backends=ESTIMATE)
    told = keras().callbacks.CallbackList([callback], epochs=1, steps=3, verbose=0)
    told.on_train_begin()
    told.on_epoch_begin(0)
    for first, last in ((0, 1), (2, 3)):
        told.on_train_batch_begin(first)
        told.on_train_batch_end(last)
    told.on_epoch_end(0)
    told.on_train_end()
    assert (callback.total().calls, callback.total().items) == (3, 12)


def test_a_spent_budget_stops_lightning_and_keras_cleanly(tmp_path: Path) -> None:
    import numpy as np

    spent = {"train": earlier_part(1e6, 0.1).to_dict()}  # more than an estimate of seconds can make doubtful
    callback = energy_callback(budget_j=1.0)
    callback.load_state_dict(spent)
    fitter(tmp_path, callback, max_epochs=3).fit(module(), loader())
    assert [one.calls for one in callback.epochs] == [1]
    from wattwhat.integrations.keras import EnergyCallback

    net = keras().Sequential([keras().layers.Input((4,)), keras().layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse")
    callback = EnergyCallback(backends=ESTIMATE, budget_j=1.0)
    callback.recorder.restore(spent)
    net.fit(np.ones((12, 4)), np.ones(12), batch_size=4, epochs=3, verbose=0, callbacks=[callback])
    assert len(callback.epochs) == 1
    assert not any(callback.recorder.is_open(stage) for stage in STAGES)


def test_trainer_counts_its_own_tokens_and_lightning_those_of_the_batch(tmp_path: Path) -> None:
    callback = hugging()(backends=ESTIMATE, items="tokens")
    trainer(tmp_path, callback, num_train_epochs=1, include_num_input_tokens_seen=True).train()
    assert callback.total().items is None  # its inputs have no input_ids, so the Trainer counts nothing
    callback = hugging()(backends=ESTIMATE, items="tokens")
    used = trainer(tmp_path, callback, num_train_epochs=1, include_num_input_tokens_seen=True)
    used.model.main_input_name = "x"
    used.train()
    assert callback.total().items == 18 * 4
    with pytest.raises(ArgumentError, match="items"):
        hugging()(items=len)
    counted = energy_callback(items=lambda batch: 3)
    fitter(tmp_path, counted, max_epochs=1).fit(module(), loader())
    assert counted.total().items == 9


def test_a_keras_fit_that_raised_ends_with_the_next_one() -> None:
    import numpy as np

    net = keras().Sequential([keras().layers.Input((4,)), keras().layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse")
    from wattwhat.integrations.keras import EnergyCallback

    class Broken(keras().callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            raise RuntimeError("of the training's own")

    callback = EnergyCallback(backends=ESTIMATE)
    x, y = np.ones((8, 4)), np.ones(8)
    with pytest.raises(RuntimeError, match="of the training's own"):
        net.fit(x, y, batch_size=4, verbose=0, callbacks=[callback, Broken()])
    net.fit(x, y, batch_size=4, verbose=0, callbacks=[callback])
    assert len(callback.recorder.measurements["train"]) == 2
    assert not any(callback.recorder.is_open(stage) for stage in STAGES)
