"""What the callbacks of all training frameworks share: windows of stages and epochs, sums, budget."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.integrations.training_phases import TrainingPhases

if TYPE_CHECKING:
    from wattwhat.acquisition.window import Window
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.records.measurement import Measurement

__all__ = ["EnergyRecorder", "items_of"]

# A budget is looked at no more often than this, in s: a look reads the meters and does arithmetic.
_LOOK_EVERY_S = 1.0
# With this probability it is spent: the lower end of the 95 % interval lies above it.
_CERTAIN = 0.975


class EnergyRecorder:
    """Measures the stages of a training (train, evaluate, predict) and the epochs of its train stage.

    Nothing of it raises into the training: what fails is logged under ``wattwhat``, and that stage is left
    out.

    Args:
        label: name of the measurements; None takes the stage's own name.
        backends: as `wattwhat.track`.
        save: as `wattwhat.track`: the journal of the train stage, which survives a killed job.
        every_s: as `wattwhat.track`.
        budget_j: joules of the train stage, those of earlier parts of a resumed run included; training stops
            once they are spent with a probability of at least 97.5 %.
        prefix: put before the name of each logged number.
        phases: whether the parts of a training step are measured apart (`wattwhat.phases`), where the
            framework tells them.

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
    ) -> None:
        known = isinstance(budget_j, (int, float)) and not isinstance(budget_j, bool)
        if budget_j is not None and not (known and budget_j > 0.0):
            raise ArgumentError(f"budget_j: expected joules above 0, got {budget_j!r:.100}")
        if not isinstance(prefix, str):
            raise ArgumentError(f"prefix: expected text such as 'energy/', got {prefix!r:.100}")
        if save is not None or every_s is not None:
            from wattwhat.acquisition.journal import check_journal

            check_journal(save, every_s)
        self.label, self.backends, self.prefix = label, backends, prefix
        self.save, self.every_s, self.budget_j = save, every_s, budget_j
        self.steps = TrainingPhases(backends) if phases else None
        self.measurements: dict[str, list[Measurement]] = {}
        self.epochs: list[Measurement] = []
        self._open: dict[str, Window] = {}
        self._steps: dict[str, int] = {}
        self._notes: dict[str, str] = {}
        self._before: Measurement | None = None
        self.epochs_in_all: float | None = None
        self._looked_s = float("-inf")

    def settings(self) -> dict[str, Any]:
        """What it was made with."""
        names = ("label", "backends", "save", "every_s", "budget_j", "prefix")
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

    def step(self, *stages: str, items: float | None = None) -> None:
        """A step of these stages was done, with that many samples or tokens."""
        for stage in stages:
            window = self._open.get(stage)
            if window is not None:
                self._steps[stage] += 1
                if items is not None:
                    self._quietly(window.add_items, items)

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
        """With the steps as its calls, and its note."""
        import attrs

        steps, note = self._steps.get(stage, 0), self._notes.get(stage)
        warnings = measurement.warnings if note is None else (*measurement.warnings, note)
        return attrs.evolve(measurement, calls=steps or measurement.calls, warnings=warnings)

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
        found = self.so_far(stage)
        if found is None:
            known = sorted({*self.measurements, *self._open}) or "none yet"
            raise ArgumentError(f"stage: nothing of {stage!r} was measured; there is {known}")
        return found

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
        if self.budget_j is None or clock() - self._looked_s < _LOOK_EVERY_S:
            return False
        self._looked_s = clock()
        now = self.so_far("train")
        if now is None:
            return False
        from wattwhat.acquisition.outlook import exceeds

        return exceeds(now, self.budget_j, _CERTAIN)

    def numbers(self, stage: str, measurement: Measurement | None = None) -> dict[str, float]:
        """Plain numbers for a logger, named after the stage."""
        found = self.so_far(stage) if measurement is None else measurement
        return {} if found is None else found.flat(f"{self.prefix}{stage}/")

    def forecast(self) -> Forecast | None:
        """What all epochs will take, those of this process that are done taken for the others.

        None before two epochs are done, or where the framework does not tell how many there are.
        """
        done, of = len(self.epochs), self.epochs_in_all
        if done < 2 or of is None or of < done:
            return None
        from wattwhat.analysis.forecast import forecast

        energies = [epoch.energy_j.value for epoch in self.epochs]
        durations = [epoch.duration_s or 0.0 for epoch in self.epochs]
        asked: dict[str, Any] = {"durations_s": durations, "gain": self._gain()}
        ahead: Forecast | None = self._quietly(lambda: forecast(energies, done, of, **asked))
        return ahead

    def _gain(self) -> float:
        """What all epochs are wrong by alike, as a part of their energy."""
        last = self.epochs[-1]
        systematic_j = math.sqrt(max(last.budget.u**2 - last.budget.shrinkable_u**2, 0.0))
        return systematic_j / last.energy_j.value if last.energy_j.value > 0.0 else 0.0

    def forecast_numbers(self) -> dict[str, float]:
        """The forecast as plain numbers for a logger."""
        found = self.forecast()
        if found is None:
            return {}
        named = {
            "forecast_j": found.energy_j.value,
            "forecast_low_j": found.low_j,
            "forecast_high_j": found.high_j,
        }
        return {f"{self.prefix}{name}": value for name, value in named.items()}

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


def items_of(batch: Any) -> int | None:
    """Samples in a batch: the first dimension of the first array in it; None where there is none.

    Example:
        >>> import numpy as np
        >>> items_of({"input_ids": np.zeros((8, 128)), "labels": np.zeros(8)}), items_of([np.zeros((4, 3))])
        (8, 4)
        >>> items_of("text") is None
        True
    """
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    if isinstance(batch, (list, tuple)):
        return next((count for count in map(items_of, batch) if count is not None), None)
    shape = getattr(batch, "shape", None)
    try:
        return int(shape[0]) if shape is not None and len(shape) else None
    except (TypeError, ValueError):
        return None
