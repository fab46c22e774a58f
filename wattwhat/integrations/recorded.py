"""What every callback tells of its training: the epochs, the sum of a stage, and what all of it will take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattwhat.acquisition.phases import Phases
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.integrations.recorder import EnergyRecorder
    from wattwhat.records.measurement import Measurement

__all__ = ["Recorded"]


class Recorded:
    """The questions to a callback, answered by its recorder.

    Attributes:
        recorder: what measures for it.
    """

    recorder: EnergyRecorder

    @property
    def epochs(self) -> list[Measurement]:
        """A Measurement an epoch that ended."""
        return self.recorder.epochs

    def total(self, stage: str = "train") -> Measurement:
        """All of a stage ("train", "evaluate", "test", "predict") as one Measurement.

        Raises:
            ArgumentError: nothing of it was measured.
        """
        return self.recorder.total(stage)

    @property
    def phases(self) -> Phases | None:
        """What the parts of the training steps took, where ``phases=True`` asked for it."""
        return None if self.recorder.steps is None else self.recorder.steps.phases

    def forecast(self) -> Forecast | None:
        """What all epochs will take, with its interval; None before two of them are done."""
        return self.recorder.forecast()
