"""The interface a plugin implements, and how plugins are found: by entry point, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from wattwhat.errors import BackendError
from wattwhat.guard import pass_on
from wattwhat.sensing.meter import Meter

__all__ = ["GROUP", "Availability", "Backend", "Plugin", "find_plugins", "load", "open_backend", "probe"]

GROUP = "wattwhat.backends"


@attrs.frozen
class Availability:
    """Whether a backend can serve here, and if not, why and what mends it.

    Args:
        available: True if meters() will give at least one meter.
        reason: a sentence for a person: what was found or what is missing.
        remedy: a sentence or a command that mends it; empty where nothing is to be done.

    Example:
        >>> Availability(False, "energy_uj is readable by root only", "run: sudo chmod a+r ...").available
        False
    """

    available: bool
    reason: str = ""
    remedy: str = ""

    def __bool__(self) -> bool:
        return self.available


class Backend:
    """A family of meters that come from the same library or file tree.

    A plugin registers the class under the entry-point group ``wattwhat.backends``; it is created
    without arguments. Deriving from this class is a convenience: `probe` and `meters` are all that is called.

    Attributes:
        name: the name it is asked for by; by default the entry point's.
        version: version of the vendor library that is in use, or None.
        notes: sentences for `wattwhat doctor` about what was merged, dropped or chosen; after `meters`.
        warnings: sentences that every Measurement carries: each device or channel that is there and could
            not be opened, with the reason. After `probe` where that says no (a sensor that may not be
            read), after `meters` otherwise.
    """

    name: str = ""
    version: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def probe(self) -> Availability:
        """Look whether the hardware can be read; cheap, and never raises."""
        raise NotImplementedError

    def meters(self) -> Sequence[Meter]:
        """Open the meters of every channel that can be read here.

        Raises:
            BackendError: nothing can be read although probe() said so.
        """
        raise NotImplementedError

    def conditions(self) -> Sequence[str]:
        """Sentences about what makes readings doubtful right now: clocks held down, other programs.

        Asked at the begin and end of a measurement, never inside a window; cheap.
        """
        return ()


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


class _BuiltIn:
    """The estimate's entry point where the package's metadata is missing."""

    @staticmethod
    def load() -> Any:
        from wattwhat.sensing.estimate.backend import EstimateBackend

        return EstimateBackend


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


def open_backend(plugin: Plugin) -> Backend:
    """Load a plugin and create its backend.

    Raises:
        BackendError: the class cannot be loaded or created, or lacks probe() or meters().
    """
    factory = load(plugin)
    try:
        backend = factory()
    except BaseException as err:
        pass_on(err)
        raise BackendError(f"backend {plugin.name!r} failed to start: {type(err).__name__}: {err}") from err
    for method in ("probe", "meters"):
        if not callable(getattr(backend, method, None)):
            raise BackendError(f"backend {plugin.name!r} has no {method}(); see the backend author's guide")
    return backend  # type: ignore[no-any-return]


def probe(backend: Backend) -> Availability:
    """Ask a backend whether it can serve, and survive one that breaks its promise not to raise."""
    try:
        answer = backend.probe()
    except BaseException as err:
        pass_on(err)
        return Availability(
            False, f"probe() raised {type(err).__name__}: {err}", "report this to the plugin's author"
        )
    if not isinstance(answer, Availability):
        return Availability(
            False,
            f"probe() returned {answer!r}, expected an Availability",
            "report this to the plugin's author",
        )
    return answer
