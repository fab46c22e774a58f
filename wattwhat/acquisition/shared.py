"""The meter sets that all windows of a process share: opened once, closed when nobody uses them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from wattwhat.acquisition.closing import close_when_forgotten, enrolled
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.sensing.configuration import Unclear
from wattwhat.sensing.estimate.settings import settings

__all__ = ["opened_meter_set", "shared_meter_set"]


_shared: dict[tuple[Any, ...] | None, MeterSet] = {}


_own: dict[tuple[Any, ...], tuple[tuple[Any, ...], MeterSet]] = {}


_MOST_OWN = 4


# What was asked for last and lacks nothing: the identities of the backends, they themselves, and their set.
_latest: tuple[list[int] | None, Any, MeterSet] | None = None


_lock = threading.RLock()


def opened_meter_set(backends: Sequence[Any] | None = None) -> MeterSet:
    """As `shared_meter_set`, for a window or a phase: where the estimate has to serve, it can.

    Raises:
        BackendError: as `shared_meter_set`; or a setting of the estimate that is needed cannot be understood.
    """
    global _latest
    latest = _latest
    if latest is not None and latest[2].quick is not None:  # a new window comes a thousand times a second
        if backends is None:
            if latest[0] is None:
                return latest[2]
        elif type(backends) is list and latest[0] == [*map(id, backends)]:
            return latest[2]
    meter_set = shared_meter_set(backends)
    check_estimate(meter_set, backends)
    if meter_set.quick is not None and not meter_set.not_yet:
        kept = None if backends is None else tuple(backends)
        _latest = (None if kept is None else [*map(id, kept)]), kept, meter_set
    return meter_set


def shared_meter_set(backends: Sequence[Any] | None = None) -> MeterSet:
    """The meter set of these backends, opened on first use and shared by all windows of the process.

    Args:
        backends: names or Backend objects; None takes every available one, and the estimate for what
            no sensor covers.

    Raises:
        BackendError: a name is not known, or it cannot serve; the message says why and what would help.
    """
    key = _key(backends)
    if key is not None and any(not isinstance(one, str) for one in key):
        return _meter_set_of_objects(key)
    meter_set = _shared.get(key)
    if meter_set is not None and not meter_set.closed:
        _try_again(meter_set, key, _adopt_named)
        return meter_set
    with _lock:
        meter_set = _shared.get(key)
        if meter_set is None or meter_set.closed:
            from wattwhat.acquisition.discovery import open_meter_set

            opened = open_meter_set(key)
            meter_set = _shared.get(key)  # a signal handler that measures too may have opened one meanwhile
            if meter_set is None or meter_set.closed:
                meter_set = _shared[key] = opened
            else:
                opened.close()
    return meter_set


def _try_again(
    meter_set: MeterSet, key: tuple[Any, ...] | None, adopt: Callable[[Any, MeterSet, MeterSet], bool]
) -> None:
    """See to what this set lacks, where it lacks something; returns at once."""
    for sensor in meter_set.inputs:  # at every window: no generator is made for it
        if sensor.lost:
            break
    else:
        if not meter_set.not_yet:
            return
    if meter_set.retry is None:
        from wattwhat.acquisition.discovery import open_meter_set
        from wattwhat.acquisition.retry import Retry

        meter_set.retry = Retry(meter_set, partial(open_meter_set, key), partial(adopt, key))
    meter_set.retry.look()


def _adopt_named(key: tuple[Any, ...] | None, old: MeterSet, fresh: MeterSet) -> bool:
    """Put the fresh set in the place of the old one, if that is still in use."""
    with _lock:
        if _shared.get(key) is not old:
            return False
        _shared[key] = fresh
        _forget_latest()
        return True


def _adopt_own(key: tuple[Any, ...], old: MeterSet, fresh: MeterSet) -> bool:
    """The same for sets of backend objects."""
    with _lock:
        identity = _identity(key)
        if identity not in _own or _own[identity][1] is not old:
            return False
        close_when_forgotten(fresh)
        _own[identity] = (key, fresh)
        _forget_latest()
        return True


def _identity(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one if isinstance(one, str) else id(one) for one in key)


def _meter_set_of_objects(key: tuple[Any, ...]) -> MeterSet:
    """The set of somebody's own backend objects: the latest few are kept, others while windows use them."""
    identity = _identity(key)
    kept = _own.get(identity)
    if kept is not None and not kept[1].closed:
        _try_again(kept[1], key, _adopt_own)
        return kept[1]
    with _lock:
        kept = _own.get(identity)
        if kept is not None and not kept[1].closed:
            return kept[1]
        from wattwhat.acquisition.discovery import open_meter_set

        meter_set = open_meter_set(key)
        kept = _own.get(identity)  # a signal handler that measures too may have opened one meanwhile
        if kept is not None and not kept[1].closed:
            meter_set.close()
            return kept[1]
        close_when_forgotten(meter_set)
        _own[identity] = (
            key,
            meter_set,
        )  # the objects are kept with it, so that their identities stay theirs
        while len(_own) > _MOST_OWN:
            del _own[next(iter(_own))]
            _forget_latest()
        return meter_set


def _key(backends: Sequence[Any] | None) -> tuple[Any, ...] | None:
    if backends is None:
        return None
    if isinstance(backends, str):
        raise ArgumentError(
            argument="backends", expected=f"a list of names such as [{backends!r}]", got=backends
        )
    try:
        return tuple(backends)
    except TypeError as err:
        raise ArgumentError(argument="backends", expected="a list of names", got=backends) from err


def _forget_latest() -> None:
    global _latest
    _latest = None


def close_all() -> None:
    """Close every meter_set; the next window opens a new one."""
    enrolled_sets = enrolled()  # before they are let go: whoever holds none of them would find none to close
    with _lock:
        _shared.clear()
        _own.clear()
        _forget_latest()
    for meter_set in enrolled_sets:
        meter_set.close()


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# Thousands of windows a second share a meter set.
_CHECKED: weakref.WeakSet[MeterSet] = weakref.WeakSet()


def check_estimate(meter_set: MeterSet, backends: object) -> None:
    """Refuse to measure where the estimate would have served, had its settings been understood.

    Otherwise the energy of the CPU would be missing without a word, or all of it be unknown.

    Args:
        meter_set: what was opened.
        backends: as the caller chose them; those that are named say themselves why they cannot serve.

    Raises:
        BackendError: names the setting, what was expected and what to do.
    """
    if backends is not None or meter_set in _CHECKED:
        return
    from wattwhat.acquisition.discovery import ENV_BACKENDS
    from wattwhat.records.containment import COVERED_BY

    covered = any(sensor.channel.component in COVERED_BY["cpu"] for sensor in meter_set.inputs)
    if not covered and not os.environ.get(ENV_BACKENDS):
        try:
            settings()
        except Unclear as err:
            raise BackendError(f"the estimate, which has to serve here, cannot: {err}") from err
    _CHECKED.add(meter_set)
