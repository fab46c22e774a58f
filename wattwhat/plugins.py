"""wattwhat.plugins."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from wattwhat.errors import BackendError
from wattwhat.guard import pass_on
from wattwhat.sensing.backend import _BuiltIn
import attrs

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
    if entry_points is None:
        from importlib.metadata import entry_points as installed

        entry_points = installed(group=group)
    found: dict[str, dict[str, Any]] = {}
    for entry_point in entry_points:
        found.setdefault(entry_point.name, {}).setdefault(_distribution(entry_point), entry_point)
    if installed_ones and group == GROUP and not found.get("estimate", {}).get("wattwhat"):
        # a vendored or frozen copy has no metadata that its own entry point could be read from
        found.setdefault("estimate", {})["wattwhat"] = _BuiltIn()
    return {name: _choose(name, rivals) for name, rivals in sorted(found.items())}


def _distribution(entry_point: Any) -> str:
    dist = getattr(entry_point, "dist", None)
    return str(dist.name) if dist is not None else ""


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
            f"{type(err).__name__}: {err}; reinstall or remove that distribution"
        ) from err
