"""Finding and loading entry points, and the one guard around every call into foreign code.

A meter, a plugin, a reader or a device library may fail in any way, and no failure of theirs may end the
program. But Python runs signal handlers between any two instructions of the main thread, inside those calls
too: an exception that a handler of the program raised comes out of `meter.read()` just as the meter's own
would, and to swallow it is to make the program deaf to its SIGTERM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

import attrs

from wattwhat.errors import BackendError, error_text

__all__ = ["GROUP", "Plugin", "find_plugins", "load", "pass_on"]


GROUP = "wattwhat.backends"


@attrs.frozen
class Plugin:
    """One entry point of a group, not yet loaded.

    Args:
        name: the entry point's name.
        distribution: the distribution that registered it, or None if unknown.
        loader: gives the object that the entry point names; may raise anything.
        clash: distributions that registered the same name and were passed over.
    """

    name: str
    distribution: str | None
    loader: Callable[[], Any] = attrs.field(repr=False)
    clash: tuple[str, ...] = ()


def find_plugins(group: str = GROUP, entry_points: Iterable[Any] | None = None) -> dict[str, Plugin]:
    """Every plugin of a group by name; nothing is imported.

    Where two distributions register one name, the one of the core wins, else the first in
    alphabetical order of the distributions; the others are named in `Plugin.clash`.

    Args:
        group: the entry-point group.
        entry_points: entry points to take instead of those installed (for tests).

    Example:
        >>> "estimate" in find_plugins()
        True
    """
    installed_ones = entry_points is None
    pairs = _installed_now(group) if entry_points is None else _with_names(entry_points)
    plugins: dict[str, dict[str, Any]] = {}
    for entry_point, distribution in pairs:
        plugins.setdefault(entry_point.name, {}).setdefault(distribution, entry_point)
    if installed_ones and group == GROUP and not plugins.get("estimate", {}).get("wattwhat"):
        # a vendored or frozen copy has no metadata that its own entry point could be read from
        from importlib.metadata import EntryPoint

        built_in = EntryPoint("estimate", "wattwhat.sensing.estimate.backend:EstimateBackend", GROUP)
        plugins.setdefault("estimate", {})["wattwhat"] = built_in
    return {name: _choose(name, rivals) for name, rivals in sorted(plugins.items())}


def _installed_now(group: str) -> tuple[tuple[Any, str], ...]:
    from importlib import metadata

    return _installed(group, _path_now(), metadata.entry_points)


@lru_cache(maxsize=16)
def _installed(
    group: str, path: tuple[tuple[str, int], ...], look: Callable[..., Any]
) -> tuple[tuple[Any, str], ...]:
    """The installed entry points of a group; a look through all metadata costs ms, and a table asks often.

    Args:
        group: the entry-point group.
        path: where Python looks now, and when each of that changed: what is installed later is found.
        look: what looks through the metadata.
    """
    return tuple(_with_names(look(group=group)))


def _with_names(entry_points: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """Each with its distribution's name, which is parsed out of the metadata whenever it is asked for."""
    names: dict[int, str] = {}
    for entry_point in entry_points:
        dist = getattr(entry_point, "dist", None)
        if id(dist) not in names:
            names[id(dist)] = "" if dist is None else str(dist.name)
        yield entry_point, names[id(dist)]


def _path_now() -> tuple[tuple[str, int], ...]:
    roots = []
    for folder in sys.path:
        try:
            roots.append((folder, os.stat(folder or ".").st_mtime_ns))
        except (OSError, ValueError, TypeError):  # whatever stands there, it is not looked into
            continue
    return tuple(roots)


def _choose(name: str, rivals: dict[str, Any]) -> Plugin:
    order = sorted(rivals, key=lambda dist: (dist != "wattwhat", dist))
    first = order[0]
    return Plugin(name, first or None, rivals[first].load, tuple(order[1:]))


def load(plugin: Plugin) -> Any:
    """Import what a plugin names.

    Raises:
        BackendError: the import failed, whatever it raised (SystemExit included; only
            KeyboardInterrupt passes through); the plugin's own error is chained.
    """
    try:
        return plugin.loader()
    except BaseException as err:
        pass_on(err)
        raise BackendError(
            f"plugin {plugin.name!r} of {plugin.distribution or 'an unknown distribution'} failed to load: "
            f"{error_text(err)}; reinstall or remove that distribution"
        ) from err


def pass_on(error: BaseException) -> None:
    """Raise what is the program's own; return where the error is the foreign code's.

    The program's own are KeyboardInterrupt, GeneratorExit and whatever a signal handler raised, SystemExit
    among it, also where the foreign code wrapped it into an error of its own. To be called first in every
    ``except BaseException`` (or ``except Exception``) around a call into foreign code.

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
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return True
    if _from_handler(error.__traceback__):
        return True
    # A handler written in C leaves no frame of its own; a meter that exits by itself is only a broken meter.
    return isinstance(error, SystemExit) and any(not hasattr(one, "__code__") for one in _handlers())


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
