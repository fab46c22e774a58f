"""A call into foreign code that is waited for so long and no longer: opening, probing, a doctor's looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from wattwhat.plugins import OwnThread

__all__ = ["within"]

T = TypeVar("T")


def within(
    limit_s: float, action: Callable[..., T], *args: Any, late: Callable[[T], object] | None = None
) -> T:
    """What the action returns or raises; it is made in a thread, which is left behind where it hangs.

    The caller waits in its own thread, so its signals are heard whatever the action does.

    Args:
        limit_s: real seconds to wait.
        action: called with ``args``.
        args: its arguments.
        late: called with what the action returned after all, once nobody waits for it.

    Raises:
        TimeoutError: it has not returned in time.

    Example:
        >>> within(5.0, int, "12")
        12
    """
    outcome: list[tuple[bool, Any]] = []
    finished, given_up = threading.Event(), threading.Event()

    def call() -> None:
        try:
            outcome.append((True, action(*args)))
        except BaseException as err:
            outcome.append((False, err))
        finished.set()
        if given_up.is_set() and outcome[0][0] and late is not None:
            late(outcome[0][1])

    asking = OwnThread(call, "wattwhat asking")
    try:
        asking.start()
    except RuntimeError:  # the interpreter is ending, and starts no thread any more
        return action(*args)
    if not finished.wait(limit_s):
        given_up.set()
        raise TimeoutError(f"no answer within {limit_s:g} s")
    asking.join(limit_s)  # a program that forks next is to have the threads that it started, and no other
    went_well, value = outcome.pop()
    if went_well:
        return value  # type: ignore[no-any-return]
    try:
        raise value
    finally:
        del value  # the exception's traceback holds this frame
