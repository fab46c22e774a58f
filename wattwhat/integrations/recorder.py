"""What the callbacks of all training frameworks share: windows of stages and epochs, sums, budget."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.integrations.batch_items import Counts, counting, items_of
from wattwhat.integrations.budget import Budget
from wattwhat.integrations.epoch_forecast import forecast_of, numbers_of
from wattwhat.integrations.training_phases import TrainingPhases

if TYPE_CHECKING:
    from wattwhat.acquisition.window import Window
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.records.measurement import Measurement

__all__ = ["EnergyRecorder", "items_of"]


class EnergyRecorder:
    """Measures the stages of a training (train, evaluate, predict) and the epochs of its train stage.

    Nothing of it raises into the training: what fails is logged under ``wattwhat``, and that stage is left
    out.

    Args:
        label: name of the measurements; None takes the stage's own name.
        backends: as `wattwhat.track`.
        save: as `wattwhat.track`: the journal of the train stage, which survives a killed job.
        every_s: as `wattwhat.track`.
        budget_j: joules of the train stage, those of earlier parts of a resumed run and of all ranks of
            torch.distributed included; training stops once they are spent with a probability of at least
            97.5 %.
        prefix: put before the name of each logged number.
        phases: whether the parts of a training step are measured apart (`wattwhat.phases`), where the
            framework tells them.
        items: what is counted in a batch: ``"samples"``, ``"tokens"`` (elements of ``input_ids``), or a
            function that takes the batch and returns how many there are.

    Raises:
        ArgumentError: an argument is outside what is allowed.
    """

    def __init__(
        self,
        *,
        label: str | None = None,
        backends: Sequence[Any] | None = None,
        save: str | os.PathLike[str] | None = None,
        every_s: float | None = None,
        budget_j: float | None = None,
        prefix: str = "energy/",
        phases: bool = False,
        items: Counts = "samples",
    ) -> None:
        self._budget = Budget(budget_j)
        if not isinstance(prefix, str):
            raise ArgumentError(argument="prefix", expected="text such as 'energy/'", got=prefix)
        if save is not None or every_s is not None:
            from wattwhat.acquisition.journal import check_journal

            check_journal(save, every_s)
        self.label, self.backends, self.prefix = label, backends, prefix
        self.save, self.every_s, self.budget_j = save, every_s, budget_j
        self.items, self.items_in = items, counting(items)
        self.steps = TrainingPhases(backends) if phases else None
        self.measurements: dict[str, list[Measurement]] = {}
        self.epochs: list[Measurement] = []
        self._open: dict[str, Window] = {}
        self._steps: dict[str, int] = {}
        self._notes: dict[str, str] = {}
        self._before: Measurement | None = None
        self.epochs_in_all: float | None = None

    def settings(self) -> dict[str, Any]:
        """What it was made with."""
        names = ("label", "backends", "save", "every_s", "budget_j", "prefix", "items")
        return {**{name: getattr(self, name) for name in names}, "phases": self.steps is not None}

    # -- stages and epochs ----------------------------------------------------------------------------------

    def begin(self, stage: str) -> None:
        """A stage begins; one of this name that a failure left open ends first."""
        self.end(stage)
        self._quietly(self._begin, stage)

    def _begin(self, stage: str) -> None:
        from wattwhat.acquisition.tracking import track

        kept = (self.save, self.every_s) if stage == "train" else (None, None)
        window = track(self._name(stage), backends=self.backends, save=kept[0], every_s=kept[1])
        self._steps[stage] = 0
        self._notes.pop(stage, None)
        self._open[stage] = window.start()

    def end(self, stage: str) -> Measurement | None:
        """A stage ends; its measurement, or None where none was open."""
        window = self._open.pop(stage, None)
        return None if window is None else self._quietly(self._end, stage, window)

    def _end(self, stage: str, window: Window) -> Measurement:
        window.stop()
        measured = self._counted(stage, window.measurement)
        if stage == "epoch":
            if measured.calls:  # one that never had a step is no epoch: out of memory, and begun again
                self.epochs.append(measured)
        else:
            self.measurements.setdefault(stage, []).append(measured)
        return measured

    def enter(self, phase: str | None) -> None:
        """A part of a training step begins where the one before it ends; None: no other one begins."""
        if self.steps is not None:
            self.steps.leave() if phase is None else self.steps.enter(phase)

    def end_all(self) -> None:
        """The run was broken off: every open stage ends."""
        self.enter(None)
        for stage in list(self._open):
            self.end(stage)

    def is_open(self, stage: str) -> bool:
        """Whether this stage is being measured."""
        return stage in self._open

    def step(self, *stages: str, items: float | None = None, calls: int = 1) -> None:
        """A step of these stages was done, with that many samples or tokens; 0 calls: a part of a step."""
        for stage in stages:
            window = self._open.get(stage)
            if window is not None:
                self._steps[stage] += calls
                if items is not None:
                    self._quietly(window.add_items, items)

    def count(self, batch: Any) -> float | None:
        """Items in a batch, as ``items`` counts them; None where the batch does not tell."""
        items: float | None = self._quietly(self.items_in, batch)
        return items

    def note(self, stage: str, sentence: str) -> None:
        """A warning for the measurement of the stage that is open."""
        self._notes[stage] = sentence

    def rename(self, stage: str, name: str) -> None:
        """The stage that is open turned out to be another one."""
        tables: tuple[dict[str, Any], ...] = (self._open, self._steps, self._notes)
        for table in tables:
            if stage in table:
                table[name] = table.pop(stage)
        if name in self._open:
            self._open[name].label = self._name(name)

    def _name(self, stage: str) -> str:
        return stage if self.label is None else f"{self.label}: {stage}"

    def _counted(self, stage: str, measurement: Measurement) -> Measurement:
        """With the steps as its calls, and its note; before the first step no item was dealt with."""
        import attrs

        steps, note = self._steps.get(stage, 0), self._notes.get(stage)
        warnings = measurement.warnings if note is None else (*measurement.warnings, note)
        items = 0 if steps == 0 and measurement.items is None else measurement.items
        return attrs.evolve(measurement, calls=steps, items=items, warnings=warnings)

    # -- sums -----------------------------------------------------------------------------------------------

    def so_far(self, stage: str = "train") -> Measurement | None:
        """What a stage took until now, in all its parts; None where it never began.

        A train stage that went on from a checkpoint includes what the checkpoint knew of.
        """
        parts = list(self.measurements.get(stage, ()))
        if stage == "train" and self._before is not None:
            parts.insert(0, self._before)
        window = self._open.get(stage)
        now = None if window is None else self._quietly(window.so_far)
        if now is not None:
            parts.append(self._counted(stage, now))
        return _sum(parts)

    def total(self, stage: str = "train") -> Measurement:
        """All parts of a stage as one Measurement.

        Raises:
            ArgumentError: nothing of this stage was measured.
        """
        measurement = self.so_far(stage)
        if measurement is None:
            known = sorted({*self.measurements, *self._open}) or "none yet"
            raise ArgumentError(
                f"nothing of {stage!r} was measured", argument="stage", remedy=f"there is {known}"
            )
        return measurement

    def state(self) -> dict[str, Any]:
        """Plain data for a checkpoint: the train stage until now."""
        now = self.so_far("train")
        return {} if now is None else {"train": now.to_dict()}

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """Go on from a checkpoint: later sums of the train stage include what it knew of."""
        from wattwhat.records.measurement import Measurement

        if state and state.get("train"):
            self._before = self._quietly(Measurement.from_dict, state["train"])

    # -- budget and logging ---------------------------------------------------------------------------------

    def spent(self, clock: Callable[[], float] = time.monotonic) -> bool:
        """Whether the budget is certainly spent: the lower end of the 95 % interval lies above it."""
        if self.budget_j is None:
            return False
        return bool(self._quietly(self._budget.spent, self.so_far, clock))

    def numbers(self, stage: str, measurement: Measurement | None = None) -> dict[str, float]:
        """Plain numbers for a logger, named after the stage."""
        total = self.so_far(stage) if measurement is None else measurement
        return {} if total is None else total.flat(f"{self.prefix}{stage}/")

    def forecast(self) -> Forecast | None:
        """What all epochs will take; None before two are done, or where nobody tells how many there are."""
        ahead: Forecast | None = self._quietly(forecast_of, self.epochs, self.epochs_in_all)
        return ahead

    def forecast_numbers(self) -> dict[str, float]:
        """The forecast as plain numbers for a logger."""
        forecast = self.forecast()
        return {} if forecast is None else numbers_of(forecast, self.prefix)

    def epoch_numbers(self, epoch: Measurement | None) -> dict[str, float]:
        """What is logged at the end of an epoch: the train stage until now, that epoch, and the forecast."""
        of_it = {} if epoch is None else self.numbers("epoch", epoch)
        return {**self.numbers("train"), **of_it, **self.forecast_numbers()}

    def _quietly(self, work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except Exception as err:  # the promise: measuring never ends a training
            from wattwhat.plugins import pass_on

            pass_on(err)
            logging.getLogger("wattwhat").warning("energy callback: %s: %s", type(err).__name__, err)
            return None

    def __getstate__(self) -> dict[str, Any]:
        """As pickle sees it: what was measured, and no open window; meters stay in their process."""
        return {**self.__dict__, "_open": {}, "_steps": {}, "_notes": {}}


def _sum(parts: Sequence[Measurement]) -> Measurement | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    from wattwhat.analysis.aggregation import combine

    return combine(parts, label=parts[-1].label)
