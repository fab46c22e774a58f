"""The parts of a training step, one after the other: each begins where the one before it ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.acquisition.phases import Phases

__all__ = ["TrainingPhases"]


class TrainingPhases:
    """Spans of one thread that follow each other without a gap, such as data, forward, backward, optimizer.

    Nothing of it raises into the training: what fails is logged under ``wattwhat``, and phases end there.

    Args:
        backends: as `wattwhat.phases`.
    """

    def __init__(self, backends: Sequence[Any] | None = None) -> None:
        self._backends = backends
        self.phases: Phases | None = None
        self._open: str | None = None
        self._failed = False

    def enter(self, name: str) -> None:
        """The phase before ends, and this one begins."""
        if self._failed:
            return
        try:
            if self.phases is None:
                from wattwhat.acquisition.phases import phases

                self.phases = phases("train", backends=self._backends)
            if self._open is None:
                self.phases[name].start()
            else:
                self.phases.switch(self._open, name)
            self._open = name
        except Exception as err:
            self._fail(err)

    def leave(self) -> None:
        """The phase that is open ends."""
        name, self._open = self._open, None
        if name is None or self.phases is None:
            return
        try:
            self.phases[name].stop()
        except Exception as err:
            self._fail(err)

    def _fail(self, err: Exception) -> None:
        from wattwhat.plugins import pass_on

        pass_on(err)
        self._failed, self._open = True, None
        logging.getLogger("wattwhat").warning("energy callback: phases: %s: %s", type(err).__name__, err)

    def __getstate__(self) -> dict[str, Any]:
        """As pickle sees it: what was measured, and no open span."""
        return {**self.__dict__, "_open": None}
