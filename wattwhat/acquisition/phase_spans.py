"""One span of a phase, and all spans of one name."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.items import check_items
from wattwhat.errors import WindowError
from wattwhat.plugins import pass_on

if TYPE_CHECKING:
    from wattwhat.acquisition.phases import Phases
    from wattwhat.records.measurement import Measurement

__all__ = ["Phase", "Span", "check_open"]


def check_open(phases: Phases, name: str) -> None:
    """Refuse to end what has not begun.

    Raises:
        WindowError: no span of this name is open.
    """
    one = phases._names.sums.get(name)
    if (one is None or not one.open) and not phases._at_edge:
        raise WindowError(f"phase {name!r} is not open; start it first")


class Span:
    """One span of a phase, which may be used again and again, nested in itself too."""

    __slots__ = ("_items", "_open", "_phases", "name")

    def __init__(self, owner: Phases, name: str, items: float | None) -> None:
        self._phases, self.name, self._items = owner, name, items
        self._open = 0

    def start(self) -> Span:
        """Begin a span: the meters are read last."""
        self._phases._begin(self.name)
        self._open += 1
        return self

    def stop(self) -> Span:
        """End the span: the meters are read after it.

        Raises:
            WindowError: it is not open.
        """
        if not self._open:
            raise WindowError(f"phase {self.name!r} is not open; start it first")
        self._open -= 1
        self._phases._edge(self.name, items=self._items)
        return self

    def __enter__(self) -> Span:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._open:
            return  # stopped inside the block
        try:
            self.stop()
        except Exception as err:
            pass_on(err)
            if kind is None:
                raise  # else the user's own exception is what matters

    def __repr__(self) -> str:
        return f"<Span {self.name!r} of {self._phases.label!r}: {'open' if self._open else 'not open'}>"


class Phase:
    """All spans of one name: the attributes of its Measurement, and start() and stop() of one more span."""

    __slots__ = ("_phases", "name")

    def __init__(self, owner: Phases, name: str) -> None:
        self._phases, self.name = owner, name

    def start(self) -> Phase:
        """Begin a span of this name."""
        self._phases._begin(self.name)
        return self

    def stop(self, *, items: float | None = None) -> Phase:
        """End a span of this name.

        Args:
            items: samples, images or tokens in it.

        Raises:
            WindowError: none is open.
        """
        check_open(self._phases, self.name)
        self._phases._edge(self.name, items=None if items is None else check_items(items))
        return self

    @property
    def measurement(self) -> Measurement:
        """What its spans took.

        Raises:
            WindowError: none has begun.
        """
        if self.name not in self._phases:
            known = ", ".join(repr(name) for name in self._phases) or "none"
            raise WindowError(f"no span of phase {self.name!r} has begun; there are: {known}")
        return self._phases._results().parts[self.name]  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.measurement, name)

    def __str__(self) -> str:
        return str(self.measurement)

    def __repr__(self) -> str:
        return f"<Phase {self.name!r} of {self._phases.label!r}>"
