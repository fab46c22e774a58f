"""A training of 10 ms steps in one process, each step with a library at work or without it, drawn by lot.

    python -m benchmarks.callback_steps WHICH STEPS FOLDER

Prints the milliseconds from step to step as JSON, those without and those with: by the clock, and of the main
thread's own processor time, which other programs do not disturb. A step works until 10 ms of that are over,
so what comes on top is the framework's (in both) and the library's. Imported in a peer's own environment
too, which has nothing but the peer.
"""

import json
import random
import sys
import time

STEP_S = 0.010


class Steps:
    """The steps' times, and the lot that says whether the library works in the present one."""

    def __init__(self):
        self.on, self.draw = False, random.Random(20261129)
        self.found = {False: [], True: []}
        self.began = None

    def work(self, on=None):
        """One step: what passed since the one before goes to what was on in that one."""
        now = time.perf_counter(), time.thread_time()
        if self.began is not None:
            self.found[self.on].append([(here - then) * 1e3 for here, then in zip(now, self.began)])  # noqa: B905
        self.on = self.draw.random() < 0.5 if on is None else on
        self.began = time.perf_counter(), time.thread_time()
        while time.thread_time() - self.began[1] < STEP_S:
            pass

    def toggle(self, recorder):
        """Let the recorder of a callback do something only in the steps that are drawn for it."""
        empty = {"numbers": dict, "forecast_numbers": dict, "spent": bool}
        for name in ("step", "enter", "count", "numbers", "forecast_numbers", "spent"):
            setattr(recorder, name, self._toggled(getattr(recorder, name), empty.get(name, lambda: None)))

    def _toggled(self, method, nothing):
        return lambda *given, **named: method(*given, **named) if self.on else nothing()


def settings(phases):
    return {"budget_j": 1e15, "phases": phases}


def lightning(steps, count, folder, phases=False):
    import lightning as framework
    import torch

    from wattwhat.integrations.lightning import EnergyCallback

    class Module(framework.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch, number):
            steps.work()
            return self.layer(batch[0]).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    energy = EnergyCallback(**settings(phases))
    steps.toggle(energy.recorder)
    data = torch.utils.data.TensorDataset(torch.ones(count, 4))
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
    trainer = framework.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, callbacks=[energy], default_root_dir=folder, **quiet
    )
    trainer.fit(Module(), torch.utils.data.DataLoader(data, batch_size=1))


def transformers(steps, count, folder, phases=False):
    import torch
    from transformers import Trainer, TrainingArguments

    from wattwhat.integrations.transformers import EnergyCallback

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x, labels=None):
            steps.work()
            return {"loss": self.layer(x).mean()}

    energy = EnergyCallback(**settings(phases))
    steps.toggle(energy.recorder)
    rows = [{"x": torch.ones(4), "labels": 0}] * count
    asked = TrainingArguments(
        folder, use_cpu=True, report_to=[], num_train_epochs=1, per_device_train_batch_size=1,
        disable_tqdm=True, save_strategy="no", logging_steps=50, dataloader_pin_memory=False,
    )  # fmt: skip
    Trainer(Net(), asked, train_dataset=rows, callbacks=[energy]).train()


def keras(steps, count, folder):
    import keras as framework
    import numpy as np

    from wattwhat.integrations.keras import EnergyCallback

    class Work(framework.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            steps.work()

    energy = EnergyCallback(batch_size=1, budget_j=1e15)
    steps.toggle(energy.recorder)
    net = framework.Sequential([framework.layers.Input((4,)), framework.layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse")
    x, y = np.ones((count, 4)), np.ones(count)
    net.fit(x, y, batch_size=1, verbose=0, callbacks=[Work(), energy])


def accelerate(steps, count, folder, phases=False):
    import torch
    from accelerate import Accelerator

    from wattwhat.integrations.accelerate import EnergyLoop

    accelerator = Accelerator(cpu=True)
    data = torch.utils.data.TensorDataset(torch.ones(count, 4))
    loader = accelerator.prepare(torch.utils.data.DataLoader(data, batch_size=1))
    energy = EnergyLoop(accelerator, **settings(phases))
    steps.toggle(energy.recorder)
    for _ in energy.train(1):
        for _batch in energy.batches(loader):
            steps.work()


def windows(steps, count, begin, end):
    """A window a step."""
    for _ in range(count):
        steps.work()
        if steps.on:
            begin()
            end()
    steps.work()


def window(steps, count, folder):
    import wattwhat

    one = wattwhat.track("step")
    windows(steps, count, one.start, one.stop)


def zeus(steps, count, folder):
    from benchmarks.peer_drivers import Zeus

    one = Zeus()
    windows(steps, count, one.begin, one.end)


def codecarbon(steps, count, folder):
    from benchmarks.peer_drivers import CodeCarbon

    one = CodeCarbon()
    windows(steps, count, one.begin, one.end)


def codecarbon_callback(steps, count, folder):
    """Half of the steps before start(), half after it: its callback does nothing between train's ends."""
    from codecarbon import OfflineEmissionsTracker

    for _ in range(count // 2):
        steps.work(on=False)
    tracker = OfflineEmissionsTracker(
        country_iso_code="USA", save_to_file=False, log_level="critical", allow_multiple_runs=True
    )
    tracker.start()
    steps.began = None
    for _ in range(count // 2):
        steps.work(on=True)
    tracker.stop()


def edges(steps, count, folder):
    """Microseconds of the processor that an edge takes with warm caches, and the reading of each counter."""
    from wattwhat.integrations.training_phases import TrainingPhases

    phases, names = TrainingPhases(), ("data", "forward", "backward", "optimizer")
    phases.enter("data")
    sensors = phases.phases._tracks.meter_set.inputs
    works = {"edge": lambda n: phases.enter(names[n % 4])}
    works.update({sensor.channel.backend: lambda n, read=sensor.meter.read: read() for sensor in sensors})
    for name, work in works.items():
        took_us = []
        for _ in range(15):
            began = time.thread_time()
            for number in range(count):
                work(number)
            took_us.append((time.thread_time() - began) / count * 1e6)
        steps.found[True].append([name, sorted(took_us)[len(took_us) // 2]])


def journal(steps, count, folder):
    """Milliseconds of the processor that each line of a journal takes, as those with it."""
    import wattwhat
    from wattwhat.acquisition.journal import Journal

    write = Journal._write

    def timed(self):
        began = time.thread_time()
        write(self)
        steps.found[True].append([(time.thread_time() - began) * 1e3])

    Journal._write = timed
    with wattwhat.track("train", save=f"{folder}/run.jsonl", every_s=0.05):
        for _ in range(count):
            with wattwhat.track("step"):
                time.sleep(STEP_S)


if __name__ == "__main__":
    name, given, place = sys.argv[1:]
    made = Steps()
    which, _, phased = name.partition("+")
    globals()[which](made, int(given), place, **({"phases": True} if phased else {}))
    print(json.dumps([made.found[False], made.found[True]]))
