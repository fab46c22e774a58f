"""Windows over meters in running code: nested, overlapping, from any thread, thousands a second.

Starting and stopping only reads the meters; what that means is worked out when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from wattwhat.acquisition.edge_reads import catch_up
from wattwhat.acquisition.items import check_items
from wattwhat.acquisition.shared import opened_meter_set
from wattwhat.acquisition.snapshot import Snapshot
from wattwhat.acquisition.unseen_gpu import unseen_gpu
from wattwhat.acquisition.window_edges import WindowEdges
from wattwhat.errors import WindowError
from wattwhat.workloads.accelerators import IMPORTED, accelerator_in_use, unwaited, wait

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.analysis.forecast import Forecast
    from wattwhat.records.measurement import Measurement

__all__ = ["Window"]

F = TypeVar("F", bound=Callable[..., Any])


@lru_cache(maxsize=1)  # nothing of it is loaded before a window is judged, and import statements take time
def _evaluating() -> tuple[Callable[..., Any], ...]:
    from wattwhat.acquisition.conditions import environment_of, recent_environment
    from wattwhat.acquisition.evaluation import account
    from wattwhat.acquisition.outcome import measurement_of, so_far_of
    from wattwhat.records.folding import folded

    return account, measurement_of, so_far_of, folded, environment_of, recent_environment


class Window(WindowEdges):
    """A span of running code whose energy is measured; made by `track`.

    It may be started again after it has stopped; its measurement is then that of the latest span.
    """

    __slots__ = ()

    @property
    def measurement(self) -> Measurement:
        """What the window took, once it has stopped; worked out on first use and then kept.

        Raises:
            WindowError: it has not stopped yet.
        """
        if self._measurement is None:
            if self._end is None:
                message = f"window {self.label!r} has not stopped; so_far() tells what it took until now"
                raise WindowError(message)
            catch_up(self._meter_set, self._end)
            self._measurement = self._account(self._end)
            self._context = None
        return self._measurement

    def so_far(self) -> Measurement:
        """What an open window has taken until now; it goes on. WindowError if it was never started."""
        if self._end is not None:
            return self.measurement
        if self._begin is None or self._meter_set is None:
            raise WindowError(f"window {self.label!r} is not open; start it first")
        if self._sync and (callable(self._sync) or not self._alone(self._meter_set)):
            wait(self._sync)
        return self._until_now()

    def add_items(self, count: float) -> None:
        """Count items (samples, images, tokens) that this window has dealt with; they add up.

        Raises:
            ArgumentError: this is no number of items.
        """
        self._items = (self._items or 0) + check_items(count)

    def forecast(self, done: float, of: float) -> Forecast:
        """What all of the job will take, from the part of it that is done; to be asked after each piece.

        Args:
            done: how much is done, in any unit (epochs, steps, items).
            of: how much there is in all.

        Raises:
            ArgumentError: the numbers do not fit, or done is less than before.
            WindowError: it was never started.

        Example:
            >>> import wattwhat
            >>> with wattwhat.track("train") as window:
            ...     for epoch in range(1, 4):
            ...         squares = sum(n * n for n in range(20_000))
            ...         ahead = window.forecast(done=epoch, of=90)
            >>> ahead.reach, ahead.energy_j.unit
            (30.0, 'J')
        """
        from wattwhat.acquisition.outlook import check_done, outlook

        marks = self._marks = self._marks or []
        check_done(marks, done, of)
        return outlook(self.so_far(), marks, float(done), float(of))

    def exceeds(self, joules: float, confidence: float = 0.95) -> bool:
        """Whether it has certainly taken more than this: with at least this probability."""
        from wattwhat.acquisition.outlook import exceeds

        return exceeds(self.so_far(), joules, confidence)

    @staticmethod
    def _alone(meter_set: MeterSet) -> bool:
        """Whether nothing works besides the processor, as far as quick edges know."""
        if meter_set.quick is None:
            return False
        if len(sys.modules) != IMPORTED.count:
            IMPORTED.look()
        return IMPORTED.count >= 0

    def _doubts(self, meter_set: MeterSet) -> tuple[str, ...]:
        """What may have worked unseen, or was not waited for."""
        if self._alone(meter_set):
            return ()
        return (*unseen_gpu(meter_set, accelerator_in_use()), *unwaited(self._sync))

    def _until_now(self) -> Measurement:
        """For the journal: as so_far(), and nothing is waited for."""
        end, meter_set = self._end, self._meter_set
        assert meter_set is not None
        return self._account(meter_set.glance() if end is None else end)

    def _account(self, end: Snapshot) -> Measurement:
        account, measurement_of, so_far_of, folded, environment_of, recent_environment = _evaluating()
        meter_set, begin, kept = self._meter_set, self._begin, self._journal
        assert meter_set is not None and begin is not None  # noqa: PT018
        if end is self._end:  # what is open still is asked for often, and told by its readings alone
            meter_set.history.settle()
            made, environment = measurement_of, environment_of(meter_set)
        else:
            made, environment = so_far_of, recent_environment(meter_set)
        entries = account(meter_set, begin, end, self._context, label=self.label)
        measured: Measurement = made(
            meter_set,
            entries,
            label=self.label,
            duration_s=(end.t_ns - begin.t_ns) * 1e-9,
            started_ns=self._started_ns,
            environment=environment,
            items=self._items,
            timeline=meter_set.history.points(entries, begin, end) if end.points else None,
            warnings=(*self._doubts(meter_set), *(kept.warnings if kept else ())),
            details=kept and kept.details,
        )
        kept_small: Measurement = folded(measured) if end is self._end else measured
        return kept_small

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begin is None or self._end is not None:
            return  # stopped inside the block
        try:
            self.stop()
        except Exception as err:
            from wattwhat.plugins import pass_on

            pass_on(err)
            if kind is None:
                raise  # else the user's own exception is what matters

    def __call__(self, function: F) -> F:
        """Use as a decorator: every call is a window of its own; the latest is ``function.window``."""
        from wattwhat.acquisition.decorator import decorate

        return decorate(function, self)

    def _fresh(self, label: str) -> Window:
        if self._meter_set is None or self._meter_set.closed:
            self._meter_set = opened_meter_set(self._backends)
        return Window(
            label,
            backends=self._backends,
            sync=self._sync,
            on_end=self._on_end,
            meter_set=self._meter_set,
            save=self._save,
        )

    def __reduce__(self) -> Any:
        """As pickle and copy see it: what it measured if it has stopped, else a window not started.

        Meters stay in their process, while ray and joblib send a function under ``@track`` to workers.
        """
        from wattwhat.acquisition.travel import reduced

        return reduced(self.measurement if self._end is not None else None, self.settings())

    def settings(self) -> dict[str, Any]:
        """What it was made with, as `track` takes it."""
        path, every_s = self._save or (None, None)
        return {
            "label": self.label,
            "backends": self._backends,
            "sync": self._sync,
            "on_end": self._on_end,
            "save": path,
            "every_s": every_s,
        }

    @classmethod
    def of(cls, measured: Measurement, window: Window) -> Window:
        """This window as one that has stopped elsewhere, with what it measured there."""
        window._begin = window._end = Snapshot(0, [], ())
        window._measurement = measured
        return window

    def __repr__(self) -> str:
        if self._begin is None:
            return f"<Window {self.label!r}: not started>"
        return f"<Window {self.label!r}: {'open' if self._end is None else 'stopped'}>"
