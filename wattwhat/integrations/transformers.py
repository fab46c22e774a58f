"""Energy of a transformers Trainer: training, evaluation and prediction, by step, by epoch and in total."""

from __future__ import annotations

import math
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import DefaultFlowCallback, ExportableState

from wattwhat.errors import ArgumentError
from wattwhat.integrations.recorded import Recorded
from wattwhat.integrations.recorder import EnergyRecorder

__all__ = ["EnergyCallback"]


class EnergyCallback(Recorded, TrainerCallback, ExportableState):
    """Measures what a Trainer takes: ``Trainer(..., callbacks=[EnergyCallback()])``.

    ``callback.total()`` is the training's Measurement: ``calls`` are optimizer steps, ``items`` the samples
    of this process, gradient accumulation included. ``callback.epochs`` holds a Measurement an epoch;
    ``total("evaluate")`` and ``total("predict")`` the other stages. A run that goes on from a checkpoint
    continues its sum. Every log of the Trainer gets plain numbers under ``energy/``.

    An evaluation inside of training is measured as a whole, and its joules are inside those of the training.
    Of ``trainer.evaluate()`` called by itself the Trainer tells nothing before its first batch is done, which
    is then missing and said in a warning.

    Each process measures what it can see; `wattwhat.gather` adds ranks up.

    Args:
        label, backends, save, every_s, budget_j, prefix, phases: as
            `wattwhat.integrations.recorder.EnergyRecorder`; at the end of a budget the Trainer is asked to
            stop, as early stopping does.
        items: ``"samples"``, or ``"tokens"``, which the Trainer counts where its
            ``include_num_input_tokens_seen`` says so; else they stay unknown. It shows callbacks no batch.

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """

    def __init__(self, **settings: Any) -> None:
        self.recorder = EnergyRecorder(**settings)
        if callable(self.recorder.items):
            raise ArgumentError(
                argument="items",
                expected="'samples' or 'tokens'",
                remedy="a Trainer shows callbacks no batch",
            )
        self._samples: float = 0
        self._tokens = 0
        self._an_epoch = self._left = math.inf
        self._to_predict: float | None = None  # samples that are left of an evaluation; None before its first

    def add_to(self, trainer: Any) -> EnergyCallback:
        """Put it before the Trainer's loggers (TensorBoard, W&B), so that they get its numbers too.

        ``callbacks=[EnergyCallback()]`` comes after them: then the numbers are in ``log_history`` only.

        Returns:
            This callback.
        """
        callbacks = trainer.callback_handler.callbacks
        while self in callbacks:
            callbacks.remove(self)
        first = [n for n, one in enumerate(callbacks) if isinstance(one, DefaultFlowCallback)]
        callbacks.insert(first[0] + 1 if first else 0, self)
        return self

    # -- what a checkpoint keeps ----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What the Trainer writes into its checkpoint."""
        settings = {**self.recorder.settings(), "backends": None, "save": None}
        return {"args": settings, "attributes": {"continued": self.recorder.state()}}

    @property
    def continued(self) -> dict[str, Any]:
        """What a checkpoint knew of."""
        return self.recorder.state()

    @continued.setter
    def continued(self, state: dict[str, Any]) -> None:
        self.recorder.restore(state)

    # -- what the Trainer calls -----------------------------------------------------------------------------

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The train stage begins, or goes on from a checkpoint."""
        self.recorder.end_all()
        if state.global_step > 0:
            kept = (getattr(state, "stateful_callbacks", None) or {}).get(type(self).__name__)
            kept = kept[-1] if isinstance(kept, list) and kept else kept
            if isinstance(kept, dict):
                self.recorder.restore((kept.get("attributes") or {}).get("continued"))
        self._samples = args.train_batch_size * args.gradient_accumulation_steps
        self._tokens = state.num_input_tokens_seen
        self._an_epoch = _samples_an_epoch(kwargs.get("train_dataloader"), args.world_size)
        self.recorder.epochs_in_all = float(args.num_train_epochs) if args.max_steps <= 0 else None
        self.recorder.begin("train")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The train stage ends, and its sum joins the log."""
        self.recorder.end("epoch")
        self.recorder.end("train")
        numbers = self.recorder.numbers("train")
        if state.is_world_process_zero and numbers:
            state.log_history.append({**numbers, "step": state.global_step})

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An epoch begins."""
        self._left = self._an_epoch
        self.recorder.begin("epoch")
        self.recorder.enter("data")

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An epoch ends; an evaluation may follow."""
        self.recorder.enter(None)
        self.recorder.end("epoch")
        self._evaluation_follows(control)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The batches of a step have been loaded."""
        self.recorder.enter("forward and backward")

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The gradients are known."""
        self.recorder.enter("optimizer")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A step of the optimizer was done; an evaluation may follow."""
        self.recorder.enter(None if control.should_evaluate else "data")
        self.recorder.step("train", "epoch", items=self._items_of_a_step(args, state))
        if self.recorder.spent():
            control.should_training_stop = True
        self._evaluation_follows(control)

    def _items_of_a_step(self, args: Any, state: Any) -> float | None:
        if self.recorder.items == "tokens":
            seen, self._tokens = state.num_input_tokens_seen - self._tokens, state.num_input_tokens_seen
            return seen / max(args.world_size, 1) or None  # the Trainer counts those of all ranks
        samples = min(self._samples, self._left)  # the last batch of an epoch may be a smaller one
        self._left -= samples
        return samples

    def _evaluation_follows(self, control: Any) -> None:
        if control.should_evaluate and not self.recorder.is_open("evaluate"):
            self.recorder.begin("evaluate")

    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A batch of an evaluation or of a prediction was done."""
        if self._to_predict is None:
            self._to_predict = _samples_an_epoch(kwargs.get("eval_dataloader"), args.world_size)
        samples = min(args.eval_batch_size, self._to_predict)  # the last batch may be a smaller one
        self._to_predict -= samples
        if not self.recorder.is_open("evaluate"):
            self.recorder.begin("evaluate")
            self.recorder.note("evaluate", _FIRST_BATCH)
            return
        self.recorder.step("evaluate", items=samples if self.recorder.items == "samples" else None)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
        """An evaluation is over."""
        self._finish("evaluate", metrics)

    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
        """A prediction is over; the Trainer told its steps as it tells those of an evaluation."""
        self.recorder.rename("evaluate", "predict")
        self._finish("predict", metrics)

    def _finish(self, stage: str, metrics: Any) -> None:
        self._to_predict = None
        measured = self.recorder.end(stage)
        if measured is not None and isinstance(metrics, dict):
            metrics.update(self.recorder.numbers(stage, measured))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """The Trainer logs: plain numbers of the train stage until now join in."""
        if not self.recorder.is_open("train") or not isinstance(logs, dict):
            return
        numbers = {**self.recorder.numbers("train"), **self.recorder.forecast_numbers()}
        logs.update(numbers)
        if state.log_history:
            state.log_history[-1].update(numbers)


def _samples_an_epoch(loader: Any, ranks: int) -> float:
    """This process's samples of an epoch; without end where the data set does not tell."""
    try:
        return math.ceil(len(loader.dataset) / max(ranks, 1))
    except (AttributeError, TypeError):
        return math.inf


_FIRST_BATCH = (
    "the first batch is missing: the Trainer told of this evaluation when it was done; "
    "wattwhat.track() around trainer.evaluate() measures all of it"
)
