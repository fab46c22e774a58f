"""Calls into a backend and its stand, each held to a time: a call that hangs is left behind, and said."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from wattwhat.testing._outcomes import Broken, NotChecked

__all__ = ["Calls", "Held", "Patience", "target_of"]

# A machine that stood still, or had no time for us, showed nothing meanwhile: so many looks are due anyhow.
_LEAST_LOOKS = 20


class Patience:
    """How long to look for what may show late: so many seconds, and so many looks.

    Args:
        seconds: real seconds from now.

    Example:
        >>> patience, looks = Patience(0.0), 1
        >>> while not patience.ended():
        ...     looks += 1
        >>> looks
        20
    """

    def __init__(self, seconds: float) -> None:
        self._until_s = time.perf_counter() + seconds
        self._looks = 0

    def ended(self) -> bool:
        """Whether a look that showed nothing was the last one; to be asked after each look."""
        self._looks += 1
        return self._looks >= _LEAST_LOOKS and time.perf_counter() > self._until_s


class Calls:
    """Makes calls in a thread of its own, so that whoever asks can stop waiting.

    In a forked child, which has no such thread, calls are made as they are: whoever forked ends the child.

    Args:
        limit_s: real seconds from now within which all calls have to be done.

    Example:
        >>> calls = Calls(limit_s=5.0)
        >>> calls(int, "12", what="int()")
        12
        >>> calls.end()
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.hung = ""
        self._deadline_s = time.monotonic() + limit_s
        self._todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._work, daemon=True, name="conformance calls")
        self._thread.start()

    def __call__(self, action: Callable[..., Any], *args: Any, what: str) -> Any:
        """What the action returns, or raises.

        Args:
            action: called with ``args``.
            args: its arguments.
            what: the call in words, for the sentence about one that hangs.

        Raises:
            Broken: the call did not return in time, or an earlier one has not.
            NotChecked: time is up, and this call is not known to hang.
        """
        if os.getpid() != self._pid or threading.current_thread() is self._thread:
            return action(*args)
        if self.hung:
            raise Broken(self.hung, "hanging")
        begin_s = time.monotonic()
        done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self._todo.put((action, args, done))
        try:
            went_well, value = _outcome(done, self.left_s)
        except queue.Empty:
            waited_s = time.monotonic() - begin_s
            if waited_s < 0.5 * self.limit_s:
                self.hung = f"time was up before {what} returned"
                raise NotChecked(f"not done within {self.limit_s:g} s; give it more with limit_s=") from None
            self.hung = f"{what} hangs: it had not returned after {waited_s:.2g} s"
            raise Broken(self.hung, "hanging") from None
        if went_well:
            return value
        try:
            raise value
        finally:
            del value  # the exception's traceback holds this frame

    @property
    def left_s(self) -> float:
        """Seconds that are left of the limit."""
        return max(self._deadline_s - time.monotonic(), 0.0)

    def end(self) -> None:
        """Let the thread end; one that hangs is left behind."""
        self._todo.put(None)
        if not self.hung:
            self._thread.join(1.0)

    def _work(self) -> None:
        while (job := self._todo.get()) is not None:
            action, args, done = job
            try:
                done.put((True, action(*args)))
            except BaseException as err:
                done.put((False, err))
            del job, action, args, done


def _outcome(done: queue.SimpleQueue[tuple[bool, Any]], left_s: float) -> tuple[bool, Any]:
    """How a call went; one that was begun in time is looked after a little longer."""
    patience = None
    while True:
        try:
            return done.get(timeout=left_s if patience is None else 0.001)
        except queue.Empty:
            patience = Patience(0.0) if patience is None else patience
            if left_s <= 0.0 or patience.ended():
                raise


class Held:
    """A meter, a backend or a stand as the suite sees it: every call goes through `Calls`.

    Args:
        target: the thing itself.
        calls: makes the calls.
        name: what it is called in sentences.
    """

    def __init__(self, target: Any, calls: Calls, name: str) -> None:
        self.target = target
        self._calls = calls
        self._name = name

    def __getattr__(self, name: str) -> Any:
        # a property may well ask the device
        attribute = self._calls(getattr, self.target, name, what=f"{self._name}.{name}")
        if not callable(attribute):
            return attribute
        return partial(self._calls, attribute, what=f"{self._name}.{name}()")


def target_of(one: Any) -> Any:
    """The thing itself."""
    return one.target if isinstance(one, Held) else one
