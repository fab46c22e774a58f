"""RAPL domains as data: what a counter physically covers, what it is called, and which covers which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import attrs

from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter

__all__ = ["Candidate", "Domain", "Survey", "Trouble", "contained", "parse_name"]

_TOP = re.compile(r"^(?:package-(?P<socket>\d+)(?:-die-(?P<die>\d+))?|psys(?:-(?P<platform>\d+))?)$")
_PARTS = ("core", "uncore", "dram")
_COMPONENTS = {
    "package": "cpu",
    "core": "core",
    "uncore": "uncore",
    "dram": "dram",
    "psys": "host",
    "module": "module",
}


@attrs.frozen
class Domain:
    """A part of the machine that has its own energy counter, however that counter is read.

    Args:
        part: one of ``package``, ``core``, ``uncore``, ``dram``, ``psys`` (the platform) and
            ``module`` (a CPU and a GPU on one board, as on Grace Hopper).
        socket: number of the CPU package; None for a platform counter that is not bound to one.
        die: number of the die within the package; None where the counter covers the whole package.

    Example:
        >>> Domain("core", 0, 1).path
        'package-0-die-1/core'
    """

    part: str = attrs.field(validator=attrs.validators.in_(tuple(_COMPONENTS)))
    socket: int | None = None
    die: int | None = None

    @property
    def path(self) -> str:
        """The end of the channel's id; the same whether perf, powercap or hwmon reads it."""
        if self.part in ("psys", "module"):
            return self.part if self.socket is None else f"{self.part}-{self.socket}"
        package = f"package-{self.socket}" + ("" if self.die is None else f"-die-{self.die}")
        return package if self.part == "package" else f"{package}/{self.part}"

    @property
    def component(self) -> str:
        """The component of the channel, in the words of `wattwhat.records.channel.COMPONENTS`."""
        return _COMPONENTS[self.part]


def parse_name(name: str, parent: Domain | None = None) -> Domain | None:
    """The domain that a powercap zone's name stands for, or None if the name is not known.

    Args:
        name: text of the zone's ``name`` file.
        parent: the domain of the zone above, for the parts of a package.

    Example:
        >>> parse_name("package-1-die-0"), parse_name("dram", Domain("package", 1))
        (Domain(part='package', socket=1, die=0), Domain(part='dram', socket=1, die=None))
    """
    match = _TOP.match(name)
    if match is None:
        if name in _PARTS and parent is not None and parent.part == "package":
            return Domain(name, parent.socket, parent.die)
        return None
    if match["socket"] is None:
        return Domain("psys", None if match["platform"] is None else int(match["platform"]))
    return Domain("package", int(match["socket"]), None if match["die"] is None else int(match["die"]))


def contained(domain: Domain, others: Iterable[Domain]) -> tuple[Domain, ...]:
    """The domains whose energy is inside this one, however deep, so that none is added twice.

    A package holds its core and uncore but not its DRAM, which has a supply of its own on servers.
    A platform counter holds everything; where there are several, each holds its own socket. A module
    holds everything of its socket. A package without a die number holds the package's dies.

    Example:
        >>> package, dram = Domain("package", 0), Domain("dram", 0)
        >>> contained(Domain("psys"), [package, dram, Domain("psys")]) == (package, dram)
        True
        >>> contained(package, [dram, Domain("core", 0)])
        (Domain(part='core', socket=0, die=None),)
    """
    everyone = list(others)
    platforms = sum(1 for other in everyone if other.part == "psys")
    return tuple(other for other in everyone if other != domain and _holds(domain, other, platforms > 1))


def _holds(outer: Domain, inner: Domain, several_platforms: bool) -> bool:
    if outer.part == "psys":
        # The kernel calls the counter of the first socket "psys" and that of socket N "psys-N".
        return inner.part != "psys" and (
            not (several_platforms or outer.socket is not None) or inner.socket == (outer.socket or 0)
        )
    if outer.part == "module":
        return inner.part not in ("psys", "module") and inner.socket == outer.socket
    if outer.part != "package" or inner.socket != outer.socket:
        return False
    if inner.part == "package":
        return outer.die is None and inner.die is not None
    return inner.part in ("core", "uncore") and outer.die in (None, inner.die)


@attrs.frozen
class Trouble:
    """Why a source cannot read something: the facts that a remedy is chosen by.

    Args:
        kind: one of the keys of `wattwhat_rapl.remedies`.
        subject: the file or event that was tried.
        detail: the kernel's own words.
    """

    kind: str
    subject: str = ""
    detail: str = ""


@attrs.frozen
class Candidate:
    """One way to read one domain, found but not yet opened.

    Args:
        domain: what is covered.
        origin: the zone, event or file in short, for notes.
        source: text for `Channel.source`.
        opener: opens it; raises `wattwhat_rapl.opening.Refused` where the kernel says no.
        quantity: ``"energy"`` or ``"power"``.
        settings: further fields of the channel, such as ``wrap_j``.
    """

    domain: Domain
    origin: str
    source: str
    opener: Callable[[Channel], Meter] = attrs.field(repr=False)
    quantity: str = "energy"
    settings: dict[str, float] = attrs.field(factory=dict)


@attrs.frozen
class Survey:
    """What a source found.

    Args:
        candidates: what can be tried, in order of preference.
        notes: sentences for doctor.
        troubles: what is amiss.
        version: version of the vendor library behind the source, if there is one.
        unread: sentences about domains that are there and not understood: their energy is missing.
    """

    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    version: str | None = None
    unread: tuple[str, ...] = ()
