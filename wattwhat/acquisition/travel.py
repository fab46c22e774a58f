"""Windows that leave their process, by pickle or copy: with what they measured, or not started."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattwhat.plugins import pass_on

if TYPE_CHECKING:
    from wattwhat.acquisition.window import Window
    from wattwhat.records.measurement import Measurement

__all__ = ["reduced"]


def reduced(
    measured: Measurement | None, settings: dict[str, Any]
) -> tuple[Callable[..., Window], tuple[Any, ...]]:
    """What pickle is given for a window.

    Args:
        measured: what it took, if it has stopped.
        settings: as `wattwhat.track` takes them.
    """
    backends = settings["backends"]
    sent = None if backends is None else [_sendable(one) for one in backends]
    sync = "auto" if settings["sync"] is True else settings["sync"]  # torch may not be imported there yet
    return _restored, (measured, {**settings, "backends": sent, "sync": sync})


def _sendable(backend: Any) -> Any:
    """A backend as it can leave the process: itself, or its name where it holds what cannot be pickled."""
    try:
        pickle.dumps(backend)
    except Exception as err:
        pass_on(err)
        return str(getattr(backend, "name", type(backend).__name__))
    return backend


def _restored(measured: Measurement | None, settings: dict[str, Any]) -> Any:
    import wattwhat

    window = wattwhat.track(**settings)
    return window if measured is None else type(window).of(measured, window)
