"""The backend: asks each source what it can read, takes the best one for every domain, and says why not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattwhat.errors import ArgumentError, BackendError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter
from wattwhat_rapl.accuracy import gain_error
from wattwhat_rapl.domain import Candidate, Domain, Survey, Trouble, contained
from wattwhat_rapl.opening import Refused
from wattwhat_rapl.tree import Tree

__all__ = ["DEFAULT_SOURCES", "SOURCES", "RaplBackend"]

# perf first: its counters have 64 bits and never wrap, and no file mode stands in its way.
DEFAULT_SOURCES = ("perf", "powercap", "hwmon")
SOURCES = (*DEFAULT_SOURCES, "pyrapl")


class RaplBackend(Backend):
    """Energy of CPU packages, their cores and uncore, DRAM, the platform, and the sockets of Grace.

    The same domain has the same channel id whichever source reads it; the first source in order of
    preference that works is taken, and `Channel.source` names it.

    Args:
        root: the directory that stands for ``/``, or for ``/sys/class/powercap``; None takes ``/``.
        sources: order of preference among ``perf``, ``powercap``, ``hwmon`` and ``pyrapl``; None takes
            `DEFAULT_SOURCES`.
        platform: what to take for `sys.platform`.
        machine: what to take for the machine type; None asks the kernel.
        kernel: opens and reads perf events (see `wattwhat_rapl.perf_syscall`); None takes the real one.

    Raises:
        ArgumentError: `sources` names one that does not exist.

    Attributes:
        notes: sentences for doctor, set by probe() and meters(): what was passed over, and why.

    Example:
        >>> RaplBackend(root="/nonexistent").probe().available
        False
    """

    name = "rapl"
    version: str | None = None

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        sources: Sequence[str] | None = None,
        *,
        platform: str = sys.platform,
        machine: str | None = None,
        kernel: object | None = None,
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self._tree = Tree(os.fspath(root or "/"), platform, machine)
        self._kernel = kernel
        self._sources = _check(sources) if sources is not None else DEFAULT_SOURCES

    def probe(self) -> Availability:
        """Open every channel once and close it: what can be read, by which source, or why nothing can."""
        meters, troubles = self._open_all()
        for meter in meters:
            meter.close()
        if not meters:
            return explain(troubles, self._tree)
        return _partly(meters, troubles, self._tree)

    def meters(self) -> Sequence[Meter]:
        """Open the meters of every domain that can be read, whole packages and their parts alike.

        Raises:
            BackendError: nothing can be read; the message holds probe()'s reason and remedy.
        """
        meters, troubles = self._open_all()
        if not meters:
            answer = explain(troubles, self._tree)
            raise BackendError(f"{answer.reason}; {answer.remedy}")
        return meters

    def device_conditions(self) -> dict[str, dict[str, Any]]:
        """Power limits of each package, as powercap has them."""
        from wattwhat_rapl.powercap import package_limits

        return package_limits(self._tree) if self._tree.is_linux else {}

    def _open_all(self) -> tuple[list[Meter], list[Trouble]]:
        if not self._tree.is_linux:
            return [], [Trouble("not linux")]
        surveys = [_SURVEYS[source](self._tree, self._kernel) for source in self._sources]
        notes = [note for survey in surveys for note in survey.notes]
        troubles = [trouble for survey in surveys for trouble in survey.troubles]
        self.version = next((survey.version for survey in surveys if survey.version), None)
        domains = list(dict.fromkeys(one.domain for survey in surveys for one in survey.candidates))
        meters: list[Meter] = []
        refused: dict[str, Trouble] = {}
        for survey in surveys:
            taken = {meter.channel.id for meter in meters}
            meters += self._open_new(survey, taken, domains, notes, refused)
        self.notes = tuple(dict.fromkeys(notes))
        unread = [sentence for survey in surveys for sentence in survey.unread]
        self.warnings = (*_missing([meter.channel for meter in meters], refused), *dict.fromkeys(unread))
        return meters, [*troubles, *refused.values()]

    def _open_new(
        self,
        survey: Survey,
        taken: set[str],
        domains: list[Domain],
        notes: list[str],
        refused: dict[str, Trouble],
    ) -> list[Meter]:
        """Open the candidates of one source whose domains no better source reads."""
        opened: dict[str, Candidate] = {}
        meters: list[Meter] = []
        for candidate in survey.candidates:
            channel = self._channel(candidate, domains)
            if channel.id in opened:
                first = opened[channel.id].origin
                notes.append(
                    f"{candidate.origin}: shows {candidate.domain.path} again, as {first} does; dropped"
                )
            if channel.id in opened or channel.id in taken:
                continue
            try:
                meters.append(candidate.opener(channel))
                opened[channel.id] = candidate
            except Refused as err:
                # one entry a domain and source: the remedy goes by all of them
                refused[f"{channel.id} {candidate.origin}"] = err.trouble
        return meters

    def _channel(self, candidate: Candidate, domains: list[Domain]) -> Channel:
        domain = candidate.domain
        prefix = f"{host_name()}/{self.name}"
        fields: dict[str, Any] = {
            "id": f"{prefix}/{domain.path}",
            "backend": self.name,
            "device": f"{self._tree.cpu_model} ({domain.path})",
            "component": domain.component,
            "quantity": candidate.quantity,
            "contains": tuple(f"{prefix}/{inner.path}" for inner in contained(domain, domains)),
            "gain_error": gain_error(domain.part, self._tree.is_amd, candidate.quantity),
            "source": candidate.source,
        }
        fields.update(candidate.settings)
        return Channel(**fields)


def _missing(opened: Sequence[Channel], refused: Mapping[str, Trouble]) -> tuple[str, ...]:
    """A warning for each domain that no source may read, unless an open one counts its energy."""
    there = {channel.id for channel in opened}.union(*(channel.contains for channel in opened))
    first: dict[str, Trouble] = {}
    for key, trouble in refused.items():
        first.setdefault(key.partition(" ")[0], trouble)
    return tuple(
        f"{channel_id} is there and not measured: {trouble.subject}: {trouble.detail or trouble.kind}; "
        "'wattwhat doctor' tells what opens it"
        for channel_id, trouble in first.items()
        if channel_id not in there
    )


def explain(troubles: Sequence[Trouble], tree: Tree) -> Availability:
    """As `wattwhat_rapl.remedies.explain`, imported only when something is amiss."""
    from wattwhat_rapl import remedies

    return remedies.explain(troubles, tree)


def _partly(meters: Sequence[Meter], troubles: Sequence[Trouble], tree: Tree) -> Availability:
    """Available, with the reason and the remedy of whatever is refused beside it."""
    read = ", ".join(
        f"{meter.channel.id.partition('/rapl/')[2]} ({meter.channel.source})" for meter in meters
    )
    refused = [trouble for trouble in troubles if trouble.kind in ("unreadable", "failing", "missing")]
    if not refused:
        return Availability(True, f"reads {read}")
    answer = explain(refused, tree)
    return Availability(True, f"reads {read}; but {answer.reason}", answer.remedy)


def _check(sources: Sequence[str]) -> tuple[str, ...]:
    names = (sources,) if isinstance(sources, str) else tuple(sources)
    unknown = [name for name in names if name not in SOURCES]
    if unknown or not names:
        given = ", ".join(map(repr, unknown)) or "empty"
        raise ArgumentError(given, argument="sources", remedy=f"expected one or more of {', '.join(SOURCES)}")
    return tuple(dict.fromkeys(names))


def _perf(tree: Tree, kernel: object | None) -> Survey:
    if not tree.names("sys/bus/event_source/devices/power"):
        # No ctypes is imported on a machine whose kernel has no such events.
        return Survey(troubles=(Trouble("perf absent", tree.path("sys/bus/event_source/devices/power")),))
    from wattwhat_rapl import perf

    return perf.survey(tree, kernel)


def _powercap(tree: Tree, kernel: object | None) -> Survey:
    from wattwhat_rapl import powercap

    return powercap.survey(tree)


def _hwmon(tree: Tree, kernel: object | None) -> Survey:
    if not tree.names("sys/class/hwmon"):
        return Survey(troubles=(Trouble("hwmon absent"),))
    from wattwhat_rapl import hwmon

    return hwmon.survey(tree)


def _pyrapl(tree: Tree, kernel: object | None) -> Survey:
    from wattwhat_rapl import pyrapl_source

    return pyrapl_source.survey(tree)


_SURVEYS: dict[str, Callable[[Tree, object | None], Survey]] = {
    "perf": _perf,
    "powercap": _powercap,
    "hwmon": _hwmon,
    "pyrapl": _pyrapl,
}
