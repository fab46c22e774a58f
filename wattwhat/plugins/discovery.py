"""Finding and loading entry points; nothing is imported before it is asked for."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import attrs

from wattwhat.errors import BackendError, error_text
from wattwhat.plugins.entry_points import Distribution, EntryPoint, entry_points
from wattwhat.plugins.guard import pass_on

__all__ = ["GROUP", "Plugin", "find_plugins", "load"]


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
        built_in = "wattwhat.sensing.estimate.backend:EstimateBackend"
        plugins.setdefault("estimate", {})["wattwhat"] = EntryPoint(
            "estimate", built_in, Distribution("wattwhat")
        )
    return {name: _choose(name, rivals) for name, rivals in sorted(plugins.items())}


def _installed_now(group: str) -> tuple[tuple[Any, str], ...]:
    path = _path_now()
    folders = all(stat.S_ISDIR(mode) for _, _, mode in path) and not any(map(_finds_more, sys.meta_path))
    if folders and "importlib.metadata" not in sys.modules:
        return _installed(group, path, entry_points)
    from importlib import metadata

    return _installed(group, path, metadata.entry_points)


def _finds_more(finder: Any) -> bool:
    """Whether it may know of distributions in other places than the folders of the path."""
    return hasattr(finder, "find_distributions") and finder.__module__ != "_frozen_importlib_external"


@lru_cache(maxsize=16)
def _installed(
    group: str, path: tuple[tuple[str, int, int], ...], look: Callable[..., Any]
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


def _path_now() -> tuple[tuple[str, int, int], ...]:
    """Where Python looks, when each of that changed, and what it is."""
    roots = []
    for folder in sys.path:
        try:
            found = os.stat(folder or ".")
        except (OSError, ValueError, TypeError):  # whatever stands there, it is not looked into
            continue
        roots.append((folder, found.st_mtime_ns, found.st_mode))
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
