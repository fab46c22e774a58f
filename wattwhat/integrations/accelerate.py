"""Energy of a training loop with accelerate: by step, by epoch and in total, also in its trackers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, TypeVar

from accelerate import Accelerator

from wattwhat.errors import ArgumentError
from wattwhat.integrations.recorded import Recorded
from wattwhat.integrations.recorder import EnergyRecorder

__all__ = ["EnergyLoop"]

Batch = TypeVar("Batch")


class EnergyLoop(Recorded):
    """Measures a loop over epochs and batches that is your own::

        energy = EnergyLoop(accelerator)
        for epoch in energy.train(3):
            for batch in energy.batches(loader):
                ...
        energy.total()

    ``energy.total()`` is the training's Measurement: ``calls`` are steps of the optimizer (batches that
    ``accelerator.accumulate`` gathers are one), ``items`` the samples of this process; ``energy.epochs``
    holds a Measurement an epoch. ``energy.batches(loader, stage="evaluate")`` measures a loop of another
    stage. At the end of each epoch ``accelerator.log`` gets plain numbers, and so do its trackers.

    ``accelerator.register_for_checkpointing(energy)``: a run that goes on from ``load_state`` continues its
    sum. At the end of a budget both loops end, after a whole step of the optimizer, on all ranks at once.
    ``with EnergyLoop(accelerator) as energy:`` closes what a loop that raises leaves open.

    Each process measures what it can see; `wattwhat.gather` adds ranks up.

    Args:
        accelerator: the one that trains.
        log: whether its trackers get the numbers.
        label, backends, save, every_s, budget_j, prefix, phases, items: as
            `wattwhat.integrations.recorder.EnergyRecorder`; phases are ``"data"`` and ``"step"``.

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """

    def __init__(self, accelerator: Accelerator, *, log: bool = True, **settings: Any) -> None:
        if not hasattr(accelerator, "sync_gradients"):
            raise ArgumentError(argument="accelerator", expected="an accelerate.Accelerator", got=accelerator)
        self._accelerator: Any = accelerator
        self._logs, self._steps, self._stopped = log, 0, False
        self.recorder = EnergyRecorder(**settings)

    def train(self, of: int) -> Iterator[int]:
        """The numbers of the epochs, 0 to ``of`` - 1, each measured; all of them are the train stage.

        Args:
            of: how many there are in all.
        """
        recorder = self.recorder
        recorder.epochs_in_all = float(of)
        self._stopped = False
        recorder.begin("train")
        try:
            for number in range(of):
                recorder.begin("epoch")
                yield number
                measured = recorder.end("epoch")
                self._log(recorder.epoch_numbers(measured))
                if self._stopped:
                    return
        finally:
            recorder.end_all()

    def batches(self, loader: Iterable[Batch], stage: str | None = None) -> Iterator[Batch]:
        """The batches of a loader, each counted when your code is done with it.

        Args:
            loader: what gives them.
            stage: name of a stage that this loop is all of, such as ``"evaluate"``; None is training.
        """
        return self._training(loader) if stage is None else self._other(loader, stage)

    def _training(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        recorder = self.recorder
        recorder.enter("data")
        try:
            for batch in loader:
                recorder.enter("step")
                yield batch
                whole = self._accelerator is None or self._accelerator.sync_gradients
                recorder.enter("data")
                recorder.step("train", "epoch", items=recorder.count(batch), calls=int(whole))
                self._steps += int(whole)
                if whole and recorder.spent():
                    self._stopped = True
                    return
        finally:
            recorder.enter(None)

    def _other(self, loader: Iterable[Batch], stage: str) -> Iterator[Batch]:
        recorder = self.recorder
        recorder.enter(None)
        recorder.begin(stage)
        try:
            for batch in loader:
                yield batch
                recorder.step(stage, items=recorder.count(batch))
        finally:
            measured = recorder.end(stage)
            if measured is not None:
                self._log(recorder.numbers(stage, measured))

    def _log(self, numbers: dict[str, float]) -> None:
        if self._logs and self._accelerator is not None:
            self._accelerator.log(numbers, step=self._steps)

    def state_dict(self) -> dict[str, Any]:
        """What ``accelerator.save_state`` keeps: the joules of the training until now."""
        return self.recorder.state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint: sums include what it knew of."""
        self.recorder.restore(state_dict)

    def __enter__(self) -> EnergyLoop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.recorder.end_all()

    def __getstate__(self) -> dict[str, Any]:
        """As pickle and copy see it: what was measured, without the accelerator, which stays here."""
        return {**self.__dict__, "_accelerator": None}
