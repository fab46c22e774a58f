"""Energy of a Keras model's fit, evaluate and predict, on any of Keras' backends."""

from __future__ import annotations

from typing import Any

import keras

from wattwhat.integrations.recorded import Recorded
from wattwhat.integrations.recorder import EnergyRecorder

__all__ = ["EnergyCallback"]


class EnergyCallback(Recorded, keras.callbacks.Callback):
    """Measures what a Keras model takes: ``model.fit(..., callbacks=[EnergyCallback()])``.

    ``callback.total()`` is the fit's Measurement, ``calls`` its batches; ``callback.epochs`` holds a
    Measurement an epoch; ``total("evaluate")`` and ``total("predict")`` the other stages. Validation inside
    of a fit is in the joules of the fit. Every epoch's ``logs``, and so the History and the loggers that come
    after this callback, get plain numbers under ``energy/``.

    Keras tells callbacks no batches: ``items`` are known where ``batch_size`` is given.

    Args:
        batch_size: samples of a batch; None leaves ``items`` unknown. A last batch that is smaller counts as
            a whole one.
        label, backends, save, every_s, budget_j, prefix: as
            `wattwhat.integrations.recorder.EnergyRecorder`; at the end of a budget the model is asked to
            stop training, as early stopping does.

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """

    def __init__(self, batch_size: int | None = None, **settings: Any) -> None:
        super().__init__()
        self.recorder = EnergyRecorder(**settings)
        self._batch_size, self._first = batch_size, 0

    def __getstate__(self) -> dict[str, Any]:
        """As pickle sees it: without the model that Keras puts here."""
        return {**self.__dict__, "_model": None}

    # -- what Keras calls -----------------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        """The fit begins; what a fit that raised left open ends."""
        self.recorder.end_all()
        self.recorder.epochs_in_all = (self.params or {}).get("epochs")
        self.recorder.begin("train")

    def on_train_end(self, logs: Any = None) -> None:
        """The fit ends."""
        self.recorder.end("train")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch begins."""
        self.recorder.begin("epoch")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch ends, and its numbers join its logs."""
        measured = self.recorder.end("epoch")
        if measured is not None and isinstance(logs, dict):
            logs.update(self.recorder.numbers("epoch", measured))
            logs.update(self.recorder.forecast_numbers())

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A batch begins, or the first of several that Keras runs at once (``steps_per_execution``)."""
        self._first = batch

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin

    def _done(self, last: int, *stages: str, of: int | None = None) -> None:
        """So many batches were done at once; the last such run of an epoch may be told longer than it is."""
        batches = max(min(last, last if of is None else of - 1) - self._first + 1, 1)
        items = None if self._batch_size is None else self._batch_size * batches
        self.recorder.step(*stages, items=items, calls=batches)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """A batch was done."""
        self._done(batch, "train", "epoch", of=(self.params or {}).get("steps"))
        if self.recorder.spent():
            self.model.stop_training = True

    def on_test_begin(self, logs: Any = None) -> None:
        """An evaluation begins."""
        self.recorder.begin("evaluate")

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """A batch was done."""
        self._done(batch, "evaluate")

    def on_test_end(self, logs: Any = None) -> None:
        """An evaluation ends."""
        self.recorder.end("evaluate")

    def on_predict_begin(self, logs: Any = None) -> None:
        """A prediction begins."""
        self.recorder.begin("predict")

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """A batch was done."""
        self._done(batch, "predict")

    def on_predict_end(self, logs: Any = None) -> None:
        """A prediction ends."""
        self.recorder.end("predict")
