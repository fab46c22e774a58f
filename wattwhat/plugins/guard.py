"""The one guard around every call into foreign code.

A meter, a plugin, a reader or a device library may fail in any way, and no failure of theirs may end the
program. But Python runs signal handlers between any two instructions of the main thread, inside those calls
too: an exception that a handler of the program raised comes out of `meter.read()` just as the meter's own
would, and to swallow it is to make the program deaf to its SIGTERM. In threads of wattwhat's own no handler
runs and nothing is the program's.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType

__all__ = ["OwnThread", "pass_on"]

_YIELDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_here = threading.local()


class OwnThread(threading.Thread):
    """A daemon thread in which wattwhat calls foreign code, and the program runs nothing.

    Args:
        work: what it does.
        name: as debuggers show it.
    """

    def __init__(self, work: Callable[[], object], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work

    def run(self) -> None:
        """Do the work."""
        _here.is_own = True
        work = self._work
        del self._work  # a thread that is kept must keep nothing else alive
        work()


def pass_on(error: BaseException) -> None:
    """Raise what is the program's own; return where the error is the foreign code's.

    The program's own are KeyboardInterrupt, GeneratorExit at a yield and whatever a signal handler raised,
    SystemExit among it, also where the foreign code wrapped it into an error of its own. In an `OwnThread`
    nothing is. To be called first in every ``except BaseException`` (or ``except Exception``) around a call
    into foreign code.

    Args:
        error: what was caught.

    Example:
        >>> try:
        ...     {}["meter"]
        ... except BaseException as err:
        ...     pass_on(err)
        ...     print("a gap")
        a gap
    """
    if getattr(_here, "is_own", False):
        return
    own = next((one for one in _chain(error) if _is_programs(one)), None)
    if own is None:
        return
    context = own.__context__
    try:
        raise own
    finally:
        own.__context__ = context


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of, without what the program was handling before the call."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if one is not error and _was_caught_outside(one):
            continue
        yield one
        waiting += [one.__context__, one.__cause__]


def _was_caught_outside(error: BaseException) -> bool:
    """Whether a frame that is still running caught it: then it is the program's business already."""
    if error.__traceback__ is None:
        return False
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame is error.__traceback__.tb_frame:
            return True
        frame = frame.f_back
    return False


def _is_programs(error: BaseException) -> bool:
    if isinstance(error, KeyboardInterrupt):
        return True
    if isinstance(error, GeneratorExit):
        return _at_a_yield(error.__traceback__)
    if _from_handler(error.__traceback__):
        return True
    # A handler written in C leaves no frame of its own; a meter that exits by itself is only a broken meter.
    return isinstance(error, SystemExit) and any(not hasattr(one, "__code__") for one in _handlers())


def _at_a_yield(traceback: TracebackType | None) -> bool:
    """Whether a generator was told to end, as only Python does; what no generator raised is somebody's."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is None or bool(traceback.tb_frame.f_code.co_flags & _YIELDS)


def _from_handler(traceback: TracebackType | None) -> bool:
    """Whether a frame of this traceback is a signal handler's: it was given the frame that it interrupted."""
    before: FrameType | None = None if traceback is None else traceback.tb_frame.f_back
    while traceback is not None:
        if before is not None and _was_given(traceback.tb_frame, before):
            return True
        before, traceback = traceback.tb_frame, traceback.tb_next
    return False


def _was_given(frame: FrameType, interrupted: FrameType) -> bool:
    """Whether the interrupted frame is among the function's arguments, ``*args`` included."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04)]
    values = [frame.f_locals.get(name) for name in names]
    return any(
        value is interrupted or (type(value) is tuple and any(item is interrupted for item in value))
        for value in values
    ) or any(getattr(one, "__code__", None) is code for one in _handlers())


def _handlers() -> list[object]:
    """The signal handlers of the program that are installed now; Python's own of SIGINT is not among them."""
    import signal  # brings enum, which a window has no need of

    handlers = []
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            handlers.append(getattr(handler, "__func__", handler))
    return handlers
