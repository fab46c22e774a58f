"""Energy of a Lightning Trainer: fit, validate, test and predict, by step, by epoch and in total."""

from __future__ import annotations

from typing import Any

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:  # the distribution of the same code under its older name
    from pytorch_lightning.callbacks import Callback

from wattwhat.integrations.recorded import Recorded
from wattwhat.integrations.recorder import EnergyRecorder

__all__ = ["EnergyCallback"]


class EnergyCallback(Recorded, Callback):
    """Measures what a Lightning Trainer takes: ``Trainer(callbacks=[EnergyCallback()])``.

    ``callback.total()`` is the fit's Measurement: ``calls`` are batches, ``items`` this process's samples;
    ``callback.epochs`` holds a Measurement an epoch; ``total("evaluate")``, ``total("test")`` and
    ``total("predict")`` the other stages. Validation inside of a fit is in the joules of the fit. A run that
    goes on from a checkpoint continues its sum, and a fit that raises leaves a closed window behind.

    Each process measures what it can see; `wattwhat.gather` adds ranks up.

    Args:
        label, backends, save, every_s, budget_j, prefix, phases, items: as
            `wattwhat.integrations.recorder.EnergyRecorder`; at the end of a budget the Trainer is asked to
            stop, as early stopping does.
        log: whether the numbers go to the Trainer's loggers, once an epoch.

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """

    def __init__(self, *, log: bool = True, **settings: Any) -> None:
        self.recorder = EnergyRecorder(**settings)
        self._logs = log

    @property
    def state_key(self) -> str:
        """Under which name a checkpoint keeps it: callbacks of different prefixes stand beside each other."""
        return str(self._generate_state_key(prefix=self.recorder.prefix))

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: the joules of the fit until now."""
        return self.recorder.state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint: sums include what it knew of."""
        self.recorder.restore(state_dict)

    def __getstate__(self) -> dict[str, Any]:
        """As pickle sees it: without the methods that Lightning puts here, which hold the whole module."""
        return {name: value for name, value in self.__dict__.items() if name not in ("log", "log_dict")}

    # -- what the Trainer calls -----------------------------------------------------------------------------

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """The fit begins; its check of the validation comes after this and belongs to it."""
        most = trainer.max_epochs
        self.recorder.epochs_in_all = float(most) if most is not None and most > 0 else None
        self.recorder.begin("train")

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """The fit ends."""
        self.recorder.end("train")

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """An epoch begins."""
        self.recorder.begin("epoch")
        self.recorder.enter("data")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """An epoch ends; its numbers go to the loggers."""
        self.recorder.enter(None)
        measured = self.recorder.end("epoch")
        if self._logs and trainer.logger is not None:
            numbers = self.recorder.epoch_numbers(measured)
            for logger in trainer.loggers:
                logger.log_metrics(numbers, step=trainer.global_step)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """A batch has been loaded."""
        self.recorder.enter("forward")

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """The loss is known."""
        self.recorder.enter("backward")

    def on_after_backward(self, trainer: Any, pl_module: Any) -> None:
        """The gradients are known."""
        self.recorder.enter("optimizer")

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A batch was done."""
        self.recorder.enter("data")
        self.recorder.step("train", "epoch", items=self.recorder.count(batch))
        if self.recorder.spent():
            trainer.should_stop = True

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """A validation begins."""
        self.recorder.enter(None)
        self.recorder.begin("evaluate")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """A validation ends."""
        self.recorder.end("evaluate")

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A batch was done."""
        self.recorder.step("evaluate", items=self.recorder.count(batch))

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        """A test begins."""
        self.recorder.begin("test")

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """A test ends."""
        self.recorder.end("test")

    def on_test_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A batch was done."""
        self.recorder.step("test", items=self.recorder.count(batch))

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:
        """A prediction begins."""
        self.recorder.begin("predict")

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        """A prediction ends."""
        self.recorder.end("predict")

    def on_predict_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """A batch was done."""
        self.recorder.step("predict", items=self.recorder.count(batch))

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """The run was broken off: what it took until now is kept."""
        self.recorder.end_all()
