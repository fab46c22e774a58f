"""Whether a training's budget of joules is certainly spent, with one answer for all of its ranks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Budget"]

# A budget is looked at no more often than this, in s: a look reads the meters and does arithmetic.
_LOOK_EVERY_S = 1.0
# Long before its end less often, in s: a part of the time that the rest will last, so that a power that
# grows does not run past the end unseen.
_LOOK_AT_LEAST_S, _PART = 10.0, 0.05
# With this probability it is spent: the lower end of the 95 % interval lies above it.
_CERTAIN = 0.975


class Budget:
    """Joules that a training may take.

    A rank that stopped by itself would leave the others waiting in their next collective operation for ever.
    So the ranks of torch.distributed look after the same steps, at what all of them took together (a package
    that several see counts once), and come to the same answer.

    Args:
        joules: the budget; None for no end.

    Raises:
        ArgumentError: it is no number above 0.
    """

    def __init__(self, joules: float | None) -> None:
        known = isinstance(joules, (int, float)) and not isinstance(joules, bool)
        if joules is not None and not (known and joules > 0.0):
            raise ArgumentError(argument="budget_j", expected="joules above 0", got=joules)
        self.joules = joules
        self._look_at_s = float("-inf")
        self._step = self._look_at = 0

    def spent(
        self, so_far: Callable[[], Measurement | None], clock: Callable[[], float] = time.monotonic
    ) -> bool:
        """Whether it is certainly spent; to be asked after every step, on every rank.

        Args:
            so_far: what this process took until now.
            clock: seconds; for tests.
        """
        if self.joules is None:
            return False
        self._step += 1
        distributed = _started()
        if distributed is None or distributed.get_world_size() == 1:
            now_s = clock()
            if now_s < self._look_at_s:
                return False
            whole = so_far()
            self._look_at_s = now_s + self._wait_s(whole)
            return self._exceeded(whole)
        if self._step < self._look_at:
            return False
        whole = _of_all(distributed, so_far())
        self._look_at = self._step + _steps_a_look(whole, distributed.get_world_size())
        return self._exceeded(whole)

    def _wait_s(self, measured: Measurement | None) -> float:
        """Seconds until the next look: a part of those that the rest of the budget lasts at this power."""
        if measured is None or self.joules is None or not measured.duration_s:
            return _LOOK_EVERY_S
        spent_j, left_j = measured.energy_j.value, self.joules - measured.energy_j.value
        if spent_j <= 0.0:
            return _LOOK_EVERY_S
        return min(max(_PART * left_j / spent_j * measured.duration_s, _LOOK_EVERY_S), _LOOK_AT_LEAST_S)

    def _exceeded(self, measured: Measurement | None) -> bool:
        from wattwhat.acquisition.outlook import exceeds

        return measured is not None and self.joules is not None and exceeds(measured, self.joules, _CERTAIN)


def _started() -> Any:
    distributed = sys.modules.get("torch.distributed")
    # where torch was built without it there is nothing else in the module
    started = getattr(distributed, "is_initialized", None)
    return distributed if started is not None and started() else None


def _of_all(distributed: Any, now: Measurement | None) -> Measurement | None:
    """What all ranks took; a rank without a measurement takes part all the same."""
    import json

    from wattwhat.analysis.aggregation import combine
    from wattwhat.records.measurement import Measurement

    lines: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(lines, None if now is None else now.to_json())
    known = [Measurement.from_dict(json.loads(line)) for line in lines if line is not None]
    return combine(known) if known else None


def _steps_a_look(whole: Measurement | None, ranks: int) -> int:
    """Steps in the time between two looks: of numbers that every rank has alike."""
    if whole is None or not whole.calls or not whole.duration_s:
        return 1
    return max(int(_LOOK_EVERY_S * whole.calls / ranks / whole.duration_s), 1)
