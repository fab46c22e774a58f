"""The interface a plugin implements, and how plugins are found: by entry point, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import BackendError, error_text
from wattwhat.plugins import Plugin, load, pass_on
from wattwhat.sensing.backend_options import options_for, texts_for
from wattwhat.sensing.meter import Meter, Reading

__all__ = ["Availability", "Backend", "open_backend", "probe"]


@attrs.frozen
class Availability:
    """Whether a backend can serve here, and if not, why and what mends it.

    Args:
        available: True if meters() will give at least one meter.
        reason: a sentence for a person: what was found or what is missing.
        remedy: a sentence or a command that mends it; empty where nothing is to be done.
        for_now: whether this may pass by itself, as with a plug that does not answer: windows then ask
            again later, and Measurements say so until it serves.

    Example:
        >>> Availability(False, "energy_uj is readable by root only", "run: sudo usermod ...").available
        False
    """

    available: bool
    reason: str = ""
    remedy: str = ""
    for_now: bool = False

    def __bool__(self) -> bool:
        return self.available


class Backend:
    """A family of meters that come from the same library or file tree.

    A plugin registers the class under the entry-point group ``wattwhat.backends``; it is created
    without arguments, or with the options that a user gives (see `wattwhat.sensing.backend_options`).
    Deriving from this class is a convenience: `probe` and `meters` are all that is called.

    Attributes:
        name: the name it is asked for by; by default the entry point's.
        version: version of the vendor library that is in use, or None.
        notes: sentences for `wattwhat doctor` about what was merged, dropped or chosen; after `meters`.
        warnings: sentences that every Measurement carries: each device or channel that is there and could
            not be opened, with the reason. After `probe` where that says no (a sensor that may not be
            read), after `meters` otherwise.
        read_all: reads all channels of a device in one call and with one time stamp: it takes the device's
            name, as in `Channel.device`, and gives a Reading by channel id. None, the default, where each
            channel is read for itself. A channel that it leaves out has a gap; a MeterError is one of all.
    """

    name: str = ""
    version: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    read_all: Callable[[str], Mapping[str, Reading]] | None = None

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

    def device_conditions(self) -> Mapping[str, Mapping[str, Any]]:
        """What of each device changes the energy of a run, for ``environment["conditions"]``.

        By device (its UUID or another lasting name): any of ``name``, ``temperature_c``, ``clock_mhz``,
        ``memory_clock_mhz``, ``power_limit_w``, ``default_power_limit_w``, ``profile``, ``throttled``
        (reasons, empty for none) and ``other_processes`` (a number). What is not known is absent. Asked at
        the begin and end of a measurement, never inside a window; cheap.
        """
        return {}


def open_backend(plugin: Plugin) -> Backend:
    """Load a plugin and create its backend.

    Raises:
        BackendError: the class cannot be loaded or created, or lacks probe() or meters().
    """
    factory = load(plugin)
    options = options_for(plugin.name, factory)
    try:
        backend = factory(**options)
    except BaseException as err:
        pass_on(err)
        given = "; ".join(one.where for one in texts_for(plugin.name, options).values()) if options else ""
        given = f" with options ({given})" if given else ""
        raise BackendError(f"backend {plugin.name!r} failed to start{given}: {error_text(err)}") from err
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
        return Availability(False, f"probe() raised {error_text(err)}", "report this to the plugin's author")
    if not isinstance(answer, Availability):
        return Availability(
            False,
            f"probe() returned {answer!r}, expected an Availability",
            "report this to the plugin's author",
        )
    return answer
